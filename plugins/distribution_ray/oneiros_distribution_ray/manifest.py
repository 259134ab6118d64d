"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules():
    """The module `oneiros.distribution.ray`."""
    return {"distribution.ray": {"fit": "oneiros_distribution_ray.fitting:fit"}}

"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layer, which `from oneiros.layers import FeatureScale` finds."""
    return {"FeatureScale": "lab_scale.scale:FeatureScale"}

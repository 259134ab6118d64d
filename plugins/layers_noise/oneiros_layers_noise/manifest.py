"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {
    name: f"oneiros_layers_noise.noise:{name}"
    for name in ("GaussianNoise", "GaussianDropout")
}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.noise`."""
    return {"layers.noise": LAYERS}

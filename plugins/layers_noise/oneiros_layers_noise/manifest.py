"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {
    name: f"oneiros_layers_noise.noise:{name}"
    for name in ("GaussianNoise", "GaussianDropout")
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.noise`."""
    return {"layers.noise": LAYERS}

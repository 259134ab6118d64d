"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = ("ELU", "LeakyReLU", "ParametricSoftplus", "PReLU", "SReLU", "ThresholdedReLU")
LAYERS = {
    name: f"oneiros_layers_advanced_activations.activations:{name}" for name in _NAMES
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.advanced_activations`."""
    return {"layers.advanced_activations": LAYERS}

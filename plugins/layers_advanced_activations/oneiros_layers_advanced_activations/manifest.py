"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_FIXED = ("ELU", "LeakyReLU", "ThresholdedReLU")
_LEARNED = ("ParametricSoftplus", "PReLU", "SReLU")
LAYERS = {
    **{name: f"oneiros_layers_advanced_activations.fixed:{name}" for name in _FIXED},
    **{
        name: f"oneiros_layers_advanced_activations.learned:{name}" for name in _LEARNED
    },
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.advanced_activations`."""
    return {"layers.advanced_activations": LAYERS}

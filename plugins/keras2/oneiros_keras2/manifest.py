"""Manifest: the names of this plugin, by reference, and how files describe them."""

from oneiros import hookimpl

_PACKAGE = "oneiros_keras2"
_ACTIVATIONS = ("exponential", "gelu", "log_softmax", "mish", "relu6", "selu", "swish")
ACTIVATIONS = {name: f"{_PACKAGE}.activations:{name}" for name in _ACTIVATIONS}
ACTIVATIONS["silu"] = ACTIVATIONS["swish"]
_LAYERS = {"normalization": ("LayerNormalization",), "preprocessing": ("Rescaling",)}
LAYERS = {
    name: f"{_PACKAGE}.{module}:{name}"
    for module, names in _LAYERS.items()
    for name in names
}


@hookimpl
def oneiros_activations():
    """The activation functions by name."""
    return ACTIVATIONS


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_migrations():
    """How files describe the layers: with the arguments that they have here."""
    return {name: {"as_stored": True} for name in LAYERS}

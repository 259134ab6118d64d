"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = (
    "softmax",
    "elu",
    "softplus",
    "softsign",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "linear",
)
ACTIVATIONS = {name: f"oneiros_activations.functions:{name}" for name in _NAMES}


@hookimpl
def oneiros_activations():
    """The activation functions by name."""
    return ACTIVATIONS


@hookimpl
def oneiros_modules():
    """The module `oneiros.activations`."""
    return {"activations": {**ACTIVATIONS, "get": "oneiros_activations.functions:get"}}

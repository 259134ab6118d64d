"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "squared_hinge",
    "hinge",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "kullback_leibler_divergence",
    "poisson",
    "cosine_proximity",
)
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kullback_leibler_divergence",
}
OBJECTIVES = {
    **{name: f"oneiros_objectives.functions:{name}" for name in _NAMES},
    **{short: f"oneiros_objectives.functions:{name}" for short, name in _SHORT.items()},
    **{
        short.upper(): f"oneiros_objectives.functions:{name}"
        for short, name in _SHORT.items()
    },
    "cosine": "oneiros_objectives.functions:cosine_proximity",
}


@hookimpl
def oneiros_objectives():
    """The loss functions by name."""
    return OBJECTIVES


@hookimpl
def oneiros_modules():
    """The module `oneiros.objectives`."""
    return {"objectives": {**OBJECTIVES, "get": "oneiros_objectives.functions:get"}}

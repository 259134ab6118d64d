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
_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kullback_leibler_divergence",
    "MSE": "mean_squared_error",
    "MAE": "mean_absolute_error",
    "MAPE": "mean_absolute_percentage_error",
    "MSLE": "mean_squared_logarithmic_error",
    "KLD": "kullback_leibler_divergence",
    "cosine": "cosine_proximity",
}
OBJECTIVES = {
    **{name: f"oneiros_objectives.functions:{name}" for name in _NAMES},
    **{
        alias: f"oneiros_objectives.functions:{name}"
        for alias, name in _ALIASES.items()
    },
}


@hookimpl
def oneiros_objectives():
    """The loss functions by name."""
    return OBJECTIVES


@hookimpl
def oneiros_modules():
    """The module `oneiros.objectives`."""
    return {"objectives": {**OBJECTIVES, "get": "oneiros_objectives.functions:get"}}

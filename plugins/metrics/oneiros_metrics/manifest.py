"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = (
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "top_k_categorical_accuracy",
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "hinge",
    "squared_hinge",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "kullback_leibler_divergence",
    "poisson",
    "cosine_proximity",
    "matthews_correlation",
    "precision",
    "recall",
    "fbeta_score",
    "fmeasure",
)
_ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "MSE": "mean_squared_error",
    "MAE": "mean_absolute_error",
    "MAPE": "mean_absolute_percentage_error",
    "MSLE": "mean_squared_logarithmic_error",
    "cosine": "cosine_proximity",
    "fscore": "fmeasure",
    "f1score": "fmeasure",
}
METRICS = {
    **{name: f"oneiros_metrics.functions:{name}" for name in _NAMES},
    **{alias: f"oneiros_metrics.functions:{name}" for alias, name in _ALIASES.items()},
}


@hookimpl
def oneiros_metrics():
    """The metrics by name."""
    return METRICS


@hookimpl
def oneiros_modules():
    """The module `oneiros.metrics`."""
    return {"metrics": {**METRICS, "get": "oneiros_metrics.functions:get"}}

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
_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}
METRICS = {
    **{name: f"oneiros_metrics.functions:{name}" for name in _NAMES},
    **{short: f"oneiros_metrics.functions:{name}" for short, name in _SHORT.items()},
    **{
        short.upper(): f"oneiros_metrics.functions:{name}"
        for short, name in _SHORT.items()
    },
    "cosine": "oneiros_metrics.functions:cosine_proximity",
    "fscore": "oneiros_metrics.functions:fmeasure",
    "f1score": "oneiros_metrics.functions:fmeasure",
}


@hookimpl
def oneiros_metrics():
    """The metrics by name."""
    return METRICS


@hookimpl
def oneiros_modules():
    """The module `oneiros.metrics`."""
    return {"metrics": {**METRICS, "get": "oneiros_metrics.functions:get"}}

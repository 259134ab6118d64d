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
MIGRATIONS = {
    "MeanSquaredError": "oneiros_objectives.migrations:LossMigration",
    "MeanAbsoluteError": "oneiros_objectives.migrations:LossMigration",
    "MeanAbsolutePercentageError": "oneiros_objectives.migrations:LossMigration",
    "MeanSquaredLogarithmicError": "oneiros_objectives.migrations:LossMigration",
    "BinaryCrossentropy": "oneiros_objectives.migrations:LossMigration",
    "CategoricalCrossentropy": "oneiros_objectives.migrations:LossMigration",
    "SparseCategoricalCrossentropy": "oneiros_objectives.migrations:LossMigration",
    "Hinge": "oneiros_objectives.migrations:LossMigration",
    "SquaredHinge": "oneiros_objectives.migrations:LossMigration",
    "KLDivergence": "oneiros_objectives.migrations:LossMigration",
    "Poisson": "oneiros_objectives.migrations:LossMigration",
    "kl_divergence": "oneiros_objectives.migrations:LossMigration",
}


@hookimpl
def oneiros_objectives() -> dict[str, str]:
    """The loss functions by name."""
    return OBJECTIVES


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.objectives`."""
    return {"objectives": {**OBJECTIVES, "get": "oneiros_objectives.functions:get"}}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """The migrations from other versions of Keras, by class."""
    return MIGRATIONS

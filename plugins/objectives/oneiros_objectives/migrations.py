"""Migration from files of Keras 2: losses that later versions store as objects."""

from __future__ import annotations

from typing import Any

from oneiros.errors import ConfigError
from oneiros_old_files.base import Migration, Origin

FUNCTIONS = {
    "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "Hinge": "hinge",
    "SquaredHinge": "squared_hinge",
    "KLDivergence": "kullback_leibler_divergence",
    "Poisson": "poisson",
    "kl_divergence": "kullback_leibler_divergence",
}
NEUTRAL = {
    "from_logits": (False,),
    "label_smoothing": (0,),
    "axis": (-1,),
    "ignore_class": (None,),
    "reduction": ("auto", "sum_over_batch_size"),
}
"""Arguments of losses as objects, and the values with which they are functions here."""


class LossMigration(Migration):
    """A loss as an object, which is a function here."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the function's name."""
        for argument, values in NEUTRAL.items():
            if config.get(argument, values[0]) not in values:
                raise ConfigError(
                    f"its loss {name} has {argument}={config[argument]!r}, which Keras "
                    "1 can't do."
                )
        return FUNCTIONS[name], {}

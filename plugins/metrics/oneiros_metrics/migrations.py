"""Migration from files of Keras 2: metrics that later versions store as objects."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Migration, Origin
from oneiros_old_files.keras2 import plain


class MeanMetricWrapperMigration(Migration):
    """A function averaged over an epoch, under the name that `compile` was given."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the metric's name."""
        return str(plain(config.get("fn")) or config.get("name")), {}


class AccuracyMigration(Migration):
    """An accuracy of its own class."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the metric's name."""
        return {
            "BinaryAccuracy": "binary_accuracy",
            "CategoricalAccuracy": "categorical_accuracy",
        }.get(name, "sparse_categorical_accuracy"), {}

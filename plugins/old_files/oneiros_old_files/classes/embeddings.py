"""Migration from files of Keras 2: Embedding."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Origin
from oneiros_old_files.keras2 import Keras2Layer


class EmbeddingMigration(Keras2Layer):
    """Embedding, whose input is of integers whatever its table is of."""

    name = "Embedding"
    renamed = {
        "input_dim": "input_dim",
        "output_dim": "output_dim",
        "input_length": "input_length",
        "mask_zero": "mask_zero",
        "embeddings_initializer": "init",
        "embeddings_regularizer": "W_regularizer",
        "embeddings_constraint": "W_constraint",
        "activity_regularizer": "activity_regularizer",
    }
    neutral = {"sparse": (False,)}
    unneeded = frozenset({"dropout"})

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras > 1:
            arguments.pop("input_dtype", None)
            if isinstance(arguments.get("input_length"), list):
                (arguments["input_length"],) = arguments["input_length"]
        return class_name, arguments

"""ModelState: what a file of a model holds, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Named = list[tuple[str, Any]]
"""Names and arrays."""

LayerWeights = list[tuple[str, Named]]
"""Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""


@dataclass
class ModelState:
    """A model as plain data: what a format writes and reads. Formats never build
    objects."""

    model_config: dict[str, Any] | None = None
    training_config: dict[str, Any] | None = None
    weights: LayerWeights = field(default_factory=list)
    """Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""
    optimizer_weights: Named | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    """Per object of the configuration: distribution, version and API level."""
    keras_version: str | None = None
    training_state: tuple[Any, list[np.ndarray[Any, Any]]] | None = None
    """What Keras 1 forgot, and where a training is: JSON data, and the arrays that it
    numbers."""
    backend: str | None = None
    """The engine it was trained on, if the file says so: those of Keras 2 do."""
    unread: list[str] = field(default_factory=list)
    """What else the file holds: paths of groups and arrays that belong to no model."""

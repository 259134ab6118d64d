"""`ModelState`: the contents of a model file as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Named = list[tuple[str, Any]]
"""Pairs of names and arrays."""

LayerWeights = list[tuple[str, Named]]
"""Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""


@dataclass
class ModelState:
    """A model as plain data, which formats write and read. Formats never build
    objects."""

    model_config: dict[str, Any] | None = None
    training_config: dict[str, Any] | None = None
    weights: LayerWeights = field(default_factory=list)
    """Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""
    optimizer_weights: Named | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    """Distribution and version of each object in the configuration."""
    keras_version: str | None = None
    training_state: tuple[Any, list[np.ndarray[Any, Any]]] | None = None
    """Training state that Keras 1 didn't save: JSON data, and the arrays to which it
    refers by number."""
    backend: str | None = None
    """The engine on which it was trained, if the file says so, as files of Keras 2
    do."""
    unread: list[str] = field(default_factory=list)
    """Other contents of the file: paths of groups and arrays that don't belong to the
    model."""

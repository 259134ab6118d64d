"""`ModelState`: the contents of a model file as plain data; `Format`: the base class of
file formats for models."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError

from oneiros_safe_files.budget import Budget

Config = dict[str, Any]
Named = list[tuple[str, Any]]
"""Pairs of names and arrays."""

LayerWeights = list[tuple[str, Named]]
"""Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""

Groups = dict[str, Named]
"""The variables of each group of an HDF5 file, by the group's path."""


@dataclass
class ModelState:
    """A model as plain data, which formats write and read. Formats never build
    objects."""

    model_config: Config | None = None
    training_config: Config | None = None
    weights: LayerWeights = field(default_factory=list)
    """Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""
    groups: Groups | None = None
    """In place of `weights`, for a file that doesn't name layers: the variables of each
    group."""
    optimizer_weights: Named | None = None
    provenance: Config = field(default_factory=dict)
    """Distribution and version of each object in the configuration."""
    keras_version: str | None = None
    training_state: tuple[Any, list[np.ndarray]] | None = None
    """Training state that Keras 1 didn't save: JSON data, and the arrays to which it
    refers by number."""
    backend: str | None = None
    """The engine on which it was trained, if the file says so, as files of Keras 2
    do."""
    unread: list[str] = field(default_factory=list)
    """Other contents of the file: paths of groups and arrays that don't belong to the
    model."""


class Format:
    """A file format for models.

    # Properties
        name: the name under which it is registered, e.g. `"hdf5"`.
        suffixes: file name suffixes that select it for writing, e.g. `(".h5",)`.
    """

    name = ""
    suffixes: tuple[str, ...] = ()

    def recognises(self, head: bytes) -> bool:
        """Returns, given a file's first 512 bytes, whether this format can read it.
        Suffixes aren't trusted."""
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define recognises(head)."
        )

    def write(self, path: Path, state: ModelState) -> None:
        """Writes the file at `path`, which doesn't exist yet. The saving plugin then
        moves it into place."""
        raise ArgumentError(f"The format {self.name!r} can't write models.")

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads the file at `path` with the guarded reader, within `budget`."""
        raise ArgumentError(f"The format {self.name!r} can't read models.")

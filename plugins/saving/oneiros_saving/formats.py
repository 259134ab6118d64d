"""Format, the base class of file formats, and ModelState, what they write and read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from oneiros.errors import ArgumentError
from oneiros_safe_files.budget import Budget


@dataclass
class ModelState:
    """A model as plain data: what a format writes and reads. Formats never build
    objects."""

    model_config: dict[str, Any] | None = None
    training_config: dict[str, Any] | None = None
    weights: list[tuple[str, list[tuple[str, np.ndarray[Any, Any]]]]] = field(
        default_factory=list
    )
    """Per layer: its name, and (weight name, array) pairs in `get_weights()` order."""
    optimizer_weights: list[tuple[str, np.ndarray[Any, Any]]] | None = None
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


class Format:
    """A file format for models.

    # Properties
        name: the name it is registered under, e.g. `"hdf5"`.
        suffixes: file name endings that choose it when writing, e.g. `(".h5",)`.
    """

    name: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]] = ()

    def recognises(self, head: bytes) -> bool:
        """Tells from a file's first 512 bytes whether this format reads it; suffixes
        are not trusted."""
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define recognises(head)."
        )

    def write(self, path: Path, state: ModelState) -> None:
        """Writes the file at `path`, which doesn't exist yet; the saving plugin then
        moves it into place."""
        raise ArgumentError(f"The format {self.name!r} can't write models.")

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads the file at `path` with the guarded reader, which keeps to `budget`."""
        raise ArgumentError(f"The format {self.name!r} can't read models.")

"""`Format`: the base class of file formats for models."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from oneiros.errors import ArgumentError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.model_state import ModelState


class Format:
    """A file format for models.

    # Properties
        name: the name under which it is registered, e.g. `"hdf5"`.
        suffixes: file name suffixes that select it for writing, e.g. `(".h5",)`.
    """

    name: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]] = ()

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

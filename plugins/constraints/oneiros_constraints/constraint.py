"""The base class of constraints."""

from __future__ import annotations

from typing import Any, ClassVar


class Constraint:
    """Maps a weight's new value to the one that is stored, after each update."""

    loadable: ClassVar[bool] = False

    def __call__(self, p: Any) -> Any:
        """Returns the constrained value of tensor `p`, of the same shape."""
        return p

    def get_config(self) -> dict[str, Any]:
        """Returns what rebuilds this object: the class's name, and its arguments."""
        return {"name": type(self).__name__}

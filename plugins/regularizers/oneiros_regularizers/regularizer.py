"""The base class of regularizers."""

from __future__ import annotations

from typing import Any, ClassVar


class Regularizer:
    """Adds a scalar penalty on a weight or an activation to the loss."""

    loadable: ClassVar[bool] = False

    def __call__(self, x: Any) -> Any:
        """Returns the penalty of tensor `x`, a scalar tensor."""
        return 0

    def get_config(self) -> dict[str, Any]:
        """Returns what rebuilds this object: the class's name, and its arguments."""
        return {"name": type(self).__name__}

    def set_param(self, _: Any) -> None:
        """Does nothing; kept for code of Keras 1.0."""

    def set_layer(self, _: Any) -> None:
        """Does nothing; kept for code of Keras 1.0."""

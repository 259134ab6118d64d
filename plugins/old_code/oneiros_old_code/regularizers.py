"""Regularizers in the style of Keras 1.0: `set_param` in `build`, and a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from oneiros.arguments import label
from oneiros.errors import ArgumentError


class Regularizers(list[Any]):
    """The list `layer.regularizers`; its items add their penalties to the layer's loss.

    # Arguments
        layer: the layer.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def append(self, regularizer: Any) -> None:
        """Adds the penalty of a regularizer that knows its weight.

        The penalty of `activity_regularizer` is added at each call of the layer.

        # Raises
            ArgumentError: if it isn't a regularizer, or doesn't know its weight.
        """
        if regularizer is not getattr(self.layer, "activity_regularizer", None):
            self.layer.add_loss(regularizer(_weight_of(self.layer, regularizer)))
        super().append(regularizer)

    def extend(self, regularizers: Iterable[Any]) -> None:
        """Adds the penalties of several regularizers."""
        for regularizer in regularizers:
            self.append(regularizer)

    def __iadd__(self, regularizers: Iterable[Any]) -> Self:  # type: ignore[misc]
        self.extend(regularizers)
        return self


def _weight_of(layer: Any, regularizer: Any) -> Any:
    """Returns the weight that `set_param` set on a regularizer."""
    weight = getattr(regularizer, "p", None)
    if weight is None or not callable(regularizer):
        raise ArgumentError(
            f"{label(layer)} received {regularizer!r:.80} in its regularizers. Call "
            "regularizer.set_param(weight) first; or, without the list, write "
            "self.add_weight(shape, init, regularizer=regularizer)."
        )
    return weight


def regularizers_of(layer: Any) -> Regularizers:
    """Returns the list of a layer's regularizers, empty at first."""
    regularizers: Regularizers = vars(layer).setdefault(
        "_regularizers", Regularizers(layer)
    )
    return regularizers


def set_regularizers(layer: Any, regularizers: Iterable[Any]) -> None:
    """Adds the penalties of regularizers when a layer assigns its own list."""
    own_list = Regularizers(layer)
    vars(layer)["_regularizers"] = own_list
    own_list.extend(regularizers)

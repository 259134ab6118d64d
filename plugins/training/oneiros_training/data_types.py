"""What annotations call the data that a model's methods receive and return."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from oneiros.typing import Array, Tensor


class HasShape(Protocol):
    """An array, an array of a file, or a table."""

    @property
    def shape(self) -> Any:
        """Number of rows, and so on."""


class Numbered(Protocol):
    """A stream whose batches can be read in any order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any, /) -> "Data": ...


class HasNext(Protocol):
    """What yields batches for ever."""

    def __next__(self) -> Any: ...


ArrayLike = HasShape | list[Any] | tuple[Any, ...]
"""An array, or nested lists of numbers; a list or tuple may also hold several arrays,
one for each input or output."""
Data = ArrayLike | dict[str, Any]
"""The same, or a dict of arrays by the names of inputs or outputs."""
Stream = Iterable[Data] | Numbered
"""An object that yields its batches anew for each epoch."""
Generator = Iterable[Any] | HasNext
"""What yields batches for ever."""
ClassWeight = ArrayLike | dict[Any, Any]
"""The weight of each class by its number, or these dicts for several outputs."""

Loss = str | Callable[..., Tensor]
"""The name of a loss, or a function of `(y_true, y_pred)`."""
Losses = Loss | Sequence[Loss | None] | Mapping[str, Loss | None]
"""One loss for all outputs, a list of them, or a dict by output name."""
Metrics = Sequence[Any] | Mapping[str, Any]
"""Names or functions for all outputs, or a dict by output name."""
LossWeights = Sequence[float] | Mapping[str, float]
"""Factors of the outputs' losses, as a list or by output name."""
WeightMode = str | Sequence[str | None] | Mapping[str, str | None]
"""`"temporal"` for weights per time step, a list of such modes or a dict."""

Results = Any
"""A float, the loss; with metrics a list of floats. Which of both, only the arguments
of `compile` tell, so type checkers accept the use of either."""
Outputs = Array | Any
"""An array; a list of them if the model has several outputs."""

"""What `theano.function` returns, and what it is called with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from oneiros.errors import ArgumentError, DataError
from pytensor.compile.io import In as PytensorIn
from pytensor.compile.io import Out

Compute = Callable[[list[Any]], Sequence[Any]]
"""Function from the values of the inputs to those of the outputs."""
DISCRETE = "biu"


@dataclass(frozen=True)
class In:
    """An input of a compiled function.

    # Arguments
        variable: the tensor.
        name: str, by which a call may pass it; None means the tensor's.
        value: its value where a call leaves it out; None if it must be passed.
        allow_downcast: whether fractions may be dropped where integers are taken.
        update: not taken; `theano.function(…, updates=…)` is there.
        mutable, strict, autoname, implicit, borrow: not used.
    """

    variable: Any
    name: str | None = None
    value: Any = None
    update: Any = None
    mutable: bool = False
    strict: bool = False
    allow_downcast: bool | None = None
    autoname: bool = True
    implicit: bool | None = None
    borrow: bool | None = None

    def __post_init__(self) -> None:
        if self.update is not None:
            raise ArgumentError(
                f"In({self.variable}) received an update. Make it a variable with "
                "theano.shared(value), and pass theano.function(…, "
                "updates=[(variable, new)])."
            )

    @property
    def label(self) -> str:
        """The name by which a call may pass it, empty if it has none."""
        return self.name or getattr(self.variable, "name", None) or ""

    def checked(self, value: Any) -> Any:
        """Returns a value, if it fits the input.

        # Raises
            DataError: for numbers with a fraction where whole ones are taken.
        """
        dtype = getattr(self.variable.type, "dtype", "float64")
        if self.allow_downcast or np.dtype(dtype).kind not in DISCRETE:
            return value
        array = np.asarray(value)
        if array.dtype.kind == "f" and (array != np.floor(array)).any():
            raise DataError(
                f"The input {self.label or self.variable} takes numbers of type "
                f"{dtype}, and received {value!r:.60}. theano.function(…, "
                "allow_input_downcast=True) drops the fractions."
            )
        return value


def as_input(declared: Any, allow_downcast: bool | None) -> In:
    """Returns an input as `theano.function` takes it: a variable, or an `In`."""
    if isinstance(declared, In):
        allowed = declared.allow_downcast or allow_downcast
        return replace(declared, allow_downcast=allowed)
    if isinstance(declared, PytensorIn):
        return In(declared.variable, declared.name, allow_downcast=allow_downcast)
    return In(declared, allow_downcast=allow_downcast)


class Outputs:
    """The outputs of a function, in the form in which they were given.

    # Arguments
        outputs: None, a tensor, or a list or dict of tensors.

    # Properties
        variables: list of the tensors.
    """

    def __init__(self, outputs: Any) -> None:
        self._keys: list[Any] | None = None
        self._is_single = False
        items = outputs
        if outputs is None:
            items = []
        elif isinstance(outputs, dict):
            self._keys = list(outputs)
            items = outputs.values()
        elif not isinstance(outputs, (list, tuple)):
            self._is_single = True
            items = [outputs]
        self.variables = [_variable(item) for item in items]

    def formed(self, values: Sequence[Any]) -> Any:
        """Returns values in the form of the outputs."""
        if self._keys is not None:
            return dict(zip(self._keys, values, strict=True))
        return values[0] if self._is_single else list(values)


def _variable(output: Any) -> Any:
    return output.variable if isinstance(output, Out) else output


class Compilable(Protocol):
    """The graph of a function before compilation."""

    def compiled(self) -> Compute:
        """Returns the function from the inputs' values to the outputs' values."""
        ...

    def changed(self, swap: dict[Any, Any], delete_updates: bool) -> Compilable:
        """Returns a graph with other shared variables, or without updates."""
        ...


@dataclass
class Function:
    """A compiled function: `f(x, y)`, or `f(x, step=0.1)` by names.

    # Arguments
        arguments: its inputs.
        outputs: its outputs.
        graph: what computes them.
        name: str, for messages.
    """

    arguments: list[In]
    outputs: Outputs
    graph: Compilable = field(repr=False)
    name: str | None = None

    def __post_init__(self) -> None:
        self._compute = self.graph.compiled()

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Computes the outputs.

        # Raises
            TypeError: for too many inputs, one that isn't there, or one left out.
        """
        bound = self._bound(values, named)
        checked = [
            argument.checked(value)
            for argument, value in zip(self.arguments, bound, strict=True)
        ]
        return self.outputs.formed(self._compute(checked))

    def copy(
        self,
        share_memory: bool = False,
        swap: dict[Any, Any] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """Compiles the same once more; its random streams count on their own.

        # Arguments
            swap: dict of shared variables, and of those to read and update instead.
            delete_updates: whether the copy changes no shared variables, and draws the
                same random numbers at each call.
            name: str, for messages; None means this function's.
            share_memory, profile: not used.
        """
        graph = self.graph.changed(swap or {}, delete_updates)
        return Function(self.arguments, self.outputs, graph, name or self.name)

    def _bound(self, values: Sequence[Any], named: dict[str, Any]) -> list[Any]:
        label = self.name or "The function"
        if len(values) > len(self.arguments):
            raise TypeError(
                f"{label} takes {len(self.arguments)} inputs, not {len(values)}."
            )
        bound = list(values)
        for argument in self.arguments[len(values) :]:
            value = named.pop(argument.label, argument.value)
            if value is None:
                name = argument.label or argument.variable
                raise TypeError(f"{label} wasn't given its input {name}.")
            bound.append(value)
        if named:
            raise TypeError(f"{label} has no input {', '.join(named)} to be given.")
        return bound

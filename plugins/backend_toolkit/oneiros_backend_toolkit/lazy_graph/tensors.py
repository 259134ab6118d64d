"""Lazy tensors: the nodes of a graph that isn't computed yet."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex

from oneiros import backend as K
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.lazy_graph.graph import Source, Variable
from oneiros_backend_toolkit.lazy_graph.operators import Operators
from oneiros_backend_toolkit.missing_values import (
    ITERATION,
    LENGTH,
    METHODS,
    TRUTH,
    NoValueError,
    compute_elements,
    compute_whole,
)
from oneiros_backend_toolkit.operands import may_agree
from oneiros_backend_toolkit.tensors import OpenShape

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.recorder import Recorder

KEPT_BY_COPIES = ("_keras_shape", "_keras_history")
"""The attributes that Keras 1 sets on tensors; copies have them, too."""

ids = itertools.count()
"""Numbers of nodes, in the order of their creation."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known about a tensor before it is computed.

    # Properties
        shape: its static shape.
        dtype: its type's name.
        static_sizes: for a shape, or an element of one: the sizes already known, and
            None for the others.
        traces: for an engine that can't leave sizes open: what it traced instead. For
            each trace, the tensor's shape (a tuple), or its value (an array) if that
            depends only on sizes.
    """

    shape: OpenShape
    dtype: str
    static_sizes: Any = None
    traces: tuple[Any, ...] | None = None

    @property
    def traced_shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes that the tensor had in the traces."""
        if not self.traces:
            return None
        shapes = []
        for x in self.traces:
            shape = x if isinstance(x, tuple) else x.shape
            shapes.append(shape)
        return tuple(shapes)

    def row(self) -> Spec:
        """Returns the Spec of what stands at one place of the first axis."""
        shapes = self.traced_shapes
        traces = None
        if shapes is not None:
            traces = tuple(shape[1:] for shape in shapes)
        shape = None
        if self.shape is not None:
            shape = self.shape[1:]
        return Spec(shape, self.dtype, traces=traces)

    def stacked(self, sequence: Spec) -> Spec:
        """Returns the Spec of such tensors along a new first axis.

        # Arguments
            sequence: Spec of a tensor whose first axis is as long.
        """
        shape = None
        if self.shape is not None and sequence.shape is not None:
            shape = (sequence.shape[0], *self.shape)
        if sequence.traced_shapes is None and self.traced_shapes is None:
            return Spec(shape, self.dtype)
        lengths = sequence.traced_shapes or itertools.repeat(sequence.shape or (None,))
        rows = self.traced_shapes or itertools.repeat(self.shape or ())
        pairs = zip(lengths, rows)
        traces = [(sizes[0], *row) for sizes, row in pairs]
        return Spec(shape, self.dtype, traces=tuple(traces))


class LazyTensor(Operators):
    """A tensor that is yet to be computed. A `Recorder` makes it.

    Python's operators record further nodes. A node has no value, so what needs one (the
    truth of a node, iteration, conversion to an array) raises TypeError and says what
    to write instead.

    # Arguments
        recorder: the Recorder that makes it.
        source: the Source of its value.
        spec: the Spec of its value.
        parents: the nodes it is computed from.
        name: str, what messages call it; by default its label and its number.
        label: str, what was recorded.

    # Properties
        original: for a copy, the node that it is a copy of.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_keras_history",
        "_keras_shape",
        "_uses_learning_phase",
        "id",
        "name",
        "parents",
        "recorder",
        "source",
        "spec",
    )
    original: LazyTensor | None = None
    __array_priority__ = 1000

    def __init__(
        self,
        recorder: Recorder,
        source: Source,
        spec: Spec,
        parents: Nodes,
        name: str | None = None,
        label: str = "",
    ):
        self.id = next(ids)
        self.recorder = recorder
        self.source: Any = source
        self.spec = spec
        self.parents = tuple(parents)
        self.name = name or f"{label or type(source).__name__.lower()}_{self.id}"
        self._uses_learning_phase: bool = source.depends_on_phase or any(
            parent._uses_learning_phase for parent in self.parents
        )

    @property
    def shape(self) -> OpenShape:
        """The static shape."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """The type's name."""
        return self.spec.dtype

    @property
    def ndim(self) -> int | None:
        """The number of axes, None if that is open."""
        if self.spec.shape is None:
            return None
        return len(self.spec.shape)

    def operate(self, name: str, operands):
        """Records an operator."""
        return self.recorder.record_operator(name, operands)

    def __getitem__(self, index):
        result = self.recorder.record_operator("getitem", (self, index), "index")
        is_of_shape = isinstance(self.spec.static_sizes, tuple)
        is_recorded = self.recorder.owns(result)
        if is_recorded and is_of_shape and isinstance(index, (int, slice)):
            result.spec = replace(
                result.spec, static_sizes=self.spec.static_sizes[index]
            )
        return result

    @property
    def __len__(self) -> Callable[[], int]:
        # Packages ask for this attribute to tell lists from tensors
        if not self.shape or self.shape[0] is None:
            raise NoValueError(f"{self} {LENGTH}")
        length = self.shape[0]
        return lambda: length

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self} {ITERATION}")

    def __bool__(self) -> bool:
        raise TypeError(f"{self} {TRUTH}")

    def __array_ufunc__(self, ufunc, method: str, *inputs, **options):
        return compute_elements(self, ufunc, method, inputs, options)

    def __array_function__(self, function, types, args, options):
        return compute_whole(self, function)

    def __array__(self, *args, **kwargs):
        raise TypeError(
            f"{self!r} holds no values yet. K.eval(x) computes it; K.apply(fn, x) "
            f"records fn."
        )

    def __copy__(self) -> LazyTensor:
        """Returns a tensor of the same value, with attributes of its own.

        Where it is an input of a function, it means the tensor itself. A variable,
        which keeps a value, isn't copied.
        """
        if isinstance(self.source, Variable):
            return self
        copied: LazyTensor = self.recorder.record(_same, (self,), label="copy")
        copied.spec = self.spec
        copied.original = self
        if self.original is not None:
            copied.original = self.original
        for attribute in KEPT_BY_COPIES:
            if hasattr(self, attribute):
                setattr(copied, attribute, getattr(self, attribute))
        return copied

    def eval(self, feed_dict: Mapping[Any, Any] | None = None, session=None):
        """Returns the value, as `K.eval`.

        # Arguments
            feed_dict: dict from placeholder to value.
            session: isn't needed.
        """
        if not feed_dict:
            return K.eval(self)
        with K.use(self.recorder.engine.name):
            return K.get_session().run(self, feed_dict)

    def get_value(self, borrow: bool = False):
        """Returns a variable's value, as `K.get_value`."""
        return K.get_value(self)

    def get_shape(self) -> StaticShape:
        """Returns the static shape, as tensors of TensorFlow 1 gave it.

        # Raises
            TypeError: if not even the rank is known.
        """
        if self.shape is None:
            raise TypeError(f"Not even the rank of {self!r} is known.")
        return StaticShape.of(self.shape)

    def set_shape(self, shape: Sequence[int | None] | None) -> None:
        """Says what sizes the tensor has, as tensors of TensorFlow 1 were told.

        # Arguments
            shape: sizes, None for those that stay open; None alone says nothing.

        # Raises
            ShapeError: if the tensor is known to have another shape.
        """
        if shape is None:
            return
        sizes = tuple(getattr(size, "value", size) for size in shape)
        static_shape = self.shape
        if static_shape is None:
            static_shape = (None,) * len(sizes)
        if not may_agree(sizes, static_shape):
            raise ShapeError(f"{self!r} can't have the shape {sizes}.")
        pairs = zip(sizes, static_shape)
        merged = tuple(new if old is None else old for new, old in pairs)
        self.spec = replace(self.spec, shape=merged)
        if hasattr(self, "_keras_shape"):
            self._keras_shape = merged

    def set_value(self, new_value, borrow: bool = False) -> None:
        """Sets a variable's value, as `K.set_value`."""
        K.set_value(self, new_value)

    def __repr__(self) -> str:
        engine = self.recorder.engine.name
        return (
            f"<{engine} tensor {self.name} of shape {self.shape} and type {self.dtype}>"
        )


Nodes = Sequence[LazyTensor]

for _name, _method in METHODS.items():
    setattr(LazyTensor, _name, _method)


def _same(x):
    return x


class Dimension(int):
    """A size that is known."""

    @property
    def value(self) -> int:
        """The size as an int."""
        return int(self)


class OpenDimension:
    """A size that only the data tells; it equals None."""

    value = None

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, OpenDimension)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return "?"

    def __index__(self) -> NoReturn:
        raise TypeError(
            "This size isn't known before a function runs. K.shape(x)[axis] is it as "
            "a tensor."
        )


class StaticShape(tuple[Any, ...]):
    """A tensor's static shape: `Dimension`s and `OpenDimension`s.

    # Example
        ```python
        from oneiros_backend_toolkit.lazy_graph.tensors import StaticShape

        shape = StaticShape.of((None, 3))
        shape.as_list(), shape[1].value, shape.ndims  # ([None, 3], 3, 2)
        ```
    """

    @classmethod
    def of(cls, sizes: Sequence[int | None]) -> StaticShape:
        """Returns the shape of these sizes, None standing for one that is open."""
        return cls(OpenDimension() if n is None else Dimension(n) for n in sizes)

    @property
    def ndims(self) -> int:
        """The number of axes."""
        return len(self)

    def as_list(self) -> list[int | None]:
        """Returns the sizes as a list of ints and None."""
        return [size.value for size in self]

    def is_fully_defined(self) -> bool:
        """Returns whether all sizes are known."""
        return None not in self

    def num_elements(self) -> int | None:
        """Returns the number of elements, None if a size is open."""
        if not self.is_fully_defined():
            return None
        return math.prod(self)

    def __getitem__(self, index: SupportsIndex | slice):
        part = super().__getitem__(index)
        if isinstance(index, slice):
            return StaticShape(part)
        return part

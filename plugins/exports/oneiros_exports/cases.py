"""Draws the inputs on which a model and its export are compared.

Gates that saturate, masks with gaps and open sizes are where two libraries differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.errors import ArgumentError
from oneiros_training.parts.nested_layers import parts_of

Array = np.ndarray[Any, Any]

SEED = 1337
NB_ROWS = 32
OPEN_SIZES = (1, 7, 32, 67)
"""The sizes that stand for an open axis, such as a number of time steps, until
`NB_OPEN_SIZES` of them fit. Images that become smaller from layer to layer need the
large ones."""
NB_OPEN_SIZES = 2
MODERATE = 1.0
WIDE = 4.0
"""Standard deviations of noise. Where gates get values beyond 2.5, a hard sigmoid has
reached 0 or 1."""
SHARE_MASKED = 0.4
LARGEST_INTEGER = 10
"""Integers below this are drawn if no embedding says how many there are."""


@dataclass(frozen=True)
class Case:
    """A batch to compare on.

    # Properties
        kind: str, such as `"wide noise"`.
        arrays: list with an array for each input of the model.
        open_size: int, the size that stands for each open one; None if all are known.
    """

    kind: str
    arrays: list[Array]
    open_size: int | None = None

    def __str__(self) -> str:
        return self.kind if self.open_size is None else f"{self.kind}, {self.open_size}"


@dataclass(frozen=True)
class _Input:
    """What is known of an input of a model.

    # Properties
        shape: tuple, with None for open sizes.
        dtype: str.
        nb_integers: int, for an input of integers: how many there are; 0 for floats.
        mask_value: number, which marks a step that a mask hides; 0 for integers.
    """

    shape: tuple[int | None, ...]
    dtype: str
    nb_integers: int
    mask_value: float

    @property
    def has_open_size(self) -> bool:
        return None in self.shape[1:]

    @property
    def has_steps(self) -> bool:
        nb_sample_axes = len(self.shape) - 1
        return nb_sample_axes >= 2 or bool(self.nb_integers and nb_sample_axes)

    def sizes(self, nb_rows: int, open_size: int | None) -> tuple[int, ...]:
        rows, *others = self.shape
        sizes = [size or open_size or 0 for size in others]
        return (rows or nb_rows, *sizes)


def draw_cases(
    model: Any, fits: Callable[[Case], bool], rows: int | None = None
) -> list[Case]:
    """Draws batches for a model: noise, zeros, and steps that masks hide; one row and
    many; two sizes for what is open.

    # Arguments
        model: the model.
        fits: function that returns whether the model can compute a batch.
        rows: int, how many rows are many; 32 by default.

    # Raises
        ArgumentError: for another number of rows than the model's own, if that is
            fixed.
    """
    inputs = [_described(model, tensor) for tensor in model.inputs]
    sizes = _BatchSizes.of(inputs, rows)
    rng = np.random.default_rng(SEED)
    if not any(x.has_open_size for x in inputs):
        return [case for case in _batches(rng, inputs, sizes, None) if fits(case)]
    cases: list[Case] = []
    for open_size in OPEN_SIZES:
        cases += filter(fits, _batches(rng, inputs, sizes, open_size))
        if len({case.open_size for case in cases}) == NB_OPEN_SIZES:
            break
    return cases


@dataclass(frozen=True)
class _BatchSizes:
    """How many rows batches have.

    # Properties
        many, single: int; the same if the model takes no others.
    """

    many: int
    single: int

    @classmethod
    def of(cls, inputs: list[_Input], rows: int | None) -> _BatchSizes:
        fixed = max(x.shape[0] or 0 for x in inputs)
        if not fixed:
            return cls(many=rows or NB_ROWS, single=1)
        if rows not in (None, fixed):
            raise ArgumentError(
                f"The model takes batches of {fixed} rows, so it can't be compared on "
                f"{rows}. Leave out rows (--rows)."
            )
        return cls(many=fixed, single=fixed)


def _batches(
    rng: np.random.Generator,
    inputs: list[_Input],
    rows: _BatchSizes,
    open_size: int | None,
) -> Iterator[Case]:
    many = [x.sizes(rows.many, open_size) for x in inputs]
    single = [x.sizes(rows.single, open_size) for x in inputs]
    yield Case("noise", _noise(rng, inputs, many, MODERATE), open_size)
    yield Case("wide noise", _noise(rng, inputs, many, WIDE), open_size)
    yield Case("one row", _noise(rng, inputs, single, MODERATE), open_size)
    yield Case("zeros", _zeros(inputs, single), open_size)
    if any(x.has_steps for x in inputs):
        arrays = _noise(rng, inputs, many, WIDE)
        yield Case("gaps", _with_gaps(rng, inputs, arrays), open_size)


def _noise(
    rng: np.random.Generator,
    inputs: list[_Input],
    sizes: list[tuple[int, ...]],
    scale: float,
) -> list[Array]:
    arrays: list[Array] = []
    for x, shape in zip(inputs, sizes, strict=True):
        if x.nb_integers:
            array: Array = rng.integers(0, x.nb_integers, shape)
        else:
            array = rng.normal(0, scale, shape)
        arrays.append(array.astype(x.dtype))
    return arrays


def _zeros(inputs: list[_Input], sizes: list[tuple[int, ...]]) -> list[Array]:
    return [np.zeros(n, x.dtype) for x, n in zip(inputs, sizes, strict=True)]


def _with_gaps(
    rng: np.random.Generator, inputs: list[_Input], arrays: list[Array]
) -> list[Array]:
    """Hides steps: all of the first row, the first half of the second, the second half
    of the third, some of the others."""
    hidden_arrays = []
    for x, array in zip(inputs, arrays, strict=True):
        if x.has_steps:
            array = array.copy()
            array[_hidden(rng, array.shape[:2])] = x.mask_value
        hidden_arrays.append(array)
    return hidden_arrays


def _hidden(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    hidden = rng.random(shape) < SHARE_MASKED
    half = shape[1] // 2
    hidden[:1] = True
    hidden[1:2, :half] = True
    hidden[1:2, half:] = False
    hidden[2:3, :half] = False
    hidden[2:3, half:] = True
    return hidden


# What a model's inputs are


def _described(model: Any, tensor: Any) -> _Input:
    readers = list(_readers(model, tensor))
    limits = [int(layer.input_dim) for layer in _embeddings_behind(model, tensor)]
    dtype = K.dtype(tensor)
    if not limits and np.dtype(dtype).kind in "iu":
        limits = [_smallest_embedding(model)]
    nb_integers = min(limits, default=0)
    return _Input(
        shape=K.int_shape(tensor),
        dtype=dtype,
        nb_integers=nb_integers,
        mask_value=0.0 if nb_integers else _mask_value(model, readers),
    )


def _readers(model: Any, tensor: Any) -> Iterator[Any]:
    """Yields the layers that get a tensor as it is, those inside of models and wrappers
    too."""
    for node in model.graph_nodes():
        for place, read in enumerate(node.input_tensors):
            if read is tensor:
                yield from _entrances(node.outbound_layer, place)


def _entrances(layer: Any, place: int) -> Iterator[Any]:
    if isinstance(layer, Container):
        yield from _readers(layer, layer.inputs[place])
        return
    yield layer
    if hasattr(layer, "layer"):
        yield layer.layer


def _embeddings_behind(model: Any, tensor: Any) -> Iterator[Any]:
    """Yields the embeddings that get a tensor, or what other layers make of it, such as
    a flattened one."""
    derived = [tensor]
    for node in model.graph_nodes():
        layer = node.outbound_layer
        places = [
            place
            for place, read in enumerate(node.input_tensors)
            if any(read is each for each in derived)
        ]
        embeddings = [found for place in places for found in _inside(layer, place)]
        yield from embeddings
        if places and not embeddings:
            derived += node.output_tensors


def _inside(layer: Any, place: int) -> Iterator[Any]:
    """Yields the embeddings that a layer is, or that one of its inputs reaches in
    it."""
    if isinstance(layer, Container):
        yield from _embeddings_behind(layer, layer.inputs[place])
        return
    for part in (layer, getattr(layer, "layer", None)):
        if _is_embedding(part):
            yield part


def _is_embedding(layer: Any) -> bool:
    return hasattr(layer, "mask_zero") and hasattr(layer, "input_dim")


def _smallest_embedding(model: Any) -> int:
    parts = [part for _, part in parts_of(model)]
    limits = [int(part.input_dim) for part in parts if _is_embedding(part)]
    return min(limits, default=LARGEST_INTEGER)


def _mask_value(model: Any, readers: list[Any]) -> float:
    parts = [part for _, part in parts_of(model)]
    for layer in [*readers, *parts]:
        if hasattr(layer, "mask_value"):
            return float(layer.mask_value)
    return 0.0

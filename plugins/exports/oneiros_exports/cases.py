"""Draws the inputs on which a model and its export are compared.

Gates that saturate, masks with gaps and open sizes are where two libraries differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.typing import Array
from oneiros_training.parts import parts_of

SEED = 1337
NB_ROWS = 32
OPEN_SIZES = (1, 7, 32, 67)
"""The sizes that stand for an open axis, such as a number of time steps. Images that
become smaller from layer to layer need the large ones."""
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
        width: float, how many times wider than usual the noise is.
    """

    kind: str
    arrays: list[Array]
    open_size: int | None = None
    width: float = MODERATE

    def __str__(self) -> str:
        if self.open_size is None:
            return self.kind
        return f"{self.kind}, {self.open_size}"


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
    def has_steps(self) -> bool:
        nb_sample_axes = len(self.shape) - 1
        return nb_sample_axes >= 2 or bool(self.nb_integers and nb_sample_axes)

    def noise(
        self,
        rng: np.random.Generator,
        nb_rows: int,
        open_size: int | None,
        scale: float,
    ) -> Array:
        sizes = (nb_rows, *(size or open_size or 0 for size in self.shape[1:]))
        if self.nb_integers:
            return rng.integers(0, self.nb_integers, sizes).astype(self.dtype)
        return rng.normal(0, scale, sizes).astype(self.dtype)


def drawn_cases(model) -> Iterator[list[Case]]:
    """Yields batches for a model, in a list for each size that stands for what is open:
    noise, zeros, and steps that masks hide; one row and many."""
    inputs = [_described(model, tensor) for tensor in model.inputs]
    rng = np.random.default_rng(SEED)
    is_open = any(None in x.shape[1:] for x in inputs)
    for open_size in OPEN_SIZES if is_open else (None,):
        yield list(_batches(rng, inputs, open_size))


def _batches(
    rng: np.random.Generator, inputs: list[_Input], open_size: int | None
) -> Iterator[Case]:
    fixed = max(x.shape[0] or 0 for x in inputs)

    def noise(rows: int, scale: float) -> list[Array]:
        return [x.noise(rng, fixed or rows, open_size, scale) for x in inputs]

    yield Case("noise", noise(NB_ROWS, MODERATE), open_size)
    yield Case("wide noise", noise(NB_ROWS, WIDE), open_size, WIDE)
    row = noise(1, MODERATE)
    yield Case("one row", row, open_size)
    yield Case("zeros", list(map(np.zeros_like, row)), open_size)
    if any(x.has_steps for x in inputs):
        gaps = _with_gaps(rng, inputs, noise(NB_ROWS, WIDE))
        yield Case("gaps", gaps, open_size, WIDE)


def _with_gaps(
    rng: np.random.Generator, inputs: list[_Input], arrays: list[Array]
) -> list[Array]:
    """Hides all steps of the first row, and some of the others."""
    for x, array in zip(inputs, arrays):
        if x.has_steps:
            hidden = rng.random(array.shape[:2]) < SHARE_MASKED
            hidden[0] = True
            array[hidden] = x.mask_value
    return arrays


# What a model's inputs are


def _described(model, tensor) -> _Input:
    parts = [part for _, part in parts_of(model)]
    reached = list(_reached(model, {id(tensor)}))
    limits = _embedded(reached)
    dtype = K.dtype(tensor)
    if not limits and np.dtype(dtype).kind in "iu":
        limits = _embedded(parts) or [LARGEST_INTEGER]
    nb_integers = min(limits, default=0)
    mask_values = [
        float(layer.mask_value)
        for layer in [*reached, *parts]
        if hasattr(layer, "mask_value") and not nb_integers
    ]
    return _Input(
        shape=K.int_shape(tensor),
        dtype=dtype,
        nb_integers=nb_integers,
        mask_value=mask_values[0] if mask_values else 0.0,
    )


def _reached(model, tensors: set[int]) -> Iterator[Any]:
    """Yields the layers that get tensors or what other layers make of them, such as a
    flattened one, up to embeddings. Those inside of models and wrappers are among
    them.

    # Arguments
        model: the model.
        tensors: set of the tensors' ids; it is updated.
    """
    for node in model.graph_nodes():
        layer = node.outbound_layer
        places = [i for i, read in enumerate(node.input_tensors) if id(read) in tensors]
        if not places:
            continue
        if isinstance(layer, Container):
            parts = list(_reached(layer, {id(layer.inputs[i]) for i in places}))
        else:
            parts = [layer, getattr(layer, "layer", layer)]
        yield from parts
        if not _embedded(parts):
            tensors.update(map(id, node.output_tensors))


def _embedded(layers: list[Any]) -> list[int]:
    """Returns how many integers each embedding among some layers knows."""
    return [
        int(layer.input_dim)
        for layer in layers
        if hasattr(layer, "mask_zero") and hasattr(layer, "input_dim")
    ]

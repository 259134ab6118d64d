"""Steps on several devices, where a distribution places variables and batches.

XLA splits a step as its batch is split. So a step is the same function as on one
device, and computes the same: sums over the batch are sums over all devices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from oneiros.typing import Array
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep

from oneiros_jax_support.devices import platform, scope
from oneiros_jax_support.freed_memory import keep_freed_memory
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placement import traced_for
from oneiros_jax_support.storing import (
    Slot,
    StoringCall,
    Traced,
    TracedStep,
    Values,
    loop_of,
)
from oneiros_jax_support.ynn import ynn_options

if TYPE_CHECKING:
    from oneiros_jax_support.mesh import MeshPlacement


def placed_step(placement: MeshPlacement, step: TracedStep, arrays) -> CompiledStep:
    """Returns one step, compiled for inputs of the shapes of these.

    # Arguments
        placement: where batches and variables lie.
        step: what it computes.
        arrays: NumPy arrays.
    """
    computing = scope(step.backend)

    def placed(arrays) -> list[Any]:
        with computing():
            return list(map(placement.batch, arrays))

    step = _keeping_weights_whole(placement, step)
    trimming = _trimming(step.run, placement, arrays)
    call = PlacedCall(placement, step, trimming, placed(arrays), arrays)
    call.compile()

    def run(arrays, counter) -> list[Array]:
        return call(placed(arrays), counter)

    return run


def placed_loop(
    placement: MeshPlacement, step: TracedStep, arrays, index: Array
) -> CompiledLoop | None:
    """Returns many steps in one call, for an index like this one; None for steps with
    convolutions on a CPU."""

    step = _keeping_weights_whole(placement, step)
    computing = scope(step.backend)

    def arguments(arrays, index: Array, steps: int) -> list[Any]:
        with computing():
            batches = [placement.batch(array, index) for array in arrays]
        return [np.int32(steps), index, *batches]

    def trimmed_loop(old, read, counter, steps, index, *batches):
        if not placement.own_rows:
            rows = index.shape[1]
            batches = tuple(x[:, :rows] for x in batches)
        loop = loop_of(step)
        return loop(old, read, counter, steps, index, *batches)

    first = arguments(arrays, index, 0)
    call = PlacedCall(placement, step, trimmed_loop, first)
    if call.convolves:
        return None
    call.compile()

    def run(arrays, index: Array, steps: int, counter) -> list[Array]:
        return call(arguments(arrays, index, steps), counter)

    return run


def _keeping_weights_whole(placement: MeshPlacement, step: TracedStep) -> TracedStep:
    """Returns a step in which each device keeps all weights of samples that it has, so
    that it knows how many count: XLA would split them again, and all devices would wait
    for a sum before they compute gradients."""
    if placement.own_rows:
        return step

    def function(old, read, counter, *arrays):
        kept = []
        for x in arrays:
            if x.ndim == 1:
                x = jax.lax.with_sharding_constraint(x, placement.replicated)
            kept.append(x)
        return step.function(old, read, counter, *kept)

    return replace(step, function=function)


def _trimming(function: Traced, placement: MeshPlacement, arrays) -> Traced:
    """Returns a function of batches with additional rows, which it leaves out."""
    sizes = [np.shape(array)[:1] for array in arrays]

    def trimmed(old, read, counter, *batches):
        own = []
        pairs = zip(batches, sizes, strict=True)
        for x, size in pairs:
            if size and not placement.own_rows:
                x = x[: size[0]]
            own.append(x)
        return function(old, read, counter, *own)

    return trimmed


class PlacedCall(StoringCall):
    """A StoringCall on several devices.

    # Arguments
        placement: where batches and variables lie.
        step, function, arguments: see `StoringCall`.
        data: arrays that must be the same in all processes.
    """

    def __init__(
        self,
        placement: MeshPlacement,
        step: TracedStep,
        function: Traced,
        arguments,
        data=(),
    ):
        self._placement = placement
        self._data = data
        super().__init__(step, self._tracing(function), arguments)

    def _place(self, slots: list[Slot]) -> None:
        """Puts variables where they belong."""
        for slot in slots:
            slot[0] = self._placement.variable(slot[0])

    def _tracing(self, function: Traced) -> Traced:
        """Returns a function that is traced for the placement."""

        def traced(*values):
            with traced_for(self._placement):
                return function(*values)

        return traced

    def _jit(self, values: list[Values], **options):
        """Variables stay where they are, and each device has the whole outputs."""
        written, _ = values
        shardings = [value.sharding for value in written]
        for _ in range(self._step.outputs):
            shardings.append(self._placement.replicated)
        return jax.jit(
            self._function,
            donate_argnums=self._donated,
            out_shardings=tuple(shardings),
            **options,
        )

    def _jit_convolving(self, arguments):
        return self._jit(arguments[:2], compiler_options=ynn_options(trains=True))

    def compile(self) -> None:
        """Compiles it, in all processes."""
        if platform() == "cpu":
            keep_freed_memory()
        self._name = self._placement.agree(self._arguments[3:], self._data)
        super().compile()

    def __call__(self, arguments, counter) -> list[Array]:
        """Runs it, in all processes."""
        with self._placement.together(self._name):
            return super().__call__(arguments, counter)

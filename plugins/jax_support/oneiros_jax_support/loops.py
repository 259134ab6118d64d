"""Loops over the first axis of tensors.

A fixed number of steps with convolutions is unrolled on a CPU. Otherwise a training
step of a ConvLSTM2D over eight images of 12x12 takes 4.4 times as long
(`benchmarks/mechanisms.py loops`), and larger ones up to sixty times.
"""

from collections.abc import Callable
from typing import Any

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax, jnp


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    states,
    sequences,
    *,
    convolves: bool | Callable[[Any, Any], bool],
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Runs a step for each index of the first axis of `sequences`.

    A fixed number of steps with convolutions is unrolled on a CPU.

    # Arguments
        body: function of the states, and of a step's number with its slices, that
            returns new states and outputs.
        states: the first states.
        sequences: tensors with the same first axis.
        convolves: whether a step contains a convolution, or a function that returns
            this for the shapes of the arguments of `body`.
        reverse: whether to start at the end.

    # Returns
        The last states, and the outputs stacked along a new first axis.
    """
    steps = sequences[0].shape[0]
    numbers = jnp.arange(steps, dtype=jnp.int32)
    slices = (numbers, sequences)
    unrolled = 1
    if platform() == "cpu" and isinstance(steps, int):
        if callable(convolves):
            first = jax.tree.map(_of_one_step, slices)
            convolves = convolves(states, first)
        if convolves:
            unrolled = max(steps, 1)
    last, outputs = jax.lax.scan(body, states, slices, reverse=reverse, unroll=unrolled)
    return last, outputs


def _of_one_step(x):
    shape = x.shape[1:]
    return jax.ShapeDtypeStruct(shape, x.dtype)

"""Many steps in one compiled call.

On JAX, the steps of a small network (case d of `benchmarks/compare.py`) take 9 times as
long if they are called one by one (`benchmarks/mechanisms.py runs`).

Convolutions are the exception on a CPU: XLA takes 1.3 times as long for small ones of
12x12 in a loop (`benchmarks/mechanisms.py convolutions_one_by_one`) and up to sixty
times for large ones, so such steps run one by one.
"""

from collections.abc import Callable
from typing import Any

from oneiros_backend_toolkit.batches import (
    aligned,
    aligned_copy,
    are_on_host,
    batches_of,
    rows_of,
)

from oneiros_jax_support.devices import platform
from oneiros_jax_support.freed_memory import keep_freed_memory
from oneiros_jax_support.jax_import import jax, jnp


def on_device(array):
    """Copies an array to the device; unlike `jax.device_put`, it never shares the
    array's memory. `jnp.array` doesn't either, but compiles something for each shape,
    which takes 0.07 s."""
    return jax.device_put(aligned_copy(array))


def uploaded(array, dtype):
    """Copies an array to the device, once: on a CPU, JAX uses memory with a suitable
    alignment as it is."""
    if platform() == "cpu":
        keep_freed_memory()
    return jax.device_put(aligned_copy(array, dtype))


def batches_for(index, arrays):
    """Returns the rows that an index of shape (steps, batch) names, of arrays on the
    device or of NumPy's."""
    if not are_on_host(arrays):
        return gathered(index, arrays)
    if platform() == "cpu":
        keep_freed_memory()
    batches = batches_of(index, arrays)
    return list(map(aligned, batches))


def rows_for(index, arrays) -> list[Any]:
    """Returns the rows that an index names, of arrays on the device or of NumPy's."""
    if are_on_host(arrays):
        return rows_of(index, arrays)
    return list(gathered(index, arrays))


@jax.jit
def gathered(index, arrays):
    """Returns the rows that an index of any shape names, of each array.

    Gathering before the loop instead of inside halves the time of small steps. It is
    done outside the loop's compiled function, so other numbers of rows don't need
    another one.
    """
    return [jnp.take(array, index, axis=0, mode="clip") for array in arrays]


def run_of(step: Callable[..., Any], written: int) -> Callable[..., Any]:
    """Returns a loop over steps.

    # Arguments
        step: function of the variables' old values, a step's number and its batches;
            returns the new values, `written` of them, and then the outputs.

    # Returns
        A function of the old values, the number of steps, an index of at least so many
        rows and what `gathered` made of it. It returns the last values and the outputs,
        a row per row of the index.
    """

    def run(old, steps, index, *batches):
        def step_of_row(i, old):
            rows = []
            for x in batches:
                row = jax.lax.dynamic_index_in_dim(
                    x, i, keepdims=False, allow_negative_indices=False
                )
                rows.append(row)
            return step(old, i, *rows)

        def body(i, carried):
            old, outputs = carried
            results = step_of_row(i, old)
            pairs = zip(outputs, results[written:], strict=True)
            longer = []
            for rows, row in pairs:
                rows = jax.lax.dynamic_update_index_in_dim(
                    rows, row, i, 0, allow_negative_indices=False
                )
                longer.append(rows)
            new = results[:written]
            return new, tuple(longer)

        first_row = jnp.int32(0)
        results = jax.eval_shape(step_of_row, first_row, old)
        count = len(index)
        empty = []
        for x in results[written:]:
            shape = (count, *x.shape)
            rows = jnp.zeros(shape, x.dtype)
            empty.append(rows)
        first = (old, tuple(empty))
        new, outputs = jax.lax.fori_loop(0, steps, body, first)
        return *new, *outputs

    return run

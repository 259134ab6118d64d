"""The derivative by weights as a transposed product: its time, beside that of the plain
product.

    python3 run.py --group benchmark benchmarks/weight_gradients.py

Each ratio is a median of turns in which one form runs after the other, with an Adam
step that uses it, in one loop that XLA compiles for the CPU. A star marks the sizes for
which the backends choose the transpose.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from oneiros_backend_toolkit.weight_gradients import is_faster_transposed

SAMPLES = (32, 128, 512)
INPUTS = (64, 512, 2048)
OUTPUTS = (1, 2, 10, 16, 32, 64, 128)
STEPS = 30
TURNS = 7


def plain(x: Any, by_result: Any) -> Any:
    """Multiplies as the derivative is written."""
    return x.T @ by_result


def transposed(x: Any, by_result: Any) -> Any:
    """Multiplies the transposes; without the barrier XLA would turn that around."""
    return jax.lax.optimization_barrier(by_result.T @ x).T


def loop_of(
    derivative: Callable[[Any, Any], Any], x: Any, by_result: Any
) -> Callable[[], float]:
    """Returns a function that runs some steps, and tells the seconds."""

    def steps(weights: Any, m: Any, v: Any) -> Any:
        def step(_: Any, state: Any) -> Any:
            weights, m, v = state
            gradient = derivative(x + weights[0, 0] * 1e-30, by_result)
            m = 0.9 * m + 0.1 * gradient
            v = 0.999 * v + 0.001 * gradient * gradient
            return weights - 0.001 * m / (jnp.sqrt(v) + 1e-8), m, v

        return jax.lax.fori_loop(0, STEPS, step, (weights, m, v))

    compiled = jax.jit(steps, donate_argnums=(0, 1, 2))
    state = [compiled(*[jnp.zeros((x.shape[1], by_result.shape[1])) for _ in range(3)])]

    def run() -> float:
        started = time.perf_counter()
        state[0] = jax.block_until_ready(compiled(*state[0]))
        return time.perf_counter() - started

    return run


def main() -> None:
    """Prints a line for each number of samples and inputs."""
    random = np.random.RandomState(0)
    for samples in SAMPLES:
        for inputs in INPUTS:
            cells = []
            for outputs in OUTPUTS:
                x, by_result = (
                    jnp.array(random.randn(samples, n), "float32")
                    for n in (inputs, outputs)
                )
                runs = [loop_of(form, x, by_result) for form in (plain, transposed)]
                turns = [[run() for run in runs] for _ in range(TURNS)]
                ratio = statistics.median(b / a for a, b in turns)
                mark = "*" if is_faster_transposed(samples, inputs, outputs) else ""
                cells.append(f"{outputs}: {ratio:.2f}{mark}")
            print(
                f"{samples} samples, {inputs} inputs, outputs",
                "  ".join(cells),
                flush=True,
            )


if __name__ == "__main__":
    main()

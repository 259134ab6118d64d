"""What graphs of JAX hold, and how they are computed fastest on a CPU.

Without XLA's library YNN the predictions of case b of `benchmarks/compare.py` take 1.5
times as long (`benchmarks/mechanisms.py predictions_by_ynn`); case f, which doesn't
suit it, is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

CONVOLUTION = "conv_general_dilated"
ROWS = 32
CHANNELS = 32
"""From so many samples and output channels on, predictions of unpadded convolutions are
left to XLA's library YNN: it takes 0.9 of the time in the mean, and 1.15 at most. For
fewer, or padded ones, it takes up to twice the time."""
BETWEEN = {
    CONVOLUTION,
    "add",
    "broadcast_in_dim",
    "convert_element_type",
    "custom_jvp_call",
    "custom_vjp_call",
    "jit",
    "max",
    "pad",
    "reduce_window_max",
    "reshape",
}
"""What may be done to images meanwhile: biases, rectifiers, maxima. With others YNN can
take eight times."""

_pools_windows: ContextVar[bool] = ContextVar("oneiros_pools_windows", default=False)


def convolves(graph: Any) -> bool:
    """Tells whether a graph holds a convolution, in a loop or a branch possibly."""
    return any(
        equation.primitive.name == CONVOLUTION or any(map(convolves, _inside(equation)))
        for equation in graph.eqns
    )


def suits_ynn(graph: Any) -> bool:
    """Tells whether YNN computes a graph of convolutions faster, if it has no
    derivatives.

    # Arguments
        graph: traced under `pooling_by_windows`.
    """
    for equation in _used(graph):
        if not any(len(result.aval.shape) == 4 for result in equation.outvars):
            continue
        name = equation.primitive.name
        if name not in BETWEEN:
            return False
        if name == CONVOLUTION and not _is_plain(equation):
            return False
    return True


def pooling_by_windows(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function in which maxima are traced as XLA's operation for windows,
    which suits YNN."""

    def traced(*values: Any) -> Any:
        token = _pools_windows.set(True)
        try:
            return function(*values)
        finally:
            _pools_windows.reset(token)

    return traced


def for_ynn(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Returns a function of `jax.jit` that YNN computes faster, None if it doesn't.

    # Arguments
        function: writes no variables.
        arguments: of the shapes and types that it will be called on.
    """
    from oneiros_jax_support.jax_import import jax

    jitted = jax.jit(pooling_by_windows(function))
    graph = jitted.trace(*arguments).jaxpr.jaxpr
    return jitted if suits_ynn(graph) else None


def pools_by_windows() -> bool:
    """Tells whether a function of `pooling_by_windows` is traced."""
    return _pools_windows.get()


def _used(graph: Any) -> Iterator[Any]:
    """Gives the operations that the outputs of a graph, and of those inside, depend on,
    the last first."""
    needed = {x for x in graph.outvars if not _is_constant(x)}
    for equation in reversed(graph.eqns):
        if not needed.isdisjoint(equation.outvars):
            needed.update(x for x in equation.invars if not _is_constant(x))
            yield equation
            for inner in _inside(equation):
                yield from _used(inner)


def _inside(equation: Any) -> Iterator[Any]:
    """Gives the graphs inside an operation; jax.extend does too, but is a tenth of a
    second to import."""
    for value in equation.params.values():
        for part in value if isinstance(value, (list, tuple)) else [value]:
            graph = getattr(part, "jaxpr", part)
            if hasattr(graph, "eqns"):
                yield graph


def _is_constant(x: Any) -> bool:
    return hasattr(x, "val")


def _is_plain(convolution: Any) -> bool:
    """Tells whether it is a large, unpadded one of images, step by step."""
    images, _ = convolution.invars
    (result,) = convolution.outvars
    params = convolution.params
    sample_axis = params["dimension_numbers"].lhs_spec[0]
    channel_axis = params["dimension_numbers"].out_spec[1]
    steps = (
        *params["window_strides"],
        *params["lhs_dilation"],
        *params["rhs_dilation"],
    )
    if images.aval.ndim != 4 or set(steps) != {1}:
        return False
    if any(map(any, params["padding"])):
        return False
    if params["feature_group_count"] != 1 or params["batch_group_count"] != 1:
        return False
    if images.aval.shape[sample_axis] < ROWS:
        return False
    return bool(result.aval.shape[channel_axis] >= CHANNELS)

"""XLA's library YNN, which computes sums and convolutions on a CPU. Depending on the
network, it is faster than XLA's own code, as fast, or two to eight times slower.

For most functions with convolutions it is switched off: with YNN, predictions of case f
of `benchmarks/compare.py` take 1.4 times as long (`benchmarks/mechanisms.py
without_ynn`).

It computes the predictions that suit it: without YNN, those of case b take 1.5 times as
long (`benchmarks/mechanisms.py predictions_by_ynn`). It also computes the sums of
training steps, such as those over all but the channels: without them, a step of case f
takes 1.16 times as long (`benchmarks/mechanisms.py sums_by_ynn`).
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

from oneiros_jax_support.freed_memory import keep_freed_memory
from oneiros_jax_support.traced_graphs import CONVOLUTION, graphs_inside

Options = dict[str, bool | int | str]

FUSED = "xla_cpu_experimental_ynn_fusion_type"
"""The option that says what YNN computes."""
NOTHING: Options = {FUSED: ""}
SUMS: Options = {FUSED: "LIBRARY_FUSION_TYPE_REDUCE"}
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


def convolving(function: Callable[..., Any], arguments, donated: Sequence[int]):
    """Compiles a function with convolutions with `jax.jit`, with YNN or without it.

    # Arguments
        function: the function, which contains convolutions.
        arguments: values, or `jax.ShapeDtypeStruct`s, like those it will be called on.
        donated: the numbers of the arguments whose memory the results may reuse; none
            for a prediction, which writes no variables.
    """
    from oneiros_jax_support.devices import platform
    from oneiros_jax_support.jax_import import jax

    if platform() != "cpu":
        return jax.jit(function, donate_argnums=donated)
    keep_freed_memory()
    trains = bool(donated)
    if not trains and ynn_options(trains):
        predicting = jax.jit(_pooling_by_windows(function))
        traced = predicting.trace(*arguments)
        graph = traced.jaxpr.jaxpr
        if suits_ynn(graph):
            return predicting
        trains = _sums_channels(graph)
    options = ynn_options(trains)
    return jax.jit(function, donate_argnums=donated, compiler_options=options)


@functools.cache
def ynn_options(trains: bool) -> Options:
    """Returns the options that leave the sums of a training step to YNN, and nothing
    else; none if this XLA doesn't know them.

    If XLA is asked each time, a small convolution compiles in 1.6 times the time
    (`benchmarks/mechanisms.py ynn_options`).
    """
    from oneiros_jax_support.jax_import import jax

    options = SUMS if trains else NOTHING
    constant = jax.jit(lambda: 0, compiler_options=options)
    try:
        constant.lower().compile()
    except RuntimeError:
        return {}
    return options


def pools_by_windows() -> bool:
    """Returns whether maxima are traced as XLA's operation for windows, which suits
    YNN."""
    return _pools_windows.get()


def suits_ynn(graph) -> bool:
    """Returns whether YNN computes a graph of convolutions faster, if it has no
    derivatives.

    # Arguments
        graph: traced with maxima of windows as XLA's own operation.
    """
    for equation in _used(graph):
        ranks = {len(result.aval.shape) for result in equation.outvars}
        if 4 not in ranks:
            continue
        name = equation.primitive.name
        if name not in BETWEEN:
            return False
        if name == CONVOLUTION and not _is_plain(equation):
            return False
    return True


def _sums_channels(graph) -> bool:
    """Returns whether images are summed over all axes but the channels, as for the
    gradients of weights."""
    for equation in graph.eqns:
        if equation.primitive.name == "reduce_sum":
            (images,) = equation.invars
            all_but_last = tuple(range(images.aval.ndim - 1))
            if len(all_but_last) > 1 and equation.params["axes"] == all_but_last:
                return True
        if any(map(_sums_channels, graphs_inside(equation))):
            return True
    return False


def _pooling_by_windows(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function in which `pools_by_windows` is true."""

    def traced(*values):
        token = _pools_windows.set(True)
        try:
            return function(*values)
        finally:
            _pools_windows.reset(token)

    return traced


def _used(graph) -> Iterator[Any]:
    """Yields the operations on which the outputs of a graph and of the graphs inside it
    depend, the last first."""
    needed = {x for x in graph.outvars if not _is_constant(x)}
    for equation in reversed(graph.eqns):
        if not needed.isdisjoint(equation.outvars):
            needed.update(x for x in equation.invars if not _is_constant(x))
            yield equation
            for inner in graphs_inside(equation):
                yield from _used(inner)


def _is_constant(x) -> bool:
    return hasattr(x, "val")


def _is_plain(convolution) -> bool:
    """Returns whether it is a large, unpadded one of images, step by step."""
    images, _ = convolution.invars
    (result,) = convolution.outvars
    params = convolution.params
    axes = params["dimension_numbers"]
    sample_axis = axes.lhs_spec[0]
    channel_axis = axes.out_spec[1]
    steps = (
        *params["window_strides"],
        *params["lhs_dilation"],
        *params["rhs_dilation"],
    )
    groups = (params["feature_group_count"], params["batch_group_count"])
    if images.aval.ndim != 4 or {*steps, *groups} != {1}:
        return False
    if any(map(any, params["padding"])):
        return False
    if images.aval.shape[sample_axis] < ROWS:
        return False
    return bool(result.aval.shape[channel_axis] >= CHANNELS)

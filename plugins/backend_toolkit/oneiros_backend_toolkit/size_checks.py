"""What layers and functions of `K` say of sizes that only the data tells, and where a
computation failed.

A layer with a true attribute `checks_sizes` is asked for its output's shape once more,
at these sizes: its
`get_output_shape_for` says what it can't take. A function of `K` leaves a check on
tensors: `when_known`. All this happens while a graph is traced, not at each step.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from oneiros.backend.tensor_state import LAYER_CALL, StateKey
from oneiros.errors import OneirosError, ShapeError

T = Any
Shape = tuple[int | None, ...]

SIZE_CHECK: StateKey[tuple[Callable[..., None], Sequence[T]]] = StateKey(
    "a check of sizes, and the tensors whose shapes it takes"
)
CHANNELS_LAST_FORM: StateKey[T] = StateKey(
    "a tensor with channels last of the same values, None where that doesn't pay"
)


def when_known(
    check: Callable[..., None], tensors: Sequence[T], checked: Sequence[T]
) -> None:
    """Has `check` called with the shapes of tensors, each time that a graph tells them.

    # Arguments
        checked: the tensors that the check is left on; whoever calls this has just made
            them.
    """
    for tensor in checked:
        SIZE_CHECK.set(tensor, (check, tensors))


def check_sizes(tensor, values: Mapping[T, T]) -> None:
    """Asks the layer that a tensor comes from whether it can take its inputs, and runs
    the tensor's check.

    # Arguments
        tensor: a tensor of the graph.
        values: what was computed so far, by tensor.

    # Raises
        ShapeError: what the layer, or the check, says.
    """
    call = LAYER_CALL.get(tensor)
    if call is not None and getattr(call[0], "checks_sizes", False):
        layer, inputs = call
        shapes = [shape and (None, *shape[1:]) for shape in _shapes(inputs, values)]
        if None not in shapes:
            layer.get_output_shape_for(shapes[0] if len(shapes) == 1 else shapes)
    check, tensors = SIZE_CHECK.get(tensor, (None, ()))
    if check is not None and None not in (shapes := _shapes(tensors, values)):
        check(*shapes)


def _shapes(tensors: Sequence[T], values: Mapping[T, T]) -> list[Shape | None]:
    """Returns the shapes of tensors' values; None for one that isn't known."""
    return [_shape(tensor, values) for tensor in tensors]


def _shape(tensor, values: Mapping[T, T]) -> Shape | None:
    form = None if tensor in values else CHANNELS_LAST_FORM.get(tensor)
    value: Any = values.get(tensor if form is None else form)
    try:
        shape = tuple(value.shape)
    except (AttributeError, ValueError):
        return None
    if form is None:
        return shape
    return (shape[0], shape[-1], *shape[1:-1])


@contextmanager
def layers_named(
    pending: list[T], behind: Callable[[T], Collection[T]], values: Mapping[T, T]
) -> Iterator[None]:
    """Context manager that names the layer in which computing a graph fails.

    # Arguments
        pending: list of tensors; the last one is computed, for those before it.
        behind: function that returns what a tensor is computed from, itself included.
        values: what was computed so far, by tensor.
    """
    try:
        yield
    except Exception as error:
        failed = pending[-1]
        depending = [x for x in reversed(pending) if failed in behind(x)]
        explained = _explained(error, depending, values)
        if str(explained) == str(error):
            raise
        raise explained from error


def _explained(
    error: Exception, tensors: Sequence[T], values: Mapping[T, T]
) -> Exception:
    """Returns what to raise for an error: what a layer says of the sizes, if it finds
    fault with them, and with the name of the innermost layer.

    # Arguments
        tensors: those that depend on the tensor that failed, the innermost first.
    """
    problems = (_problem(x, values) for x in tensors)
    explained: Exception = next(filter(None, problems), error)
    for tensor in tensors:
        if tensor in LAYER_CALL:
            problem = _problem(tensor, values)
            return _named(problem or explained, tensor, values)
    return explained


def _problem(tensor, values: Mapping[T, T]) -> ShapeError | None:
    try:
        check_sizes(tensor, values)
    except ShapeError as problem:
        return problem
    return None


def _named(error: Exception, tensor, values: Mapping[T, T]) -> Exception:
    from oneiros.arguments import label

    layer, inputs = LAYER_CALL.get(tensor, (None, ()))
    if label(layer) in str(error):
        return error
    shapes = ", ".join(map(str, _shapes(inputs, values)))
    text = f"In {label(layer)} (input shape {shapes})"
    if isinstance(error, OneirosError):
        return type(error)(f"{text}: {error}")
    error.add_note(f"Oneiros: {text}.")
    return error

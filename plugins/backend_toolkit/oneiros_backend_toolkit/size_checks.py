"""Checks of sizes that are only known with the data, and the layer in which a
computation failed.

If a layer's attribute `checks_sizes` is true, its `get_output_shape_for` is called
again with these sizes and raises an error for sizes that it doesn't accept. A function
of `K` can attach a check to tensors with `when_known`. All this happens while a graph
is traced, not at each step.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from oneiros.errors import OneirosError, ShapeError
from oneiros.typing import Shape, Tensor, Tensors

from oneiros_backend_toolkit.tensors import LAYER_CALL, StateKey

Values = Mapping[Tensor, Tensor]
"""Computed values by tensor."""

SIZE_CHECK: StateKey[tuple[Callable[..., None], Sequence[Tensor]]] = StateKey(
    "a check of sizes, and the tensors whose shapes it takes"
)
CHANNELS_LAST_FORM: StateKey[Tensor] = StateKey(
    "a tensor with channels last of the same values, None where that doesn't pay"
)


def when_known(
    check: Callable[..., None], tensors: Sequence[Tensor], checked: Sequence[Tensor]
) -> None:
    """Calls `check` with the shapes of tensors each time a graph determines them.

    # Arguments
        checked: the tensors to which the check is attached; the caller has just created
            them.
    """
    for tensor in checked:
        SIZE_CHECK.set(tensor, (check, tensors))


def check_sizes(tensor, values: Values) -> None:
    """Checks whether a tensor's layer accepts its inputs, and runs the tensor's check.

    # Arguments
        tensor: a tensor of the graph.
        values: dict from tensor to its computed value.

    # Raises
        ShapeError: from the layer or the check.
    """
    call = LAYER_CALL.get(tensor)
    if call is not None and getattr(call[0], "checks_sizes", False):
        layer, inputs = call
        shapes = _shapes(inputs, values)
        if None not in shapes:
            known = [shape for shape in shapes if shape is not None]
            of_any_batch = [(None, *shape[1:]) for shape in known]
            only = of_any_batch[0] if len(shapes) == 1 else of_any_batch
            layer.get_output_shape_for(only)
    check, tensors = SIZE_CHECK.get(tensor, (None, ()))
    if check is None:
        return
    shapes = _shapes(tensors, values)
    if None not in shapes:
        check(*shapes)


def _shapes(tensors: Sequence[Tensor], values: Values) -> list[Shape | None]:
    """Returns the shapes of tensors' values; None for an unknown one."""
    return [_shape(tensor, values) for tensor in tensors]


def _shape(tensor, values: Values) -> Shape | None:
    form = None
    if tensor not in values:
        form = CHANNELS_LAST_FORM.get(tensor)
    key = tensor
    if form is not None:
        key = form
    value: Any = values.get(key)
    try:
        shape = tuple(value.shape)
    except (AttributeError, ValueError):
        return None
    if form is None:
        return shape
    samples, *sizes, channels = shape
    return (samples, channels, *sizes)


@contextmanager
def layers_named(
    pending: Tensors, behind: Callable[[Tensor], Collection[Tensor]], values: Values
) -> Iterator[None]:
    """Context manager that adds the layer's name to errors in computing a graph.

    # Arguments
        pending: list of tensors; the last one is being computed for those before it.
        behind: function that returns the tensors from which a tensor is computed,
            including itself.
        values: dict from tensor to its computed value.
    """
    try:
        yield
    except Exception as error:
        if not pending:
            raise
        failed = pending[-1]
        depending = [x for x in reversed(pending) if failed in behind(x)]
        explained = _explained(error, depending, values)
        if str(explained) == str(error):
            raise
        raise explained from error


def _explained(
    error: Exception, tensors: Sequence[Tensor], values: Values
) -> Exception:
    """Returns the error to raise: a layer's error about the sizes if there is one, with
    the name of the innermost layer.

    # Arguments
        tensors: the tensors that depend on the failed tensor, the innermost first.
    """
    problems = (_problem(x, values) for x in tensors)
    explained: Exception = next(filter(None, problems), error)
    for tensor in tensors:
        if tensor in LAYER_CALL:
            problem = _problem(tensor, values)
            return _named(problem or explained, tensor, values)
    return explained


def _problem(tensor, values: Values) -> ShapeError | None:
    try:
        check_sizes(tensor, values)
    except ShapeError as problem:
        return problem
    return None


def _named(error: Exception, tensor, values: Values) -> Exception:
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

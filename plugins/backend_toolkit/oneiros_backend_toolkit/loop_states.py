"""The rule for states of loops: a step returns them in the shapes that it received."""

from __future__ import annotations

from oneiros.errors import ShapeError

Shape = tuple[int | None, ...]


def state_shape(place: int, before: Shape, after: Shape) -> Shape:
    """Returns the shape of a loop's state, with the sizes that are known before or
    after a step.

    # Arguments
        place: int, which of the states it is.
        before: tuple of int or None, the shape of what the step receives.
        after: tuple of int or None, the shape of what it returns.

    # Raises
        ShapeError: if these can't be shapes of one tensor.

    # Example

    ```python
    from oneiros_backend_toolkit.loop_states import state_shape

    assert state_shape(0, (None, 3), (2, None)) == (2, 3)
    ```
    """
    if len(before) != len(after) or not all(map(_agree, before, after)):
        raise ShapeError(
            f"State {place} of a loop has shape {before} before a step and {after} "
            "after it. A step returns the states in the order in which it received "
            "them, and keeps their shapes; K.rnn(…, unroll=True) takes other shapes."
        )
    return tuple(
        size_after if size_before is None else size_before
        for size_before, size_after in zip(before, after, strict=True)
    )


def _agree(size: int | None, other: int | None) -> bool:
    return size is None or other is None or size == other

"""The rule for the states of loops: a step must keep their shapes."""

from __future__ import annotations

from oneiros.errors import ShapeError

Shape = tuple[int | None, ...]


def state_shape(place: int, before: Shape, after: Shape) -> Shape:
    """Returns the shape of a loop's state, with the sizes known before or after a step.

    # Arguments
        place: int, the index of the state.
        before: tuple of int or None, the shape that the step receives.
        after: tuple of int or None, the shape that it returns.

    # Raises
        ShapeError: if these can't be shapes of the same tensor.

    # Example

    ```python
    from oneiros_backend_toolkit.loop_states import state_shape

    assert state_shape(0, (None, 3), (2, None)) == (2, 3)
    ```
    """
    if len(before) != len(after) or not all(map(_agree, before, after)):
        raise ShapeError(
            f"State {place} of a loop has shape {before} before a step and {after} "
            "after it. A step must return the states in the order in which it received "
            "them, and keep their shapes. K.rnn(…, unroll=True) accepts other shapes."
        )
    return tuple(
        size_after if size_before is None else size_before
        for size_before, size_after in zip(before, after, strict=True)
    )


def _agree(size: int | None, other: int | None) -> bool:
    return size is None or other is None or size == other

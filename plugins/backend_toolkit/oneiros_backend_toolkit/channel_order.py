"""Makes channels first ('th') as fast as channels last: transposes between layers
cancel.

The primitives work with channels last. A tensor from one of them knows its form with
channels last, and elementwise operations can use that form instead. So in a block of
layers with channels first, only the first input and the last output are transposed.

Without this, a training step of six convolutions with 16 to 64 filters and batch
normalization on 32x32 images takes 1.16 times as long on Theano, and 1.10 times the
processor time (`benchmarks/mechanisms.py channel_order`).
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable

from oneiros.backend.tensor_state import LAYER_CALL, StateKey

from oneiros_backend_toolkit.size_checks import CHANNELS_LAST_FORM
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_backend_toolkit.types import Types

Rebuild = Callable[..., Tensor]

MADE_OF_FORM: StateKey[bool] = StateKey(
    "whether the tensor was computed from its form with channels last"
)


def first_order(rank: int) -> tuple[int, ...]:
    """Returns the order of axes that moves channels from the end to axis 1."""
    last = rank - 1
    return (0, last, *range(1, last))


def last_order(rank: int) -> tuple[int, ...]:
    """Returns the order of axes that moves channels from axis 1 to the end."""
    return (0, *range(2, rank), 1)


class ChannelOrder(Types):
    """Moves channels to the end and back, at no cost if they have just been moved."""

    def _elementwise(self, x) -> tuple[Rebuild, list[Tensor]] | None:
        """Returns how `x` was computed, if elementwise with broadcasting: a function
        and its arguments. An engine that knows this overrides it.
        """
        return None

    def _channels_first(self, x) -> Tensor:
        """Moves the channels from the end to axis 1."""
        result = self.permute_dimensions(x, first_order(self.ndim(x)))
        CHANNELS_LAST_FORM.set(result, x)
        MADE_OF_FORM.set(result, True)
        return result

    def _channels_last(self, x) -> Tensor:
        """Moves the channels from axis 1 to the end."""
        form = self._channels_last_form(x)
        return self._moved(x) if form is None else form

    def _moved(self, x) -> Tensor:
        return self.permute_dimensions(x, last_order(self.ndim(x)))

    def _channels_last_form(self, x) -> Tensor:
        """Returns `x` with channels last if that needs at most one transpose of a
        tensor of its size, which `x` itself doesn't need; otherwise None.
        """
        if x not in CHANNELS_LAST_FORM:
            CHANNELS_LAST_FORM.set(x, self._recomputed(x))
        form = CHANNELS_LAST_FORM.get(x)
        call = LAYER_CALL.get(x)
        if form is not None and call is not None and form not in LAYER_CALL:
            LAYER_CALL.set(form, call)
        return form

    def _recomputed(self, x) -> Tensor:
        rebuild_and_parents = self._elementwise(x)
        if rebuild_and_parents is None:
            return None
        rebuild, parents = rebuild_and_parents
        large = [p for p in parents if self._is_large(p)]
        if not large:
            return None
        if any(self.ndim(p) not in (0, self.ndim(x)) for p in parents):
            return None
        forms = {id(p): self._channels_last_form(p) for p in large}
        transposes = sum(form is None for form in forms.values())
        if transposes > 1 or transposes == len(forms):
            return None
        moved = [self._parent(p, forms.get(id(p))) for p in parents]
        result = rebuild(*moved)
        result._uses_learning_phase = getattr(x, "_uses_learning_phase", False)
        return result

    def _is_large(self, x) -> bool:
        """Returns whether `x` has values per sample; scales, shifts and numbers
        don't."""
        return bool(self.ndim(x)) and self.int_shape(x)[0] != 1

    def _parent(self, x, form) -> Tensor:
        if form is not None:
            return form
        return self._moved(x) if self.ndim(x) else x

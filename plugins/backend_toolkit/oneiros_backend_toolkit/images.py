"""Sequences, images and volumes: orders of axes, and checks of windows and shapes.

The primitives work with channels last. With channels first ('th'), transposes between
layers cancel: a tensor from a primitive knows its form with channels last, and
elementwise operations can use that form instead. So in a block of layers with channels
first, only the first input and the last output are transposed.

Without this, a training step of six convolutions with 16 to 64 filters and batch
normalization on 32x32 images takes 1.16 times as long on Theano, and 1.10 times the
processor time (`benchmarks/mechanisms.py channel_order`). On TensorFlow, predictions of
six padded convolutions take 1.23 times the processor time; on JAX it makes no
difference.
"""

from collections.abc import Sequence

import numpy as np
from oneiros.arguments import is_int
from oneiros.backend.common import image_dim_ordering
from oneiros.typing import Shape, Tensors

from oneiros_backend_toolkit.derived import Derived
from oneiros_backend_toolkit.operands import UnsuitedError
from oneiros_backend_toolkit.size_checks import CHANNELS_LAST_FORM
from oneiros_backend_toolkit.tensors import LAYER_CALL, AnyFunction, StateKey

BORDERS = ("valid", "same", "full")
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


class Images(Derived):
    """Moves channels to the end and back, at no cost if they have just been moved."""

    def _elementwise(self, x) -> tuple[AnyFunction, Tensors] | None:
        """Returns how `x` was computed, if elementwise with broadcasting: a function
        and its arguments. An engine that knows this overrides it.
        """
        return None

    def _channels_first(self, x, first=True):
        """Moves the channels from the end to axis 1, if they should come first."""
        if not first:
            return x
        order = first_order(self.ndim(x))
        result = self.permute_dimensions(x, order)
        CHANNELS_LAST_FORM.set(result, x)
        MADE_OF_FORM.set(result, True)
        return result

    def _channels_last(self, x, first=True):
        """Moves the channels from axis 1 to the end, if they come first."""
        if not first:
            return x
        form = self._channels_last_form(x)
        if form is None:
            return self._moved(x)
        return form

    def _moved(self, x):
        order = last_order(self.ndim(x))
        return self.permute_dimensions(x, order)

    def _channels_last_form(self, x):
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

    def _recomputed(self, x):
        computed = self._elementwise(x)
        if computed is None:
            return None
        rebuild, parents = computed
        ranks = {self.ndim(parent) for parent in parents}
        if not ranks <= {0, self.ndim(x)}:
            return None
        large = [parent for parent in parents if self._is_large(parent)]
        forms = {id(parent): self._channels_last_form(parent) for parent in large}
        transposes = sum(form is None for form in forms.values())
        if transposes > 1 or transposes == len(forms):
            return None
        moved = []
        for parent in parents:
            form = forms.get(id(parent))
            if form is None:
                form = parent
                if self.ndim(parent):
                    form = self._moved(parent)
            moved.append(form)
        result = rebuild(*moved)
        result._uses_learning_phase = getattr(x, "_uses_learning_phase", False)
        return result

    def _is_large(self, x) -> bool:
        """Returns whether `x` has values per sample; scales, shifts and numbers
        don't."""
        shape = self.int_shape(x)
        return bool(shape) and shape[0] != 1


def is_first(dim_ordering) -> bool:
    """Returns whether channels come first (`'th'`) under `dim_ordering`."""
    if dim_ordering == "default":
        dim_ordering = image_dim_ordering()
    return one_of(("tf", "th"), "dim_ordering", dim_ordering) == "th"


def one_of(choices: Sequence[str], argument: str, value) -> str:
    """Returns the value of an argument that is one of some texts."""
    if not isinstance(value, str) or value not in choices:
        raise UnsuitedError(argument)
    return value


def whole(argument: str, value, minimum: int = 1) -> int:
    """Returns the value of an argument as an int."""
    if not is_int(value) or value < minimum:
        raise UnsuitedError(argument)
    return int(value)


def per_axis(argument: str, value, rank: int, minimum: int = 1) -> tuple[int, ...]:
    """Returns one int per spatial axis; a single int applies to all."""
    is_single = np.ndim(value) == 0
    numbers = (value,) * rank if is_single else tuple(value)
    if len(numbers) != rank:
        raise UnsuitedError(argument)
    return tuple(whole(argument, n, minimum) for n in numbers)


def border(size: int, span: int, stride: int, border_mode: str) -> tuple[int, int]:
    """Returns how many cells are added before and after an axis.

    # Arguments
        size: cells of the axis.
        span: cells from the first to the last one of a window.
    """
    if border_mode == "valid":
        return 0, 0
    if border_mode == "full":
        return span - 1, span - 1
    steps = -(-size // stride)
    last_start = (steps - 1) * stride
    total = max(last_start + span - size, 0)
    before = total // 2
    return before, total - before


def check_window(sizes: Shape, window: Sequence[int | None], border_mode: str) -> None:
    """Checks that a window fits into the image if no border is added."""
    if border_mode != "valid":
        return
    for size, width in zip(sizes, window):
        if size is not None and width is not None and width > size:
            raise ValueError(
                f"a window of {tuple(window)} doesn't fit into spatial sizes "
                f"{tuple(sizes)}; border_mode='same' adds a border"
            )

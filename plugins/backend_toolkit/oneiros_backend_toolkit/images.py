"""Sequences, images and volumes: orders of axes, and checks of windows and shapes.

The primitives work with channels last. With channels first ('th'), transposes between
layers cancel: a tensor from a primitive knows its form with channels last, and
elementwise operations can use that form instead. So in a block of layers with channels
first, only the first input and the last output are transposed.

Without this, a training step of six convolutions with 16 to 64 filters and batch
normalization on 32x32 images takes 1.16 times as long on Theano, and 1.10 times the
processor time (`benchmarks/mechanisms.py channel_order`).
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable, Sequence

from oneiros.arguments import check_choice, check_int, check_ints, is_int
from oneiros.backend.common import image_dim_ordering
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.size_checks import CHANNELS_LAST_FORM, Shape
from oneiros_backend_toolkit.tensor_state import LAYER_CALL, StateKey
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_backend_toolkit.types import Types

BORDERS = ("valid", "same", "full")
KINDS = {3: "(batch, steps, channels)", 4: "images", 5: "volumes"}
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


class Images(Types):
    """Moves channels to the end and back, at no cost if they have just been moved."""

    def _elementwise(self, x) -> tuple[Callable[..., Tensor], list[Tensor]] | None:
        """Returns how `x` was computed, if elementwise with broadcasting: a function
        and its arguments. An engine that knows this overrides it.
        """
        return None

    def _channels_first(self, x, first=True):
        """Moves the channels from the end to axis 1, if they should come first."""
        if not first:
            return x
        result = self.permute_dimensions(x, first_order(self.ndim(x)))
        CHANNELS_LAST_FORM.set(result, x)
        MADE_OF_FORM.set(result, True)
        return result

    def _channels_last(self, x, first=True):
        """Moves the channels from axis 1 to the end, if they come first."""
        if not first:
            return x
        form = self._channels_last_form(x)
        return self._moved(x) if form is None else form

    def _moved(self, x):
        return self.permute_dimensions(x, last_order(self.ndim(x)))

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
                form = self._moved(parent) if self.ndim(parent) else parent
            moved.append(form)
        result = rebuild(*moved)
        result._uses_learning_phase = getattr(x, "_uses_learning_phase", False)
        return result

    def _is_large(self, x) -> bool:
        """Returns whether `x` has values per sample; scales, shifts and numbers
        don't."""
        shape = self.int_shape(x)
        return bool(shape) and shape[0] != 1

    def _check_images(self, function: str, x, rank: int) -> None:
        if self.ndim(x) != rank:
            raise ShapeError(
                f"{function} expected {KINDS[rank]}, a tensor of rank {rank}; it "
                f"received one of shape {self.int_shape(x)}, rank {self.ndim(x)}."
            )

    def _check_announced(self, function: str, argument: str, shape, x) -> None:
        """Checks a shape that the caller passed, as far as both shapes are known."""
        if shape is None:
            return
        own_shape = self.int_shape(x)
        agrees = len(shape) == len(own_shape)
        for size, own_size in zip(shape, own_shape, strict=False):
            is_known = None not in (size, own_size) and not hasattr(size, "dtype")
            if is_known and size != own_size:
                agrees = False
        if not agrees:
            raise ShapeError(
                f"{function} received {argument}={tuple(shape)}, but a tensor of shape "
                f"{own_shape}. Omit {argument}, or pass the tensor's shape."
            )


def is_first(function: str, dim_ordering) -> bool:
    """Returns whether channels come first (`'th'`) under `dim_ordering`."""
    if dim_ordering == "default":
        dim_ordering = image_dim_ordering()
    check_choice(function, "dim_ordering", dim_ordering, ("tf", "th"))
    return bool(dim_ordering == "th")


def per_axis(
    function: str, argument: str, value, rank: int, minimum: int = 1
) -> tuple[int, ...]:
    """Returns one int per spatial axis; a single int applies to all."""
    if is_int(value):
        return (check_int(function, argument, value, minimum),) * rank
    return check_ints(function, argument, value, rank, minimum)


def check_window(
    function: str, sizes: Shape, window: Sequence[int | None], border_mode: str
) -> None:
    """Checks that a window fits into the image if no border is added."""
    if border_mode != "valid":
        return
    for size, width in zip(sizes, window, strict=True):
        if size is not None and width is not None and width > size:
            raise ShapeError(
                f"{function}: a window of {tuple(window)} doesn't fit into spatial "
                f"sizes {tuple(sizes)} with border_mode='valid'. Use "
                "border_mode='same', a smaller window, or larger inputs."
            )

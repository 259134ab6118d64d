"""Transposed convolution, of images of known and of open sizes."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oneiros_backend_onnx.channels import channels_first, channels_last, known_window
from oneiros_backend_onnx.functions import FUNCTIONS
from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.promotion import in_single_precision, integers, paired
from oneiros_backend_onnx.shapes import size_of
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import transposed


def convolve_back(
    x, kernel, sizes: tuple[Any, ...], strides: tuple[int, ...], border_mode: str
):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = known_window(kernel, rank)
    kernel = transposed(kernel, (rank, rank + 1, *range(rank)))
    columns = zip(sizes, window, strides, strict=True)
    axes = [
        _Axis(size_of(x, axis), *column, border_mode)
        for axis, column in enumerate(columns, 1)
    ]
    if all(axis.is_known for axis in axes):
        return channels_last(_trimmed_by_node(x, kernel, strides, axes))
    whole = channels_last(_whole(x, kernel, strides))
    longer = emit("Pad", whole, integers(*[0] * (rank + 3), *strides, 0))
    cut = [slice(axis.before, axis.before + axis.size) for axis in axes]
    return indexed(longer, (slice(None), *cut))


@dataclass(frozen=True)
class _Axis:
    """A spatial axis.

    # Arguments
        steps: the input's size, an int or a scalar tensor.
        size: the result's size.
        width: int, the size of the window.
        stride: int.
        border_mode: str.
    """

    steps: Any
    size: Any
    width: int
    stride: int
    border_mode: str

    @property
    def is_known(self) -> bool:
        """Whether both sizes are ints."""
        return isinstance(self.steps, int) and isinstance(self.size, int)

    @property
    def whole(self):
        """The size of what the windows reach over."""
        return (self.steps - 1) * self.stride + self.width

    @property
    def before(self):
        """How much of that is cut off at the start."""
        if self.border_mode == "valid":
            return 0
        if self.border_mode == "full":
            return self.width - 1
        return FUNCTIONS.maximum(self.whole - self.size, 0) // 2

    @property
    def after(self):
        """How much is cut off at the end; below 0, how many zeros are added."""
        return self.whole - self.size - self.before


def _whole(x: Tensor, kernel: Tensor, strides: Sequence[int], **border) -> Tensor:
    return in_single_precision(
        "ConvTranspose",
        channels_first(x),
        kernel,
        kernel_shape=list(kernel.shape[2:]),
        strides=list(strides),
        **border,
    )


def _trimmed_by_node(
    x: Tensor, kernel: Tensor, strides: Sequence[int], axes: Sequence[_Axis]
) -> Tensor:
    before = [axis.before for axis in axes]
    after = [max(axis.after, 0) for axis in axes]
    added = [max(-axis.after, 0) for axis in axes]
    return _whole(x, kernel, strides, pads=before + after, output_padding=added)

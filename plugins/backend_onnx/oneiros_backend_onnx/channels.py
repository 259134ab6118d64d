"""Channels move to where ONNX has them, and back."""

from oneiros.errors import CapabilityError
from oneiros_backend_toolkit.images import first_order, last_order

from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import transposed


def channels_first(x: Tensor) -> Tensor:
    """Moves channels from the end to axis 1."""
    return transposed(x, first_order(x.ndim))


def channels_last(x: Tensor) -> Tensor:
    """Moves channels from axis 1 to the end."""
    return transposed(x, last_order(x.ndim))


def known_window(kernel: Tensor, rank: int) -> list[int]:
    """Returns the spatial sizes of a kernel, which ONNX must know.

    # Arguments
        kernel: (*window, inputs, outputs).
        rank: int, the number of spatial axes.

    # Raises
        CapabilityError: if one is open.
    """
    window = [n for n in kernel.shape[:rank] if n is not None]
    if len(window) < rank:
        raise CapabilityError(
            f"The backend 'onnx' must know the size of a kernel; it received one of "
            f"shape {kernel.shape}. K.reshape sets a shape."
        )
    return window

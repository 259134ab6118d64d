"""The primitives of convolution and pooling on TensorFlow's own tensors.

Channels are last.

Convolutions stay TensorFlow's own operations, which oneDNN computes on a CPU;
`compiled` keeps XLA off them.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable

from oneiros_backend_toolkit.tensors import Tensor

from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.tensorflow_import import tf


def _shape(x) -> list[Tensor]:
    """Returns the sizes, as ints where they are known."""
    return [
        tf.shape(x)[i] if size is None else size
        for i, size in enumerate(x.shape.as_list())
    ]


def _same_padding(size, window, stride: int) -> tuple[Tensor, Tensor]:
    missing = (-(-size // stride) - 1) * stride + window - size
    missing = tf.maximum(missing, 0) if tf.is_tensor(missing) else max(missing, 0)
    return missing // 2, missing - missing // 2


def _padded(
    x, window: list[Tensor], strides: tuple[int, ...], border_mode: str
) -> Tensor:
    """Pads `x` so that 'valid' windows from then on are those of `border_mode`."""
    if border_mode == "valid" or all(size == 1 for size in window):
        return x
    if border_mode == "full":
        pairs = [(n - 1, n - 1) for n in window]
    else:
        pairs = list(map(_same_padding, _shape(x)[1:-1], window, strides))
    return _with_zeros(x, [(0, 0), *pairs, (0, 0)])


def _with_zeros(x, widths) -> Tensor:
    """Pads with zeros.

    With oneDNN, TensorFlow 2.21 joins its operation `Pad` with a convolution of volumes
    behind it, and forgets the padding of that one. It leaves `PadV2` alone, which a
    tensor as the value selects.
    """
    return tf.pad(x, widths, constant_values=tf.zeros((), x.dtype))


def _every(x, strides: tuple[int, ...]) -> Tensor:
    return x[(slice(None), *[slice(None, None, stride) for stride in strides])]


def _is_exceeded(window: list[Tensor], strides: tuple[int, ...]) -> bool:
    """Whether a stride is larger than the window. If such windows are to be padded,
    XNNPACK, which computes files of TensorFlow Lite, begins at another place."""
    sizes = zip(window, strides, strict=True)
    return any(isinstance(size, int) and size < stride for size, stride in sizes)


def _extent(window: list[Tensor], dilation: tuple[int, ...]) -> list[Tensor]:
    return [(n - 1) * step + 1 for n, step in zip(window, dilation, strict=True)]


def convolve(
    x, kernel, strides: tuple[int, ...], border_mode: str, dilation: tuple[int, ...]
) -> Tensor:
    """Convolves, not flipping the kernel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    window = _extent(_shape(kernel)[:-2], dilation)
    # TensorFlow computes only strides or only dilations.
    is_thinned = max(strides) > 1 and max(dilation) > 1
    if border_mode == "full" or is_thinned or _is_exceeded(window, strides):
        x = _padded(x, window, strides, border_mode)
        border_mode = "valid"
    result = tf.nn.convolution(
        x,
        kernel,
        (1,) * len(strides) if is_thinned else tuple(strides),
        border_mode.upper(),
        dilations=tuple(dilation),
    )
    return _every(result, strides) if is_thinned else result


def convolve_depthwise(x, kernel, strides: tuple[int, ...], border_mode: str) -> Tensor:
    """Convolves images channel by channel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    # TensorFlow computes only strides that are the same along both axes.
    is_thinned = len(set(strides)) > 1
    window = _shape(kernel)[:2]
    if border_mode == "full" or is_thinned or _is_exceeded(window, strides):
        x = _padded(x, window, strides, border_mode)
        border_mode = "valid"
    steps = (1, 1) if is_thinned else tuple(strides)
    result = tf.nn.depthwise_conv2d(x, kernel, (1, *steps, 1), border_mode.upper())
    return _every(result, strides) if is_thinned else result


def convolve_back(
    x, kernel, sizes: tuple[Tensor, ...], strides: tuple[int, ...], border_mode: str
) -> Tensor:
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = FUNCTIONS.paired(x, kernel)
    window = kernel.shape.as_list()[:2]
    channels = kernel.shape.as_list()[3]
    margin = [n - 1 if border_mode == "full" else 0 for n in window]
    padded = [size + 2 * n for size, n in zip(sizes, margin, strict=True)]
    padding = "SAME" if border_mode == "same" else "VALID"
    shape = [tf.shape(x)[0], *padded, channels]
    result = tf.nn.conv2d_transpose(
        x, tf.transpose(kernel, (0, 1, 3, 2)), shape, strides, padding
    )
    if border_mode == "full":
        result = result[(slice(None), *[slice(n, -n if n else None) for n in margin])]
    return result


def pool(
    x, window: tuple[int, ...], strides: tuple[int, ...], border_mode: str, mode: str
) -> Tensor:
    """Returns the largest value, or the mean, of each window."""
    fn = tf.nn.max_pool2d if mode == "max" else tf.nn.avg_pool2d

    def planes(x, window: tuple[int, ...], strides: tuple[int, ...]) -> Tensor:
        if all(size == 1 for size in window):
            # TensorFlow's second derivative of such a pooling is wrong
            return _every(x, strides)
        return fn(x, window, strides, border_mode.upper())

    x = FUNCTIONS.floats(x)
    if len(window) == 2:
        return planes(x, window, strides)
    return _in_volumes(planes, x, window, strides)


def pad(x, widths) -> Tensor:
    """Puts zeros around."""
    return _with_zeros(FUNCTIONS.tensor(x), widths)


def _in_volumes(
    fn: Callable[..., Tensor], x, window: tuple[int, ...], strides: tuple[int, ...]
) -> Tensor:
    """Pools planes, then across planes.

    TensorFlow's own pooling of volumes has no double or half type.
    """
    _, depth, *plane = _shape(x)
    x = fn(tf.reshape(x, (-1, *plane)), window[1:], strides[1:])
    _, rows, columns, channels = _shape(x)
    x = fn(
        tf.reshape(x, (-1, depth, rows * columns, channels)),
        (window[0], 1),
        (strides[0], 1),
    )
    return tf.reshape(x, (-1, _shape(x)[1], rows, columns, channels))

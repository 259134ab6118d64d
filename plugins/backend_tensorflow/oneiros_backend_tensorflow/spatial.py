"""The primitives of convolution and pooling on TensorFlow's own tensors.

Channels are last.

Convolutions stay TensorFlow's own operations, which oneDNN computes on a CPU;
`compiled` keeps XLA off them.
"""

from collections.abc import Sequence
from typing import Any

from oneiros_backend_toolkit.tensors import Tensor, Tensors

from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.tensorflow_import import tf

Ints = tuple[int, ...]


def convolve(x, kernel, strides: Ints, border_mode: str, dilation: Ints):
    """Convolves, not flipping the kernel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    window = []
    for size, step in zip(_sizes(kernel)[:-2], dilation, strict=True):
        window.append((size - 1) * step + 1)
    # TensorFlow computes only strides or only dilations.
    is_thinned = max(strides) > 1 and max(dilation) > 1
    x, padding = _prepared(x, window, strides, border_mode, is_thinned)
    steps = (1,) * len(strides) if is_thinned else tuple(strides)
    dilations = tuple(dilation)
    result = tf.nn.convolution(x, kernel, steps, padding, dilations=dilations)
    return _every(result, strides) if is_thinned else result


def convolve_depthwise(x, kernel, strides: Ints, border_mode: str):
    """Convolves images channel by channel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    # TensorFlow computes only strides that are the same along both axes.
    is_thinned = len(set(strides)) > 1
    window = _sizes(kernel)[:2]
    x, padding = _prepared(x, window, strides, border_mode, is_thinned)
    steps = (1, 1) if is_thinned else tuple(strides)
    result = tf.nn.depthwise_conv2d(x, kernel, (1, *steps, 1), padding)
    return _every(result, strides) if is_thinned else result


def convolve_back(
    x, kernel, sizes: tuple[Tensor, ...], strides: Ints, border_mode: str
):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = FUNCTIONS.paired(x, kernel)
    *window, _, channels = kernel.shape.as_list()
    is_full = border_mode == "full"
    margin = [n - 1 if is_full else 0 for n in window]
    pairs = zip(sizes, margin, strict=True)
    padded = [size + 2 * n for size, n in pairs]
    padding = "SAME" if border_mode == "same" else "VALID"
    samples = tf.shape(x)[0]
    shape = [samples, *padded, channels]
    kernel = tf.transpose(kernel, (0, 1, 3, 2))
    result = tf.nn.conv2d_transpose(x, kernel, shape, strides, padding)
    if not is_full:
        return result
    inner = [slice(n, -n if n else None) for n in margin]
    return result[(slice(None), *inner)]


def pool(x, window: Ints, strides: Ints, border_mode: str, mode: str):
    """Returns the largest value, or the mean, of each window."""
    fn = tf.nn.max_pool2d if mode == "max" else tf.nn.avg_pool2d

    def planes(x, window: Ints, strides: Ints):
        if all(size == 1 for size in window):
            # TensorFlow's second derivative of such a pooling is wrong
            return _every(x, strides)
        return fn(x, window, strides, border_mode.upper())

    x = FUNCTIONS.floats(x)
    if len(window) == 2:
        return planes(x, window, strides)
    # TensorFlow's own pooling of volumes has no double or half type: here planes are
    # pooled, then what is across them
    _, depth, *plane = _sizes(x)
    x = tf.reshape(x, (-1, *plane))
    x = planes(x, window[1:], strides[1:])
    _, rows, columns, channels = _sizes(x)
    x = tf.reshape(x, (-1, depth, rows * columns, channels))
    x = planes(x, (window[0], 1), (strides[0], 1))
    depth = _sizes(x)[1]
    return tf.reshape(x, (-1, depth, rows, columns, channels))


def pad(x, widths):
    """Puts zeros around.

    With oneDNN, TensorFlow 2.21 joins its operation `Pad` with a convolution of volumes
    behind it, and forgets the padding of that one. It leaves `PadV2` alone, which a
    tensor as the value selects.
    """
    x = FUNCTIONS.tensor(x)
    return tf.pad(x, widths, constant_values=tf.zeros((), x.dtype))


def _sizes(x) -> Tensors:
    """Returns the sizes, as ints where they are known."""
    measured = tf.shape(x)
    sizes = enumerate(x.shape.as_list())
    return [measured[i] if size is None else size for i, size in sizes]


def _every(x, strides: Ints):
    steps = [slice(None, None, stride) for stride in strides]
    return x[(slice(None), *steps)]


def _prepared(
    x, window: Sequence[Any], strides: Ints, border_mode: str, is_thinned: bool
) -> tuple[Tensor, str]:
    """Returns what TensorFlow can convolve, and the padding that it adds itself."""
    is_exceeded = _is_exceeded(window, strides)
    if border_mode != "full" and not is_thinned and not is_exceeded:
        return x, border_mode.upper()
    if border_mode == "valid" or all(size == 1 for size in window):
        return x, "VALID"
    if border_mode == "full":
        pairs = [(n - 1, n - 1) for n in window]
    else:
        pairs = list(map(_same_padding, _sizes(x)[1:-1], window, strides))
    return pad(x, [(0, 0), *pairs, (0, 0)]), "VALID"


def _same_padding(size, window, stride: int) -> tuple[Tensor, Tensor]:
    steps = -(-size // stride)
    missing = (steps - 1) * stride + window - size
    missing = tf.maximum(missing, 0) if tf.is_tensor(missing) else max(missing, 0)
    before = missing // 2
    return before, missing - before


def _is_exceeded(window: Sequence[Any], strides: Ints) -> bool:
    """Whether a stride is larger than the window. If such windows are to be padded,
    XNNPACK, which computes files of TensorFlow Lite, begins at another place."""
    sizes = zip(window, strides, strict=True)
    return any(isinstance(size, int) and size < stride for size, stride in sizes)

"""The primitives of convolution and pooling on TensorFlow's own tensors.

Channels are last. `Convolutions` in the toolkit explains the arguments.

Convolutions stay TensorFlow's own operations, which oneDNN computes on a CPU;
`compiled` keeps XLA off them.
"""

from oneiros.typing import Tensor, Tensors

from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.tensorflow_import import tf


def convolve(x, kernel, strides, border_mode, dilation):
    """Convolves, not flipping the kernel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    *sizes, _, _ = _sizes(kernel)
    window = []
    for size, step in zip(sizes, dilation):
        span = (size - 1) * step + 1
        window.append(span)
    # TensorFlow computes only strides or only dilations.
    is_thinned = max(strides) > 1 and max(dilation) > 1
    x, padding = _prepared(x, window, strides, border_mode, is_thinned)
    steps = strides
    if is_thinned:
        steps = 1
    result = tf.nn.convolution(x, kernel, steps, padding, dilations=dilation)
    if is_thinned:
        return _every(result, strides)
    return result


def convolve_depthwise(x, kernel, strides, border_mode, dilation):
    """Convolves images channel by channel."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    # TensorFlow computes only strides that are the same along both axes, and none with
    # dilations.
    is_thinned = len(set(strides)) > 1 or max(strides) > 1 < max(dilation)
    window = []
    for size, step in zip(_sizes(kernel), dilation):
        window.append((size - 1) * step + 1)
    x, padding = _prepared(x, window, strides, border_mode, is_thinned)
    steps = strides
    if is_thinned:
        steps = (1, 1)
    strides_there = (1, *steps, 1)
    result = tf.nn.depthwise_conv2d(
        x, kernel, strides_there, padding, dilations=dilation
    )
    if is_thinned:
        return _every(result, strides)
    return result


def convolve_back(x, kernel, sizes, strides, border_mode):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = FUNCTIONS.paired(x, kernel)
    *window, _, channels = kernel.shape.as_list()
    samples = tf.shape(x)[0]
    kernel = tf.linalg.matrix_transpose(kernel)
    if border_mode != "full":
        shape = [samples, *sizes, channels]
        padding = border_mode.upper()
        return tf.nn.conv_transpose(x, kernel, shape, strides, padding)
    padded = []
    inner = [slice(None)]
    for size, width in zip(sizes, window):
        margin = width - 1
        end = margin + size
        padded.append(end + margin)
        inner.append(slice(margin, end))
    shape = [samples, *padded, channels]
    result = tf.nn.conv_transpose(x, kernel, shape, strides, "VALID")
    return result[tuple(inner)]


def pool(x, window, strides, border_mode, mode):
    """Returns the largest value, or the mean, of each window."""
    fn = tf.nn.avg_pool2d
    if mode == "max":
        fn = tf.nn.max_pool2d
    padding = border_mode.upper()

    def planes(x, window, strides):
        if max(window) == 1:
            # TensorFlow's second derivative of such a pooling is wrong
            return _every(x, strides)
        return fn(x, window, strides, padding)

    x = FUNCTIONS.floats(x)
    if len(window) == 2:
        return planes(x, window, strides)
    # TensorFlow's own pooling of volumes has no double or half type: here planes are
    # pooled, then what is across them
    across, *plane_window = window
    stride, *plane_strides = strides
    _, depth, *plane = _sizes(x)
    x = tf.reshape(x, (-1, *plane))
    x = planes(x, plane_window, plane_strides)
    _, rows, columns, channels = _sizes(x)
    x = tf.reshape(x, (-1, depth, rows * columns, channels))
    x = planes(x, (across, 1), (stride, 1))
    _, depth, _, _ = _sizes(x)
    return tf.reshape(x, (-1, depth, rows, columns, channels))


def pad(x, widths):
    """Puts zeros around.

    With oneDNN, TensorFlow 2.21 joins its operation `Pad` with a convolution of volumes
    behind it, and forgets the padding of that one. It leaves `PadV2` alone, which a
    tensor as the value selects.
    """
    x = FUNCTIONS.tensor(x)
    zero = tf.zeros((), x.dtype)
    return tf.pad(x, widths, constant_values=zero)


def _sizes(x) -> Tensors:
    """Returns the sizes, as ints where they are known."""
    measured = tf.shape(x)
    sizes: Tensors = x.shape.as_list()
    for axis, size in enumerate(sizes):
        if size is None:
            sizes[axis] = measured[axis]
    return sizes


def _every(x, strides):
    index = [slice(None)]
    for stride in strides:
        index.append(slice(None, None, stride))
    return x[tuple(index)]


def _prepared(x, window, strides, border_mode, is_thinned):
    """Returns what TensorFlow can convolve, and the padding that it adds itself."""
    needs_help = is_thinned or _is_exceeded(window, strides)
    if border_mode != "full" and not needs_help:
        return x, border_mode.upper()
    # Open sizes have no truth value
    if border_mode == "valid" or all(size == 1 for size in window):
        return x, "VALID"
    widths = [(0, 0)]
    _, *sizes, _ = _sizes(x)
    for size, span, stride in zip(sizes, window, strides):
        if border_mode == "full":
            margin = span - 1
            widths.append((margin, margin))
        else:
            widths.append(_same_padding(size, span, stride))
    widths.append((0, 0))
    padded = pad(x, widths)
    return padded, "VALID"


def _same_padding(size, span, stride: int) -> tuple[Tensor, Tensor]:
    steps = -(-size // stride)
    excess = (steps - 1) * stride + span - size
    larger = max
    if tf.is_tensor(excess):
        larger = tf.maximum
    missing = larger(excess, 0)
    before = missing // 2
    after = missing - before
    return before, after


def _is_exceeded(window, strides) -> bool:
    """Whether a stride is larger than the window. If such windows are to be padded,
    XNNPACK, which computes files of TensorFlow Lite, begins at another place."""
    for size, stride in zip(window, strides):
        if isinstance(size, int) and size < stride:
            return True
    return False

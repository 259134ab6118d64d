"""What functions of `K` compute, in plain NumPy: slow, and easy to read.

Each reference has the arguments of its function, with arrays in the place of tensors.
"""

import math

import numpy as np

FUZZ = 1e-7

ERROR_FUNCTION = np.vectorize(math.erf, otypes=[float])


def sigmoid(x):
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def softmax(x):
    """A distribution along the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def relu(x, alpha=0.0, max_value=None):
    """The positive part up to a bound, and a share of the negative one."""
    positive = np.clip(x, 0, np.inf if max_value is None else max_value)
    return positive + alpha * np.minimum(x, 0) if alpha else positive


def elu(x, alpha=1.0):
    """The positive part, and an exponential below 0."""
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


def clip(x, min_value, max_value):
    """Values within bounds, of which the lower one counts more."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    return np.maximum(low, np.minimum(x, high))


def l2_normalize(x, axis):
    """Vectors of length 1."""
    total = np.sum(x**2, axis=axis, keepdims=True)
    return x / np.sqrt(np.maximum(total, 1e-12))


def switch(condition, then_expression, else_expression):
    """A choice element by element."""
    return np.where(condition, then_expression, else_expression)


def reduction(name):
    """A reduction of NumPy over one axis or several."""

    def reduce(x, axis=None, keepdims=False):
        axes = tuple(axis) if isinstance(axis, list) else axis
        return getattr(np, name)(x, axis=axes, keepdims=keepdims)

    return reduce


def crossentropy(output, target, from_logits=False):
    """Of distributions that needn't sum to 1."""
    if from_logits:
        output = softmax(output)
    output = output / output.sum(axis=-1, keepdims=True)
    return -np.sum(target * np.log(np.clip(output, FUZZ, 1 - FUZZ)), axis=-1)


def sparse_crossentropy(output, target, from_logits=False):
    """Of the numbers of classes."""
    classes = np.eye(output.shape[-1])[target.astype(int)]
    return crossentropy(output, classes, from_logits)


def binary_crossentropy(output, target, from_logits=False):
    """Of probabilities, element by element."""
    if from_logits:
        output = sigmoid(output)
    output = np.clip(output, FUZZ, 1 - FUZZ)
    return -(target * np.log(output) + (1 - target) * np.log(1 - output))


def batch_dot(x, y, axes=None):
    """Products of samples; vectors give one number a sample."""
    pair = (axes, axes) if isinstance(axes, int) else axes
    pair = pair or (x.ndim - 1, y.ndim - 2)
    inner = pair[0] % x.ndim - 1, pair[1] % y.ndim - 1
    samples = [np.tensordot(a, b, inner) for a, b in zip(x, y)]
    result = np.stack(samples)
    return result if result.ndim > 1 else result[:, None]


def in_top_k(predictions, targets, k):
    """Whether fewer than `k` predictions are larger than that of the target."""
    own = np.take_along_axis(predictions, targets[:, None], 1)
    return np.sum(predictions > own, axis=1) < k


def batch_normalization(x, mean, var, beta, gamma, epsilon=1e-3):
    """Shifted and scaled values."""
    return gamma * (x - mean) / np.sqrt(var + epsilon) + beta


def normalize_batch_in_training(x, gamma, beta, reduction_axes, epsilon=1e-3):
    """Values of mean `beta` and deviation `gamma`; the variance is the biased one."""
    axes = tuple(reduction_axes)
    mean, var = x.mean(axis=axes), x.var(axis=axes)
    shape = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
    parts = [part.reshape(shape) for part in (mean, var, beta, gamma)]
    return batch_normalization(x, *parts, epsilon), mean, var


# Images


def last(x, dim_ordering):
    """An image with its channels last."""
    return x if dim_ordering == "tf" else np.moveaxis(x, 1, -1)


def ordered(x, dim_ordering):
    """An image with its channels where they belong."""
    return x if dim_ordering == "tf" else np.moveaxis(x, -1, 1)


def windows(x, spans, strides, border_mode, filler=0.0):
    """The numbers of steps, and each window with its place, from the first to the last.

    With `'same'` an odd cell of the border comes at the end.
    """
    border, steps = [(0, 0)], []
    for size, span, stride in zip(x.shape[1:-1], spans, strides):
        count = math.ceil(size / stride)
        missing = max((count - 1) * stride + span - size, 0)
        width = {"valid": 0, "full": 2 * (span - 1), "same": missing}[border_mode]
        border.append((width // 2, width - width // 2))
        steps.append((size + width - span) // stride + 1)
    padded = np.pad(x, [*border, (0, 0)], constant_values=filler)

    def cut(place):
        starts = [i * stride for i, stride in zip(place, strides)]
        reached = [slice(start, start + n) for start, n in zip(starts, spans)]
        return padded[:, *reached]

    return tuple(steps), ((place, cut(place)) for place in np.ndindex(*steps))


def convolution(
    x, kernel, strides=1, border_mode="valid", dim_ordering="tf", filter_dilation=1
):
    """Sums over windows; kernels aren't flipped."""
    x = last(x, dim_ordering)
    if dim_ordering == "th":
        kernel = np.moveaxis(kernel, (0, 1), (-1, -2))
    rank = x.ndim - 2
    strides = np.broadcast_to(strides, rank)
    dilation = np.broadcast_to(filter_dilation, rank)
    spans = [(n - 1) * step + 1 for n, step in zip(kernel.shape, dilation)]
    steps, found = windows(x, spans, strides, border_mode)
    result = np.zeros((len(x), *steps, kernel.shape[-1]))
    spread = [slice(None, None, step) for step in dilation]
    axes = range(rank + 1)
    for place, window in found:
        taken = window[:, *spread]
        summed = np.tensordot(taken, kernel, ([axis + 1 for axis in axes], axes))
        result[:, *place] = summed
    return ordered(result, dim_ordering)


def conv1d(x, kernel, stride=1, border_mode="valid"):
    """A convolution over steps."""
    kernel = kernel.reshape(kernel.shape[0], *kernel.shape[-2:])
    return convolution(x, kernel, stride, border_mode)


def deconvolution(
    x, kernel, output_shape, strides=1, border_mode="valid", dim_ordering="tf"
):
    """The gradient of a convolution by its input, by linearity: what each cell of the
    output gives to each cell of `x`."""
    shape = [len(x), *list(output_shape)[1:]]
    swap = (-2, -1) if dim_ordering == "tf" else (0, 1)
    forwards = np.swapaxes(kernel, *swap)
    result = np.zeros(shape)
    for place in np.ndindex(*shape[1:]):
        cell = np.zeros((1, *shape[1:]))
        cell[0, *place] = 1
        given = convolution(cell, forwards, strides, border_mode, dim_ordering)
        result[:, *place] = np.sum(x * given, axis=tuple(range(1, x.ndim)))
    return result


def separable_convolution(
    x,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    border_mode="valid",
    dim_ordering="tf",
    filter_dilation=1,
):
    """A convolution channel by channel, and a mixture of the channels."""
    channels = depthwise_kernel.shape[-2]
    parts = []
    for channel in range(channels):
        one = slice(channel, channel + 1)
        part = convolution(
            x[..., one],
            depthwise_kernel[..., one, :],
            strides,
            border_mode,
            "tf",
            filter_dilation,
        )
        parts.append(part)
    return convolution(np.concatenate(parts, -1), pointwise_kernel)


def pooling(
    x, pool_size, strides=1, border_mode="valid", dim_ordering="tf", pool_mode="max"
):
    """The largest value, or the mean, of each window; the border counts in neither."""
    x = last(x, dim_ordering)
    strides = np.broadcast_to(strides, len(pool_size))
    steps, found = windows(x, pool_size, strides, border_mode, np.nan)
    reduce = np.nanmax if pool_mode == "max" else np.nanmean
    result = np.zeros((len(x), *steps, x.shape[-1]))
    for place, window in found:
        result[:, *place] = reduce(window, axis=tuple(range(1, x.ndim - 1)))
    return ordered(result, dim_ordering)


def padding(x, widths, dim_ordering="tf"):
    """Zeros around the spatial axes."""
    padded = np.pad(last(x, dim_ordering), [(0, 0), *widths, (0, 0)])
    return ordered(padded, dim_ordering)


def even_padding(x, widths, dim_ordering="tf"):
    """As many zeros before each spatial axis as behind it."""
    return padding(x, [(n, n) for n in widths], dim_ordering)


def asymmetric_padding(
    x, top_pad=1, bottom_pad=1, left_pad=1, right_pad=1, dim_ordering="tf"
):
    """Zeros on each side of images."""
    widths = [(top_pad, bottom_pad), (left_pad, right_pad)]
    return padding(x, widths, dim_ordering)


def resized(X, dim_ordering, **factors):
    """Cells that are repeated along each axis."""
    x = last(X, dim_ordering)
    for axis, name in enumerate(factors, 1):
        x = np.repeat(x, factors[name], axis)
    return ordered(x, dim_ordering)


# Sequences


ACTIVATIONS = {
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "linear": lambda x: x,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


def simple_step(x, states, U, act, inner):
    """A step of SimpleRNN."""
    return [act(x + states[0] @ U)]


def gru_step(x, states, U, act, inner):
    """A step of GRU: blocks z, r, h."""
    (h,) = states
    x_z, x_r, x_h = np.split(x, 3, 1)
    U_z, U_r, U_h = np.split(U, 3, 1)
    z = inner(x_z + h @ U_z)
    r = inner(x_r + h @ U_r)
    return [z * h + (1 - z) * act(x_h + (r * h) @ U_h)]


def lstm_step(x, states, U, act, inner):
    """A step of LSTM: blocks i, f, c, o."""
    h, c = states
    i, f, new, o = np.split(x + h @ U, 4, 1)
    c = inner(f) * c + inner(i) * act(new)
    return [inner(o) * act(c), c]


def recurrent(step):
    """A whole recurrent layer."""

    def run(
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        if W is not None:
            x = x @ W + b
        functions = ACTIVATIONS[activation], ACTIVATIONS[inner_activation]
        states, outputs = list(initial_states), []
        places = range(x.shape[1])
        for i in reversed(places) if go_backwards else places:
            new = step(x[:, i], states, U, *functions)
            if mask is not None:
                is_seen = mask[:, i : i + 1] != 0
                new = [np.where(is_seen, a, b) for a, b in zip(new, states)]
            states = new
            outputs.append(states[0])
        return [states[0], np.stack(outputs, 1), *states]

    return run


def by_place(function):
    """A function whose arguments have names of their own."""
    return lambda **received: function(*received.values())


OF_NUMPY = "abs sign round exp log square sin cos tanh maximum minimum equal not_equal"
"""Functions that have the same names in NumPy."""
REDUCTIONS = "max min sum prod mean var std any all"
ALONG_AXIS = (*REDUCTIONS.split(), "l2_normalize")
"""Functions that take an axis."""

REFERENCES = {
    **{name: by_place(getattr(np, name)) for name in OF_NUMPY.split()},
    **{name: reduction(name) for name in REDUCTIONS.split()},
    "greater": by_place(np.greater),
    "greater_equal": by_place(np.greater_equal),
    "arange": by_place(np.arange),
    "argmax": by_place(np.argmax),
    "argmin": by_place(np.argmin),
    "batch_dot": batch_dot,
    "batch_flatten": lambda x: x.reshape(len(x), -1),
    "batch_normalization": batch_normalization,
    "binary_crossentropy": binary_crossentropy,
    "cast": lambda x, dtype: x.astype(dtype),
    "categorical_crossentropy": crossentropy,
    "clip": clip,
    "concatenate": by_place(np.concatenate),
    "dot": by_place(np.dot),
    "elu": elu,
    "erf": by_place(ERROR_FUNCTION),
    "expand_dims": by_place(np.expand_dims),
    "flatten": by_place(np.ravel),
    "gather": lambda reference, indices: reference[indices],
    "hard_sigmoid": ACTIVATIONS["hard_sigmoid"],
    "in_top_k": in_top_k,
    "l2_normalize": l2_normalize,
    "lesser": by_place(np.less),
    "lesser_equal": by_place(np.less_equal),
    "normalize_batch_in_training": normalize_batch_in_training,
    "one_hot": lambda indices, nb_classes: np.eye(nb_classes)[indices],
    "ones_like": lambda x, **more: np.ones_like(x),
    "permute_dimensions": by_place(np.transpose),
    "pow": lambda x, a: x**a,
    "relu": relu,
    "repeat": lambda x, n: np.repeat(x[:, None], n, 1),
    "repeat_elements": by_place(np.repeat),
    "reshape": lambda x, shape: x.reshape([-1 if n is None else n for n in shape]),
    "reverse": by_place(np.flip),
    "shape": lambda x: np.array(x.shape),
    "sigmoid": sigmoid,
    "softmax": softmax,
    "softplus": lambda x: np.logaddexp(x, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_categorical_crossentropy": sparse_crossentropy,
    "sqrt": lambda x: np.sqrt(np.maximum(x, 0)),
    "squeeze": by_place(np.squeeze),
    "stack": by_place(np.stack),
    "stop_gradient": lambda variables: variables,
    "switch": switch,
    "tile": by_place(np.tile),
    "to_dense": lambda tensor: tensor,
    "transpose": by_place(np.transpose),
    "zeros_like": lambda x, **more: np.zeros_like(x),
}
"""Of the functions that every backend has."""

IMAGE_REFERENCES = {
    "asymmetric_spatial_2d_padding": asymmetric_padding,
    "asymmetric_temporal_padding": lambda x, left_pad, right_pad: padding(
        x, [(left_pad, right_pad)]
    ),
    "atrous_conv2d": lambda rate, **more: convolution(filter_dilation=rate, **more),
    "conv1d": conv1d,
    "conv2d": convolution,
    "conv3d": convolution,
    "deconv2d": deconvolution,
    "deconv3d": deconvolution,
    "pool2d": pooling,
    "pool3d": pooling,
    "resize_images": resized,
    "resize_volumes": resized,
    "separable_conv2d": separable_convolution,
    "spatial_2d_padding": by_place(even_padding),
    "spatial_3d_padding": by_place(even_padding),
    "temporal_padding": lambda x, padding: even_padding(x, [padding]),
}
"""Of the functions of the capabilities `conv`, `pool`, `padding` and `resize`."""

RECURRENT_REFERENCES = {
    "gru": recurrent(gru_step),
    "lstm": recurrent(lstm_step),
    "simple_rnn": recurrent(simple_step),
}
"""Of the functions of the capability `fused`."""

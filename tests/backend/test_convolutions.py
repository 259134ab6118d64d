"""Convolutions and pooling of K against NumPy sums over slices, on each backend.

Values and derivatives.
"""

import functools
from itertools import product

import numpy as np
import pytest
from oneiros import backend as K
from random_arrays import array
from slopes import assert_slopes

pytestmark = pytest.mark.spread

ORDERINGS = ("tf", "th")
array64 = functools.partial(array, dtype="float64")


# References: channels last, any number of spatial axes


def borders(sizes, spans, strides, border_mode):
    """Returns the zeros before and behind each axis."""
    if border_mode == "valid":
        return [(0, 0) for _ in sizes]
    if border_mode == "full":
        return [(span - 1, span - 1) for span in spans]
    missing = [
        max((-(-n // s) - 1) * s + span - n, 0)
        for n, span, s in zip(sizes, spans, strides, strict=True)
    ]
    return [(n // 2, n - n // 2) for n in missing]


def windows(padded, window, strides, dilation):
    """Returns, by offset in the window, the slice of an array that this cell of all
    windows sees."""
    counts = [
        (n - (w - 1) * d - 1) // s + 1
        for n, w, s, d in zip(
            padded.shape[1:-1], window, strides, dilation, strict=True
        )
    ]
    for offset in np.ndindex(*window):
        steps = zip(offset, counts, strides, dilation, strict=True)
        yield (
            offset,
            (
                slice(None),
                *[slice(o * d, o * d + (n - 1) * s + 1, s) for o, n, s, d in steps],
            ),
        )


def padded(x, window, strides, border_mode, dilation, value=0.0):
    spans = [(w - 1) * d + 1 for w, d in zip(window, dilation, strict=True)]
    around = borders(x.shape[1:-1], spans, strides, border_mode)
    return np.pad(x, [(0, 0), *around, (0, 0)], constant_values=value), around


def convolved(x, kernel, strides, border_mode, dilation):
    window = kernel.shape[:-2]
    wide, _ = padded(x, window, strides, border_mode, dilation)
    return sum(
        wide[cut] @ kernel[offset]
        for offset, cut in windows(wide, window, strides, dilation)
    )


def convolved_depthwise(x, kernel, strides, border_mode, dilation=(1, 1)):
    window = kernel.shape[:2]
    wide, _ = padded(x, window, strides, border_mode, dilation)
    parts = [
        wide[cut][..., None] * kernel[offset]
        for offset, cut in windows(wide, window, strides, dilation)
    ]
    return sum(parts).reshape(*parts[0].shape[:-2], -1)


def convolved_back(x, kernel, sizes, strides, border_mode):
    window = kernel.shape[:-2]
    dilation = (1,) * len(window)
    wide, around = padded(
        np.zeros((len(x), *sizes, kernel.shape[-1])),
        window,
        strides,
        border_mode,
        dilation,
    )
    for offset, cut in windows(wide, window, strides, dilation):
        wide[cut] += x @ kernel[offset]
    inner = [
        slice(before, n - behind)
        for (before, behind), n in zip(around, wide.shape[1:], strict=False)
    ]
    return wide[(slice(None), *inner)]


def pooled(x, window, strides, border_mode, mode):
    ones = (1,) * len(window)
    wide, _ = padded(x, window, strides, border_mode, ones, value=np.nan)
    cells = np.stack([wide[cut] for _, cut in windows(wide, window, strides, ones)])
    return np.nanmax(cells, 0) if mode == "max" else np.nanmean(cells, 0)


# Comparison


def first(x):
    return np.moveaxis(x, -1, 1)


def kernel_first(kernel):
    """(*window, in, out) as (out, in, *window)."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def agree(build, expected, arrays, ordering="tf", shape=None, **tolerance):
    """Compares `build(placeholders)`, by name, with arrays that have their channels
    last."""
    x, *rest = arrays
    x = first(x) if ordering == "th" else x
    x_in = K.placeholder(shape=shape or (None, *x.shape[1:]))
    others = [K.placeholder(shape=y.shape) for y in rest]
    results = build(x_in, *others)
    assert results.keys() == expected.keys()
    values = K.function([x_in, *others], list(results.values()))([x, *rest])
    for (name, tensor), value in zip(results.items(), values, strict=True):
        reference = first(expected[name]) if ordering == "th" else expected[name]
        assert value.shape == reference.shape, name
        np.testing.assert_allclose(
            value, reference, rtol=1e-4, atol=1e-5, err_msg=str(name), **tolerance
        )
        if shape is None:
            assert K.int_shape(tensor) == (None, *reference.shape[1:]), name
        assert K.ndim(tensor) == value.ndim and K.dtype(tensor) == value.dtype.name


def agree_on(cases, compute, expected, arrays, ordering="tf"):
    """Compares `compute(*placeholders, case)` with `expected(case)` for all cases; in
    Theano's ordering the kernels, which follow the first array, have theirs."""
    x, *kernels = arrays
    agree(
        lambda *tensors: {case: compute(*tensors, case) for case in cases},
        {case: expected(case) for case in cases},
        [x, *(kernel_first(k) if ordering == "th" else k for k in kernels)],
        ordering,
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_conv2d(ordering, predicting_backend):
    x, kernel = array64(2, 7, 6, 3), array64(3, 2, 3, 4, seed=1)
    cases = [
        (strides, mode, dilation)
        for strides, mode, dilation in product(
            [(1, 1), (2, 1), (3, 3)],
            ["valid", "same", "full"],
            [(1, 1), (2, 1), (2, 3)],
        )
        if dilation == (1, 1) or strides != (3, 3)
    ]
    agree_on(
        cases,
        lambda x, k, c: K.conv2d(x, k, c[0], c[1], ordering, filter_dilation=c[2]),
        lambda case: convolved(x, kernel, *case),
        [x, kernel],
        ordering,
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_conv3d(ordering, predicting_backend):
    x, kernel = array64(2, 5, 4, 6, 2), array64(2, 3, 2, 2, 3, seed=1)
    cases = [
        ((1, 1, 1), "valid", (1, 1, 1)),
        ((1, 1, 1), "same", (1, 1, 1)),
        ((1, 1, 1), "full", (1, 1, 1)),
        ((2, 1, 3), "same", (1, 1, 1)),
        ((2, 2, 2), "valid", (1, 1, 1)),
        ((1, 1, 1), "same", (2, 1, 2)),
        ((1, 1, 1), "valid", (2, 1, 3)),
    ]
    agree_on(
        cases,
        lambda x, k, c: K.conv3d(x, k, c[0], c[1], ordering, filter_dilation=c[2]),
        lambda case: convolved(x, kernel, *case),
        [x, kernel],
        ordering,
    )


@pytest.mark.parametrize("strides", [(1, 1, 1), (1, 2, 1)])
def test_a_padded_volume_is_padded_once_more(strides, predicting_backend):
    """TensorFlow with oneDNN forgets one of the two paddings."""
    random = np.random.RandomState(0)
    kernel = K.variable(random.normal(size=(2, 3, 2, 1, 2)))

    def convolved(x):
        options = {"border_mode": "same", "strides": strides, "dim_ordering": "tf"}
        return K.conv3d(x, kernel, **options)

    x = K.placeholder((None, 3, 4, 5, 1))
    padded = K.spatial_3d_padding(x, (1, 1, 2), dim_ordering="tf")
    larger = K.placeholder((None, 5, 6, 9, 1))
    values = random.normal(size=(3, 3, 4, 5, 1)).astype("float32")
    borders = [(0, 0), (1, 1), (1, 1), (2, 2), (0, 0)]
    (computed,) = K.function([x], [convolved(padded)])([values])
    (expected,) = K.function([larger], [convolved(larger)])([np.pad(values, borders)])
    np.testing.assert_allclose(computed, expected, atol=1e-5)


def test_conv1d(predicting_backend):
    x, kernel = array64(2, 8, 3), array64(3, 3, 5, seed=1)
    cases = list(product([1, 2], ["valid", "same", "full"]))

    def build(x, kernel):
        return {case: K.conv1d(x, kernel, *case) for case in cases}

    expected = {case: convolved(x, kernel, (case[0],), case[1], (1,)) for case in cases}
    agree(build, expected, [x, kernel])
    agree(build, expected, [x, kernel[:, None]])


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_atrous_conv2d(ordering, predicting_backend):
    x, kernel = array64(2, 8, 7, 2), array64(3, 2, 2, 3, seed=1)
    cases = list(product([1, 2, (1, 3)], ["valid", "same"]))
    agree_on(
        cases,
        lambda x, k, case: K.atrous_conv2d(x, k, *case, dim_ordering=ordering),
        lambda c: convolved(x, kernel, (1, 1), c[1], np.broadcast_to(c[0], 2)),
        [x, kernel],
        ordering,
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_separable_conv2d(ordering, predicting_backend):
    x = array64(2, 6, 7, 3)
    depthwise = array64(3, 2, 3, 2, seed=1)
    pointwise = array64(1, 1, 6, 4, seed=2)
    cases = list(product([(1, 1), (2, 2), (1, 2)], ["valid", "same", "full"]))
    agree_on(
        cases,
        lambda x, d, p, case: K.separable_conv2d(x, d, p, *case, ordering),
        lambda case: convolved_depthwise(x, depthwise, *case) @ pointwise[0, 0],
        [x, depthwise, pointwise],
        ordering,
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_separable_conv2d_with_holes_and_without_its_second_step(
    ordering, predicting_backend
):
    x = array64(2, 9, 8, 3)
    kernel = array64(3, 2, 3, 2, seed=1)
    places = product([(1, 1), (2, 1)], ["valid", "same"], [(2, 2), (1, 3)])
    cases = list(places)
    agree(
        lambda x, k: {
            case: K.separable_conv2d(
                x, k, None, *case[:2], ordering, filter_dilation=case[2]
            )
            for case in cases
        },
        {case: convolved_depthwise(x, kernel, *case) for case in cases},
        [x, kernel_first(kernel) if ordering == "th" else kernel],
        ordering,
    )


def test_deconv3d(predicting_backend):
    x = array64(2, 3, 2, 3, 3)
    kernel = array64(3, 2, 2, 3, 4, seed=1)
    places = product([(1, 1, 1), (2, 1, 2)], ["valid", "same", "full"])
    windows = list(zip((3, 2, 3), kernel.shape))
    cases = [
        (
            tuple(
                output_sizes(size, window, stride, mode)[-1]
                for (size, window), stride in zip(windows, strides)
            ),
            strides,
            mode,
        )
        for strides, mode in places
    ]
    agree(
        lambda x, k: {
            case: K.deconv3d(x, k, (None, *case[0], 4), *case[1:], "tf")
            for case in cases
        },
        {case: convolved_back(x, kernel, *case) for case in cases},
        [x, kernel],
    )


def output_sizes(size, window, stride, border_mode):
    margin = {"valid": 1 - window, "same": 0, "full": window - 1}[border_mode]
    return [n for n in range(1, 40) if -(-(n + margin) // stride) == size]


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_deconv2d(ordering, predicting_backend):
    x, kernel = array64(2, 4, 3, 3), array64(3, 2, 3, 4, seed=1)
    cases = [
        (rows, columns, strides, mode)
        for strides, mode in product(
            [(1, 1), (2, 2), (3, 2)], ["valid", "same", "full"]
        )
        for rows in output_sizes(4, 3, strides[0], mode)
        for columns in output_sizes(3, 2, strides[1], mode)
    ]
    assert len(cases) > 20

    def compute(x, k, case):
        sizes = case[:2]
        shape = (None, *sizes, 4) if ordering == "tf" else (None, 4, *sizes)
        return K.deconv2d(x, k, shape, *case[2:], ordering)

    agree_on(
        cases,
        compute,
        lambda case: convolved_back(x, kernel, case[:2], *case[2:]),
        [x, kernel],
        ordering,
    )


def test_deconv2d_to_the_size_of_another_tensor(predicting_backend):
    x = array64(2, 3, 3, 2)
    kernel = array64(2, 2, 2, 1, seed=1)
    like = array64(2, 5, 6, 1, seed=2)
    ins = [K.placeholder((None, None, None, n)) for n in (2, 1)]
    shape = (None, K.shape(ins[1])[1], K.shape(ins[1])[2], 1)
    y = K.deconv2d(ins[0], K.variable(kernel), shape, (2, 2), "same", "tf")
    (value,) = K.function(ins, [y])([x, like])
    np.testing.assert_allclose(
        value, convolved_back(x, kernel, (5, 6), (2, 2), "same"), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pool2d(ordering, mode, predicting_backend):
    x = array64(2, 7, 6, 3) - 3.0  # far from 0, so that a border that counts is noticed
    cases = list(product([(2, 2), (3, 2)], [(1, 1), (2, 2), (2, 3)], ["valid", "same"]))
    agree_on(
        cases,
        lambda x, case: K.pool2d(x, *case, ordering, mode),
        lambda case: pooled(x, *case, mode),
        [x],
        ordering,
    )


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pool3d(ordering, mode, predicting_backend):
    x = array64(2, 5, 4, 6, 2) - 3.0
    cases = list(
        product([(2, 2, 2), (3, 1, 2)], [(1, 1, 1), (2, 3, 2)], ["valid", "same"])
    )
    agree_on(
        cases,
        lambda x, case: K.pool3d(x, *case, ordering, mode),
        lambda case: pooled(x, *case, mode),
        [x],
        ordering,
    )


def test_spatial_sizes_may_be_open(predicting_backend):
    x = array64(2, 7, 6, 3)
    kernel = array64(3, 2, 3, 4, seed=1)
    depthwise = array64(3, 3, 3, 2, seed=2)
    pointwise = array64(1, 1, 6, 4, seed=3)
    agree(
        lambda x, k, d, p: {
            "same": K.conv2d(x, k, (2, 2), "same", "tf"),
            "full": K.conv2d(x, k, (1, 2), "full", "tf"),
            "dilated": K.conv2d(x, k, (2, 1), "same", "tf", filter_dilation=(2, 3)),
            "separable": K.separable_conv2d(x, d, p, (1, 2), "same", "tf"),
            "max": K.pool2d(x, (3, 3), (2, 2), "same", "tf", "max"),
            "avg": K.pool2d(x, (3, 3), (2, 2), "same", "tf", "avg"),
        },
        {
            "same": convolved(x, kernel, (2, 2), "same", (1, 1)),
            "full": convolved(x, kernel, (1, 2), "full", (1, 1)),
            "dilated": convolved(x, kernel, (2, 1), "same", (2, 3)),
            "separable": convolved_depthwise(x, depthwise, (1, 2), "same")
            @ pointwise[0, 0],
            "max": pooled(x, (3, 3), (2, 2), "same", "max"),
            "avg": pooled(x, (3, 3), (2, 2), "same", "avg"),
        },
        [x, kernel, depthwise, pointwise],
        shape=(None, None, None, 3),
    )


def test_default_ordering_is_the_one_that_is_set(predicting_backend, set_ordering):
    x, kernel = array64(2, 5, 5, 3), array64(2, 2, 3, 4, seed=1)
    expected = {"conv": convolved(x, kernel, (1, 1), "valid", (1, 1))}
    for ordering, k in zip(ORDERINGS, (kernel, kernel_first(kernel)), strict=True):
        set_ordering(ordering)
        agree(lambda x, k: {"conv": K.conv2d(x, k)}, expected, [x, k], ordering)


# Derivatives

DIFFERENTIABLE = {
    "conv1d": (lambda x, k: K.conv1d(x, k, 2, "same"), (2, 6, 2), (3, 2, 2)),
    "conv2d": (
        lambda x, k: K.conv2d(x, k, (1, 2), "same", "th"),
        (2, 2, 5, 4),
        (3, 2, 2, 2),
    ),
    "conv2d, full": (
        lambda x, k: K.conv2d(x, k, (2, 1), "full", "tf"),
        (2, 4, 4, 2),
        (2, 3, 2, 2),
    ),
    "conv2d, both": (
        lambda x, k: K.conv2d(x, k, (2, 1), "valid", "tf", filter_dilation=(2, 3)),
        (2, 7, 7, 2),
        (2, 2, 2, 2),
    ),
    "atrous": (
        lambda x, k: K.atrous_conv2d(x, k, 2, "same", "tf"),
        (2, 5, 5, 2),
        (2, 3, 2, 2),
    ),
    "conv3d": (
        lambda x, k: K.conv3d(x, k, (1, 2, 1), "same", "tf"),
        (2, 3, 4, 3, 2),
        (2, 2, 2, 2, 2),
    ),
    "deconv2d": (
        lambda x, k: K.deconv2d(x, k, (2, 6, 5, 3), (2, 2), "same", "tf"),
        (2, 3, 3, 2),
        (3, 2, 2, 3),
    ),
    "separable": (
        lambda x, k: K.separable_conv2d(
            x, k, K.variable(array64(1, 1, 4, 3, seed=5)), (2, 2), "same", "tf"
        ),
        (2, 5, 4, 2),
        (3, 3, 2, 2),
    ),
    "depthwise": (
        lambda x, k: K.separable_conv2d(
            x, k, None, (1, 2), "same", "tf", filter_dilation=(2, 1)
        ),
        (2, 5, 4, 2),
        (3, 2, 2, 2),
    ),
    "deconv3d": (
        lambda x, k: K.deconv3d(x, k, (2, 4, 3, 2, 3), (2, 1, 1), "same", "tf"),
        (2, 2, 3, 2, 2),
        (2, 2, 1, 2, 3),
    ),
}
POOLED = {
    "small": (K.pool2d, (3, 2), (2, 2), (2, 5, 5, 2)),
    "large": (K.pool2d, (4, 5), (4, 5), (1, 9, 10, 2)),
    "volumes": (K.pool3d, (2, 2, 2), (2, 1, 2), (2, 3, 4, 3, 2)),
}


def scaled_pooling(pool, window, strides, mode):
    return lambda x, k: k * pool(x, window, strides, "same", "tf", mode)


DIFFERENTIABLE |= {
    (name, mode): (scaled_pooling(pool, window, strides, mode), shape, (2,))
    for name, (pool, window, strides, shape) in POOLED.items()
    for mode in ("max", "avg")
}


def test_gradients_agree_with_differences(backend, float64):
    cases = {}
    for name, (build, *shapes) in DIFFERENTIABLE.items():
        inputs = [K.placeholder(shape) for shape in shapes]
        at = [array64(*shape, seed=seed) for seed, shape in enumerate(shapes)]
        cases[name] = K.sum(K.sin(build(*inputs))), inputs, at
    assert_slopes(cases)


def test_announced_shapes_are_accepted(predicting_backend):
    x, kernel = K.placeholder((None, 5, 5, 3)), K.placeholder((2, 2, 3, 4))
    y = K.conv2d(
        x,
        kernel,
        dim_ordering="tf",
        image_shape=(None, 5, 5, 3),
        filter_shape=(2, 2, 3, 4),
    )
    assert K.int_shape(y) == (None, 4, 4, 4)

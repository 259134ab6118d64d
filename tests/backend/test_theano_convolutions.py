"""Convolutions and pooling of the Theano backend: against NumPy, under two linkers; how
they are compiled."""

import itertools

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import DataError, ShapeError
from oneiros_jax_support import convolutions, ynn
from processes import run_python

PERFORM = "FAST_COMPILE"


@pytest.fixture(autouse=True)
def theano():
    with K.use("theano") as backend:
        yield backend


def convolve(x, kernel, strides, border, dilation):
    return K.current()._convolve(x, kernel, strides, border, dilation)


def max_pool(x, window, strides, border):
    return K.current()._pool(x, window, strides, border, "max")


def average_pool(x, window, strides, border):
    return K.current()._pool(x, window, strides, border, "average")


def widths(border, size, window, stride, dilation, axis):
    reach = (window - 1) * dilation + 1
    if border == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    return {"valid": (0, 0), "full": (reach - 1, reach - 1)}.get(border) or border[axis]


def cells(x, window, strides, border, dilation, value=0.0):
    """Returns the values of each cell of the window in all windows, by NumPy."""
    rank = len(strides)
    numbers = list(
        zip(x.shape[1:-1], window, strides, dilation, range(rank), strict=True)
    )
    padded = np.pad(
        x,
        [(0, 0), *(widths(border, *n) for n in numbers), (0, 0)],
        constant_values=value,
    )
    parts = []
    for cell in itertools.product(*map(range, window)):
        at = [slice(None)]
        for axis, (_, width, stride, step, _) in enumerate(numbers):
            last = padded.shape[axis + 1] - (width - 1) * step
            at.append(slice(cell[axis] * step, cell[axis] * step + last, stride))
        parts.append(padded[tuple(at)])
    return parts


def correlate(x, kernel, strides, border, dilation):
    window = kernel.shape[:-2]
    taps = kernel.reshape(-1, *kernel.shape[-2:])
    return sum(
        c @ tap
        for c, tap in zip(
            cells(x, window, strides, border, dilation), taps, strict=True
        )
    )


def depthwise(x, kernel, strides, border):
    *window, channels, each = kernel.shape
    parts = cells(x, window, strides, border, (1, 1))
    total = sum(
        c[..., None] * k
        for c, k in zip(parts, kernel.reshape(-1, channels, each), strict=True)
    )
    return total.reshape(*total.shape[:3], channels * each)


def transposed(linear, like, g):
    """Applies the transpose of a linear function by way of its matrix."""
    matrix = np.array(
        [linear(row.reshape(like.shape)).ravel() for row in np.eye(like.size)]
    )
    return (matrix @ g.ravel()).reshape(like.shape)


def run(outputs, feeds, mode=None):
    return K.function(list(feeds), list(outputs), mode=mode)(list(feeds.values()))


CONVOLUTIONS = [
    ((2, 5, 6, 2), (3, 2, 2, 3), (1, 1), "valid", (1, 1)),
    ((2, 5, 6, 2), (3, 2, 2, 3), (2, 1), "same", (1, 1)),
    ((2, 4, 5, 2), (2, 3, 2, 3), (1, 2), "full", (1, 1)),
    ((2, 6, 5, 1), (2, 2, 1, 3), (1, 1), "same", (3, 2)),
    ((1, 6, 5, 2), (2, 2, 2, 2), (2, 3), ((1, 0), (0, 2)), (2, 1)),
    ((1, 3, 4, 3, 2), (2, 2, 1, 2, 3), (1, 1, 1), "same", (1, 1, 1)),
    ((1, 4, 3, 4, 1), (2, 1, 3, 1, 2), (2, 1, 2), "full", (1, 1, 1)),
    ((1, 5, 3, 3, 1), (2, 2, 2, 1, 2), (1, 1, 1), ((0, 1), (2, 0), (1, 1)), (2, 1, 1)),
]


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
@pytest.mark.parametrize(
    ("size", "window", "strides", "border", "dilation"), CONVOLUTIONS
)
def test_convolution_and_its_derivatives(size, window, strides, border, dilation, mode):
    x = K.placeholder((None,) * len(size), dtype="float64")
    kernel = K.placeholder(window, dtype="float64")
    y = convolve(x, kernel, strides, border, dilation)
    draw = np.random.RandomState(0)
    a, b = draw.randn(*size), draw.randn(*window)
    expected = correlate(a, b, strides, border, dilation)
    weights = draw.randn(*expected.shape)
    results = run(
        [y, *K.gradients(K.sum(y * K.variable(weights, dtype="float64")), [x, kernel])],
        {x: a, kernel: b},
        mode,
    )
    np.testing.assert_allclose(results[0], expected, rtol=1e-10, atol=1e-12)
    by_input = transposed(
        lambda row: correlate(row, b, strides, border, dilation), a, weights
    )
    by_kernel = transposed(
        lambda row: correlate(a, row, strides, border, dilation), b, weights
    )
    np.testing.assert_allclose(results[1], by_input, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(results[2], by_kernel, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
@pytest.mark.parametrize(
    ("strides", "border", "each"), [((1, 1), "valid", 1), ((2, 1), "same", 3)]
)
def test_depthwise_convolution_and_its_derivatives(strides, border, each, mode, theano):
    x = K.placeholder((None, 5, 4, 2), dtype="float64")
    kernel = K.placeholder((3, 2, 2, each), dtype="float64")
    y = theano._convolve_depthwise(x, kernel, strides, border)
    draw = np.random.RandomState(0)
    a, b = draw.randn(2, 5, 4, 2), draw.randn(3, 2, 2, each)
    expected = depthwise(a, b, strides, border)
    weights = draw.randn(*expected.shape)
    results = run(
        [y, *K.gradients(K.sum(y * K.variable(weights, dtype="float64")), [x, kernel])],
        {x: a, kernel: b},
        mode,
    )
    np.testing.assert_allclose(results[0], expected, rtol=1e-10, atol=1e-12)
    by_input = transposed(lambda row: depthwise(row, b, strides, border), a, weights)
    by_kernel = transposed(lambda row: depthwise(a, row, strides, border), b, weights)
    np.testing.assert_allclose(results[1], by_input, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(results[2], by_kernel, rtol=1e-10, atol=1e-12)


def pooled(x, window, strides, border, mode):
    parts = np.array(cells(x, window, strides, border, (1,) * len(window), np.nan))
    return np.nanmax(parts, 0) if mode is max_pool else np.nanmean(parts, 0)


POOLINGS = [
    ((2, 4, 6, 2), (2, 2), (2, 2), "valid"),
    ((2, 5, 7, 2), (2, 3), (2, 3), "same"),
    ((2, 5, 5, 2), (3, 2), (1, 2), "same"),
    ((2, 5, 5, 2), (2, 2), (3, 3), "valid"),
    ((1, 9, 10, 2), (4, 5), (4, 5), "same"),
    ((1, 3, 5, 4, 2), (2, 2, 2), (1, 2, 1), "same"),
]


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
@pytest.mark.parametrize("pool", [max_pool, average_pool])
@pytest.mark.parametrize(("size", "window", "strides", "border"), POOLINGS)
def test_pooling_and_its_derivatives(size, window, strides, border, pool, mode):
    x = K.placeholder((None,) * len(size), dtype="float64")
    a = (
        np.random.RandomState(0)
        .permutation(np.prod(size))
        .reshape(size)
        .astype("float64")
    )
    y = pool(x, window, strides, border)
    (first,) = K.gradients(K.sum(K.square(y)), [x])
    (second,) = K.gradients(K.sum(K.square(first)), [x])
    values, once, twice = run([y, first, second], {x: a}, mode)
    expected = pooled(a, window, strides, border, pool)
    np.testing.assert_allclose(values, expected)
    steps = np.eye(a.size).reshape(a.size, *size) * 1e-3
    jacobian = np.array(
        [
            (pooled(a + s, window, strides, border, pool) - expected) / 1e-3
            for s in steps
        ]
    )
    jacobian = jacobian.reshape(a.size, -1)
    np.testing.assert_allclose(
        once.ravel(), 2 * jacobian @ expected.ravel(), rtol=1e-6, atol=1e-6
    )
    hessian = 2 * jacobian @ jacobian.T
    np.testing.assert_allclose(
        twice.ravel(), 2 * hessian @ once.ravel(), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
@pytest.mark.parametrize("window", [(2, 2), (4, 4)])
def test_of_equal_maxima_the_first_gets_the_derivative(window, mode):
    x = K.placeholder((None, 4, 4, 1))
    (g,) = K.gradients(K.sum(max_pool(x, window, window, "valid")), [x])
    a = np.zeros((1, 4, 4, 1))
    a[0, 1, :, 0] = 1
    (gradient,) = run([g], {x: a}, mode)
    expected = np.zeros((4, 4))
    expected[1, :: window[1]] = 1
    expected[2, ::2] = window == (2, 2)
    np.testing.assert_array_equal(gradient[0, :, :, 0], expected)


@pytest.mark.parametrize("mode", [None, PERFORM], ids=["jax", "perform"])
def test_maxima_hand_nan_on(mode):
    x = K.placeholder((1, 2, 4, 1))
    a = np.arange(8.0).reshape(1, 2, 4, 1)
    a[0, 1, 0] = np.nan
    (pooled,) = run([max_pool(x, (2, 2), (2, 2), "valid")], {x: a}, mode)
    np.testing.assert_array_equal(pooled.ravel(), [np.nan, 7])


def test_second_derivatives_of_convolutions():
    x = K.placeholder((2, 4, 5, 2), dtype="float64")
    kernel = K.placeholder((2, 3, 2, 3), dtype="float64")
    y = convolve(x, kernel, (2, 1), "same", (1, 1))
    first = K.gradients(K.sum(y * K.square(y)), [x, kernel])
    norm = sum(K.sum(K.square(g)) for g in first)
    second = K.gradients(norm, [x, kernel])
    draw = np.random.RandomState(0)
    feeds = {x: draw.randn(2, 4, 5, 2), kernel: draw.randn(2, 3, 2, 3)}
    f = K.function(list(feeds), [norm, *second])
    step = 1e-6
    _, *results = f(list(feeds.values()))
    for tensor, derivative in zip(feeds, results, strict=True):
        for place in [(0, 1, 1, 1), (1, 2, 0, 1), (0, 0, 1, 0)]:
            moved = []
            for sign in (1, -1):
                array = feeds[tensor].copy()
                array[place] += sign * step
                moved.append(
                    f([array if t is tensor else a for t, a in feeds.items()])[0]
                )
            np.testing.assert_allclose(
                derivative[place], (moved[0] - moved[1]) / (2 * step), rtol=1e-5
            )


def test_transposed_convolution_is_the_transpose(theano):
    x, kernel = K.placeholder((None, 3, 3, 2)), K.placeholder((3, 3, 2, 4))
    y = theano._convolve_back(x, kernel, (6, 5), (2, 2), "same")
    assert K.int_shape(y) == (None, 6, 5, 4)
    draw = np.random.RandomState(0)
    a, b, c = draw.randn(2, 3, 3, 2), draw.randn(3, 3, 2, 4), draw.randn(2, 6, 5, 4)
    (result,) = run([y], {x: a, kernel: b})
    forward = correlate(c, b.swapaxes(2, 3), (2, 2), "same", (1, 1))
    np.testing.assert_allclose(np.sum(result * c), np.sum(a * forward), rtol=1e-5)


@pytest.mark.exhaustive(only=True)
def test_other_linkers_call_jax_for_the_ops():
    x = K.placeholder((None, 6, 6, 2))
    kernel = K.variable(np.random.randn(3, 3, 2, 4))
    y = max_pool(convolve(x, kernel, (1, 1), "same", (1, 1)), (2, 2), (2, 2), "valid")
    outputs = [y, *K.gradients(K.sum(y), [kernel])]
    feeds = {x: np.random.randn(3, 6, 6, 2)}
    for numba, jax in zip(
        run(outputs, feeds, "NUMBA"), run(outputs, feeds), strict=True
    ):
        np.testing.assert_allclose(numba, jax, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_are_kept(dtype):
    x = K.placeholder((1, 4, 4, 1), dtype=dtype)
    kernel = K.placeholder((2, 2, 1, 1), dtype=dtype)
    y = max_pool(convolve(x, kernel, (1, 1), "same", (1, 1)), (2, 2), (1, 1), "same")
    y = average_pool(y, (2, 2), (2, 2), "same")
    outputs = [y, *K.gradients(K.sum(y), [x, kernel])]
    feeds = {x: np.ones((1, 4, 4, 1)), kernel: np.ones((2, 2, 1, 1))}
    for mode in (None, PERFORM):
        assert {value.dtype for value in run(outputs, feeds, mode)} == {np.dtype(dtype)}


def test_static_shapes():
    x = K.placeholder((None, 9, None, 3))
    y = convolve(x, K.variable(np.zeros((3, 3, 3, 4))), (2, 1), "same", (1, 1))
    assert y.type.shape == (None, 5, None, 4)
    assert max_pool(y, (2, 2), (2, 2), "valid").type.shape == (None, 2, None, 4)
    assert [g.type.shape for g in K.gradients(K.sum(y), [x])] == [(None, 9, None, 3)]
    with pytest.raises(ShapeError, match=r"\(11, 1\)"):
        convolve(x, K.variable(np.zeros((11, 1, 3, 4))), (1, 1), "valid", (1, 1))


def test_shapes_that_dont_meet_are_reported_when_run(theano):
    x, kernel = K.placeholder(ndim=4), K.placeholder(ndim=4)
    f = K.function([x, kernel], [theano._convolve(x, kernel, (1, 1), "valid", (1, 1))])
    with pytest.raises(DataError, match=r"\(1, 5, 5, 3\), \(2, 2, 4, 1\)"):
        f([np.zeros((1, 5, 5, 3)), np.zeros((2, 2, 4, 1))])
    assert f([np.zeros((1, 5, 5, 3)), np.zeros((2, 2, 3, 1))])[0].shape == (1, 4, 4, 1)


def test_padding_and_its_derivative(theano):
    x = K.placeholder((None, 2, 2))
    y = theano._pad(x, ((0, 0), (1, 2), (0, 1)))
    assert K.int_shape(y) == (None, 5, 3)
    a = np.random.randn(2, 2, 2)
    value, g = run([y, *K.gradients(K.sum(K.square(y)), [x])], {x: a})
    np.testing.assert_allclose(value, np.pad(a, ((0, 0), (1, 2), (0, 1))), rtol=1e-6)
    np.testing.assert_allclose(g, 2 * a, rtol=1e-6)


# How JAX compiles them


VOLUMES = [
    ((2, 5, 6, 4, 2), (3, 2, 3, 2, 3), (1, 1, 1), "same", (1, 1, 1)),
    ((2, 6, 5, 4, 2), (2, 3, 2, 2, 3), (2, 1, 2), "valid", (1, 1, 1)),
    ((1, 5, 4, 3, 1), (2, 1, 2, 1, 2), (1, 2, 1), "full", (2, 1, 1)),
]


@pytest.mark.parametrize(("size", "window", "strides", "border", "dilation"), VOLUMES)
def test_volumes_as_images_agree_with_xlas_convolutions(
    size, window, strides, border, dilation, monkeypatch
):
    x, kernel = K.placeholder((None, *size[1:])), K.placeholder(window)
    y = convolve(x, kernel, strides, border, dilation)
    outputs = [y, *K.gradients(K.sum(K.square(y)), [x, kernel])]
    feeds = {x: np.random.randn(*size), kernel: np.random.randn(*window)}
    as_images = run(outputs, feeds)
    monkeypatch.setattr(convolutions, "platform", lambda: "gpu")
    for ours, expected in zip(as_images, run(outputs, feeds), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-4)


def test_steps_with_convolutions_run_one_by_one_on_a_cpu(monkeypatch):
    x = K.placeholder((None, 4, 4, 1))
    kernel = K.variable(np.ones((2, 2, 1, 1)))
    drawn = K.random_uniform((2,))
    y = convolve(x, kernel, (1, 1), "valid", (1, 1))
    f = K.function([x], [K.sum(y), drawn], [K.update_add(kernel, kernel)])
    data = np.random.RandomState(0).rand(6, 4, 4, 1)
    sums, draws = f.loop(f.upload([data]), [[0, 1], [2, 3], [4, 5]])
    assert [kind for kind, *_ in f._compiled] == ["step"]
    once = [
        correlate(data[i : i + 2], np.ones((2, 2, 1, 1)), (1, 1), "valid", (1, 1)).sum()
        for i in (0, 2, 4)
    ]
    np.testing.assert_allclose(sums, np.multiply(once, [1, 2, 4]), rtol=1e-5)
    assert len(np.unique(draws)) == 6


def test_an_option_that_xla_doesnt_know_is_left_out(monkeypatch):
    monkeypatch.setattr(ynn, "OPTIONS", {"xla_cpu_no_such_option": ""})
    ynn.known_options.cache_clear()
    try:
        assert ynn.known_options() == {}
        x = K.placeholder((1, 3, 3, 1))
        y = convolve(x, K.variable(np.ones((2, 2, 1, 1))), (1, 1), "valid", (1, 1))
        assert run([K.sum(y)], {x: np.ones((1, 3, 3, 1))})[0] == 16
    finally:
        ynn.known_options.cache_clear()


def test_sums_per_channel():
    x = K.placeholder((None, 5, 6, 3))
    a = np.random.randn(4, 5, 6, 3)
    np.testing.assert_allclose(
        run([K.sum(x, axis=(0, 1, 2))], {x: a})[0],
        a.sum((0, 1, 2)),
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_network_without_convolutions_loads_none_of_this():
    program = """
import sys
from oneiros import backend as K
x = K.placeholder((None, 3))
K.function([x], [K.sum(x)])([[[1, 2, 3]]])
support = "oneiros_jax_support"
extra = ("numba", f"{support}.native_convolution", f"{support}.convolutions")
print([name for name in sys.modules if name.startswith(extra)])
"""
    assert run_python(program).stdout.strip() == "[]"

"""Theano's convolutions and pooling, beside SciPy and plain loops."""

import itertools

import numpy as np
import pytest
import theano
import theano.tensor as T
from oneiros import backend as K
from theano.tensor.nnet.abstract_conv import (
    conv2d_grad_wrt_inputs,
    conv3d_grad_wrt_inputs,
)
from theano.tensor.signal.downsample import max_pool_2d
from theano.tensor.signal.pool import pool_2d

IMAGES = np.random.RandomState(1).randn(2, 2, 6, 7).astype("float32")
FILTERS = np.random.RandomState(2).randn(3, 2, 3, 2).astype("float32")


def convolved(images, filters, mode="valid"):
    """Returns convolutions by SciPy, summed over channels."""
    import scipy.signal

    return np.array(
        [
            [
                sum(
                    scipy.signal.convolve(channel, kernel, mode)
                    for channel, kernel in zip(image, bank, strict=True)
                )
                for bank in filters
            ]
            for image in images
        ]
    )


def framed(images, rows, columns):
    return np.pad(images, [(0, 0), (0, 0), (rows, rows), (columns, columns)])


CASES = {
    "valid": ({}, convolved(IMAGES, FILTERS)),
    "full": ({"border_mode": "full"}, convolved(IMAGES, FILTERS, "full")),
    "half": ({"border_mode": "half"}, convolved(framed(IMAGES, 1, 1), FILTERS)),
    "zeros": ({"border_mode": (2, 0)}, convolved(framed(IMAGES, 2, 0), FILTERS)),
    "strides": ({"subsample": (2, 3)}, convolved(IMAGES, FILTERS)[:, :, ::2, ::3]),
    "unflipped": (
        {"filter_flip": False, "filter_shape": (3, 2, 3, 2)},
        convolved(IMAGES, FILTERS[:, :, ::-1, ::-1]),
    ),
}


def convolutions():
    x = T.tensor4()
    w = T.tensor4()
    outputs = {
        name: T.nnet.conv2d(x, w, **options) for name, (options, _) in CASES.items()
    }
    strided = T.nnet.conv2d(x, w, border_mode=1, subsample=(2, 1))
    outputs["gradient"] = T.grad(T.sum(T.sqr(strided)), x)
    outputs["gradient by Theano's function"] = conv2d_grad_wrt_inputs(
        2 * strided, w, (None, *IMAGES.shape[1:]), border_mode=1, subsample=(2, 1)
    )
    return theano.function([x, w], outputs)


@pytest.fixture(scope="module", params=["tensorflow", "theano"])
def results(request):
    """Theano's own functions don't depend on how `K` convolves."""
    K.set_convolution(request.param)
    computed = convolutions()(IMAGES, FILTERS)
    K.set_convolution("tensorflow")
    return computed


@pytest.mark.parametrize("name", CASES)
def test_convolution_flips_filters(results, name):
    expected = CASES[name][1]
    np.testing.assert_allclose(results[name], expected, rtol=1e-4, atol=1e-4)


def test_gradient_by_the_input(results):
    by_function = results["gradient by Theano's function"]
    np.testing.assert_allclose(results["gradient"], by_function, rtol=1e-4)


def test_convolutions_of_volumes():
    volumes = np.random.RandomState(1).randn(2, 2, 5, 6, 7).astype("float32")
    filters = np.random.RandomState(2).randn(3, 2, 2, 3, 2).astype("float32")
    x = T.tensor5()
    options = {"border_mode": (1, 0, 2), "subsample": (2, 1, 3)}
    strided = T.nnet.conv3d(x, filters, **options)
    by_function = conv3d_grad_wrt_inputs(
        2 * strided, filters, (None, *volumes.shape[1:]), **options
    )
    outputs = [T.nnet.conv3d(x, filters), T.grad(T.sum(T.sqr(strided)), x), by_function]
    plain, gradient, same = theano.function([x], outputs)(volumes)
    expected = convolved(volumes, filters)
    np.testing.assert_allclose(plain, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradient, same, rtol=1e-4, atol=1e-4)


def pooled(image, window, strides, zeros, mode, ignore_border):
    """Pools a matrix as Theano's documentation says, window by window."""
    reach = -np.inf if mode == "max" else 0.0
    data = np.pad(image, [(count, count) for count in zeros], constant_values=reach)
    real = np.pad(np.ones_like(image), [(count, count) for count in zeros])
    starts = []
    for size, length, step in zip(data.shape, window, strides, strict=True):
        ends = [start for start in range(0, size, step) if start + length <= size]
        if not ignore_border and (not ends or ends[-1] + length < size):
            following = ends[-1] + step if ends else 0
            ends += [following] if following < size else []
        starts.append(ends)
    result = np.zeros([len(each) for each in starts])
    for (i, top), (j, left) in itertools.product(*map(enumerate, starts)):
        place = slice(top, top + window[0]), slice(left, left + window[1])
        cells = data[place]
        totals = {
            "max": cells.max(),
            "sum": cells.sum(),
            "average_inc_pad": cells.mean(),
            "average_exc_pad": cells.sum() / max(real[place].sum(), 1),
        }
        result[i, j] = totals[mode]
    return result


POOLINGS = [
    (window, strides, zeros, mode, ignore_border)
    for window, strides, zeros, ignore_border in [
        ((2, 2), (2, 2), (0, 0), True),
        ((2, 3), (2, 2), (1, 1), True),
        ((3, 2), (2, 2), (0, 0), False),
        ((2, 2), (3, 3), (0, 0), False),
    ]
    for mode in ["max", "sum", "average_inc_pad", "average_exc_pad"]
]


@pytest.fixture(scope="module")
def all_pooled():
    x = T.tensor4()
    outputs = [
        pool_2d(x, window, ignore_border, strides, zeros, mode)
        for window, strides, zeros, mode, ignore_border in POOLINGS
    ]
    return theano.function([x], outputs)(IMAGES)


@pytest.mark.parametrize("place", range(len(POOLINGS)), ids=map(str, POOLINGS))
def test_pooling(all_pooled, place):
    expected = [[pooled(each, *POOLINGS[place]) for each in image] for image in IMAGES]
    np.testing.assert_allclose(all_pooled[place], expected, rtol=1e-5, atol=1e-6)


def test_pooling_of_a_matrix():
    matrix = T.matrix()
    small = theano.function([matrix], max_pool_2d(matrix, (2, 2)))(IMAGES[0, 0])
    expected = pooled(IMAGES[0, 0], (2, 2), (2, 2), (0, 0), "max", False)
    np.testing.assert_array_equal(small, expected.astype("float32"))


def test_padding_needs_ignore_border():
    with pytest.raises(NotImplementedError, match="ignore_border=True"):
        pool_2d(T.tensor4(), (2, 2), False, padding=(1, 1))

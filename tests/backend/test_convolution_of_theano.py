"""`K.set_convolution('theano')`: what Keras 1.2.2 computed on Theano, as SciPy computes
it."""

import itertools

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import ArgumentError, SettingsError
from scipy.signal import convolve

RANKS = {2: K.conv2d, 3: K.conv3d}


TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture
def theanos_convolution(set_convolution):
    set_convolution("theano")


def dilated(kernel, rate):
    """Puts zeros between a kernel's cells, which are its last axes."""
    out, channels, *window = kernel.shape
    spread = np.zeros((out, channels, *((n - 1) * rate + 1 for n in window)))
    cells = (slice(None, None, rate),) * len(window)
    spread[(..., *cells)] = kernel
    return spread


def expected(x, kernel, stride, border, rate):
    """Convolves with channels first. Theano's border for 'same' is half a window on
    both sides; Keras cropped what that gave more than ceil(size / stride)."""
    kernel = dilated(kernel, rate)
    everywhere = np.array(
        [
            [
                sum(convolve(plane, part, "full") for plane, part in zip(image, filter))
                for filter in kernel
            ]
            for image in x
        ]
    )
    places = []
    for size, width in zip(x.shape[2:], kernel.shape[2:]):
        start = {"full": 0, "valid": width - 1, "same": width - 1 - width // 2}[border]
        count = {"full": size + width - 1, "valid": size - width + 1, "same": size}
        places.append(slice(start, start + count[border], stride))
    return everywhere[(..., *places)]


def last(array):
    return np.moveaxis(array, 1, -1)


def kernel_last(array):
    return np.moveaxis(array, (0, 1), (-1, -2))


CASES = list(
    itertools.product(
        (2, 3), ((2, 3, 3), (4, 2, 1)), (1, 2), ("valid", "same", "full"), (1, 2)
    )
)


@pytest.mark.parametrize("ordering", ["th", "tf"])
def test_convolutions_are_those_of_theano(backend, theanos_convolution, ordering):
    draw = np.random.RandomState(0)
    for rank, window, stride, border, rate in CASES:
        x = draw.normal(size=(2, 2, 8, 9, 7)[: rank + 2])
        kernel = draw.normal(size=(3, 2, *window[:rank]))
        given = (x, kernel) if ordering == "th" else (last(x), kernel_last(kernel))
        result = RANKS[rank](
            *map(K.variable, given),
            strides=(stride,) * rank,
            border_mode=border,
            dim_ordering=ordering,
            filter_dilation=(rate,) * rank,
        )
        wanted = expected(x, kernel, stride, border, rate)
        wanted = wanted if ordering == "th" else last(wanted)
        np.testing.assert_allclose(K.eval(result), wanted, **TOLERANCE)


@pytest.mark.parametrize("border", ["valid", "same", "full"])
@pytest.mark.parametrize("window", [(3, 1), (2, 4)])
def test_the_transposed_convolution_is_its_adjoint(
    backend, theanos_convolution, window, border
):
    """<conv(x), y> == <x, deconv(y)> says what a gradient is."""
    draw = np.random.RandomState(1)
    kernel = draw.normal(size=(3, 2, *window))
    x = draw.normal(size=(2, 2, 7, 8))
    arguments = {"strides": (2, 2), "border_mode": border, "dim_ordering": "th"}
    convolved = K.eval(K.conv2d(K.variable(x), K.variable(kernel), **arguments))
    y = draw.normal(size=convolved.shape)
    swapped = K.variable(kernel.swapaxes(0, 1))
    back = K.eval(K.deconv2d(K.variable(y), swapped, x.shape, **arguments))
    np.testing.assert_allclose(np.sum(back * x), np.sum(convolved * y), **TOLERANCE)


def test_sequences_and_the_kernel_of_the_example(backend, theanos_convolution):
    values = np.arange(9.0)
    kernel = K.variable(values.reshape(1, 1, 3, 3))
    assert K.eval(K.conv2d(kernel, kernel, dim_ordering="th")).item() == 84
    sequence = K.variable(values.reshape(1, 9, 1))
    steps = K.conv1d(sequence, K.variable(values[:4].reshape(4, 1, 1)))
    np.testing.assert_allclose(
        K.eval(steps)[0, :, 0], np.convolve(values, values[:4], "valid"), **TOLERANCE
    )


def test_what_was_on_tensorflow_alone_is_never_flipped(backend, set_convolution):
    x = K.variable(np.random.normal(size=(1, 5, 5, 2)))
    kernels = [np.random.normal(size=(3, 3, 2, 1)), np.random.normal(size=(1, 1, 2, 3))]
    results = []
    for convolution in ("tensorflow", "theano"):
        set_convolution(convolution)
        result = K.separable_conv2d(x, *map(K.variable, kernels), dim_ordering="tf")
        results.append(K.eval(result))
    np.testing.assert_allclose(*results, **TOLERANCE)


def test_the_setting_has_its_variable(monkeypatch):
    monkeypatch.setenv("ONEIROS_CONVOLUTION", "theano")
    assert settings.get("convolution") == "theano"
    monkeypatch.setenv("ONEIROS_CONVOLUTION", "numpy")
    with pytest.raises(SettingsError, match="'theano' or 'tensorflow'"):
        settings.get("convolution")
    with pytest.raises(ArgumentError, match="'numpy'"):
        K.set_convolution("numpy")

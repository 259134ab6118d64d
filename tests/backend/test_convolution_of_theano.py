"""`K.set_convolution('theano')`: what Keras 1.2.2 computed on Theano."""

import itertools

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import ArgumentError, SettingsError

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}
WINDOWS = ((2, 3, 3), (4, 2, 1))
BORDERS = ("valid", "same", "full")
STEPS = ((2, 1), (1, 2))
"""Strides and dilations."""


@pytest.fixture
def theanos_convolution(set_convolution):
    set_convolution("theano")


def around(size, rate, border):
    """Returns how many zeros Theano put before and behind an axis: for 'same' half a
    window on both sides, of which Keras cropped what gave more than
    ceil(size / stride)."""
    margin = (size - 1) * rate
    same = (margin + 1) // 2, margin // 2
    return {"valid": (0, 0), "same": same, "full": (margin, margin)}[border]


@pytest.mark.parametrize(("convolve", "rank"), [(K.conv2d, 2), (K.conv3d, 3)])
def test_kernels_are_flipped_and_zeros_are_those_of_theano(
    set_convolution, convolve, rank
):
    draw = np.random.RandomState(0)
    results = []
    for window, border, (stride, rate) in itertools.product(WINDOWS, BORDERS, STEPS):
        x = draw.normal(size=(2, *(8, 9, 7)[:rank], 2))
        kernel = draw.normal(size=(*window[:rank], 2, 3))
        zeros = [around(n, rate, border) for n in window[:rank]]
        padded = np.pad(x, [(0, 0), *zeros, (0, 0)])
        flipped = np.flip(kernel, tuple(range(rank)))
        for convolution, *arrays, mode in (
            ("theano", x, kernel, border),
            ("tensorflow", padded, flipped, "valid"),
        ):
            set_convolution(convolution)
            steps = (stride,) * rank
            options = {"dim_ordering": "tf", "filter_dilation": (rate,) * rank}
            results.append(convolve(*map(K.variable, arrays), steps, mode, **options))
    values = K.function([], results)([])
    assert_each_close(values[::2], values[1::2], **TOLERANCE)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("window", [(3, 1), (2, 4)])
def test_the_transposed_convolution_is_its_adjoint(theanos_convolution, window, border):
    """<conv(x), y> == <x, deconv(y)> says what a gradient is."""
    draw = np.random.RandomState(1)
    kernel = draw.normal(size=(3, 2, *window))
    x = draw.normal(size=(2, 2, 7, 8))
    arguments = {"strides": (2, 2), "border_mode": border, "dim_ordering": "th"}
    convolved = K.conv2d(K.variable(x), K.variable(kernel), **arguments)
    y = draw.normal(size=K.int_shape(convolved))
    swapped = K.variable(kernel.swapaxes(0, 1))
    back = K.deconv2d(K.variable(y), swapped, x.shape, **arguments)
    forth, back = K.function([], [convolved, back])([])
    np.testing.assert_allclose(np.sum(back * x), np.sum(forth * y), **TOLERANCE)


def test_sequences_and_the_kernel_of_the_example(theanos_convolution):
    values = np.arange(9.0)
    kernel = K.variable(values.reshape(1, 1, 3, 3))
    sequence = K.variable(values.reshape(1, 9, 1))
    steps = K.conv1d(sequence, K.variable(values[:4].reshape(4, 1, 1)))
    results = [K.conv2d(kernel, kernel, dim_ordering="th"), steps[0, :, 0]]
    wanted = [np.full((1, 1, 1, 1), 84), np.convolve(values, values[:4], "valid")]
    assert_each_close(K.function([], results)([]), wanted, **TOLERANCE)


def test_what_was_on_tensorflow_alone_is_never_flipped(set_convolution):
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

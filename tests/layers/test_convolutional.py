"""Convolutions, upsampling, padding and cropping.

Shapes, weights and what golden cases leave out.
"""

import numpy as np
import pytest
from layer_oracle import applied, first
from oneiros import backend as K
from oneiros import initializations
from oneiros.layers import (
    AtrousConvolution1D,
    AtrousConvolution2D,
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Deconvolution2D,
    Input,
    SeparableConvolution2D,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from oneiros.models import Sequential
from random_arrays import array
from scipy.signal import correlate

SHAPES = {1: (9, 3), 2: (9, 8, 3), 3: (6, 7, 8, 3)}
"""Shapes of samples with channels last, by the number of spatial axes."""


@pytest.mark.parametrize("border_mode", ["valid", "same", "full"])
def test_convolutions_are_cross_correlations(backend, border_mode):
    """Without strides they are what SciPy computes, channel by channel, in both orders
    of axes."""
    pairs = []
    expected = []
    windows = {Convolution1D: (3,), Convolution2D: (3, 5), Convolution3D: (1, 3, 5)}
    for cls, window in windows.items():
        for ordering in ("tf", "th") if len(window) > 1 else ("tf",):
            x, W, b = array(2, *SHAPES[len(window)]), array(*window, 3, 2), array(2)
            named = {"dim_ordering": ordering} if len(window) > 1 else {}
            kernel = np.moveaxis(W, (-1, -2), (0, 1)) if ordering == "th" else W
            kernel = kernel.reshape(3, 1, 3, 2) if cls is Convolution1D else kernel
            layer = cls(
                2, *window, border_mode=border_mode, weights=[kernel, b], **named
            )
            pairs.append((layer, first(x) if ordering == "th" else x))
            y = [
                [
                    sum(
                        correlate(s[..., i], W[..., i, o], border_mode)
                        for i in range(3)
                    )
                    for o in range(2)
                ]
                for s in x
            ]
            y = np.array(y) + b.reshape(2, *(1,) * len(window))
            expected.append(y if ordering == "th" else np.moveaxis(y, 1, -1))
    outputs, values = applied(pairs)
    for output, value, wanted in zip(outputs, values, expected, strict=True):
        assert output._keras_shape == (None, *value.shape[1:])
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("border_mode", ["valid", "same", "full"])
def test_strides_and_rates_together(backend, border_mode):
    """A dilated kernel is one with zeros between; a stride leaves results out."""
    x, W, W1 = array(2, 13, 12, 3), array(3, 3, 3, 2), array(3, 1, 3, 2)
    sparse = np.zeros((5, 7, 3, 2), "float32")
    sparse1 = np.zeros((7, 1, 3, 2), "float32")
    sparse[::2, ::3] = W
    sparse1[::3] = W1
    mode = {"border_mode": border_mode}
    image = {"dim_ordering": "tf", "bias": False, **mode}
    pairs = [
        (
            AtrousConvolution2D(
                2, 3, 3, atrous_rate=(2, 3), subsample=(2, 1), weights=[W], **image
            ),
            x,
        ),
        (Convolution2D(2, 5, 7, subsample=(2, 1), weights=[sparse], **image), x),
        (
            AtrousConvolution1D(
                2,
                3,
                atrous_rate=3,
                subsample_length=2,
                bias=False,
                weights=[W1],
                **mode,
            ),
            x[:, 0],
        ),
        (
            Convolution1D(
                2, 7, subsample_length=2, bias=False, weights=[sparse1], **mode
            ),
            x[:, 0],
        ),
    ]
    outputs, values = applied(pairs)
    for output, value in zip(outputs, values, strict=True):
        assert output._keras_shape == (None, *value.shape[1:])
    np.testing.assert_allclose(values[0], values[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values[2], values[3], rtol=1e-4, atol=1e-5)


def small(ordering):
    """Layers of every kind, each with an input."""
    named = {"dim_ordering": ordering}
    sequence, image, volume = (array(2, *SHAPES[rank]) for rank in (1, 2, 3))
    if ordering == "th":
        image, volume = first(image), first(volume)
    return [
        (Convolution1D(2, 3, subsample_length=2), sequence),
        (Convolution2D(2, 3, 3, border_mode="same", subsample=(2, 2), **named), image),
        (SeparableConvolution2D(2, 3, 3, **named), image),
        (Convolution3D(2, 2, 2, 2, **named), volume),
        (UpSampling1D(3), sequence),
        (UpSampling2D((2, 3), **named), image),
        (UpSampling3D((1, 2, 3), **named), volume),
        (ZeroPadding1D((0, 2)), sequence),
        (ZeroPadding2D((0, 1, 2, 3), **named), image),
        (ZeroPadding3D((0, 1, 2), **named), volume),
        (Cropping1D((0, 2)), sequence),
        (Cropping2D(((0, 1), (2, 0)), **named), image),
        (Cropping3D(((0, 1), (2, 0), (1, 1)), **named), volume),
    ]


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_sizes_may_be_unknown(backend, ordering):
    """A layer called on an input of open sizes declares them open, and computes the
    same as otherwise."""
    pairs = small(ordering)
    _, expected = applied(pairs)
    for layer, x in pairs:
        channels = -1 if ordering == "tf" or x.ndim == 3 else 1
        shape = [None] * x.ndim
        shape[channels] = x.shape[channels]
        y = layer(Input(batch_shape=tuple(shape)))
        assert [n for i, n in enumerate(y._keras_shape) if i != channels % x.ndim] == [
            None
        ] * (x.ndim - 1)
    outputs = [layer.get_output_at(1) for layer, _ in pairs]
    values = K.function([layer.get_input_at(1) for layer, _ in pairs], outputs)(
        [x for _, x in pairs]
    )
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=1e-5)


def test_moving_values_is_what_numpy_does(backend):
    pairs = small("tf")[4:]
    _, values = applied(pairs)
    sequence, image, volume = (pairs[index][1] for index in range(3))
    zeros = {
        "sequence": [(0, 2)],
        "image": [(0, 1), (2, 3)],
        "volume": [(0, 0), (1, 1), (2, 2)],
    }
    none = (0, 0)
    expected = [
        np.repeat(sequence, 3, 1),
        np.repeat(np.repeat(image, 2, 1), 3, 2),
        np.repeat(np.repeat(volume, 2, 2), 3, 3),
        np.pad(sequence, [none, *zeros["sequence"], none]),
        np.pad(image, [none, *zeros["image"], none]),
        np.pad(volume, [none, *zeros["volume"], none]),
        sequence[:, :-2],
        image[:, :-1, 2:],
        volume[:, :-1, 2:, 1:-1],
    ]
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize(
    ("border_mode", "sizes"), [("valid", (9, 8)), ("same", (7, 6)), ("full", (5, 4))]
)
@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_deconvolution_is_the_adjoint_of_convolution(
    backend, border_mode, sizes, ordering
):
    """<convolution(x), y> = <x, deconvolution(y)> for the same kernel with its channels
    exchanged."""
    x, y, W = array(2, *sizes, 3), array(2, 4, 3, 2), array(3, 3, 3, 2)
    back = np.swapaxes(W, -1, -2)
    shape = (None, *sizes, 3)
    if ordering == "th":
        x = first(x)
        y = first(y)
        shape = (None, 3, *sizes)
        W, back = (np.moveaxis(kernel, (-1, -2), (0, 1)) for kernel in (W, back))
    named = {
        "border_mode": border_mode,
        "subsample": (2, 2),
        "bias": False,
        "dim_ordering": ordering,
    }
    pairs = [
        (Convolution2D(2, 3, 3, weights=[W], **named), x),
        (Deconvolution2D(3, 3, 3, shape, weights=[back], **named), y),
    ]
    outputs, (forward, backward) = applied(pairs)
    assert outputs[0]._keras_shape[1:] == y.shape[1:]
    assert outputs[1]._keras_shape[1:] == x.shape[1:]
    np.testing.assert_allclose((forward * y).sum(), (backward * x).sum(), rtol=1e-4)


def test_deconvolution_takes_the_batch_size_from_its_input(backend):
    layer = Deconvolution2D(2, 3, 3, (32, 6, 5, 2), dim_ordering="tf")
    (output,), (value,) = applied([(layer, array(3, 4, 3, 2))])
    assert output._keras_shape == (None, 6, 5, 2)
    assert value.shape == (3, 6, 5, 2)
    assert layer.get_output_shape_for((7, 4, 3, 2)) == (7, 6, 5, 2)


LIMITS = {
    "Convolution1D": (
        lambda: Convolution1D(5, 7, input_shape=(9, 4)),
        6 / ((1 + 7) * 4 * 5),
    ),
    "tf": (
        lambda: Convolution2D(5, 7, 2, dim_ordering="tf", input_shape=(9, 9, 4)),
        6 / ((4 + 5) * 14),
    ),
    "th": (
        lambda: Convolution2D(5, 7, 2, dim_ordering="th", input_shape=(4, 9, 9)),
        6 / ((4 + 5) * 14),
    ),
    "3D tf": (
        lambda: Convolution3D(5, 7, 2, 3, dim_ordering="tf", input_shape=(9, 9, 9, 4)),
        6 / (9 * 14),
    ),
    "3D th": (
        lambda: Convolution3D(5, 7, 2, 3, dim_ordering="th", input_shape=(4, 9, 9, 9)),
        6 / (9 * 42),
    ),
    "depthwise": (
        lambda: SeparableConvolution2D(
            5, 7, 2, dim_ordering="tf", input_shape=(9, 9, 40)
        ),
        6 / (41 * 14),
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_initial_kernels_lie_within_the_limit_of_keras(backend, name):
    """`glorot_uniform` fills the range that follows from the fans that Keras 1.2.2
    counts."""
    make, square = LIMITS[name]
    layer = make()
    Sequential([layer])
    largest = abs(layer.get_weights()[0]).max()
    assert 0.9 * square**0.5 < largest <= square**0.5
    assert layer.init is initializations.glorot_uniform


def test_an_initialization_needs_no_dim_ordering(backend):
    def threes(shape, name=None):
        return K.variable(3 * np.ones(shape), name=name)

    layer = Convolution2D(
        2, 3, 3, init=threes, dim_ordering="tf", input_shape=(4, 4, 1)
    )
    Sequential([layer])
    np.testing.assert_array_equal(layer.get_weights()[0], 3 * np.ones((3, 3, 1, 2)))
    assert layer.get_config()["init"] == "threes"


def test_attributes_of_keras(backend):
    one = Convolution1D(2, 3, subsample_length=2, input_dim=4, input_length=9)
    two = Convolution2D(2, 3, 5, dim_ordering="th", input_shape=(4, 9, 9))
    Sequential([one]), Sequential([two])
    assert (one.W_shape, one.subsample, one.input_dim, one.input_length) == (
        (3, 1, 4, 2),
        (2, 1),
        4,
        9,
    )
    assert (two.W_shape, two.nb_row, two.nb_col, two.dim_ordering) == (
        (2, 4, 3, 5),
        3,
        5,
        "th",
    )
    assert two.b.name.removesuffix(":0") == f"{two.name}_b"
    padding = ZeroPadding2D({"top_pad": 1, "right_pad": 2})
    sides = padding.top_pad, padding.bottom_pad, padding.left_pad, padding.right_pad
    assert sides == (1, 0, 0, 2)
    assert (
        ZeroPadding1D(3).left_pad,
        ZeroPadding1D(3).padding,
        ZeroPadding1D((1, 2)).right_pad,
    ) == (3, 3, 2)


def test_a_layer_keeps_its_order_of_axes(backend):
    """A configuration holds dim_ordering, so a layer made from it doesn't depend on the
    default."""
    before = K.image_dim_ordering()
    makers = (
        (Convolution2D, 2, 3, 3),
        (UpSampling2D,),
        (ZeroPadding3D,),
        (Cropping2D,),
        (UpSampling3D,),
    )
    try:
        K.set_image_dim_ordering("th")
        made = [cls(*arguments) for cls, *arguments in makers]
        K.set_image_dim_ordering("tf")
        again = [type(layer).from_config(layer.get_config()) for layer in made]
    finally:
        K.set_image_dim_ordering(before)
    assert [layer.dim_ordering for layer in again] == ["th"] * len(makers)

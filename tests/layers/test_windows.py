"""Layers with windows: shapes, weights and classes that golden cases leave out."""

import itertools

import numpy as np
import pytest
from layer_oracle import applied, first
from oneiros import backend as K
from oneiros import initializations, layers
from oneiros.layers import (
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Cropping2D,
    Deconvolution2D,
    GlobalMaxPooling2D,
    LocallyConnected1D,
    LocallyConnected2D,
    MaxPooling1D,
    MaxPooling2D,
    SeparableConvolution2D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
    pooling,
)
from oneiros.models import Sequential
from oneiros_testing.slopes import assert_slopes
from pytensor.graph.traversal import ancestors
from random_arrays import array


def test_deconvolution_takes_the_batch_size_from_its_input():
    layer = Deconvolution2D(2, 3, 3, (32, 6, 5, 2), dim_ordering="tf")
    (output,), (value,) = applied([(layer, array(3, 4, 3, 2))])
    assert output._keras_shape == (None, 6, 5, 2)
    assert value.shape == (3, 6, 5, 2)
    assert layer.get_output_shape_for((7, 4, 3, 2)) == (7, 6, 5, 2)


def test_deconvolution_without_output_shape_has_the_size_of_keras_2():
    """Where the stride is larger than the kernel, too."""
    layer = Deconvolution2D(2, 1, 3, None, subsample=(2, 2), dim_ordering="tf")
    assert layer.get_output_shape_for((7, 4, 5, 2)) == (7, 8, 11, 2)


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
def test_initial_kernels_lie_within_the_limit_of_keras(name):
    """`glorot_uniform` fills the range that follows from the fans that Keras 1.2.2
    counts."""
    make, square = LIMITS[name]
    layer = make()
    Sequential([layer])
    largest = abs(layer.get_weights()[0]).max()
    assert 0.9 * square**0.5 < largest <= square**0.5
    assert layer.init is initializations.glorot_uniform


@pytest.mark.parametrize("kind", ["regularizer", "constraint"])
def test_a_separable_convolution_has_no_single_kernel(kind):
    argument = f"W_{kind}"
    expected = f"unknown argument '{argument}'.*'depthwise_{kind}' and 'pointwise_"
    with pytest.raises(TypeError, match=expected):
        SeparableConvolution2D(4, 3, 3, **{argument: None})


def test_an_initialization_needs_no_dim_ordering():
    def threes(shape, name=None):
        return K.variable(3 * np.ones(shape), name=name)

    layer = Convolution2D(
        2, 3, 3, init=threes, dim_ordering="tf", input_shape=(4, 4, 1)
    )
    Sequential([layer])
    np.testing.assert_array_equal(layer.get_weights()[0], 3 * np.ones((3, 3, 1, 2)))
    assert layer.get_config()["init"] == "threes"


def test_attributes_of_keras():
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


def test_a_layer_keeps_its_order_of_axes(set_ordering):
    """A configuration holds dim_ordering, so a layer made from it doesn't depend on the
    default."""
    makers = (
        (Convolution2D, 2, 3, 3),
        (UpSampling2D,),
        (ZeroPadding3D,),
        (Cropping2D,),
        (UpSampling3D,),
        (MaxPooling2D,),
        (GlobalMaxPooling2D,),
    )
    set_ordering("th")
    made = [cls(*arguments) for cls, *arguments in makers]
    set_ordering("tf")
    again = [type(layer).from_config(layer.get_config()) for layer in made]
    assert [layer.dim_ordering for layer in again] == ["th"] * len(makers)


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_each_place_has_its_weights_2d(ordering):
    """Patches are flattened in the order of the input's axes.

    The bias has channels last in either, and is reshaped to the output's order, as in
    Keras 1.2.2.
    """
    x, W = array(4, 6, 6, 3), array(2 * 5, 3 * 2 * 3, 5)
    expected = np.empty((4, 2, 5, 5), "float32")
    for place, (row, column) in enumerate(itertools.product(range(2), range(5))):
        patch = x[:, 2 * row : 2 * row + 3, column : column + 2]
        patch = first(patch) if ordering == "th" else patch
        expected[:, row, column] = patch.reshape(4, -1) @ W[place]
    b = added = array(2, 5, 5)
    if ordering == "th":
        x = first(x)
        expected = first(expected)
        added = b.reshape(5, 2, 5)
    layer = LocallyConnected2D(
        5, 3, 2, subsample=(2, 1), dim_ordering=ordering, weights=[W, b]
    )
    (output,), (value,) = applied([(layer, x)])
    assert output._keras_shape == (None, *expected.shape[1:])
    assert (layer.output_row, layer.output_col, layer.W_shape) == (2, 5, W.shape)
    np.testing.assert_allclose(value, expected + added, rtol=1e-4, atol=1e-5)


def test_a_wide_window_makes_no_larger_graph(theano):
    """There was one slice for each cell: 4 s for 180 bytes of JSON."""

    def size(window):
        layer = LocallyConnected1D(1, window, input_shape=(600, 1))
        with K.use("theano"):
            return len(list(ancestors([Sequential([layer]).output])))

    assert size(2) == size(300)
    far = LocallyConnected1D(1, 1, subsample_length=10**9, input_shape=(10**10, 1))
    with K.use("theano"):
        assert Sequential([far]).output_shape == (None, 10, 1)


def test_the_initial_kernel_lies_within_the_limit_of_keras():
    """The fans of a kernel of three axes are the square root of its size, as in Keras
    1.2.2."""
    layer = LocallyConnected1D(5, 3, input_dim=4, input_length=10)
    Sequential([layer])
    W, b = layer.get_weights()
    limit = (6 / (2 * (8 * 12 * 5) ** 0.5)) ** 0.5
    assert 0.9 * limit < abs(W).max() <= limit
    np.testing.assert_array_equal(b, np.zeros((8, 5)))


def test_strides_are_the_window_unless_given():
    one = MaxPooling1D(3)
    two = MaxPooling2D((3, 2), dim_ordering="tf")
    assert (one.stride, one.st, one.pool_size) == (3, (3, 1), (3, 1))
    assert (two.strides, two.get_config()["strides"]) == ((3, 2), (3, 2))
    assert MaxPooling1D(3, stride=1).get_config()["stride"] == 1


def test_a_pooling_of_ones_own():
    """Keras 1's base classes call `_pooling_function`."""

    class Smallest2D(pooling._Pooling2D):
        def _pooling_function(
            self, inputs, pool_size, strides, border_mode, dim_ordering
        ):
            return -K.pool2d(
                -inputs, pool_size, strides, border_mode, dim_ordering, pool_mode="max"
            )

    class Smallest1D(pooling._Pooling1D):
        _pooling_function = Smallest2D._pooling_function

    image, sequence = array(2, 4, 6, 3), array(2, 6, 3)
    _, (two, one) = applied(
        [(Smallest2D(dim_ordering="tf"), image), (Smallest1D(3), sequence)]
    )
    np.testing.assert_array_equal(two, image.reshape(2, 2, 2, 3, 2, 3).min((2, 4)))
    np.testing.assert_array_equal(one, sequence.reshape(2, 2, 3, 3).min(2))


def test_the_bases_of_keras_are_there():
    for rank in (1, 2, 3):
        base = getattr(pooling, f"_Pooling{rank}D")
        full = getattr(pooling, f"_GlobalPooling{rank}D")
        for kind in ("Max", "Average"):
            assert issubclass(getattr(layers, f"{kind}Pooling{rank}D"), base)
            assert issubclass(getattr(layers, f"Global{kind}Pooling{rank}D"), full)
    assert not [name for name in pooling.__all__ if name.startswith("_")]


def test_second_derivatives_of_pooling(float64):
    cases = {}
    for window in [(1, 2, 2), (2, 1, 1), (1, 1, 1), (2, 2, 2)]:
        x = K.placeholder((2, 3, 4, 4, 1))
        y = K.pool3d(K.tanh(x), window, (1, 1, 1), dim_ordering="tf")
        gradient = K.gradients(K.sum(K.square(y) * y), [x])[0]
        at = np.random.normal(size=(2, 3, 4, 4, 1))
        cases[str(window)] = K.sum(K.square(gradient)), [x], [at]
    assert_slopes(cases, rtol=1e-5)

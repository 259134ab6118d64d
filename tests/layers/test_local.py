"""Locally connected layers: each place has weights of its own."""

import itertools

import numpy as np
import pytest
from layer_oracle import applied, first
from oneiros import backend as K
from oneiros.layers import (
    Convolution1D,
    Convolution2D,
    LocallyConnected1D,
    LocallyConnected2D,
)
from oneiros.models import Sequential
from random_arrays import array


def test_each_place_has_its_weights_1d(backend):
    x, W, b = array(4, 9, 3), array(4, 6, 5), array(4, 5)
    layer = LocallyConnected1D(5, 2, subsample_length=2, weights=[W, b])
    (output,), (value,) = applied([(layer, x)])
    expected = [x[:, 2 * i : 2 * i + 2].reshape(4, -1) @ W[i] + b[i] for i in range(4)]
    assert output._keras_shape == (None, 4, 5)
    np.testing.assert_allclose(value, np.stack(expected, 1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_each_place_has_its_weights_2d(backend, ordering):
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


def test_the_same_weights_everywhere_make_a_convolution(backend):
    x, W = array(2, 6, 5, 3), array(3, 2, 3, 4)
    line, V = array(2, 7, 3), array(3, 1, 3, 4)
    pairs = [
        (
            LocallyConnected2D(
                4, 3, 2, dim_ordering="tf", bias=False, activation="tanh"
            ),
            x,
        ),
        (
            Convolution2D(
                4, 3, 2, dim_ordering="tf", bias=False, activation="tanh", weights=[W]
            ),
            x,
        ),
        (LocallyConnected1D(4, 3, bias=False), line),
        (Convolution1D(4, 3, bias=False, weights=[V]), line),
    ]
    for index, kernel, places in ((0, W, 16), (2, V, 5)):
        layer, values = pairs[index]
        layer.build((None, *values.shape[1:]))
        layer.set_weights([np.tile(kernel.reshape(1, -1, 4), (places, 1, 1))])
    _, values = applied(pairs)
    np.testing.assert_allclose(values[0], values[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values[2], values[3], rtol=1e-4, atol=1e-5)


def test_the_initial_kernel_lies_within_the_limit_of_keras(backend):
    """The fans of a kernel of three axes are the square root of its size, as in Keras
    1.2.2."""
    layer = LocallyConnected1D(5, 3, input_dim=4, input_length=10)
    Sequential([layer])
    W, b = layer.get_weights()
    limit = (6 / (2 * (8 * 12 * 5) ** 0.5)) ** 0.5
    assert 0.9 * limit < abs(W).max() <= limit
    np.testing.assert_array_equal(b, np.zeros((8, 5)))


def test_gradients_reach_every_weight(backend):
    """With a sum for the loss, a weight's gradient is the sum of what it is multiplied
    by."""
    x = array(3, 5, 4, 2)
    layer = LocallyConnected2D(2, 2, 2, dim_ordering="tf")
    (output,), _ = applied([(layer, x)])
    gradients = K.gradients(K.sum(output), layer.trainable_weights)
    W, b = K.function([layer.input], gradients)([x])
    places = itertools.product(range(4), range(3))
    expected = [x[:, r : r + 2, c : c + 2].reshape(3, -1).sum(0) for r, c in places]
    np.testing.assert_allclose(
        W, np.repeat(np.array(expected)[..., None], 2, -1), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(b, np.full((4, 3, 2), 3))

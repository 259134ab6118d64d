"""Pooling over windows and over everything, beside NumPy."""

import itertools

import numpy as np
import pytest
from layer_oracle import applied, first
from oneiros import backend as K
from oneiros import layers
from oneiros.layers import (
    AveragePooling1D,
    GlobalMaxPooling2D,
    Input,
    MaxPooling1D,
    MaxPooling2D,
    pooling,
)
from random_arrays import array

SHAPES = {1: (9, 3), 2: (7, 8, 3), 3: (5, 6, 7, 3)}
REDUCE = {"Max": np.max, "Average": np.mean}


def pooled(x, window, strides, border_mode, reduce):
    """Reduces windows one by one, each cut off where the array ends."""
    starts = []
    for size, width, step in zip(x.shape[1:-1], window, strides, strict=True):
        count = (
            -(-size // step) if border_mode == "same" else (size - width) // step + 1
        )
        before = (
            max((count - 1) * step + width - size, 0) // 2
            if border_mode == "same"
            else 0
        )
        starts.append([step * i - before for i in range(count)])
    result = np.empty((len(x), *map(len, starts), x.shape[-1]), x.dtype)
    for place in itertools.product(*(range(len(s)) for s in starts)):
        corner = [s[i] for s, i in zip(starts, place, strict=True)]
        cut = [slice(max(c, 0), c + w) for c, w in zip(corner, window, strict=True)]
        axes = tuple(range(1, x.ndim - 1))
        result[(slice(None), *place)] = reduce(x[(slice(None), *cut)], axis=axes)
    return result


def windows(rank, border_mode):
    """Layers of a rank with windows and strides of several kinds, and what they should
    give."""
    x = array(2, *SHAPES[rank])
    for kind, reduce in REDUCE.items():
        cls = getattr(layers, f"{kind}Pooling{rank}D")
        for window, strides in (
            ((2, 3, 4), None),
            ((3, 2, 2), (2, 3, 1)),
            ((2, 2, 3), (3, 3, 4)),
            ((2, 1, 2), (5, 4, 6)),
        ):
            window = window[:rank]
            strides = strides and strides[:rank]
            expected = pooled(x, window, strides or window, border_mode, reduce)
            if rank == 1:
                yield cls(*window, strides and strides[0], border_mode), x, expected
                continue
            for ordering in ("tf", "th"):
                layer = cls(window, strides, border_mode, ordering)
                yield (
                    (layer, x, expected)
                    if ordering == "tf"
                    else (layer, first(x), first(expected))
                )


@pytest.mark.parametrize("border_mode", ["valid", "same"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_windows(backend, rank, border_mode):
    cases = list(windows(rank, border_mode))
    outputs, values = applied([(layer, x) for layer, x, _ in cases])
    for output, value, (layer, x, expected) in zip(outputs, values, cases, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
        assert output._keras_shape == layer.get_output_shape_for((None, *x.shape[1:]))
        assert output._keras_shape == (None, *expected.shape[1:])


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_global_pooling_of_any_size(backend, ordering):
    made = []
    arrays = []
    expected = []
    for rank, kind in itertools.product((1, 2, 3), REDUCE):
        cls = getattr(layers, f"Global{kind}Pooling{rank}D")
        x = array(2, *SHAPES[rank])
        made.append(cls() if rank == 1 else cls(dim_ordering=ordering))
        expected.append(REDUCE[kind](x, axis=tuple(range(1, rank + 1))))
        arrays.append(first(x) if ordering == "th" and rank > 1 else x)
    channels = [1 if ordering == "th" and x.ndim > 3 else x.ndim - 1 for x in arrays]
    inputs = [
        Input(
            batch_shape=tuple(3 if axis == channel else None for axis in range(x.ndim))
        )
        for x, channel in zip(arrays, channels, strict=True)
    ]
    outputs = [layer(x) for layer, x in zip(made, inputs, strict=True)]
    assert [y._keras_shape for y in outputs] == [(None, 3)] * 6
    for value, wanted in zip(
        K.function(inputs, outputs)(arrays), expected, strict=True
    ):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-6)


def test_windows_over_unknown_sizes(backend):
    x = array(2, 7, 8, 3)
    open_sizes = Input(batch_shape=(None, None, None, 3))
    layer = MaxPooling2D((2, 3), border_mode="same", dim_ordering="tf")
    y = layer(open_sizes)
    assert y._keras_shape == (None, None, None, 3)
    (value,) = K.function([open_sizes], [y])([x])
    np.testing.assert_array_equal(value, pooled(x, (2, 3), (2, 3), "same", np.max))


def test_negative_values_win_over_the_border(backend):
    """A window that reaches over the border doesn't see zeros there."""
    x = -np.ones((1, 3, 1), "float32")
    largest = MaxPooling1D(2, border_mode="same")
    average = AveragePooling1D(2, border_mode="same")
    _, values = applied([(largest, x), (average, x)])
    np.testing.assert_array_equal(values, -np.ones((2, 1, 2, 1)))


def test_strides_are_the_window_unless_given(backend):
    one = MaxPooling1D(3)
    two = MaxPooling2D((3, 2), dim_ordering="tf")
    assert (one.stride, one.st, one.pool_size) == (3, (3, 1), (3, 1))
    assert (two.strides, two.get_config()["strides"]) == ((3, 2), (3, 2))
    assert MaxPooling1D(3, stride=1).get_config()["stride"] == 1


def test_a_pooling_of_ones_own(backend):
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
    np.testing.assert_array_equal(two, pooled(image, (2, 2), (2, 2), "valid", np.min))
    np.testing.assert_array_equal(one, pooled(sequence, (3,), (3,), "valid", np.min))


def test_the_bases_of_keras_are_there(backend):
    for rank in (1, 2, 3):
        base = getattr(pooling, f"_Pooling{rank}D")
        full = getattr(pooling, f"_GlobalPooling{rank}D")
        for kind in REDUCE:
            assert issubclass(getattr(layers, f"{kind}Pooling{rank}D"), base)
            assert issubclass(getattr(layers, f"Global{kind}Pooling{rank}D"), full)
    assert not [name for name in pooling.__all__ if name.startswith("_")]


def test_a_layer_keeps_its_order_of_axes(backend):
    before = K.image_dim_ordering()
    try:
        K.set_image_dim_ordering("th")
        made = [MaxPooling2D(), GlobalMaxPooling2D()]
        K.set_image_dim_ordering("tf")
        again = [type(layer).from_config(layer.get_config()) for layer in made]
    finally:
        K.set_image_dim_ordering(before)
    assert [layer.dim_ordering for layer in again] == ["th", "th"]


@pytest.mark.parametrize("window", [(1, 2, 2), (2, 1, 1), (1, 1, 1), (2, 2, 2)])
def test_second_derivatives_agree_with_differences(backend, float64, window):
    x = K.placeholder((2, 3, 4, 4, 1))
    y = K.pool3d(K.tanh(x), window, (1, 1, 1), dim_ordering="tf")
    gradient = K.gradients(K.sum(K.square(y) * y), [x])[0]
    size = K.sum(K.square(gradient))
    compute = K.function([x], [size, *K.gradients(size, [x])])
    at, direction = (np.random.normal(size=(2, 3, 4, 4, 1)) for _ in range(2))
    (up, _), (down, _) = (compute([at + sign * 1e-6 * direction]) for sign in (1, -1))
    assert np.sum(compute([at])[1] * direction) == pytest.approx(
        (up - down) / 2e-6, rel=1e-5
    )

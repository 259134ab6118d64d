"""Pictures of filters and of activations: the right numbers in the right places."""

import figures
import numpy as np
import pytest
from oneiros.errors import ArgumentError
from oneiros.layers import (
    LSTM,
    Activation,
    Convolution1D,
    Convolution2D,
    Dense,
    Flatten,
    Input,
)
from oneiros.models import Model, Sequential
from oneiros.visualization import plot_activations, plot_filters
from oneiros_visualization.images import mosaic


def picture(figure):
    """Returns the array that a figure shows."""
    return np.asarray(figure.axes[0].images[0].get_array().filled(np.nan))


def convolution(ordering, channels, filters=5):
    """Returns a model of one convolution, the same in both orderings."""
    shape = (6, 6, channels) if ordering == "tf" else (channels, 6, 6)
    layer = Convolution2D(
        filters, 2, 3, input_shape=shape, dim_ordering=ordering, name="edges"
    )
    model = Sequential([layer])
    kernel = np.random.RandomState(7).normal(size=(2, 3, channels, filters))
    if ordering == "th":
        kernel = kernel.transpose(3, 2, 0, 1)
    model.set_weights([kernel, np.zeros(filters)])
    return model


def test_images_stand_side_by_side():
    images = np.arange(5 * 2 * 2).reshape(5, 2, 2)
    canvas = mosaic(images)
    assert canvas.shape == (5, 8)
    assert (canvas[:2, :2] == images[0]).all()
    assert (canvas[:2, 6:] == images[2]).all()
    assert (canvas[3:, 3:5] == images[4]).all()
    assert np.isnan(canvas[2]).all() and np.isnan(canvas[:, 2]).all()
    assert np.isnan(canvas[3:, 6:]).all()


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_both_orderings_give_the_same_picture(channels):
    pictures = [
        picture(plot_filters(convolution(ordering, channels).layers[0]))
        for ordering in ("th", "tf")
    ]
    np.testing.assert_array_equal(*pictures)


def test_filters_are_where_they_belong():
    model = convolution("tf", 1)
    kernel = model.get_weights()[0]
    shown = picture(plot_filters(model.layers[0]))
    np.testing.assert_allclose(shown[:2, :3], kernel[:, :, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(shown[:2, 4:7], kernel[:, :, 0, 1], rtol=1e-6)


def test_filters_on_three_channels_are_in_colours():
    model = convolution("tf", 3)
    kernel = model.get_weights()[0]
    shown = picture(plot_filters(model.layers[0]))
    expected = (kernel[..., 0] / np.abs(kernel).max() + 1) / 2
    np.testing.assert_allclose(shown[:2, :3], expected, rtol=1e-5)


def test_filters_of_sequences_have_time_from_left_to_right():
    model = Sequential([Convolution1D(2, 3, input_shape=(9, 4))])
    kernel = model.get_weights()[0]
    shown = picture(plot_filters(model.layers[0]))
    np.testing.assert_allclose(shown[:4, :3], kernel[:, 0, :, 0].T, rtol=1e-6)


@pytest.mark.parametrize("ordering", ["th", "tf"])
def test_activations_are_those_that_are_computed(ordering):
    shape = (5, 4, 2) if ordering == "tf" else (2, 5, 4)
    layer = Convolution2D(3, 1, 1, input_shape=shape, dim_ordering=ordering)
    model = Sequential([layer, Activation("relu", name="active"), Flatten(), Dense(2)])
    x = np.random.RandomState(2).normal(size=(2, *shape)).astype("float32")
    kernel, bias = model.get_weights()[:2]
    channels_last = x[1] if ordering == "tf" else x[1].transpose(1, 2, 0)
    flat = kernel.reshape(2, 3) if ordering == "tf" else kernel.reshape(3, 2).T
    expected = np.maximum(channels_last @ flat + bias, 0)
    shown = picture(plot_activations(model, "active", x, sample=1))
    np.testing.assert_allclose(shown[:5, :4], expected[..., 0], atol=1e-5)
    np.testing.assert_allclose(shown[:5, 5:9], expected[..., 1], atol=1e-5)


def test_steps_go_from_left_to_right_and_features_are_bars():
    model = Sequential(
        [LSTM(3, return_sequences=True, input_shape=(4, 2), name="steps"), Flatten()]
    )
    x = np.ones((1, 4, 2))
    assert picture(plot_activations(model, "steps", x)).shape == (3, 4)
    (panel,) = plot_activations(model, 2, x).axes
    heights = [bar.get_height() for bar in panel.patches]
    np.testing.assert_allclose(heights, model.predict(x)[0], rtol=1e-5)


def test_a_model_of_several_inputs():
    left = Input((2,))
    right = Input((2,))
    layer = Dense(3)
    model = Model([left, right], [layer(left), Dense(2, name="other")(right)])
    x = [np.zeros((1, 2)), np.ones((1, 2))]
    (panel,) = plot_activations(model, "other", x).axes
    assert len(panel.patches) == 2


@pytest.mark.parametrize(("channels", "filters"), [(1, 3), (3, 1), (8, 300)])
def test_no_label_is_cut_or_lies_on_another(channels, filters):
    model = convolution("tf", channels, filters)
    assert figures.faults(plot_filters(model.layers[0])) == []
    x = np.ones((1, 6, 6, channels))
    assert figures.faults(plot_activations(model, "edges", x)) == []


def test_what_cannot_be_drawn_is_told():
    model = Sequential([Dense(2, input_dim=3, name="dense")])
    with pytest.raises(ArgumentError, match=r"Dense 'dense', which has no kernel `W`"):
        plot_filters(model.layers[0])
    with pytest.raises(ArgumentError, match=r"sample=1. Expected the number of one of"):
        plot_activations(model, "dense", np.ones((1, 3)), sample=1)
    with pytest.raises(ArgumentError, match=r"no layer named 'dens'.*Did you mean"):
        plot_activations(model, "dens", np.ones((1, 3)))

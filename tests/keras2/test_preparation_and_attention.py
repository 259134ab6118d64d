"""Layers that prepare their input, and attention: what they compute, that they train,
and come back from files."""

import numpy as np
import oneiros
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, ConfigError, ShapeError
from oneiros.exports import ExportError
from oneiros.layers import (
    Attention,
    CategoryEncoding,
    Dense,
    Discretization,
    GroupQueryAttention,
    Input,
    Keras2Softmax,
    Masking,
    MultiHeadAttention,
    Normalization,
    RMSNormalization,
)
from oneiros.models import Model, Sequential, load_model, model_from_json

MEAN, VARIANCE = [[1.0], [2.0]], [[4.0], [9.0]]
INTEGERS = np.array([[0, 2, 2], [3, 1, 7]])


def wave(shape, step=1.0):
    numbers = 1 + np.arange(np.prod(shape))
    return np.sin(step * numbers).reshape(shape).astype("float32")


def predicted(layer, x):
    """Returns the outputs of a layer alone."""
    return Sequential([layer]).predict(np.asarray(x))


def test_normalization_spreads_what_is_given_over_its_axes():
    x = np.arange(12, dtype="float32").reshape(2, 2, 3)
    layer = Normalization((1, 2), MEAN, VARIANCE, input_shape=(2, 3))
    expected = (x - MEAN) / np.sqrt(VARIANCE)
    np.testing.assert_allclose(predicted(layer, x), expected, rtol=1e-6)
    back = Normalization((1, 2), MEAN, VARIANCE, invert=True, input_shape=(2, 3))
    np.testing.assert_allclose(predicted(back, expected), x, atol=1e-5)


def test_the_scale_of_rms_normalization_is_along_its_axis(theano):
    x = wave((2, 3, 4))
    layer = RMSNormalization(axis=1, input_shape=(3, 4))
    model = Sequential([layer])
    layer.set_weights([np.array([1.0, 2.0, 3.0])])
    lengths = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-6)
    expected = x / lengths * [[1], [2], [3]]
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-5)


def test_what_is_hidden_has_no_share_in_float16_either():
    """1e9 is infinite there, and 0 times infinity isn't a number."""
    before = K.floatx()
    K.set_floatx("float16")
    try:
        x = Input((3, 2))
        seen = Attention(use_causal_mask=True)([x, x])
        scores, counted = Input((3,)), Input((3,))
        shares = Keras2Softmax()([scores, counted])
        assert np.isfinite(Model(x, seen).predict(wave((1, 3, 2)))).all()
        model = Model([scores, counted], shares)
        even = model.predict([np.zeros((1, 3)), np.array([[1.0, 1.0, 0.0]])])
    finally:
        K.set_floatx(before)
    np.testing.assert_array_equal(even, [[0.5, 0.5, 0.0]])


def test_categories_are_counted_and_weighted():
    def once(row):
        return np.bincount(row[row < 4], minlength=4)

    counts = np.stack([once(row) for row in INTEGERS])
    encoding = {"input_shape": (3,), "input_dtype": "int32"}
    for mode, expected in (("count", counts), ("multi_hot", counts > 0)):
        np.testing.assert_array_equal(
            predicted(CategoryEncoding(4, mode, **encoding), INTEGERS), expected
        )
    places, weights = Input((3,), dtype="int32"), Input((3,))
    weighted = CategoryEncoding(4, "count")([places, weights])
    halves = Model([places, weights], weighted).predict(
        [INTEGERS, np.full((2, 3), 0.5, "float32")]
    )
    np.testing.assert_array_equal(halves, counts / 2)


def test_values_are_sorted_into_intervals():
    x = np.array([[-1.0, 0.0, 0.5], [1.0, 1.5, 9.0]], "float32")
    bounds = [0.0, 1.0, 2.0]
    expected = np.digitize(x, bounds)
    numbers = predicted(Discretization(bounds, input_shape=(3,)), x)
    np.testing.assert_array_equal(numbers, expected)
    counts = predicted(Discretization(bounds, "count", input_shape=(3,)), x)
    np.testing.assert_array_equal(
        counts, [np.bincount(row, minlength=4) for row in expected]
    )


def test_intervals_of_adapted_layers_are_not_in_files():
    with pytest.raises(ArgumentError, match=r"bin_boundaries.*layer\.bin_boundaries"):
        Discretization(None)


def test_what_looks_up_text_is_refused_with_the_way_out(theano):
    layer = '{"class_name": "Hashing", "config": {"name": "h"}, "inbound_nodes": []}'
    with pytest.raises(ConfigError, match="looks up text or numbers"):
        model_from_json(
            '{"class_name": "Sequential", "keras_version": "2.15.0", "config": '
            f'{{"name": "s", "layers": [{layer}]}}}}'
        )


def test_a_query_sees_no_later_key_however_many_there_are(theano):
    query, value = Input((2, 3)), Input((4, 3))
    model = Model([query, value], Attention(use_causal_mask=True)([query, value]))
    values = np.random.default_rng(0).normal(size=(1, 4, 3)).astype("float32")
    outputs = model.predict([np.ones((1, 2, 3), "float32"), values])
    np.testing.assert_allclose(outputs[0, 0], values[0, 0], rtol=1e-5)


def test_causal_is_stored():
    config = Attention(causal=True).get_config()
    assert config["causal"] and Attention.from_config(config).use_causal_mask


@pytest.mark.parametrize(
    ("arguments", "shape", "mask", "sums"),
    [
        ({"attention_axes": [1, 2]}, (2, 3, 4), None, [26.49639, 4.968209, 1.808084]),
        ({"attention_axes": 2}, (2, 3, 4), None, [23.51132, 3.545324, 3.511247]),
        ({"output_shape": [2, 3]}, (3, 4), None, [-4.487694, 0.128344, 8.261081]),
        ({}, (3, 4), (1, 3, 3), [10.75871, 1.764638, 0.75544]),
        ({}, (3, 4), (2, 3, 1), [11.420975, 3.611656, 1.299967]),
        ({}, (3, 4), (2, 3, 3), [11.644071, 1.331706, 3.460793]),
    ],
)
def test_heads_compute_what_they_do_in_keras_2(arguments, shape, mask, sums, tmp_path):
    inputs, values = [Input(shape)], [wave((2, *shape), 0.7)]
    if mask:
        inputs.append(Input(mask[1:]))
        seen = wave(mask, 1.3) > -0.2
        values.append(np.broadcast_to(seen, (2, *mask[1:])).astype("float32"))
    layer = MultiHeadAttention(2, 3, attention_mask=bool(mask), **arguments)
    model = Model(inputs, layer([inputs[0], *inputs]))
    model.set_weights([wave(weight.shape) for weight in model.get_weights()])
    model.save(tmp_path / "model.h5")
    output = load_model(tmp_path / "model.h5").predict(values)
    assert output.shape[1:] == model.output_shape[1:]
    flat = output.ravel()
    products = [flat @ np.cos(step * np.arange(flat.size)) for step in (0.0, 0.3, 0.5)]
    np.testing.assert_allclose(products, sums, rtol=1e-4, atol=1e-4)


def test_masks_of_places_in_several_axes_are_refused(theano):
    x = Input((2, 3, 4))
    with pytest.raises(ShapeError, match="for masks and scores"):
        MultiHeadAttention(2, 3, use_causal_mask=True)([x, x])
    with pytest.raises(ShapeError, match="Expected axes between"):
        MultiHeadAttention(2, 3, attention_axes=3)([x, x])
    with pytest.raises(ShapeError, match="attention_mask=True and received 2 inputs"):
        MultiHeadAttention(2, 3, attention_mask=True)([x, x])


def test_a_mask_of_the_key_alone_hides_it(theano):
    x, key = Input((2, 3)), Input((2, 3))
    heads = MultiHeadAttention(2, 3)([x, x, Masking()(key)])
    values = wave((1, 2, 3))
    keys = wave((1, 2, 3), 0.7)
    keys[:, 1] = 0
    other = values * [[[1], [5]]]
    model = Model([x, key], heads)
    shown = model.predict([values, keys])
    changed = model.predict([other, keys])
    np.testing.assert_allclose(changed, shown, atol=1e-5)


def test_groups_of_queries_share_keys(theano, tmp_path):
    """With as many keys as queries, it is attention of several heads."""
    x = Input((5, 6))
    grouped = Model(x, GroupQueryAttention(3, 4, 2)([x, x]))
    several = Model(x, MultiHeadAttention(4, 3)([x, x]))
    weights = grouped.get_weights()
    several.set_weights(
        [
            np.repeat(w, 2, axis=-2) if n in (2, 3, 4, 5) else w
            for n, w in enumerate(weights)
        ]
    )
    values = np.random.default_rng(1).normal(size=(2, 5, 6)).astype("float32")
    expected = grouped.predict(values)
    np.testing.assert_allclose(several.predict(values), expected, atol=1e-5)
    grouped.save(tmp_path / "grouped.h5")
    again = load_model(tmp_path / "grouped.h5")
    np.testing.assert_allclose(again.predict(values), expected, atol=1e-6)
    with pytest.raises(ArgumentError, match="divides"):
        GroupQueryAttention(3, 4, 3)


@pytest.mark.slow
def test_attention_goes_to_keras_3_with_what_its_calls_take(theano, tmp_path):
    x = Input((5, 6))
    heads = MultiHeadAttention(2, 3, use_causal_mask=True)([x, x])
    grouped = GroupQueryAttention(3, 4, 2)([heads, x])
    model = Model(x, Attention(use_causal_mask=True)([grouped, x]))
    oneiros.export(model, tmp_path / "attention.keras")
    values = np.random.default_rng(3).normal(size=(2, 5, 6)).astype("float32")
    again = load_model(tmp_path / "attention.keras").predict(values)
    np.testing.assert_allclose(again, model.predict(values), atol=1e-5)
    seen = Input((5, 5))
    masked = MultiHeadAttention(2, 3, attention_mask=True)([x, x, seen])
    with pytest.raises(ExportError, match="has attention_mask=True"):
        oneiros.export(Model([x, seen], masked), tmp_path / "masked.keras")


def test_layers_that_prepare_come_back_and_train_with_others(theano, tmp_path):
    model = Sequential(
        [
            Normalization(input_shape=(3,)),
            Discretization([0.0, 1.0], "count"),
            Dense(2, activation="keras3_hard_sigmoid"),
            Dense(1, activation="leaky_relu"),
        ]
    )
    model.layers[0].set_weights([np.arange(3.0), np.arange(1.0, 4), np.array(9.0)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(2).normal(size=(4, 3)).astype("float32")
    model.fit(x, np.ones((4, 1)), nb_epoch=1, verbose=0)
    model.save(tmp_path / "prepared.h5")
    again = load_model(tmp_path / "prepared.h5")
    np.testing.assert_allclose(again.predict(x), model.predict(x), atol=1e-6)

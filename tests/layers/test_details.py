"""What layers do beside computing.

Weights given, shared layers, masks, running averages, old arguments.
"""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.config import custom_object_scope
from oneiros.errors import ConfigError
from oneiros.layers import (
    LSTM,
    Activation,
    BatchNormalization,
    Dense,
    Embedding,
    Flatten,
    Highway,
    Input,
    LeakyReLU,
    Masking,
    MaxoutDense,
    PReLU,
    SReLU,
    TimeDistributed,
    TimeDistributedDense,
)
from oneiros.models import Sequential


def arrays_for(*shapes):
    return [np.random.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (lambda w: Dense(2, weights=w, input_dim=3), [(3, 2), (2,)]),
        (lambda w: Dense(2, weights=w, bias=False, input_dim=3), [(3, 2)]),
        (
            lambda w: TimeDistributedDense(2, weights=w, input_dim=3, input_length=4),
            [(3, 2), (2,)],
        ),
        (lambda w: MaxoutDense(2, 5, weights=w, input_dim=3), [(5, 3, 2), (5, 2)]),
        (lambda w: Highway(weights=w, input_dim=3), [(3, 3), (3, 3), (3,), (3,)]),
        (lambda w: Embedding(7, 2, weights=w, input_length=4), [(7, 2)]),
        (lambda w: BatchNormalization(weights=w, input_shape=(3,)), [(3,)] * 4),
        (lambda w: PReLU(weights=w, input_shape=(3,)), [(3,)]),
    ],
)
def test_weights_are_set_from_the_argument(layer, shapes):
    weights = arrays_for(*shapes)
    made = layer(weights)
    Sequential([made])
    np.testing.assert_equal(made.get_weights(), weights)
    assert made.initial_weights is None


def test_initial_values():
    model = Sequential([Highway(input_dim=3), BatchNormalization(), SReLU()])
    W, W_carry, b, b_carry = model.layers[0].get_weights()
    assert W.std() > 0
    assert W_carry.std() > 0
    np.testing.assert_array_equal([b, b_carry], [[0] * 3, [1] * 3])
    np.testing.assert_array_equal(
        model.layers[1].get_weights(), [[1] * 3, [0] * 3, [0] * 3, [1] * 3]
    )
    t_left, _, t_right, a_right = model.layers[2].get_weights()
    np.testing.assert_array_equal([t_left, a_right], [[0] * 3, [1] * 3])
    assert t_right.std() > 0


def test_a_shared_normalization_keeps_averages_of_each_call():
    layer = BatchNormalization()
    a, b = Input(shape=(3,)), Input(shape=(3,))
    layer(a), layer(b)
    assert len(layer.get_updates_for(a)) == len(layer.get_updates_for(b)) == 2
    assert len(layer.updates) == 4
    assert layer.get_updates_for(None) == []


def test_embedding_makes_an_integer_input_and_takes_floats():
    model = Sequential([Embedding(5, 2, input_length=2)])
    assert K.dtype(model.inputs[0]) == "int32"
    layer = Embedding(5, 2)
    x = Input(shape=(2,))
    layer(x)
    (table,) = layer.get_weights()
    value = K.function([x], [layer.output])([np.array([[4.0, 1.0]], "float32")])[0]
    np.testing.assert_array_equal(value, [[table[4], table[1]]])


def test_masks_travel_through_layers_that_know_them():
    x = Input(shape=(4,), dtype="int32")
    y = Activation("tanh")(TimeDistributedDense(3)(Embedding(6, 2, mask_zero=True)(x)))
    mask = y._keras_history[0].output_mask
    computed = K.function([x], [mask])([np.array([[3, 0, 1, 0]])])[0]
    np.testing.assert_array_equal(computed.astype(bool), [[True, False, True, False]])
    with pytest.raises(TypeError, match=r"Flatten 'flatten.*mask.*support"):
        Flatten()(y)


def test_dense_passes_a_mask_on_as_in_keras_2():
    """Files of Keras 2 and 3 have it behind layers that return masked sequences."""
    dense = Dense(3)
    wrapped = TimeDistributed(Dense(3))
    models = [
        Sequential([Masking(input_shape=(None, 2)), layer, LSTM(2)])
        for layer in (dense, wrapped)
    ]
    models[1].set_weights(models[0].get_weights())
    x = np.random.normal(size=(3, 4, 2))
    x[:, 2:] = 0
    expected = models[1].predict(x)
    np.testing.assert_allclose(models[0].predict(x), expected, atol=1e-6)
    np.testing.assert_allclose(models[0].predict(x[:, :2]), expected, atol=1e-6)


def test_masking_of_four_axes():
    x = Input(shape=(2, 3, 2))
    layer = Masking(1.0)
    y = layer(x)
    values = np.full((1, 2, 3, 2), 2.0, "float32")
    values[0, 0, 1] = 1
    out, mask = K.function([x], [y, layer.output_mask])([values])
    assert mask.shape == (1, 2, 3)
    assert not mask[0, 0, 1]
    assert mask.sum() == 5
    np.testing.assert_array_equal(out[0, 0, 1], [0, 0])


def test_a_configuration_holds_activations_by_name():
    def doubled(x):
        return 2 * x

    assert Dense(2, activation=doubled).get_config()["activation"] == "doubled"
    with custom_object_scope({"doubled": doubled}):
        assert Activation.from_config({"activation": "doubled"}).activation is doubled
    with pytest.raises(
        ConfigError, match=r"Dense 'dense_.*activation=.*LeakyReLU.*separate layer"
    ):
        Dense(2, activation=LeakyReLU()).get_config()

"""Arguments that other versions of Keras, or another engine, had."""

import warnings

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, ShapeError
from oneiros.layers import LSTM, Cropping1D, Cropping2D, Dense, Highway, Input
from oneiros.models import Model, Sequential

X = np.random.RandomState(0).uniform(size=(4, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def test_an_argument_that_keras_1_2_dropped_is_passed_over_with_one_warning():
    with pytest.warns(UserWarning) as caught:
        layer = Highway(transform_bias=-2, input_dim=3, name="h")
    (warning,) = caught
    assert "Highway received transform_bias=-2" in str(warning.message)
    assert "transform_bias" not in layer.get_config() and layer.name == "h"


@pytest.mark.parametrize("functional", [False, True])
def test_show_accuracy_is_passed_over_with_the_new_spelling(functional):
    x = Input((3,))
    model = Model(x, Dense(1)(x)) if functional else Sequential([Dense(1, input_dim=3)])
    model.compile("sgd", "mse")
    for call in (
        lambda: model.fit(X, Y, nb_epoch=1, verbose=0, show_accuracy=True),
        lambda: model.evaluate(X, Y, verbose=0, show_accuracy=True),
    ):
        with pytest.warns(UserWarning, match=r"metrics=\['accuracy'\]") as caught:
            call()
        assert len(caught) == 1 and caught[0].filename == __file__


def test_what_compile_took_in_keras_0_is_passed_over():
    model = Sequential([Dense(1, input_dim=3)])
    with pytest.warns(UserWarning, match="removed. It has no effect") as caught:
        model.compile("sgd", "mse", class_mode="binary", theano_mode="FAST_RUN")
    assert len(caught) == 2 and caught[0].filename == __file__
    assert model.train_on_batch(X, Y) > 0


def test_numbers_stand_for_truth_values_as_in_keras_1():
    model = Sequential(
        [LSTM(2, unroll=3, input_shape=(3, 1)), Dense(1, bias=2), Dense(1, bias=0)]
    )
    assert [len(layer.weights) for layer in model.layers] == [12, 2, 1]
    again = Sequential.from_config(model.get_config())
    assert [len(layer.weights) for layer in again.layers] == [12, 2, 1]


OF_ENGINES = {
    "theano": {"jit_compile": True, "run_metadata": None},
    "tensorflow": {"mode": "FAST_RUN", "on_unused_input": "ignore", "name": "f"},
    "jax": {"mode": "FAST_RUN", "jit_compile": True},
}


def test_arguments_of_another_engine_are_passed_over_with_one_warning(backend):
    foreign = OF_ENGINES[backend]
    x = K.placeholder((None, 3))
    with pytest.warns(UserWarning) as caught:
        double = K.function([x], [x * 2.0], **foreign)
    assert len(caught) == 1 and all(name in str(caught[0].message) for name in foreign)
    np.testing.assert_allclose(double([X])[0], 2 * X)
    model = Sequential([Dense(1, input_dim=3)])
    with pytest.warns(UserWarning, match=f"ignores.*{min(foreign)}") as caught:
        model.compile("sgd", "mse", **foreign)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.train_on_batch(X, Y)
        model.test_on_batch(X, Y)
    with pytest.raises(ArgumentError, match="unknown argument 'metric'"):
        K.function([x], [x * 2.0], metric=["acc"])


def test_theanos_own_arguments_need_no_warning():
    with K.use("theano"), warnings.catch_warnings():
        warnings.simplefilter("error")
        x = K.placeholder((None, 3))
        double = K.function([x], [x * 2.0], on_unused_input="warn", name="f")
        np.testing.assert_allclose(double([X])[0], 2 * X)


def test_cropping_may_leave_nothing():
    steps = np.ones((2, 5, 3), "float32")
    for cropping, left in (((2, 3), 0), ((2, 2), 1)):
        model = Sequential([Cropping1D(cropping, input_shape=(5, 3))])
        assert model.predict(steps).shape == (2, left, 3)
    image = np.ones((2, 3, 4, 1), "float32")
    cropped = Cropping2D(((1, 2), (0, 1)), dim_ordering="tf", input_shape=(3, 4, 1))
    assert Sequential([cropped]).predict(image).shape == (2, 0, 3, 1)
    with pytest.raises(ShapeError, match="leaves nothing"):
        Sequential([Cropping1D((3, 3), input_shape=(5, 3))])


def test_of_two_updates_of_one_variable_the_last_counts():
    v = K.variable(1.0)
    K.function([], [], updates=[(v, v + 1), (v, v + 2)])([])
    assert K.get_value(v) == 3.0


def test_the_input_dim_of_a_called_layer_may_be_a_shape():
    """Keras 1 only made inputs of it."""
    y = Dense(2, input_dim=(3,))(Input((3,)))
    assert y._keras_shape == (None, 2)

"""The memory estimate, beside the sizes of the arrays themselves."""

import io

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.diagnostics import estimate_memory
from oneiros.errors import ArgumentError
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Dense,
    Embedding,
    Flatten,
    Input,
    MaxPooling2D,
    TimeDistributed,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros.optimizers import get as optimizer_named
from small_models import compiled_dense

OPTIMIZERS = ("sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamax", "nadam")


def images():
    shape = (8, 8, 3)
    return Sequential(
        [
            Convolution2D(4, 3, 3, input_shape=shape, dim_ordering="tf"),
            BatchNormalization(axis=3),
            MaxPooling2D(dim_ordering="tf"),
            Flatten(),
            Dense(5),
        ]
    )


def sizes_of_outputs(model, x):
    """Returns how many bytes the layers' outputs take."""
    outputs = [layer.output for layer in model.layers]
    arrays = K.function([model.input, K.learning_phase()], outputs)([x, 1])
    return sum(array.nbytes for array in arrays)


def test_sizes_are_those_of_the_arrays():
    model = images()
    model.compile("adam", "mse")
    estimate = estimate_memory(model, batch_size=6)
    x = np.ones((6, *model.input_shape[1:]), "float32")
    assert estimate.inputs == x.nbytes
    assert estimate.parameters == sum(array.nbytes for array in model.get_weights())
    assert estimate.activations == sizes_of_outputs(model, x)
    trainable = K.batch_get_value(model.trainable_weights)
    assert estimate.gradients == sum(array.nbytes for array in trainable)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_optimizers_state_is_known_before_it_exists(name):
    model = Sequential([Dense(7, input_dim=5), BatchNormalization(), Dense(2)])
    model.compile(optimizer_named(name), "mse")
    estimate = estimate_memory(model)
    assert model.optimizer.weights == []
    model._make_train_function()
    state = sum(np.asarray(array).nbytes for array in model.optimizer.get_weights())
    assert estimate.optimizer == state
    assert estimate_memory(model).optimizer == state


def test_a_model_that_is_not_compiled_has_weights_and_outputs_alone():
    model = Sequential([Dense(7, input_dim=5)])
    estimate = estimate_memory(model, batch_size=2)
    assert (estimate.gradients, estimate.optimizer) == (0, 0)
    assert estimate.training == 4 * (5 * 7 + 7 + 2 * 5 + 2 * 7)
    assert estimate.predicting == 4 * (5 * 7 + 7 + 2 * 5 + 2 * 7)


def test_weights_of_a_shared_layer_count_once_and_its_outputs_twice():
    left = Input((3,))
    right = Input((3,))
    shared = Dense(4)
    model = Model([left, right], merge([shared(left), shared(right)], mode="sum"))
    estimate = estimate_memory(model, batch_size=1)
    assert estimate.parameters == 4 * (3 * 4 + 4)
    assert sum(layer.weights for layer in estimate.layers) == estimate.parameters
    assert estimate.activations == 4 * (4 + 4 + 4)
    assert estimate.inputs == 4 * (3 + 3)


def test_models_in_models_count_by_their_layers():
    inner = Sequential([Dense(4, input_dim=3), Dense(2)])
    outer = Sequential([TimeDistributed(inner, input_shape=(5, 3)), Flatten()])
    estimate = estimate_memory(outer, batch_size=2)
    assert estimate.activations == 4 * 2 * 5 * (4 + 2 + 2)
    assert estimate.parameters == 4 * inner.count_params()


@pytest.mark.parametrize(
    "layer", [lambda **k: GRU(3, **k), lambda **k: Bidirectional(LSTM(3, **k))]
)
def test_a_recurrent_layer_keeps_all_steps(layer):
    last = Sequential([Embedding(9, 2), layer(return_sequences=False)])
    every = Sequential([Embedding(9, 2), layer(return_sequences=True)])
    size = estimate_memory(last, length=6).activations
    assert size == estimate_memory(every, length=6).activations


def test_open_sizes_are_asked_for():
    model = Sequential([Embedding(9, 2), GRU(3)])
    with pytest.raises(ArgumentError, match=r"open shape \(None, None.*length=100"):
        estimate_memory(model)
    assert estimate_memory(model, batch_size=4, length=6).inputs == 4 * 6 * 4


def test_a_batch_size_that_the_model_fixes_wins():
    model = Sequential([Dense(2, batch_input_shape=(5, 3))])
    estimate = estimate_memory(model, batch_size=32)
    assert estimate.batch_size == 5 and estimate.inputs == 4 * 5 * 3


def test_float64_takes_twice_as_much(float64):
    model = Sequential([Dense(7, input_dim=5)])
    assert estimate_memory(model, batch_size=2).training == 8 * (42 + 10 + 14)


def test_the_table():
    model = compiled_dense(255, 1024, optimizer="adam", name="wide")
    text = io.StringIO()
    estimate_memory(model, batch_size=2).print(text)
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert lines[1] == ["wide", "(2,", "1024)", "1.0", "MiB", "8.0", "KiB"]
    assert ["optimizer", "2.0", "MiB"] in lines
    assert ["a", "training", "step", "4.0", "MiB"] in lines

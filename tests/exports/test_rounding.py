"""What counts as rounding when drawn networks are compared, and what doesn't."""

import numpy as np
import pytest
from oneiros import activations
from oneiros import backend as K
from oneiros.layers import GRU, Dense, RepeatVector
from oneiros.models import Sequential
from other_libraries import EQUAL, WITHIN_ROUNDING, compare_outputs


def gate_of_keras_3(x):
    return K.clip(x + 3.0, 0.0, 6.0) / 6.0


def deep_recurrent(gate, nb_layers=4):
    """A network that amplifies changes from step to step."""
    model = Sequential([RepeatVector(12, input_shape=(3,))])
    for _ in range(nb_layers):
        model.add(GRU(6, inner_activation=gate, return_sequences=True))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 1.5, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture
def batch():
    return np.random.default_rng(5).normal(0, 1.5, (16, 3)).astype("float32")


def test_a_wrong_gate_is_caught_in_a_network_that_amplifies_rounding(batch):
    right = deep_recurrent(activations.hard_sigmoid)
    wrong = deep_recurrent(gate_of_keras_3)
    expected = right.predict(batch)
    with pytest.raises(AssertionError, match="Mismatched elements"):
        compare_outputs(right, [batch], [expected], [wrong.predict(batch)])


def cancelling():
    """Subtracts large numbers that are almost equal."""
    model = Sequential([Dense(2, input_dim=3), Dense(1)])
    first = np.float32([[1, 1.001]] * 3)
    last = np.float32([[1000], [-1000]])
    model.set_weights([first, np.zeros(2), last, np.zeros(1)])
    return model


@pytest.mark.parametrize(("change", "answer"), [(1e-7, EQUAL), (1e-4, WITHIN_ROUNDING)])
def test_what_the_last_digits_can_do_is_rounding(batch, change, answer):
    model = cancelling()
    expected = model.predict(batch)
    other = expected * (1 + np.float32(change))
    assert compare_outputs(model, [batch], [expected], [other]) == answer


def test_more_than_the_last_digits_can_do_is_a_fault(batch):
    model = cancelling()
    expected = model.predict(batch)
    with pytest.raises(AssertionError, match="Mismatched elements"):
        compare_outputs(model, [batch], [expected], [expected * 1.1])


def test_infinity_in_an_output_allows_no_difference_elsewhere():
    model = Sequential([Dense(1, input_dim=1)])
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    batch = np.float32([[np.inf], [1]])
    expected = model.predict(batch)
    with pytest.raises(AssertionError, match="Mismatched elements"):
        compare_outputs(model, [batch], [expected], [np.float32([[np.inf], [2]])])

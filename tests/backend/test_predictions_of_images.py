"""Which predictions are left to XLA's library YNN on a CPU, on JAX and on Theano."""

import numpy as np
import pytest
from oneiros.layers import Activation, Convolution2D, Dense, Flatten, MaxPooling2D
from oneiros.models import Sequential
from oneiros_jax_support import traced_graphs as graphs
from oneiros_jax_support import ynn


def network(rows=32, channels=32, padding="VALID", stride=1, activation="relu", **dead):
    """Returns the graph of two convolutions; what `dead` names isn't used."""
    import jax

    functions = {"relu": jax.nn.relu, "tanh": jax.nn.tanh, "half": lambda x: x * 0.5}
    axes = ("NHWC", "HWIO", "NHWC")

    def predicted(x, *kernels):
        for kernel in kernels:
            x = jax.lax.conv_general_dilated(
                x, kernel, (stride, stride), padding, dimension_numbers=axes
            )
            for name in dead.values():
                functions[name](x)
            x = functions[activation](x + 1.0)
        return x.reshape(rows, -1).sum(1)

    shapes = (rows, 16, 16, 1), (3, 3, 1, channels), (3, 3, channels, channels)
    arrays = [np.ones(shape, "f") for shape in shapes]
    return jax.make_jaxpr(predicted)(*arrays).jaxpr


@pytest.mark.parametrize(
    ("change", "is_suited"),
    [
        ({}, True),
        ({"rows": 100}, True),
        ({"channels": 48}, True),
        ({"dead": "tanh"}, True),
        ({"rows": 31}, False),
        ({"channels": 31}, False),
        ({"padding": "SAME"}, False),
        ({"stride": 2}, False),
        ({"activation": "tanh"}, False),
        ({"activation": "half"}, False),
    ],
)
def test_graphs_that_suit_it(change, is_suited):
    graph = network(**change)
    assert graphs.convolves(graph)
    assert ynn.suits_ynn(graph) == is_suited


@pytest.fixture
def decisions(monkeypatch):
    """What was decided of the graphs that were compiled meanwhile."""
    answers = []
    original = ynn.suits_ynn

    def noted(graph):
        answers.append(original(graph))
        return answers[-1]

    monkeypatch.setattr(ynn, "suits_ynn", noted)
    return answers


@pytest.mark.parametrize(
    ("backend", "activation", "pooled"),
    [("jax", "relu", 1), ("jax", "relu", 3), ("jax", "tanh", 2), ("theano", "relu", 2)],
    indirect=["backend"],
)
def test_predictions_are_the_same(backend, activation, pooled, decisions):
    is_suited = activation == "relu"
    model = Sequential(
        [
            Convolution2D(32, 3, 3, input_shape=(14, 13, 2), dim_ordering="tf"),
            Activation(activation),
            Convolution2D(32, 2, 3, activation=activation, dim_ordering="tf"),
            MaxPooling2D((pooled, pooled), strides=(2, 1), dim_ordering="tf"),
            Flatten(),
            Dense(3),
        ]
    )
    x = np.random.normal(size=(40, 14, 13, 2))
    predictions = model.predict(x, batch_size=40)
    assert decisions == [is_suited]
    few = model.predict(x, batch_size=8)
    np.testing.assert_allclose(few, predictions, rtol=1e-4, atol=1e-5)
    assert decisions == [is_suited, False]

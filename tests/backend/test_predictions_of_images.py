"""Which predictions are left to XLA's library YNN on a CPU, on JAX and on Theano."""

import jax
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import Activation, Convolution2D, Dense, Flatten, MaxPooling2D
from oneiros.models import Sequential
from oneiros_jax_support import traced_graphs as graphs
from oneiros_jax_support import ynn


def network(
    rows=32, channels=32, padding="VALID", stride=1, activation=jax.nn.relu, dead=None
):
    """Returns the graph of two convolutions; what `dead` computes isn't used."""

    def predicted(x, first, second):
        for kernel in (first, second):
            x = jax.lax.conv_general_dilated(
                x,
                kernel,
                (stride, stride),
                padding,
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )
            if dead is not None:
                dead(x)
            x = activation(x + 1.0)
        return x.reshape(rows, -1).sum(1)

    kernels = (
        np.ones((3, 3, 1, channels), "f"),
        np.ones((3, 3, channels, channels), "f"),
    )
    return jax.make_jaxpr(predicted)(np.ones((rows, 16, 16, 1), "f"), *kernels).jaxpr


@pytest.mark.parametrize(
    "change", [{}, {"rows": 100}, {"channels": 48}, {"dead": jax.numpy.tanh}]
)
def test_graphs_that_suit_it(change):
    assert graphs.convolves(network(**change)) and ynn.suits_ynn(network(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"rows": 31},
        {"channels": 31},
        {"padding": "SAME"},
        {"stride": 2},
        {"activation": jax.numpy.tanh},
        {"activation": lambda x: x * 0.5},
    ],
)
def test_graphs_that_don_t(change):
    assert graphs.convolves(network(**change)) and not ynn.suits_ynn(network(**change))


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


@pytest.mark.parametrize("backend", ["jax", "theano"])
@pytest.mark.parametrize(("activation", "suited"), [("relu", True), ("tanh", False)])
@pytest.mark.parametrize("pooled", [1, 2, 3])
def test_predictions_are_the_same(backend, activation, suited, pooled, decisions):
    with K.use(backend):
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
        assert decisions == [suited]
        np.testing.assert_allclose(
            model.predict(x, batch_size=8), predictions, rtol=1e-4, atol=1e-5
        )
    assert decisions == [suited, False]

"""An optimizer's step is recorded once for all weights of a shape."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import GraphError
from oneiros.optimizers import SGD, Adam
from oneiros_optimizers.optimizer import alike

SHAPES = [(2, 2), (2,), (2, 2), (2,), (2, 2)]


class Counting(Adam):
    """Adam that counts how often its step is asked for."""

    calls = 0

    def step(self, p, g, rate, slots):
        self.calls += 1
        return super().step(p, g, rate, slots)


class CountingOncePerShape(Counting):
    @alike
    def step(self, p, g, rate, slots):
        return super().step(p, g, rate, slots)


def _weights():
    return [K.variable(np.full(shape, 1.0 + i)) for i, shape in enumerate(SHAPES)]


def _updates(optimizer, weights):
    loss = sum(K.sum(K.square(w)) for w in weights)
    return optimizer.get_updates(weights, {}, loss)


@pytest.mark.parametrize(("cls", "calls"), [(CountingOncePerShape, 2), (Counting, 5)])
def test_a_step_that_is_alike_is_asked_for_once_for_each_shape(cls, calls):
    optimizer = cls()
    _updates(optimizer, _weights())
    assert optimizer.calls == calls


def test_either_way_the_weights_become_the_same():
    results = []
    for cls in (Adam, Counting):
        optimizer = cls(lr=0.1)
        weights = _weights()
        train = K.function([], [], _updates(optimizer, weights))
        train([])
        K.set_value(optimizer.lr, 0.5)
        K.set_value(optimizer.beta_1, 0.5)
        train([])
        results.append(K.batch_get_value([*weights, *optimizer.weights]))
    for once, each in zip(*results, strict=True):
        np.testing.assert_allclose(once, each, rtol=1e-5)


def test_what_a_step_makes_can_be_differentiated():
    w = K.variable([3.0])
    optimizer = SGD(lr=0.25)
    *_, update = optimizer.get_updates([w], {}, K.sum(K.square(w)))
    slopes = K.gradients(K.sum(update[1]), [w, optimizer.lr])
    assert [K.eval(slope).item() for slope in slopes] == [0.5, -6.0]


def test_a_repeated_function_refuses_random_draws():
    def noisy(x):
        return (x + K.random_normal((2,)),)

    repeated = K.current().repeated(noisy)
    with pytest.raises(GraphError, match="random"):
        repeated(K.variable([1.0, 2.0]))

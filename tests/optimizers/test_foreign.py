"""TFOptimizer: TensorFlow's own optimizers, in the backend that can run them."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import constraints, optimizers
from small_models import compiled_dense

START = np.array([[1.0, -2.0], [0.5, 3.0]])


@pytest.fixture
def tf():
    with K.use("tensorflow"):
        import tensorflow

        yield tensorflow


def steps(optimizer, constraint=None):
    p = K.variable(START)
    step = K.function(
        [],
        [],
        optimizer.get_updates(
            [p], {p: constraint} if constraint else {}, K.sum(K.square(p))
        ),
    )
    for _ in range(4):
        step([])
    return K.get_value(p)


def test_the_same_steps_as_ours(tf):
    train = tf.compat.v1.train
    for theirs, ours in (
        (train.GradientDescentOptimizer(0.1), optimizers.SGD(lr=0.1)),
        (train.MomentumOptimizer(0.1, 0.9), optimizers.SGD(lr=0.1, momentum=0.9)),
        (train.AdamOptimizer(0.1), optimizers.Adam(lr=0.1)),
    ):
        wrapped = optimizers.get(theirs)
        assert isinstance(wrapped, optimizers.TFOptimizer)
        np.testing.assert_allclose(steps(wrapped), steps(ours), rtol=1e-4)
        assert K.get_value(wrapped.iterations) == 4


def test_constraints_apply(tf):
    value = steps(
        optimizers.TFOptimizer(tf.compat.v1.train.GradientDescentOptimizer(0.1)),
        constraints.unitnorm(),
    )
    np.testing.assert_allclose(np.sum(value**2, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("wrap", [optimizers.TFOptimizer, lambda theirs: theirs])
def test_fit(tf, wrap):
    x = np.random.normal(size=(64, 4))
    model = compiled_dense(4, optimizer=wrap(tf.compat.v1.train.FtrlOptimizer(0.5)))
    losses = model.fit(
        x, x.sum(axis=1, keepdims=True), nb_epoch=3, batch_size=16, verbose=0
    ).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_what_it_can_not_do(tf):
    wrapped = optimizers.TFOptimizer(tf.compat.v1.train.GradientDescentOptimizer(0.1))
    assert wrapped.weights == wrapped.get_weights() == []
    with pytest.raises(NotImplementedError, match="save_weights"):
        wrapped.get_config()
    with pytest.raises(NotImplementedError, match=r"Call TFOptimizer\(optimizer\)"):
        wrapped.from_config({})
    with pytest.raises(ValueError, match="'adam'"):
        optimizers.TFOptimizer("adam")


def test_other_backends_say_what_to_use():
    with (
        K.use("theano"),
        pytest.raises(NotImplementedError, match=r"tensorflow backend.*'theano'"),
    ):
        optimizers.TFOptimizer(object())

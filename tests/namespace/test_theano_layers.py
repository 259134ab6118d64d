"""Layers that were written in Theano, trained on the Theano backend."""

import numpy as np
import pytest
import theano
import theano.tensor as T
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.layers import Dense, GlobalAveragePooling1D, Lambda, Layer
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from theano.tensor.shared_randomstreams import RandomStreams


@pytest.fixture(autouse=True)
def on_theano():
    with K.use("theano"):
        yield


class Attention(Layer):
    """Weighs the steps of a sequence, as layers of 2016 did, in Theano alone."""

    def __init__(self, hidden, **kwargs):
        self.hidden = hidden
        super().__init__(**kwargs)

    def build(self, input_shape):
        features = input_shape[-1]
        draw = np.random.uniform
        self.W = K.variable(draw(-0.3, 0.3, (features, self.hidden)), name="W")
        self.v = theano.shared(
            draw(-0.3, 0.3, (self.hidden,)).astype(theano.config.floatX), name="v"
        )
        self.noise = RandomStreams(3)
        self.trainable_weights = [self.W, self.v]

    def call(self, x, mask=None):
        scores = T.dot(T.tanh(T.dot(x, self.W)), self.v)
        scores = scores + 1e-3 * self.noise.normal(scores.shape)
        shares = T.nnet.softmax(scores)
        self.context = T.batched_dot(shares.dimshuffle(0, "x", 1), x)[:, 0]

        def step(step_input, share, total, context):
            return total + share.dimshuffle(0, "x") * (step_input - context)

        sums, _ = theano.scan(
            step,
            [x.dimshuffle(1, 0, 2), shares.dimshuffle(1, 0)],
            T.zeros_like(self.context),
            self.context,
        )
        return T.inc_subtensor(self.context[:, :1], sums[-1][:, :1])

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], input_shape[2])


def data():
    """Returns sequences, and which of their first features has the largest sum."""
    x = np.random.randn(96, 5, 6).astype("float32")
    return x, np.eye(3)[x[:, :, :3].sum(1).argmax(1)]


def test_a_layer_with_a_loop_trains():
    x, y = data()
    model = Sequential(
        [Attention(8, input_shape=(5, 6)), Dense(3, activation="softmax")]
    )
    model.compile(Adam(lr=0.03), "categorical_crossentropy", metrics=["accuracy"])
    before = [w.get_value() for w in model.layers[0].trainable_weights]
    history = model.fit(x, y, batch_size=32, nb_epoch=25, verbose=0).history
    assert history["loss"][-1] < 0.85 * history["loss"][0]
    after = [w.get_value() for w in model.layers[0].trainable_weights]
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(after, before, strict=True))
    assert model.predict(x[:7]).shape == (7, 3)  # another batch size


def test_what_the_jax_linker_cannot_do_is_trained_by_pytensor():
    def positive_sums(x):
        return T.stack([x[(x > 0).nonzero()].sum(), x.sum()]).dimshuffle("x", 0) + (
            0 * x[:, :2]
        )

    layer = Lambda(positive_sums, output_shape=(2,), input_shape=(3,))
    model = Sequential([layer, Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 3))
    with pytest.warns(UserWarning, match="PyTensor computes") as said:
        losses = model.fit(x, 0 * x[:, :1], nb_epoch=3, verbose=0).history["loss"]
    assert losses[-1] != losses[0] and len(said) == 1


def test_gradients_by_theano_are_those_of_keras():
    x, _ = data()
    model = Sequential(
        [Dense(4, activation="tanh", input_shape=(5, 6)), GlobalAveragePooling1D()]
    )
    loss = T.mean(T.sqr(model.output))
    weights = model.trainable_weights
    f = theano.function([model.input], T.grad(loss, weights))
    g = K.function([model.input], K.gradients(loss, weights))
    assert_each_close(f(x), g([x]), rtol=1e-5, atol=1e-7)

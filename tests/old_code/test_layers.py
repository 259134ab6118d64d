"""Layers as code of 2016 wrote them: shapes that weren't declared, or wrongly, and
constructors that call `Layer.__init__` late or never."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.topology import InputSpec
from oneiros.layers import Dense, Input, Lambda, Layer, Merge, Recurrent
from oneiros.models import Model, Sequential

X = np.random.RandomState(0).uniform(size=(8, 3)).astype("float32")
NEAR = {"rtol": 1e-5, "atol": 1e-6}


class Undeclared(Layer):
    """Changes the shape without saying so."""

    def call(self, x, mask=None):
        return K.sum(x, axis=1, keepdims=True)


def test_a_shape_that_is_not_declared_is_the_tensors_own():
    model = Sequential([Undeclared(input_shape=(3,)), Dense(2)])
    assert model.layers[0].output_shape == (None, 1)
    assert model.layers[1].get_weights()[0].shape == (1, 2)
    outer = Input((3,))
    np.testing.assert_allclose(
        Model(outer, model(outer)).predict(X), model.predict(X), **NEAR
    )


@pytest.mark.parametrize("declared", [(1,), (7,), (3, 1)])
def test_the_real_rank_counts_where_a_lambda_declares_another(declared):
    def total(x):
        return K.sum(x, axis=1, keepdims=True)

    model = Sequential(
        [Lambda(total, output_shape=declared, input_shape=(3,)), Dense(1, bias=False)]
    )
    (weight,) = model.get_weights()
    np.testing.assert_allclose(
        model.predict(X), X.sum(axis=1, keepdims=True) @ weight, **NEAR
    )


@pytest.mark.parametrize("targets", [np.zeros(8), np.zeros((8, 1))])
@pytest.mark.parametrize("loss", ["mae", lambda y_true, y_pred: y_pred])
@pytest.mark.parametrize("output_shape", [None, (1,)])
def test_a_layer_that_computes_the_loss(targets, loss, output_shape):
    """Its output is one number for the batch, and its targets are nobody's."""
    x = Input((3,))
    y = Dense(1, init="one", bias=False)(x)
    cost = Lambda(lambda y: K.mean(K.square(y)), output_shape=output_shape)(y)
    model = Model(x, cost)
    model.compile("sgd", loss)
    expected = np.square(X.sum(axis=1)).mean()
    np.testing.assert_allclose(model.test_on_batch(X, targets), expected, rtol=1e-5)
    history = model.fit(X, targets, batch_size=8, nb_epoch=2, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-5)
    assert history["loss"][1] < history["loss"][0]


@pytest.mark.parametrize("targets", [np.zeros(8), np.zeros((8, 1))])
def test_a_layer_that_computes_a_loss_for_each_sample(targets):
    x = Input((3,))
    cost = Lambda(lambda x: K.sum(x, axis=1), output_shape=(1,))(Dense(2)(x))
    model = Model(x, cost)
    model.compile("sgd", lambda y_true, y_pred: y_pred)
    loss = model.test_on_batch(X, targets)
    np.testing.assert_allclose(loss, model.predict(X).mean(), rtol=1e-4)


def test_shapes_may_be_listed_with_none():
    class Doubled(Layer):
        def call(self, x, mask=None):
            return x * 2.0

        def get_output_shape_for(self, input_shape):
            return [input_shape, None]

    class Both(Doubled):
        def call(self, x, mask=None):
            return [x * 2.0, K.sum(x, axis=1)]

    assert Doubled()(Input((3,)))._keras_shape == (None, 3)
    assert [y._keras_shape for y in Both()(Input((3,)))] == [(None, 3), (None,)]


def test_one_spec_may_meet_several_inputs():
    class Total(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.input_spec = [InputSpec(ndim=2)]

        def call(self, x, mask=None):
            return x[0] + x[1]

        def get_output_shape_for(self, input_shape):
            return input_shape[0]

    total = Total()([Input((3,)), Input((3,))])
    assert total._keras_shape == (None, 3)


def test_an_input_shape_that_is_set_afterwards():
    layers = [Dense(2), Dense(2)]
    for layer in layers:
        layer.batch_input_shape = (None, 3)
    assert Merge(layers, mode="sum").output_shape == (None, 2)
    late = Dense(2)
    late.batch_input_shape = (None, 3)
    assert Sequential([late]).input_shape == (None, 3)


class Late(Layer):
    """Calls the base class's constructor last, and keeps its weights itself."""

    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        self.trainable_weights = []
        self.constraints = {}
        self.input_spec = [InputSpec(ndim=2)]
        self.supports_masking = True
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = K.variable(np.ones((input_shape[1], self.output_dim)))
        self.trainable_weights = [self.W]

    def call(self, x, mask=None):
        return K.dot(x, self.W)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], self.output_dim)


class Never(Late):
    """Never calls it."""

    def __init__(self, output_dim):
        self.output_dim = output_dim


@pytest.mark.parametrize("cls", [Late, Never])
def test_a_constructor_that_calls_up_late_or_never(cls):
    x = Input((3,))
    layer = cls(2)
    model = Model(x, layer(x))
    assert layer.name.startswith(cls.__name__.lower()) and layer.built
    assert layer.trainable and layer.weights == [layer.W] and layer.losses == []
    model.compile("sgd", "mse")
    model.train_on_batch(X, np.zeros((8, 2)))
    assert model.get_weights()[0].max() < 1


class Decaying(Recurrent):
    """A recurrent layer with constants, preparation and resets of its own."""

    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.input_spec = [InputSpec(shape=input_shape)]
        if self.stateful:
            self.reset_states()
        else:
            self.states = [None, None]
        self.W = K.variable(np.ones((input_shape[2], self.output_dim)))
        self.trainable_weights = [self.W]

    def reset_states(self):
        shape = (self.input_spec[0].shape[0], self.output_dim)
        if hasattr(self, "states"):
            for state in self.states:
                K.set_value(state, np.zeros(shape))
        else:
            self.states = [K.zeros(shape), K.zeros(shape)]

    def preprocess_input(self, x):
        return K.dot(x, self.W)

    def get_constants(self, x):
        return [K.cast_to_floatx(0.5)]

    def step(self, x, states):
        level, count, half = states
        return level * half + x, [level * half + x, count + 1]


def test_a_recurrent_layer_with_its_own_step_and_resets():
    steps = np.random.uniform(size=(4, 5, 3)).astype("float32")
    total = np.einsum("nsf,s->n", steps, 0.5 ** np.arange(5)[::-1])
    expected = np.repeat(total[:, None], 2, axis=1)
    model = Sequential([Decaying(2, input_shape=(5, 3))])
    np.testing.assert_allclose(model.predict(steps), expected, rtol=1e-4)
    kept = Sequential([Decaying(2, stateful=True, batch_input_shape=(4, 5, 3))])
    np.testing.assert_allclose(kept.predict(steps), expected, rtol=1e-4)
    assert not np.allclose(kept.predict(steps), expected)
    kept.reset_states()
    np.testing.assert_allclose(kept.predict(steps), expected, rtol=1e-4)

"""Code that users write on tensors.

Operators, K and raw engine functions, custom layers and losses.
"""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import (
    Activation,
    Convolution2D,
    Dense,
    Flatten,
    Input,
    Lambda,
    Layer,
    MaxPooling2D,
)
from oneiros.models import Model, Sequential
from oneiros.optimizers import SGD
from small_models import compiled_dense

X = np.random.RandomState(0).normal(size=(6, 4)).astype("float32")


def engine_softplus(x):
    """Raw code of the current backend's engine."""
    if K.backend() == "theano":
        import pytensor.tensor as pt

        return pt.log1p(pt.exp(x)) + pt.zeros_like(x)
    if K.backend() == "jax":
        import jax.numpy as jnp

        return K.apply(lambda v: jnp.log1p(jnp.exp(v)) + jnp.zeros_like(v), x)
    import tensorflow as tf

    return tf.math.log1p(tf.exp(x)) + tf.zeros_like(x)


def predicted(layer, array=X):
    return Sequential([layer]).predict(array)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            lambda x: (2 * x + 1) ** 2 / (1 + abs(x)) - x % 2,
            (2 * X + 1) ** 2 / (1 + abs(X)) - X % 2,
        ),
        (lambda x: x[:, ::-1], X[:, ::-1]),
        (
            lambda x: K.sqrt(K.sum(K.square(x), axis=1, keepdims=True)) * x,
            X * np.sqrt((X**2).sum(1))[:, None],
        ),
        (engine_softplus, np.log1p(np.exp(X))),
    ],
    ids=["operators", "index", "K", "engine"],
)
def test_lambda(function, expected):
    result = predicted(Lambda(function, output_shape=(4,), input_shape=(4,)))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


class Antirectifier(Layer):
    """A custom layer with a weight, whose output shape differs from its input's."""

    def build(self, input_shape):
        self.scale = self.add_weight(
            (2 * input_shape[1],), "one", name=f"{self.name}_scale"
        )

    def call(self, x, mask=None):
        x = engine_softplus(x) - K.mean(x, axis=1, keepdims=True)
        return K.concatenate([K.relu(x), K.relu(-x)], axis=1) * self.scale

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], 2 * input_shape[1])


def test_a_custom_layer_with_engine_code_trains():
    model = Sequential([Antirectifier(input_shape=(4,)), Dense(1)])
    model.compile(SGD(lr=0.05), "mse")
    y = X.sum(axis=1, keepdims=True)
    losses = [model.train_on_batch(X, y) for _ in range(30)]
    assert model.layers[0].output_shape == (None, 8)
    assert losses[-1] < 0.5 * losses[0]
    assert not np.allclose(model.layers[0].get_weights()[0], 1)


def test_losses_and_metrics_are_functions():
    def huber(y_true, y_pred):
        error = K.abs(y_true - y_pred)
        return K.mean(K.switch(error < 1, 0.5 * K.square(error), error - 0.5), axis=-1)

    def largest_error(y_true, y_pred):
        return K.max(K.abs(y_true - y_pred))

    model = compiled_dense(4, 2, loss=huber, metrics=[largest_error])
    y = np.zeros((6, 2), "float32")
    error = abs(model.predict(X))
    expected = np.where(error < 1, 0.5 * error**2, error - 0.5).mean(), error.max()
    np.testing.assert_allclose(model.evaluate(X, y, verbose=0), expected, rtol=1e-5)
    assert model.metrics_names == ["loss", "largest_error"]


def test_the_output_of_any_layer_by_k_function():
    layers = [
        Dense(3, input_dim=4),
        Activation("tanh"),
        Dense(5),
        Activation("relu"),
        Dense(1),
    ]
    model = Sequential(layers)
    inside = K.function(
        [model.layers[0].input, K.learning_phase()], [model.layers[3].output]
    )
    w0, b0, w2, b2 = (
        w for layer in (layers[0], layers[2]) for w in layer.get_weights()
    )
    expected = np.maximum(np.tanh(X @ w0 + b0) @ w2 + b2, 0)
    np.testing.assert_allclose(inside([X, 0])[0], expected, rtol=1e-5, atol=1e-6)


@pytest.fixture
def network(backend):
    return Sequential(
        [
            Convolution2D(
                3, 3, 3, activation="tanh", dim_ordering="tf", input_shape=(8, 8, 1)
            ),
            MaxPooling2D(dim_ordering="tf"),
            Flatten(),
            Dense(2),
        ]
    )


IMAGE = np.random.RandomState(1).normal(size=(1, 8, 8, 1)).astype("float32")


def test_second_order_gradients_through_a_convolution(network):
    x = network.input
    kernel = network.layers[0].W
    (gradient,) = K.gradients(K.sum(network.output), [x])
    penalty = K.sum(K.square(gradient))
    (second,) = K.gradients(penalty, [kernel])
    compute = K.function([x, K.learning_phase()], [penalty, second])
    start = K.get_value(kernel)
    direction = np.random.RandomState(2).normal(size=start.shape).astype("float32")
    analytic = np.sum(compute([IMAGE, 0])[1] * direction)
    moved = []
    for sign in (1, -1):
        K.set_value(kernel, start + sign * 1e-3 * direction)
        moved.append(float(compute([IMAGE, 0])[0]))
    assert analytic == pytest.approx((moved[0] - moved[1]) / 2e-3, rel=0.02)


def test_a_model_with_a_gradient_penalty_trains():
    x = Input(shape=(4,))
    y = Dense(1)(Dense(8, activation="tanh")(x))
    model = Model(x, y)
    (gradient,) = K.gradients(K.sum(y), [x])
    size = K.mean(K.square(gradient))
    model.compile(
        SGD(lr=0.1),
        lambda y_true, y_pred: K.mean(K.square(y_true - y_pred), -1) + 10 * size,
    )
    measure = K.function([x], [size])
    before = float(measure([X])[0])
    for _ in range(30):
        model.train_on_batch(X, np.zeros((6, 1), "float32"))
    assert float(measure([X])[0]) < 0.2 * before


class Noisy(Dense):
    """Computes on with what depends on the learning phase."""

    def call(self, x, mask=None):
        y = super().call(x)
        return 2 * K.in_train_phase(K.zeros_like(y), y) + 1


def test_the_learning_phase_inside_user_code_reaches_the_model():
    x = Input(shape=(4,))
    layer = Noisy(2)
    model = Model(x, layer(x))
    assert model.uses_learning_phase
    w, b = layer.get_weights()
    np.testing.assert_allclose(
        model.predict(X), 2 * (X @ w + b) + 1, rtol=1e-5, atol=1e-6
    )
    model.compile("sgd", "mse")
    assert model.train_on_batch(X, np.ones((6, 2), "float32")) == pytest.approx(
        0, abs=1e-6
    )


@pytest.mark.parametrize(
    "join",
    [
        lambda h, again: h + h,
        lambda h, again: h + again,
        lambda h, again: (h + again) / 2,
    ],
    ids=["itself", "twin", "mean"],
)
def test_a_sum_of_equal_tensors_in_a_run_of_batches(join):
    """TensorFlow's optimizer of graphs loses the results of a loop over such steps."""
    x = Input(shape=(6, 6, 2))
    shared = Convolution2D(3, 3, 3, dim_ordering="tf")
    y = Lambda(lambda pair: join(*pair), output_shape=lambda shapes: shapes[0])(
        [shared(x), shared(x)]
    )
    model = Model(x, Dense(1)(Flatten()(y)))
    model.compile("sgd", "mse")
    images = np.random.RandomState(3).normal(size=(12, 6, 6, 2)).astype("float32")
    at_once = model.predict(images, batch_size=12)
    np.testing.assert_allclose(
        model.predict(images, batch_size=4), at_once, rtol=1e-4, atol=1e-5
    )
    loss = model.evaluate(images, np.zeros((12, 1)), batch_size=4, verbose=0)
    assert loss == pytest.approx(np.mean(at_once**2), rel=1e-4)
    before = model.get_weights()[0]
    model.fit(images, np.ones((12, 1)), batch_size=4, nb_epoch=1, verbose=0)
    assert (model.get_weights()[0] != before).any()

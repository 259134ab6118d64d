"""What research code does to training.

Own functions, losses in layers, frozen parts, states, weights.
"""

from itertools import islice

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.errors import DataError
from oneiros.layers import LSTM, Dense, Dropout, Input, Layer, TimeDistributed
from oneiros.models import Model, Sequential
from oneiros.optimizers import SGD

X = np.random.RandomState(0).normal(size=(12, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True) + 1
NEAR = {"rtol": 1e-5, "atol": 1e-6}


def batches(*arrays, size=4):
    while True:
        for start in range(0, len(arrays[0]), size):
            yield tuple(array[start : start + size] for array in arrays)


def filled(model, value=0.5):
    model.set_weights([np.full(w.shape, value, "float32") for w in model.get_weights()])
    return model


class Momentous(Model):
    """Trains with an update rule of its own, built as code of Keras 1 does.

    Counts its steps.
    """

    def _make_train_function(self):
        if not hasattr(self, "train_function"):
            raise RuntimeError("You must compile your model before using it.")
        if self.train_function is None:
            inputs = self.inputs + self.targets + self.sample_weights
            if self.uses_learning_phase and not isinstance(K.learning_phase(), int):
                inputs += [K.learning_phase()]
            self.steps = K.variable(0.0)
            params = self._collected_trainable_weights
            grads = K.gradients(self.total_loss, params)
            updates = [
                (p, p - 0.1 * K.sign(g)) for p, g in zip(params, grads, strict=True)
            ]
            updates += [(self.steps, self.steps + 1)] + self.updates
            self.train_function = K.function(
                inputs,
                [self.total_loss] + self.metrics_tensors,
                updates=updates,
                **self._function_kwargs,
            )

    def _make_test_function(self):
        if self.test_function is None:
            inputs = self.inputs + self.targets + self.sample_weights
            if self.uses_learning_phase and not isinstance(K.learning_phase(), int):
                inputs += [K.learning_phase()]
            self.test_function = K.function(
                inputs, [self.total_loss * 2] + self.metrics_tensors
            )


def sign_descent(w, b, x, y):
    error = x @ w + b - y
    return (
        np.square(error).mean(),
        w - 0.1 * np.sign(x.T @ error),
        b - 0.1 * np.sign(error.sum(axis=0)),
    )


def test_a_training_function_of_ones_own():
    x = Input((3,))
    model = filled(Momentous(x, Dense(1)(x)))
    model.compile("adam", "mse", metrics=["mae"])
    losses = []
    (w, b) = model.get_weights()
    for rows in (slice(0, 6), slice(6, 12)) * 2:
        loss, w, b = sign_descent(w, b, X[rows], Y[rows])
        losses.append(loss)

    def by_hand():
        return [
            model.train_on_batch(X[i : i + 6], Y[i : i + 6])[0] for i in (0, 6, 0, 6)
        ]

    def fitted():
        return model.fit(X, Y, 6, 2, verbose=0, shuffle=False).history["loss"]

    def generated():
        return model.fit_generator(batches(X, Y, size=6), 12, 2, verbose=0).history[
            "loss"
        ]

    epochs = np.reshape(losses, (2, 2)).mean(axis=1)
    for train, expected in ((by_hand, losses), (fitted, epochs), (generated, epochs)):
        np.testing.assert_allclose(train(), expected, rtol=1e-4)
        assert_each_close(model.get_weights(), (w, b), rtol=1e-4, atol=1e-5)
        assert K.get_value(model.steps) == 4
        K.set_value(model.steps, 0.0)
        filled(model)
    doubled = model.evaluate(X, Y, 12, verbose=0)[0]
    plain = np.square(model.predict(X) - Y).mean()
    np.testing.assert_allclose(doubled, 2 * plain, rtol=1e-4)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_training_function_that_is_plain_python(dropout):
    """It gets the learning phase if the model depends on it, as in Keras 1, and may
    return one number."""

    class Plain(Model):
        def _make_train_function(self):
            self.shapes = getattr(self, "shapes", [])

            def train(arrays):
                self.shapes.append([np.shape(array) for array in arrays])
                return 0.25 if len(self.shapes) % 2 else [np.float32(0.75)]

            self.train_function = train

    x = Input((3,))
    model = Plain(x, Dense(1)(Dropout(dropout)(x) if dropout else x))
    model.compile("sgd", "mse")
    phase = [()] if dropout else []
    assert model.train_on_batch(X, Y) == 0.25
    assert model.fit(X, Y, 6, 1, verbose=0).history == {"loss": [0.5]}
    assert model.fit_generator(batches(X, Y), 12, 1, verbose=0).history["loss"] == [
        pytest.approx(1.75 / 3)
    ]
    assert model.shapes[0] == [(12, 3), (12, 1), (12,), *phase]
    assert {len(arguments) for arguments in model.shapes} == {3 + len(phase)} and len(
        model.shapes
    ) == 6


class Activity(Layer):
    """Adds a loss and an update that depend on its input."""

    def build(self, input_shape):
        self.mean = K.zeros((input_shape[1],))
        self.non_trainable_weights = [self.mean]
        super().build(input_shape)

    def call(self, x, mask=None):
        self.add_loss(0.1 * K.sum(K.mean(K.square(x), axis=0)), inputs=x)
        self.add_update([(self.mean, K.mean(x, axis=0))], inputs=x)
        return x


def test_losses_and_updates_that_layers_add():
    x = Input((3,))
    layer = Activity()
    model = filled(Model(x, Dense(1)(layer(x))))
    other = Input((3,))
    layer(other)
    model.compile(SGD(0.0), "mse", metrics=["mse"])
    assert len(model.losses) == len(model.updates) == 1
    before = K.get_value(layer.mean)
    total, plain = model.test_on_batch(X, Y)
    np.testing.assert_allclose(
        total - plain, 0.1 * np.square(X).mean(axis=0).sum(), rtol=1e-4
    )
    np.testing.assert_array_equal(K.get_value(layer.mean), before)
    assert model.train_on_batch(X, Y) == pytest.approx([total, plain], rel=1e-4)
    np.testing.assert_allclose(K.get_value(layer.mean), X.mean(axis=0), **NEAR)
    model.fit_generator(batches(X[:4], Y[:4]), 4, 1, verbose=0)
    np.testing.assert_allclose(K.get_value(layer.mean), X[:4].mean(axis=0), **NEAR)


def test_a_part_that_is_frozen_in_one_model_trains_in_the_other():
    """The two models of a generative adversarial network.

    Toggling `trainable` needs no second compile.
    """
    judge = Sequential(
        [Dense(4, activation="tanh", input_dim=3), Dense(1, activation="sigmoid")]
    )
    judge.compile("sgd", "binary_crossentropy")
    maker = Sequential([Dense(3, input_dim=3)])
    judge.trainable = False
    both = Sequential([maker, judge])
    both.compile("sgd", "binary_crossentropy")
    labels = np.ones((12, 1))

    def moved(train):
        before = [model.get_weights() for model in (maker, judge)]
        train(X, labels)
        after = [model.get_weights() for model in (maker, judge)]
        pairs = zip(before, after, strict=True)
        return [
            any(np.any(a != b) for a, b in zip(*pair, strict=True)) for pair in pairs
        ]

    assert moved(both.train_on_batch) == [True, False]
    assert moved(judge.train_on_batch) == [False, True]
    judge.trainable = True
    assert moved(both.train_on_batch) == [True, False]
    both.compile("sgd", "binary_crossentropy")
    assert moved(both.train_on_batch) == [True, True]


def test_states_pass_from_batch_to_batch():
    steps = np.random.normal(size=(12, 2, 3)).astype("float32")
    model = Sequential([LSTM(2, stateful=True, batch_input_shape=(4, 2, 3)), Dense(1)])
    model.compile("sgd", "mse")
    state = [
        np.linspace(-0.5, 0.5, w.size).reshape(w.shape) for w in model.get_weights()
    ]

    class Resetting(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.reset_states()

    def begin():
        model.set_weights(state)
        model.reset_states()

    losses = []
    begin()
    for _ in range(2):
        model.reset_states()
        losses.append(
            np.mean(
                [model.train_on_batch(*batch) for batch in islice(batches(steps, Y), 3)]
            )
        )
    begin()
    fitted = model.fit(
        steps, Y, 4, 2, verbose=0, shuffle=False, callbacks=[Resetting()]
    )
    np.testing.assert_allclose(fitted.history["loss"], losses, rtol=1e-5)
    begin()
    generated = model.fit_generator(
        batches(steps, Y), 12, 2, verbose=0, callbacks=[Resetting()]
    )
    np.testing.assert_allclose(generated.history["loss"], losses, rtol=1e-5)
    begin()
    unbroken = model.fit(steps, Y, 4, 2, verbose=0, shuffle=False).history["loss"]
    assert unbroken[0] == pytest.approx(losses[0], rel=1e-5)
    assert unbroken[1] != pytest.approx(losses[1], rel=1e-5)
    with pytest.raises(
        DataError, match=r"batch_size=4 and 4 \* n samples; received 10 by 4"
    ):
        model.fit(steps[:10], Y[:10], 4, 1, verbose=0)


@pytest.fixture(scope="module")
def pair():
    """A model with two outputs, the second in time steps."""
    x = Input((3,), name="x")
    steps = Input((2, 3), name="steps")
    model = Model(
        [x, steps], [Dense(1, name="u")(x), TimeDistributed(Dense(1), name="v")(steps)]
    )
    modes = {"v": "temporal"}
    model.compile(
        "sgd",
        {"v": "mae", "u": "mse"},
        sample_weight_mode=modes,
        loss_weights=[1.0, 0.5],
    )
    return model


STEPS = np.random.RandomState(1).normal(size=(12, 2, 3)).astype("float32")
TARGETS = STEPS.sum(axis=-1, keepdims=True)
CLASSES = (Y > 1).astype("float32")
U = np.arange(12.0)
V = np.arange(24.0).reshape(12, 2)


@pytest.mark.parametrize(
    ("arguments", "u", "v"),
    [
        ({"sample_weight": [U, V]}, U, V),
        ({"sample_weight": {"v": V, "u": U}}, U, V),
        ({"sample_weight": {"v": V}}, None, V),
        ({"sample_weight": [U, None]}, U, None),
        ({"class_weight": {"u": {0: 2.0, 1: 5.0}}}, 2 + 3 * CLASSES[:, 0], None),
        ({"class_weight": [{0: 2.0, 1: 5.0}, None]}, 2 + 3 * CLASSES[:, 0], None),
        (
            {"class_weight": {"u": {0: 2.0, 1: 5.0}}, "sample_weight": {"v": V}},
            2 + 3 * CLASSES[:, 0],
            V,
        ),
        ({"class_weight": {"u": {0: 2.0, 1: 5.0}}, "sample_weight": {"u": U}}, U, None),
    ],
)
def test_weights_of_outputs(pair, arguments, u, v):
    expected = []
    for target, prediction, weights in zip(
        (CLASSES, TARGETS), pair.predict([X, STEPS]), (u, v), strict=True
    ):
        error = (
            np.square(prediction - target)
            if target.ndim == 2
            else np.abs(prediction - target)
        )
        score = error.mean(axis=-1)
        expected.append(
            score.mean()
            if weights is None
            else (score * weights).mean() / (weights != 0).mean()
        )
    losses = [expected[0] + 0.5 * expected[1], *expected]
    inputs, targets = {"x": X, "steps": STEPS}, {"u": CLASSES, "v": TARGETS}
    state = pair.get_weights()
    if "class_weight" not in arguments:
        np.testing.assert_allclose(
            pair.test_on_batch(inputs, targets, **arguments), losses, rtol=1e-4
        )
        np.testing.assert_allclose(
            pair.evaluate([X, STEPS], [CLASSES, TARGETS], 12, verbose=0, **arguments),
            losses,
            rtol=1e-4,
        )
    np.testing.assert_allclose(
        pair.train_on_batch(inputs, targets, **arguments), losses, rtol=1e-4
    )
    pair.set_weights(state)
    history = pair.fit(inputs, targets, 12, 1, verbose=0, **arguments).history
    np.testing.assert_allclose(
        [history[name][0] for name in pair.metrics_names], losses, rtol=1e-4
    )
    pair.set_weights(state)


@pytest.mark.parametrize("shuffle", [True, "batch", False])
def test_data_in_a_file_train_as_those_in_memory(tmp_path, shuffle):
    h5py = pytest.importorskip("h5py")

    def trained(x, y):
        np.random.seed(3)
        model = filled(Sequential([Dense(1, input_dim=3)]))
        model.compile("sgd", "mse")
        history = model.fit(
            x, y, 5, 2, verbose=0, shuffle=shuffle, validation_split=0.25
        ).history
        return [
            *history["loss"],
            *history["val_loss"],
            model.evaluate(x, y, 5, verbose=0),
        ]

    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"] = X
        file["y"] = Y
        np.testing.assert_allclose(
            trained(file["x"], file["y"]), trained(X, Y), rtol=1e-5
        )

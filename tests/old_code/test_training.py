"""Training as scripts of 2016 do it: NumPy scalars, lists from generators, class
weights of all kinds, and the private loops."""

import json

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.layers import Dense, Dropout, Input
from oneiros.models import Model, Sequential
from small_models import compiled_dense

X = np.random.RandomState(0).uniform(size=(8, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
CLASSES = np.arange(8) % 2


def regression(metrics=None, *layers):
    model = Sequential([Dense(1, input_dim=3), *layers])
    model.compile("sgd", "mse", metrics=metrics)
    return model


def is_scalar(value):
    """Tells whether a value is a float, and has what NumPy's scalars have."""
    return isinstance(value, float) and value.item() == value[()] == value.tolist()


def test_values_are_numpys_scalars_and_pythons_floats():
    model = regression(["mae"])
    values = [*model.train_on_batch(X, Y), *model.test_on_batch(X, Y)]
    values += model.evaluate(X, Y, verbose=0)
    assert all(map(is_scalar, values))
    seen = []

    class Watching(Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(logs["loss"])

        def on_epoch_end(self, epoch, logs=None):
            seen.extend([logs["loss"], logs["val_mean_absolute_error"]])

    fit = {"batch_size": 2, "nb_epoch": 1, "verbose": 0, "validation_split": 0.5}
    history = model.fit(X, Y, callbacks=[Watching()], **fit).history
    assert len(seen) == 4 and all(map(is_scalar, seen))
    assert all(is_scalar(value) for values in history.values() for value in values)
    together = model.fit(X, Y, **fit).history
    assert all(is_scalar(value) for values in together.values() for value in values)
    assert json.loads(json.dumps(history)) == history


@pytest.mark.parametrize("rest", [[], [np.ones(8)]])
def test_generators_may_yield_lists(rest):
    def endless():
        while True:
            yield [X, Y, *rest]

    model = regression()
    history = model.fit_generator(
        endless(), 8, 1, verbose=0, validation_data=endless(), nb_val_samples=8
    ).history
    expected = model.evaluate(X, Y, batch_size=8, verbose=0)
    assert history["val_loss"] == [pytest.approx(expected)]
    assert model.evaluate_generator(endless(), 8) == pytest.approx(expected)


def test_no_epoch_at_all():
    model = regression()
    before = model.get_weights()
    notes = []

    class Watching(Callback):
        def on_train_begin(self, logs=None):
            notes.append(logs)

    history = model.fit(X, Y, nb_epoch=0, callbacks=[Watching()])
    assert history.history == {} and history.epoch == [] and notes == [{}]
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize(
    "class_weight", [[1.0, 3.0], (1, 3), np.array([1.0, 3.0]), {0: 1, 1: np.int64(3)}]
)
def test_class_weights_may_be_listed_in_the_order_of_the_classes(class_weight):
    model = compiled_dense(3, loss="binary_crossentropy", activation="sigmoid")
    before = model.get_weights()
    weighted = model.train_on_batch(X, CLASSES, class_weight=class_weight)
    model.set_weights(before)
    expected = model.test_on_batch(X, CLASSES, sample_weight=1.0 + 2.0 * CLASSES)
    assert weighted == pytest.approx(expected)
    history = model.fit(X, CLASSES, 8, 1, verbose=0, class_weight=class_weight).history
    assert history["loss"] == [pytest.approx(expected)]


def test_class_weight_auto_has_no_effect():
    model = regression()
    expected = model.test_on_batch(X, Y)
    with pytest.warns(UserWarning, match="class_weight='auto' has no effect"):
        assert model.train_on_batch(X, Y, class_weight="auto") == expected


def test_the_private_loops():
    model = regression(["mae"], Dropout(0.1)).model
    x, y, weights = model._standardize_user_data(X, Y, batch_size=4)
    assert [len(part) for part in (x, y, weights)] == [1, 1, 1]
    model._make_test_function()
    model._make_train_function()
    model._make_predict_function()
    testing = [*x, *y, *weights, 0.0]
    history = model._fit_loop(
        model.train_function,
        [*x, *y, *weights, 1.0],
        out_labels=["cost", "error"],
        batch_size=3,
        nb_epoch=2,
        verbose=0,
        val_f=model.test_function,
        val_ins=testing,
        shuffle=False,
    ).history
    assert sorted(history) == ["cost", "error", "val_cost", "val_error"]
    losses = model._test_loop(model.test_function, testing, batch_size=3)
    np.testing.assert_allclose(losses, model.evaluate(X, Y, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(
        [history["val_cost"][1], history["val_error"][1]], losses, rtol=1e-5
    )
    outputs = model._predict_loop(model.predict_function, [*x, 0.0], batch_size=3)
    np.testing.assert_allclose(outputs, model.predict(X), rtol=1e-5)


class Bare(Model):
    """Trains a model inside with functions of its own, and never calls `Model`'s
    constructor."""

    def __init__(self, inside):
        self.layers = [inside]
        self.optimizer = None

    def prepare(self):
        inside = self.layers[0]
        inside.compile("sgd", "mse")
        self.train_function = self.test_function = None
        for attribute in (
            *("inputs", "targets", "sample_weights", "sample_weight_modes", "outputs"),
            *("input_names", "output_names", "loss_functions", "metrics_names"),
            *("internal_input_shapes", "internal_output_shapes", "total_loss"),
        ):
            setattr(self, attribute, getattr(inside, attribute))

    def _make_train_function(self):
        if not hasattr(self, "train_function"):
            raise RuntimeError("You must compile your model before using it.")
        if self.train_function is None:
            weights = self.layers[0].trainable_weights
            inputs = self.inputs + self.targets + self.sample_weights
            updates = [(weight, weight * 0.5) for weight in weights]
            self.train_function = K.function(inputs, [self.total_loss], updates)

    def _make_test_function(self):
        if self.test_function is None:
            inputs = self.inputs + self.targets + self.sample_weights
            self.test_function = K.function(
                inputs, [self.total_loss], updates=self.state_updates
            )


def test_a_model_that_never_calls_the_constructor():
    x = Input((3,))
    inside = Model(x, Dense(1)(x))
    model = Bare(inside)
    assert model.name.startswith("bare_") and model.updates == model.losses == []
    assert model.weights == inside.weights
    model.prepare()
    player = Dense(1, name=inside.layers[1].name)
    model.outputs = [*inside.outputs, player(x)]
    assert not model.uses_learning_phase
    before = model.get_weights()[0]
    history = model.fit(X, Y, nb_epoch=2, verbose=0, validation_data=(X, Y)).history
    assert len(history["val_loss"]) == 2
    np.testing.assert_allclose(model.get_weights()[0], before / 4, rtol=1e-6)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(history["val_loss"][1])
    many = np.tile(X, (1000, 1)), np.tile(Y, (1000, 1))
    model.fit(*many, batch_size=8, nb_epoch=1, verbose=0)


class Looping(Model):
    """Has loops of its own, as packages for Keras 1.1 wrote them."""

    def _fit_loop(
        self,
        f,
        ins,
        out_labels=(),
        batch_size=32,
        nb_epoch=100,
        verbose=1,
        callbacks=(),
        val_f=None,
        val_ins=None,
        shuffle=True,
        callback_metrics=(),
    ):
        self.fitted = out_labels, callback_metrics, [len(array) for array in ins[:-1]]
        losses = [f(ins)[0] for _ in range(nb_epoch)]
        return [*losses, val_f(val_ins)[0]]

    def _test_loop(self, f, ins, batch_size=32, verbose=0):
        return ["tested", *super()._test_loop(f, ins, batch_size, verbose)]

    def _predict_loop(self, f, ins, batch_size=32, verbose=0):
        return -super()._predict_loop(f, ins, batch_size, verbose)


def test_loops_of_a_class_are_called():
    x = Input((3,))
    model = Looping(x, Dense(1)(Dropout(0.0001)(x)))
    model.compile("sgd", "mse", metrics=["mae"])
    first, second, validated_loss = model.fit(X, Y, nb_epoch=2, validation_data=(X, Y))
    assert first > second > validated_loss
    names = ["loss", "mean_absolute_error"]
    validated = ["val_loss", "val_mean_absolute_error"]
    assert model.fitted == (names, names + validated, [8, 8, 8])
    kind, loss, _ = model.evaluate(X, Y, verbose=0)
    assert kind == "tested" and loss == pytest.approx(validated_loss)
    other = Model(model.input, model.output)
    np.testing.assert_allclose(model.predict(X), -other.predict(X), rtol=1e-6)


def test_loops_that_a_program_replaces_are_called(monkeypatch):
    x = Input((3,))
    model = Model(x, Dense(1)(x))
    model.compile("sgd", "mse")
    calls = []
    original = Model._fit_loop

    def noted(self, f, ins, **options):
        calls.append(options["initial_epoch"])
        return original(self, f, ins, **options)

    monkeypatch.setattr(Model, "_fit_loop", noted)
    history = model.fit(X, Y, nb_epoch=5, initial_epoch=3, verbose=0)
    assert calls == [3] and history.epoch == [3, 4]
    monkeypatch.setattr(model, "_predict_loop", lambda *_, **options: options)
    assert model.predict(X, 4) == {"batch_size": 4, "verbose": 0}


class Stack(Sequential):
    """Never calls `Sequential`'s constructor."""

    optimizer = None

    def __init__(self, width):
        self.width = width


def test_a_sequential_that_never_calls_the_constructor():
    model = Stack(2)
    assert model.layers == []
    model.add(Dense(model.width, input_dim=3))
    model.add(Dense(1))
    assert model.name.startswith("stack_") and model.output_shape == (None, 1)
    model.compile("sgd", "mse")
    first, second = model.fit(X, Y, nb_epoch=2, verbose=0).history["loss"]
    assert second < first and model.optimizer is not None
    assert Stack(1).layers == []


class Kept(Model):
    """Has a property in the place of what `compile` sets."""

    @property
    def optimizer(self):
        return self.kept

    @optimizer.setter
    def optimizer(self, optimizer):
        self.kept = optimizer


def test_compile_sets_what_a_class_has_as_a_property():
    x = Input((3,))
    model = Kept(x, Dense(1)(x))
    model.compile("sgd", "mse")
    assert model.kept.get_config()["momentum"] == 0
    model.train_on_batch(X, Y)


def test_private_methods_have_their_names():
    assert Model._predict_loop.__name__ == "_predict_loop"

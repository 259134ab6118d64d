"""Sequential: adding and removing layers, its graph, configurations, training
methods."""

import numpy as np
import pytest
from hooked import hear_hooks
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.bases import Callback
from oneiros.engine.layer import Input
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    GraphError,
    NotCompiledError,
    ShapeError,
)
from oneiros.layers import Activation, Dense, Merge
from oneiros.models import Model, Sequential
from oneiros.saving import model_from_json
from tiny_layers import OBJECTS, Both, Scale, Shift

X = np.arange(12, dtype="float32").reshape(4, 3) / 12.0


def small():
    return Sequential([Scale(input_shape=(3,), name="first"), Shift(name="second")])


def names(layers):
    return [layer.name for layer in layers]


def test_layers_and_the_model_that_they_form():
    K.reset_uids()
    model = Sequential()
    assert (
        model.name == "sequential_1"
        and model.layers == model.inputs == model.outputs == []
    )
    model.add(Scale(input_shape=(3,), name="first"))
    model.add(Shift())
    assert names(model.layers) == ["first", "shift_1"] and not model.built
    assert model.input_shape == model.output_shape == (None, 3)
    assert (
        model.output is model.outputs[0] is model.layers[1].output
        and model.input is model.inputs[0]
    )
    model.build()
    assert model.built and model.model is model
    assert names(model.graph_layers()) == ["scale_input_1", "first", "shift_1"]
    assert model.input_names == ["scale_input_1"] and model.output_names == ["shift_1"]
    assert model.container_nodes == {"scale_input_1_ib-0", "first_ib-0", "shift_1_ib-0"}
    assert names(model.layers_by_depth[2]) == ["scale_input_1"]
    assert not model.supports_masking
    assert (
        model.input_layers == [model.get_layer(index=0)]
        and model.get_layer("first") is model.layers[0]
    )
    assert (
        not model.uses_learning_phase
        and model.state_updates == []
        and not model.stateful
    )


def test_pop():
    model = small()
    last = model.layers[1]
    model.build()
    model.pop()
    assert names(model.layers) == ["first"] and model.outputs == [
        model.layers[0].output
    ]
    assert model.layers[0].outbound_nodes == []
    np.testing.assert_allclose(model.predict(X), X * [0.5, 1.0, 1.5], rtol=1e-6)
    model.add(last)
    np.testing.assert_allclose(model.predict(X), X * [0.5, 1.0, 1.5] + 1.0, rtol=1e-6)
    model.pop()
    first = model.layers[0]
    model.pop()
    assert model.layers == model.inputs == model.outputs == model.inbound_nodes == []
    with pytest.raises(GraphError, match="has no layer to remove"):
        model.pop()
    model.add(first)
    assert model.output_shape == (None, 3)


def test_pop_changes_no_other_model_with_these_layers(backend):
    shared = Shift(3.0)
    model = Sequential([Shift(input_shape=(3,)), shared])
    other = Sequential([Shift(2.0, input_shape=(3,)), shared])
    same = Model(model.input, model.output)
    model.pop()
    expected = [(model, X + 1.0), (other, X + 5.0), (same, X + 4.0)]
    for each, values in expected:
        again = model_from_json(each.to_json(), OBJECTS)
        for one in (each, again):
            np.testing.assert_allclose(one.predict(X), values, rtol=1e-6)


def test_a_model_that_grew_is_built_anew():
    model = small()
    model.build()
    assert model.output_names == ["second"]
    model.add(Shift(name="third"))
    assert not model.built and model.output_names == ["third"]
    assert names(model.graph_layers())[-1] == "third"


def test_the_first_layer_may_be_a_model_or_connected_already():
    x = Input((3,))
    nested = Sequential([Model(x, Scale(name="inner")(x)), Shift()])
    np.testing.assert_allclose(nested.predict(X), X * [0.5, 1.0, 1.5] + 1.0, rtol=1e-6)
    assert len(nested.get_weights()) == 1 and nested.count_params() == 3
    layer = Shift()
    layer(Input((3,)))
    assert Sequential([layer]).input_shape == (None, 3)
    np.testing.assert_allclose(
        Sequential([small(), Shift(2.0)]).predict(X),
        X * [0.5, 1.0, 1.5] + 3.0,
        rtol=1e-6,
    )


def test_one_layer_twice():
    shift = Shift(2.0, input_shape=(3,), name="twice")
    model = Sequential([shift, shift])
    np.testing.assert_allclose(model.predict(X), X + 4.0, rtol=1e-6)
    again = model_from_json(model.to_json(), OBJECTS)
    assert (
        again.layers[0] is again.layers[1] and again.get_config() == model.get_config()
    )


def test_losses_added_to_the_model_itself_reach_training():
    model = small()
    model.add_loss(K.sum(model.layers[0].factor))
    assert len(model.losses) == 1
    model.compile(optimizer="sgd", loss="mse")
    loss = np.sum(model.layers[0].get_weights()) + np.mean(X**2)
    np.testing.assert_allclose(model.evaluate(X, model.predict(X) + X), loss, rtol=1e-5)


def test_losses_of_a_call_on_another_input_are_not_trained_on():
    model = Sequential([Dense(2, input_dim=3, activity_regularizer="l2")])
    model(Input((3,)))
    assert len(model.losses) == 1
    model.compile(optimizer="sgd", loss="mse")
    assert np.isfinite(model.train_on_batch(X, X[:, :2]))


# Branches that a first Merge layer joins


def joined():
    left = Sequential([Dense(2, input_dim=3, name="left")])
    right = Sequential(
        [Dense(2, input_dim=5, name="right"), Activation("tanh", name="bend")]
    )
    merge = Merge([left, right], mode="concat", name="merge")
    return Sequential([merge, Dense(1, name="last")], name="joined")


def test_branches():
    model = joined()
    assert len(model.inputs) == 2 and model.input_shape == [(None, 3), (None, 5)]
    assert names(model.flattened_layers) == ["left", "right", "bend", "last"]
    assert names(model.layers) == ["merge", "last"]
    assert model.count_params() == 8 + 12 + 5 and len(model.get_weights()) == 6
    x = [np.ones((2, 3), "float32"), np.ones((2, 5), "float32")]
    again = model_from_json(model.to_json())
    assert names(again.flattened_layers) == names(model.flattened_layers)
    assert [
        layer["config"][0]["config"]["name"]
        for layer in again.get_config()[0]["config"]["layers"]
    ] == ["left", "right"]
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_branch_that_is_a_plain_layer():
    one, two = Dense(2, input_dim=3, name="one"), Dense(2, input_dim=3, name="two")
    model = Sequential([Merge([one, two], mode="sum")])
    assert names(model.flattened_layers) == ["one", "two"]


# Configurations


def test_configuration_of_keras_0_3():
    old = [
        {
            "name": "Dense",
            "custom_name": "dense",
            "input_shape": [3],
            "output_dim": 2,
            "activation": "linear",
        },
        {"name": "Activation", "custom_name": "activation", "activation": "tanh"},
    ]
    model = Sequential.from_config(old)
    assert names(model.layers) == ["dense", "activation"] and model.output_shape == (
        None,
        2,
    )


def test_layers_of_one_name_are_one_layer():
    dense = {
        "class_name": "Dense",
        "config": {"name": "d", "output_dim": 3, "input_dim": 3},
    }
    model = Sequential.from_config([dense, dense])
    assert model.layers[0] is model.layers[1] and model.count_params() == 12
    cache = {}
    first = Sequential.from_config([dense], layer_cache=cache)
    assert (
        list(cache) == ["d"]
        and Sequential.from_config([dense, dense], cache).layers[0] is first.layers[0]
    )


def test_nested_sequential_models_share_layers_of_one_name():
    dense = {
        "class_name": "Dense",
        "config": {"name": "d", "output_dim": 3, "input_dim": 3},
    }
    model = Sequential.from_config(
        [{"class_name": "Sequential", "config": [dense]}, dense]
    )
    assert model.layers[0].layers[0] is model.layers[1]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"class_name": 3},
        None,
        [3],
        ["Dense"],
        "Dense",
        [{"class_name": "Dense", "config": 3}],
    ],
)
def test_a_configuration_of_another_form(config):
    with pytest.raises(
        ConfigError, match=r"'Sequential' can't be built|is a list of layers"
    ):
        Sequential.from_config(config)


# Messages


def test_the_first_layer_must_know_its_input():
    with pytest.raises(
        ShapeError,
        match=r"Dense 'd' is the first layer of Sequential 'm'.*input_shape=\(n,\)",
    ):
        Sequential([Dense(3, name="d")], name="m")


def test_what_is_added_must_be_a_layer():
    with pytest.raises(
        ArgumentError, match=r"needs a layer; received <class.*Did you mean Dense\(…\)"
    ):
        Sequential().add(Dense)
    with pytest.raises(ArgumentError, match=r"needs a layer; received 'relu'"):
        Sequential().add("relu")
    model = small()
    with pytest.raises(ArgumentError, match=r"add received the model itself"):
        model.add(model)


def test_a_layer_with_two_outputs():
    with pytest.raises(GraphError, match=r"Both 'both' has 2 outputs: use Model"):
        Sequential([Both(input_shape=(3,), name="both")])
    with pytest.raises(GraphError, match=r"has 2 outputs"):
        Sequential([Shift(input_shape=(3,)), Both()])


def test_an_empty_model():
    with pytest.raises(GraphError, match=r"Sequential 'm' has no layers. Add one"):
        Sequential(name="m").build()
    with pytest.raises(GraphError, match="has no layers"):
        Sequential().predict(X)


# Training methods


def trained(
    outputs=2, activation="softmax", loss="categorical_crossentropy", cls=Sequential
):
    model = cls([Dense(outputs, input_dim=3, activation=activation)])
    model.compile(optimizer="sgd", loss=loss, metrics=["accuracy"])
    return model


Y = np.eye(2, dtype="float32")[[0, 1, 0, 1]]


class Extending(Sequential):
    def describe(self):
        return self.name


class Forwarding(Sequential):
    """Calls the model inside, as Keras 1.2.2's own methods do."""

    def compile(self, *args, **options):
        return self.model.compile(*args, **options)

    def fit(self, *args, **options):
        return self.model.fit(*args, **options)

    def evaluate(self, *args, **options):
        return self.model.evaluate(*args, **options)

    def predict(self, *args, **options):
        return self.model.predict(*args, **options)

    def save(self, *args, **options):
        return self.model.save(*args, **options)

    def load_weights(self, *args, **options):
        return self.model.load_weights(*args, **options)


@pytest.mark.parametrize("cls", [Sequential, Extending, Forwarding])
def test_hooks_and_callbacks_get_the_model_itself(cls, monkeypatch, tmp_path):
    seen = []

    def call(hook, model=None, **arguments):
        if hook != "oneiros_before_load":
            seen.append((hook, model))
        return []

    hear_hooks(monkeypatch, call)
    model = trained(cls=cls)
    assert (model.model is model) == (cls is not Forwarding)
    callback = Callback()
    model.fit(X, Y, verbose=0, nb_epoch=1, callbacks=[callback])
    model.evaluate(X, Y, verbose=1)
    model.train_on_batch(X, Y)
    model.predict(X, verbose=1)
    model.save(tmp_path / "model.h5")
    model.load_weights(tmp_path / "model.h5")
    assert {hook for hook, _ in seen} == {
        "oneiros_before_compile",
        "oneiros_after_compile",
        "oneiros_default_callbacks",
        "oneiros_progress",
        "oneiros_before_save",
        "oneiros_after_save",
        "oneiros_after_load",
    }
    models = [callback.model, *(each for _, each in seen)]
    assert all(each is model for each in models)


def test_compile_follows_layers_that_code_of_2016_took_away():
    model = small()
    assert model.predict(X).shape == X.shape
    model.layers.pop()
    model.outputs = [model.layers[-1].output]
    model.layers[-1].outbound_nodes = []
    model.compile("sgd", "mse")
    np.testing.assert_allclose(model.predict(X), X * [0.5, 1.0, 1.5], rtol=1e-6)
    model.add(Shift())
    model.pop()
    np.testing.assert_allclose(model.predict(X), X * [0.5, 1.0, 1.5], rtol=1e-6)


def test_classes_and_probabilities():
    model = trained()
    predictions = model.predict(X)
    np.testing.assert_array_equal(model.predict_proba(X, verbose=0), predictions)
    classes = model.predict_classes(X, verbose=0)
    np.testing.assert_array_equal(classes, predictions.argmax(axis=-1))
    single = trained(1, "sigmoid", "binary_crossentropy")
    classes = single.predict_classes(X, verbose=0)
    assert classes.shape == (4, 1) and classes.dtype == np.int32
    np.testing.assert_array_equal(classes, single.predict(X) > 0.5)


def test_outputs_that_are_no_probabilities_get_a_warning():
    with pytest.warns(
        UserWarning, match=r"in \[1, 2\.375\], not probabilities\. End it with .softmax"
    ):
        small().predict_proba(X, verbose=0)


@pytest.mark.parametrize(
    "method", ["fit", "evaluate", "train_on_batch", "test_on_batch"]
)
def test_training_before_compile_or_after_a_change(method):
    model = small()
    with pytest.raises(NotCompiledError, match=r"Type: model\.compile"):
        getattr(model, method)(X, X)
    model.compile("sgd", "mse")
    model.add(Shift())
    with pytest.raises(NotCompiledError, match=r"Type: model\.compile"):
        getattr(model, method)(X, X)


def test_arguments_of_keras_0_3_get_a_warning():
    model = small()
    with pytest.warns(
        UserWarning, match=r"compile received class_mode='binary', which .* Remove it"
    ):
        model.compile("sgd", "mse", class_mode="binary")
    with pytest.warns(UserWarning, match=r"received show_accuracy=True"):
        model.evaluate(X, X, verbose=0, show_accuracy=True)
    with pytest.raises(TypeError, match=r"fit received .*'epochs'.*'nb_epoch'"):
        model.fit(X, X, epochs=3)


def test_a_layer_of_another_backend_decides_where_the_model_lives():
    with K.use("theano"):
        first = Shift(input_shape=(3,))
    with K.use("tensorflow"):
        model = Sequential([first])
    assert backend_of(model) is K.load("theano")
    assert K.load("theano").owns(model.outputs[0])
    with K.use("tensorflow"):
        model.build()
    assert backend_of(model) is K.load("theano")


def test_a_class_may_call_the_model_inside():
    model = Forwarding([Dense(1, input_dim=3)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    history = model.fit(X, X[:, :1], nb_epoch=2, verbose=0)
    assert history.epoch == [0, 1] and model.history is history
    assert not np.array_equal(model.get_weights()[0], before[0])
    model.model.stop_training = True
    assert model.stop_training


class Calling(Sequential):
    def __call__(self, x, mask=None):
        return self.model(x, mask)


class Freezing(Sequential):
    @property
    def trainable_weights(self):
        return self.model.trainable_weights[1:]


@pytest.mark.parametrize("cls", [Calling, Freezing])
def test_what_a_class_replaces_is_in_the_model_inside(cls):
    model = cls([Dense(1, input_dim=3)])
    assert len(model.trainable_weights) == 2 - (cls is Freezing)
    assert K.int_shape(model(Input((3,)))) == (None, 1)


def test_the_model_inside_can_be_set():
    model = small()
    model.model = None
    model.compile("sgd", "mse")
    assert model.model is model

    class Holder(Sequential):
        def __init__(self, inner):
            super().__init__()
            self.model = inner

    assert Holder(model).model is model

"""TimeDistributed over all kinds of layers, Bidirectional in all its modes, wrappers
that users derive."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros import config as configs
from oneiros.constraints import maxnorm
from oneiros.errors import ArgumentError, DataError, GraphError, ShapeError
from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Lambda,
    Layer,
    Masking,
    MaxPooling2D,
    Recurrent,
    SimpleRNN,
    TimeDistributed,
    Wrapper,
)
from oneiros.models import Model, Sequential, load_model
from oneiros.regularizers import activity_l2, l2


def arrays(*shape):
    return np.random.normal(size=shape).astype("float32")


def dense_model():
    return Sequential(
        [Dense(4, input_shape=(5,)), BatchNormalization(), Dense(2, activation="tanh")]
    )


def graph_model():
    x = Input(shape=(6, 5))
    return Model(x, LSTM(2)(Masking()(x)))


# TimeDistributed

INSIDE = {
    "Dense": (lambda: Dense(4, activation="tanh"), (5,)),
    "Convolution2D": (lambda: Convolution2D(3, 2, 2, dim_ordering="tf"), (4, 4, 2)),
    "MaxPooling2D": (lambda: MaxPooling2D(dim_ordering="tf"), (4, 4, 2)),
    "Flatten": (Flatten, (3, 2)),
    "LSTM": (lambda: LSTM(3), (4, 2)),
    "LSTM sequences": (lambda: LSTM(3, return_sequences=True), (4, 2)),
    "Bidirectional": (lambda: Bidirectional(GRU(2), merge_mode="sum"), (4, 2)),
    "TimeDistributed": (lambda: TimeDistributed(Dense(2)), (4, 3)),
    "Lambda": (lambda: Lambda(lambda x: x[:, ::-1] * 2), (3,)),
    "BatchNormalization": (BatchNormalization, (3,)),
    "Sequential": (dense_model, (5,)),
    "Model": (graph_model, (6, 5)),
    "scalar": (
        lambda: Lambda(lambda x: K.sum(x, axis=-1), output_shape=lambda s: s[:1]),
        (3,),
    ),
}


def test_the_layer_at_each_step():
    """For any batch, a fixed one, and sequences of any length.

    What the layer does to each step alone.
    """
    inputs = []
    feeds = []
    pairs = []
    shapes = []
    for name, (make, shape) in INSIDE.items():
        data = arrays(2, 3, *shape)
        inside = make()
        step = Input(batch_shape=(None, *shape))
        alone = inside(step)
        inputs.append(step)
        feeds.append(data.reshape(6, *shape))
        for batch in ((None, 3), (2, 3), (None, None), (2, None)):
            x = Input(batch_shape=(*batch, *shape))
            y = TimeDistributed(inside)(x)
            inputs.append(x)
            feeds.append(data)
            pairs.append((f"{name} {batch}", y, alone))
            shapes.append((y._keras_shape, (*batch, *alone._keras_shape[1:])))
    outputs = [tensor for _, *pair in pairs for tensor in pair]
    values = iter(K.function([*inputs, K.learning_phase()], outputs)([*feeds, 0]))
    for name, *_ in pairs:
        timed, alone = next(values), next(values)
        np.testing.assert_allclose(
            timed.reshape(alone.shape), alone, rtol=1e-4, atol=1e-5, err_msg=name
        )
    assert [mine for mine, _ in shapes] == [expected for _, expected in shapes]


def test_whole_numbers_at_each_step():
    x = Input(shape=(3, 4), dtype="int32")
    layer = TimeDistributed(Embedding(7, 2))
    y = layer(x)
    words = np.random.randint(7, size=(2, 3, 4))
    result = K.function([x], [y])([words])[0]
    np.testing.assert_array_equal(result, layer.get_weights()[0][words])


def test_running_averages():
    """They take in all steps of all samples.

    A model makes the updates in training, and not in testing.
    """
    for inside in (
        BatchNormalization(momentum=0.5),
        Sequential([BatchNormalization(momentum=0.5, input_shape=(2,))]),
    ):
        model = Sequential([TimeDistributed(inside, input_shape=(3, 2))])
        assert len(model.updates) == len(model.get_updates_for(model.inputs)) == 2
        assert model.get_updates_for(None) == model.state_updates == []
        model.compile("sgd", "mse")
        data = 3 * arrays(4, 3, 2) + 1
        model.test_on_batch(data, data)
        np.testing.assert_array_equal(model.get_weights()[2], [0, 0])
        model.train_on_batch(data, data)
        mean, variance = model.get_weights()[2:]
        np.testing.assert_allclose(mean, 0.5 * data.mean((0, 1)), rtol=1e-4)
        np.testing.assert_allclose(variance, 0.5 + 0.5 * data.var((0, 1)), rtol=1e-4)


def test_losses():
    """Penalties on weights count once, those on outputs for each call."""
    layer = TimeDistributed(
        Dense(2, W_regularizer=l2(0.5), activity_regularizer=activity_l2(0.1))
    )
    one, other = Input(shape=(3, 4)), Input(shape=(3, 4))
    model = Model([one, other], [layer(one), layer(other)])
    assert [len(layer.get_losses_for(x)) for x in (None, one, other)] == [1, 1, 1]
    x, z = arrays(2, 3, 4), arrays(2, 3, 4)
    results = K.function(model.inputs, [*model.losses, *model.outputs])([x, z])
    W = layer.get_weights()[0]
    expected = [
        0.5 * (W**2).sum(),
        0.1 * ((x @ W) ** 2).sum(),
        0.1 * ((z @ W) ** 2).sum(),
    ]
    np.testing.assert_allclose(results[:-2], expected, rtol=1e-4)


@pytest.mark.parametrize(
    "inside",
    [
        lambda: Dropout(0.5),
        lambda: Sequential([Dropout(0.5, input_shape=(40,)), Activation("linear")]),
        lambda: Lambda(lambda x: K.in_train_phase(K.dropout(x, 0.5), x)),
    ],
    ids=["Dropout", "Sequential", "Lambda"],
)
def test_learning_phase(inside):
    x = Input(shape=(3, 40))
    y = TimeDistributed(inside())(x)
    assert y._uses_learning_phase
    run = K.function([x, K.learning_phase()], [y])
    data = np.ones((2, 3, 40))
    np.testing.assert_array_equal(run([data, 0])[0], data)
    train = run([data, 1])[0]
    assert set(np.unique(train)) == {0, 2}
    assert len({row.tobytes() for row in train.reshape(6, 40)}) == 6


def test_masks_pass():
    x = Input(shape=(3, 2))
    layer = TimeDistributed(Dense(2))
    assert layer.compute_mask(x, "mask") == "mask"
    model = Sequential(
        [Masking(input_shape=(3, 2)), TimeDistributed(Dense(2)), SimpleRNN(2)]
    )
    data = arrays(2, 3, 2)
    data[:, 2] = 0
    np.testing.assert_allclose(model.predict(data), model.predict(data[:, [0, 1, 2]]))
    short = Sequential([TimeDistributed(Dense(2), input_shape=(2, 2)), SimpleRNN(2)])
    short.set_weights(model.get_weights())
    np.testing.assert_allclose(
        model.predict(data), short.predict(data[:, :2]), rtol=1e-5
    )


def test_a_stateful_layer_inside():
    """Each sample and step has a state of its own."""
    model = Sequential(
        [TimeDistributed(GRU(2, stateful=True), batch_input_shape=(2, 3, 4, 2))]
    )
    layer = model.layers[0]
    assert layer.stateful
    assert model.stateful
    assert K.get_variable_shape(layer.layer.states[0]) == (6, 2)
    data = arrays(2, 3, 4, 2)
    first, second = (model.predict(data, batch_size=2) for _ in range(2))
    assert not np.allclose(first, second)
    model.reset_states()
    np.testing.assert_allclose(model.predict(data, batch_size=2), first, rtol=1e-5)


def test_several_outputs_inside():
    x = Input(shape=(4,))
    model = Model(x, [Dense(2)(x), Dense(3)(x)], name="two")
    with pytest.raises(
        (GraphError, ShapeError), match=r"TimeDistributed.*'two'.*2 outputs.*one"
    ):
        TimeDistributed(model)(Input(shape=(3, 4)))


# Bidirectional


def test_a_layer_inside_that_needs_another_axis_is_named():
    message = r"In TimeDistributed .*: LSTM .* it must have 3 axes"
    with pytest.raises(ShapeError, match=message):
        Sequential([TimeDistributed(LSTM(2), input_shape=(4, 1))])


def test_merge_modes():
    """Sequences of the second layer are put in the input's order before."""
    x = Input(shape=(4, 3))
    made = {
        mode: Bidirectional(GRU(2, return_sequences=True), merge_mode=mode)
        for mode in (None, "sum", "mul", "ave", "concat")
    }
    outputs = [layer(x) for layer in made.values()]
    for layer in made.values():
        layer.set_weights(made[None].get_weights())
    forward, backward, *merged = K.function([x], [*outputs[0], *outputs[1:]])(
        [arrays(2, 4, 3)]
    )
    expected = [forward + backward, forward * backward, (forward + backward) / 2]
    expected.append(np.concatenate([forward, backward], -1))
    assert_each_close(merged, expected, rtol=1e-5)


def test_names_weights_and_order():
    entries = [
        w.shape for w in built(Bidirectional(GRU(2, name="words")), 4, 3).get_weights()
    ]
    weights = [arrays(*shape) for shape in entries]
    layer = built(Bidirectional(GRU(2, name="words"), weights=weights), 4, 3)
    assert [layer.forward_layer.name, layer.backward_layer.name] == [
        "forward_words",
        "backward_words",
    ]
    names = [w.name.removesuffix(":0") for w in layer.weights]
    assert names[:3] == ["forward_words_W_z", "forward_words_U_z", "forward_words_b_z"]
    assert names[9] == "backward_words_W_z"
    np.testing.assert_equal(layer.get_weights(), weights)
    np.testing.assert_array_equal(layer.backward_layer.get_weights()[0], weights[9])
    layer.set_weights(weights[9:] + weights[:9])
    np.testing.assert_array_equal(layer.forward_layer.get_weights()[0], weights[9])
    with pytest.raises(DataError, match=r"Bidirectional .* 18 weights and received 3"):
        layer.set_weights(weights[:3])


def built(layer, *shape):
    layer(Input(shape=shape))
    return layer


def test_go_backwards_inside():
    """A layer that itself runs from the end changes places with its twin."""
    layer = Bidirectional(LSTM(2, go_backwards=True))
    assert (layer.forward_layer.go_backwards, layer.backward_layer.go_backwards) == (
        True,
        False,
    )


def test_the_layer_given_stays_as_it_is():
    inner = LSTM(2)
    before = inner.get_config()
    layer = built(Bidirectional(inner), 4, 3)
    assert inner.get_config() == before
    assert not inner.built
    assert inner.losses == inner.weights == inner.inbound_nodes == []
    assert layer.get_config()["layer"] == {"class_name": "LSTM", "config": before}
    with pytest.raises(
        ArgumentError, match=r"Bidirectional .*LSTM 'lstm_\d+', which has been called"
    ):
        Bidirectional(built(inner, 4, 3))


def test_trainable():
    layer = built(Bidirectional(SimpleRNN(2)), 4, 3)
    timed = built(TimeDistributed(dense_model()), 3, 5)
    assert [len(layer.trainable_weights), len(layer.non_trainable_weights)] == [6, 0]
    assert [len(timed.trainable_weights), len(timed.non_trainable_weights)] == [6, 2]
    weights = layer.get_weights()
    for each, count in ((layer, 6), (timed, 8)):
        each.trainable = False
        assert [len(each.trainable_weights), len(each.non_trainable_weights)] == [
            0,
            count,
        ]
    np.testing.assert_equal(layer.get_weights(), weights)


def test_weights_of_a_model_inside_keep_its_order():
    inside = dense_model()
    timed = built(TimeDistributed(inside), 3, 5)
    np.testing.assert_equal(timed.get_weights(), inside.get_weights())
    outer = Sequential([TimeDistributed(dense_model(), input_shape=(3, 5))])
    outer.set_weights([arrays(*w.shape) for w in outer.get_weights()])
    timed.set_weights(outer.layers[0].get_weights())
    np.testing.assert_equal(inside.get_weights(), outer.get_weights())


def test_states_of_both_directions():
    model = Sequential(
        [Bidirectional(GRU(2, stateful=True), batch_input_shape=(2, 4, 3))]
    )
    assert len(model.state_updates) == 2
    data = arrays(2, 4, 3)
    first, second = (model.predict(data, batch_size=2) for _ in range(2))
    assert (first != second).all()
    model.reset_states()
    np.testing.assert_allclose(model.predict(data, batch_size=2), first, rtol=1e-5)
    with pytest.raises(
        ShapeError, match=r"GRU 'forward_gru_\d+' is stateful.*batch_input_shape"
    ):
        Bidirectional(GRU(2, stateful=True))(Input(shape=(4, 3)))


def test_a_layer_wrapped_twice_has_states_for_each_wrapper():
    inner = GRU(2, stateful=True)
    x = Input(batch_shape=(2, 4, 3))
    one, two = (Model(x, Bidirectional(inner)(x)) for _ in range(2))
    one.compile("sgd", "mse")
    one.train_on_batch(arrays(2, 4, 3), arrays(2, 4))
    states = [layer.states[0] for layer in two.layers[1].wrapped]
    assert not np.any(K.batch_get_value(states))


def test_learning_phase_and_losses_of_both_directions():
    layer = Bidirectional(LSTM(2, dropout_U=0.5, W_regularizer="l2"))
    y = layer(Input(shape=(4, 3)))
    assert y._uses_learning_phase
    assert len(layer.losses) == len(layer.get_losses_for(None)) == 16


def test_functions_without_a_name_in_the_registry():
    """The twins get the functions and penalties that the layer was given, registered or
    not."""

    def threes(shape, name=None):
        return K.variable(3 * np.ones(shape), name=name)

    class Penalty(type(l2(0.1))):
        pass

    layer = Bidirectional(
        SimpleRNN(
            2, init=threes, activation=lambda x: 2 * x, W_regularizer=Penalty(l2=0.5)
        ),
        merge_mode="sum",
    )
    x = Input(shape=(1, 3))
    y = layer(x)
    np.testing.assert_array_equal(
        layer.backward_layer.get_weights()[0], 3 * np.ones((3, 2))
    )
    assert type(layer.backward_layer.W_regularizer) is Penalty
    np.testing.assert_allclose(
        K.function([x], [y])([np.ones((1, 1, 3))])[0], np.full((1, 2), 36.0)
    )
    double, zero = (lambda x: 2 * x), (lambda x: 0 * x)
    twins = Bidirectional(GRU(2, activation=double, inner_activation=zero)).wrapped
    assert all(twin.activation is double for twin in twins)


def test_a_derived_layer_from_both_ends():
    class Sums(Recurrent):
        def __init__(self, output_dim, factor=1.0, **kwargs):
            self.output_dim = output_dim
            self.factor = factor
            super().__init__(**kwargs)

        def step(self, x, states):
            total = states[0] * self.factor + x
            return total, [total]

        def get_config(self):
            return {
                **super().get_config(),
                "output_dim": self.output_dim,
                "factor": self.factor,
            }

    x = Input(shape=(3, 2))
    y = Bidirectional(Sums(2, factor=0.5))(x)
    data = arrays(4, 3, 2)
    expected = [
        sum(data[:, t] * 0.5**age for t, age in enumerate(ages))
        for ages in ((2, 1, 0), (0, 1, 2))
    ]
    np.testing.assert_allclose(
        K.function([x], [y])([data])[0], np.hstack(expected), rtol=1e-5, atol=1e-6
    )


# Files


class Unvouched(Layer):
    """A layer that doesn't declare itself loadable."""


def test_the_loading_policy_holds_inside():
    config = TimeDistributed(Unvouched(), input_shape=(3, 2)).get_config()
    for build in (
        lambda: TimeDistributed.from_config(config),
        lambda: configs.layer_from_config(
            {"class_name": "TimeDistributed", "config": config}
        ),
    ):
        with pytest.raises(ValueError, match="Unvouched"):
            build()
    named = {**config, "layer": {"class_name": "os.system", "config": {}}}
    with pytest.raises(ValueError, match=r"os\.system"):
        TimeDistributed.from_config(named)
    with configs.custom_object_scope({"Unvouched": Unvouched}):
        assert isinstance(TimeDistributed.from_config(config).layer, Unvouched)
    entry = {"class_name": "TimeDistributed", "config": config}
    assert isinstance(
        configs.layer_from_config(entry, {"Unvouched": Unvouched}).layer, Unvouched
    )
    config["layer"]["class_name"] = "Wrapper"
    with pytest.raises(ValueError, match="Wrapper"):
        TimeDistributed.from_config(config)


# Wrappers that users derive


class Scaled(Wrapper):
    """A wrapper with a weight of its own, written as for Keras 1.2.2."""

    loadable = True

    def __init__(self, layer, factor=2.0, **kwargs):
        self.factor = factor
        super().__init__(layer, **kwargs)

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True
        super().build()
        self.scale = self.add_weight(
            (1,),
            "one",
            name=f"{self.name}_scale",
            constraint=maxnorm(3),
            regularizer=l2(0.5),
        )

    def call(self, x, mask=None):
        return self.layer.call(x, mask) * self.scale * self.factor

    def get_output_shape_for(self, input_shape):
        return self.layer.get_output_shape_for(input_shape)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_a_derived_wrapper(tmp_path):
    model = Sequential(
        [
            Scaled(
                Dense(2, W_constraint=maxnorm(2), W_regularizer=l2(0.1)),
                factor=3.0,
                input_shape=(4,),
            )
        ]
    )
    layer = model.layers[0]
    names = [w.name.removesuffix(":0") for w in model.trainable_weights]
    assert [name.split("_")[-1] for name in names] == ["W", "b", "scale"]
    assert len(model.constraints) == len(model.losses) == len(layer.constraints) == 2
    layer.set_weights([arrays(4, 2), arrays(2), [2.0]])
    data = arrays(3, 4)
    W, b, _ = layer.get_weights()
    np.testing.assert_allclose(model.predict(data), (data @ W + b) * 6, rtol=1e-4)
    model.compile("sgd", "mse")
    model.fit(data, np.ones((3, 2)), nb_epoch=1, verbose=0)
    assert layer.get_weights()[2] != 2.0
    model.save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="Scaled"):
        load_model(tmp_path / "model.h5")
    loaded = load_model(tmp_path / "model.h5", custom_objects={"Scaled": Scaled})
    np.testing.assert_array_equal(loaded.predict(data), model.predict(data))

"""Recurrent layers beside the golden cases.

Weights, dropout, states, and layers that users derive.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K
from oneiros import load_context, regularizers
from oneiros.errors import ArgumentError, DataError, ShapeError
from oneiros.layers import GRU, LSTM, Dense, Input, Masking, Recurrent, SimpleRNN
from oneiros.layers.recurrent import time_distributed_dense
from oneiros.models import Model, Sequential
from oneiros_initializations.postponed import Postponed

CELLS = {SimpleRNN: 1, GRU: 3, LSTM: 4}
MODES = ("cpu", "mem", "gpu")


def sequences(*shape):
    return np.random.normal(size=shape).astype("float32")


def built(layer, *shape):
    """Returns the layer, called on an input of that shape."""
    layer(Input(batch_shape=shape))
    return layer


def stepped(cls):
    """Returns a class that computes the same, but step by step.

    A class with its own `step` isn't fused.
    """

    class Stepped(cls):
        def step(self, x, states):
            return super().step(x, states)

    return Stepped


# Weights


@pytest.mark.parametrize("cls", CELLS)
def test_initial_values(cls):
    """In the modes "cpu" and "mem", a gate's U is made as its W is.

    Files of Keras 1.2.2 came about so.
    """
    for mode in MODES:
        layer = built(
            cls(2, init="zero", inner_init="one", consume_less=mode), None, 4, 3
        )
        joined = mode == "gpu" or cls is SimpleRNN
        assert [w.shape for w in layer.get_weights()[:2]] == [
            (3, 2 * CELLS[cls] if joined else 2),
            (2, 2 * CELLS[cls] if joined else 2),
        ]
        for name, weight in zip(layer.weights, layer.get_weights(), strict=True):
            expected = 1 if ("_U" in name.name and joined) or "_b_f" in name.name else 0
            if (cls, mode) == (LSTM, "gpu") and name.name.endswith(("_b", "_b:0")):
                expected = [0, 0, 1, 1, 0, 0, 0, 0]
            assert_array_equal(
                weight, np.broadcast_to(expected, weight.shape), name.name
            )


def test_a_joined_bias_that_no_file_holds_is_made_of_its_gates():
    waiting = Postponed()
    with load_context.changed(postponed=waiting):
        layer = built(LSTM(2, consume_less="gpu"), 1, 3, 4)
    waiting.draw([])
    assert layer.get_weights()[2].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_penalties_one_by_one(golden):
    """Keras 1.2.2 made the gates' weights in the order i, f, c, o, and listed them as
    i, c, f, o."""
    executed = 0
    for case in (
        case for case in golden[0] if case["class_name"] in ("SimpleRNN", "GRU", "LSTM")
    ):
        if "reg_losses" not in case:
            continue
        kwargs = dict(case["kwargs"])
        for name in ("W_regularizer", "U_regularizer", "b_regularizer"):
            kind, value = kwargs[name]
            kwargs[name] = getattr(regularizers, kind)(value)
        cls = {cls.__name__: cls for cls in CELLS}[case["class_name"]]
        layer = built(cls(**kwargs), *case["batch_input_shape"][0])
        layer.set_weights(
            [golden[1][f"{case['id']}/w{i}"] for i in range(len(layer.weights))]
        )
        assert_allclose(K.function([], layer.losses)([]), case["reg_losses"], rtol=1e-5)
        executed += 1
    assert executed == 4


# Computing


@pytest.mark.parametrize("cls", CELLS)
def test_modes_and_ways_of_looping_agree(cls):
    """What the fused operation computes, a step function does.

    Outputs, gradients, masks, both directions.
    """
    x = sequences(3, 4, 2)
    x[1, 2:] = x[2, :2] = 0
    inputs = Input(batch_shape=(None, 4, 2))
    masked = Masking()(inputs)
    values = None
    results = {}
    for mode in ("cpu", "gpu"):
        for kind in (cls, stepped(cls)):
            for backwards in (False, True):
                layer = kind(
                    3, consume_less=mode, return_sequences=True, go_backwards=backwards
                )
                y = layer(masked)
                values = values or [sequences(*w.shape) for w in layer.get_weights()]
                layer.set_weights(values if mode == "cpu" else joined(cls, values))
                parts = [inputs, *layer.trainable_weights]
                gradients = K.gradients(K.sum(y * K.cos(y)), parts)
                results[mode, kind is cls, backwards] = [y, *gradients]
    flat = [tensor for tensors in results.values() for tensor in tensors]
    computed = iter(K.function([inputs], flat)([x]))
    arrays = {
        key: [next(computed) for _ in tensors] for key, tensors in results.items()
    }
    for backwards in (False, True):
        fused = arrays["cpu", True, backwards]
        for mine, other in zip(fused, arrays["cpu", False, backwards], strict=True):
            assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
        for mode_and_way in ("gpu", True), ("gpu", False):
            y, gx, *gw = arrays[(*mode_and_way, backwards)]
            assert_allclose(y, fused[0], rtol=1e-4, atol=1e-5)
            assert_allclose(gx, fused[1], rtol=1e-4, atol=1e-5)
            for mine, other in zip(gw, joined(cls, fused[2:]), strict=True):
                assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def joined(cls, weights):
    """Returns weights by gate as they are with consume_less="gpu"."""
    order = {SimpleRNN: [0], GRU: [0, 1, 2], LSTM: [0, 2, 1, 3]}[cls]
    return [
        np.concatenate([weights[3 * gate + part] for gate in order], axis=-1)
        for part in range(3)
    ]


def test_a_layer_without_gates_has_no_activation_for_them():
    with pytest.raises(TypeError, match="unknown argument 'inner_activation'"):
        SimpleRNN(3, inner_activation="sigmoid")


def test_a_step_set_on_a_layer_is_the_one_that_runs():
    """It isn't fused then."""
    x = Input(batch_shape=(None, 3, 2))
    layer = LSTM(2, return_sequences=True)
    layer.step = lambda x, states: (states[0] + 1, [states[0] + 1, states[1]])
    values = K.function([x], [layer(x)])([sequences(1, 3, 2)])[0]
    assert_array_equal(values[0, :, 0], [1, 2, 3])


def test_unrolled_with_masked_first_steps():
    """As in Keras 1.2.2, a loop begins with the state that was kept, an unrolled layer
    with zeros."""
    x = sequences(2, 3, 2)
    x[:, 0] = 0
    inputs = Input(batch_shape=(2, 3, 2))
    layers = [
        GRU(2, unroll=unroll, stateful=True, return_sequences=True)
        for unroll in (False, True)
    ]
    outputs = [layer(Masking()(inputs)) for layer in layers]
    layers[1].set_weights(layers[0].get_weights())
    for layer in layers:
        K.set_value(layer.states[0], np.full((2, 2), 0.5))
    looped, unrolled = K.function([inputs], outputs)([x])
    assert_array_equal(looped[:, 0], np.full((2, 2), 0.5))
    assert_array_equal(unrolled[:, 0], np.zeros((2, 2)))
    assert_allclose(looped[:, 1:], unrolled[:, 1:], rtol=1e-4)


def test_a_shared_layer_takes_sequences_of_any_length():
    layer = LSTM(2)
    short, long = Input(shape=(3, 4)), Input(shape=(5, 4))
    model = Model([short, long], [layer(short), layer(long)])
    x = sequences(2, 5, 4)
    one, other = model.predict([x[:, :3], x])
    assert_allclose(one, model.predict([x[:, :3], x * 2])[0])
    assert not np.allclose(one, other)
    with pytest.raises(ShapeError, match=r"LSTM .*\(None, 3, 5\).*\(None, 3, 4\)"):
        layer(Input(shape=(3, 5)))


def test_whole_numbers_as_input():
    for mode in MODES:
        layer = SimpleRNN(2, consume_less=mode, activation=None)
        x = Input(batch_shape=(None, 3, 2), dtype="int32")
        y = layer(x)
        W, U, b = layer.get_weights()
        values = np.array([[[1, 2], [3, 4], [5, 6]]], dtype="int32")
        h = np.zeros((1, 2))
        for step in values[0]:
            h = step @ W + h @ U + b
        assert_allclose(K.function([x], [y])([values])[0], h, rtol=1e-4)


def test_time_distributed_dense():
    x, w, b = (K.variable(sequences(*shape)) for shape in ((2, 5, 30), (30, 4), (4,)))
    plain = time_distributed_dense(x, w, b)
    dropped = time_distributed_dense(
        K.ones_like(x), K.variable(np.eye(30)), dropout=0.5
    )
    run = K.function([K.learning_phase()], [plain, dropped])
    full, half = run([1])
    assert_allclose(
        full, K.get_value(x) @ K.get_value(w) + K.get_value(b), rtol=1e-4, atol=1e-4
    )
    assert set(np.unique(half)) == {0, 2}
    assert_array_equal(half, np.broadcast_to(half[:, :1], half.shape))
    assert_array_equal(run([0])[1], np.ones((2, 5, 30)))


# Dropout


@pytest.mark.parametrize("mode", MODES)
def test_dropout_of_the_input(mode):
    """A feature dropped is dropped at all steps, in training, other ones for each
    sample and call."""
    features = 20
    layer = SimpleRNN(
        features,
        activation=None,
        dropout_W=0.5,
        consume_less=mode,
        return_sequences=True,
        init="identity",
        inner_init="zero",
    )
    x = Input(batch_shape=(None, 3, features))
    y = layer(x)
    assert y._uses_learning_phase
    run = K.function([x, K.learning_phase()], [y])
    data = np.ones((4, 3, features))
    first, second, test = (run([data, phase])[0] for phase in (1, 1, 0))
    assert set(np.unique(first)) == {0, 2}
    assert_array_equal(first, np.broadcast_to(first[:, :1], first.shape))
    assert len({tuple(row) for row in first[:, 0]}) == 4
    assert (first != second).any()
    assert_array_equal(test, data)


@pytest.mark.parametrize("mode", MODES)
def test_dropout_of_the_state(mode):
    """With W = 0, b = 1 and U = 1, a unit counts the steps by halves and doubles, or
    stays at 1."""
    units = 20
    layer = SimpleRNN(
        units, activation=None, dropout_U=0.5, consume_less=mode, return_sequences=True
    )
    x = Input(batch_shape=(None, 3, 2))
    y = layer(x)
    layer.set_weights([np.zeros((2, units)), np.eye(units), np.ones(units)])
    run = K.function([x, K.learning_phase()], [y])
    train, test = (run([np.ones((4, 3, 2)), phase])[0] for phase in (1, 0))
    assert_array_equal(test[0, :, 0], [1, 2, 3])
    kinds = {
        tuple(train[sample, :, unit]) for sample in range(4) for unit in range(units)
    }
    assert kinds == {(1, 1, 1), (1, 3, 7)}


@pytest.mark.parametrize("cls", [GRU, LSTM])
def test_each_gate_has_dropout_of_its_own(cls):
    """In the modes "cpu" and "mem" the gates drop different features.

    With "gpu" the same ones.
    """
    n = 30
    gates = CELLS[cls]
    x = Input(batch_shape=(None, 2, n))
    tensors = []
    for mode in MODES:
        layer = cls(n, dropout_W=0.5, dropout_U=0.5, consume_less=mode)
        layer(x)
        shapes = [weight.shape for weight in layer.get_weights()]
        layer.set_weights(
            [
                np.tile(np.eye(n), (1, s[1] // n)) if len(s) == 2 else np.zeros(s)
                for s in shapes
            ]
        )
        kept_U, kept_W = layer.get_constants(x)
        assert len(kept_U) == len(kept_W) == gates
        tensors += [layer.project(x)[:, 0], *kept_U, *kept_W]
    values = iter(K.function([x, K.learning_phase()], tensors)([np.ones((1, 2, n)), 1]))
    for mode in MODES:
        projected = np.split(next(values)[0], gates)
        masks = [next(values)[0] for _ in range(2 * gates)]
        for kept in (*projected, *masks):
            assert set(np.unique(kept)) == {0, 2}
        assert len({tuple(kept) for kept in masks}) == 2 * gates
        assert len({tuple(kept) for kept in projected}) == (
            1 if mode == "gpu" else gates
        )


@pytest.mark.parametrize(
    ("mode", "expected"), [("cpu", -13), ("mem", -13), ("gpu", -2)]
)
def test_the_gates_of_gru_have_their_masks(mode, expected):
    """With states and U of 1: z = 2, r = 3, and the candidate is 3 * 5; with "gpu" the
    first mask is for all."""
    layer = GRU(1, "one", "one", "linear", "linear", consume_less=mode)
    layer.build((None, None, 3))
    x = K.zeros((1, 3))
    output, _ = layer.step(x, [K.ones((1, 1)), [2.0, 3.0, 5.0], [1.0] * 3])
    assert K.eval(output) == expected


# States


def test_states_go_from_batch_to_batch(golden):
    """In `predict` and `fit`; after a reset they begin anew."""
    cases = [
        c
        for c in golden[0]
        if c.get("stateful_calls") and c["class_name"] in ("SimpleRNN", "GRU", "LSTM")
    ]
    classes = {cls.__name__: cls for cls in CELLS}
    inputs = [Input(batch_shape=(3, 5, 3)) for _ in cases]
    made = [classes[case["class_name"]](**case["kwargs"]) for case in cases]
    model = Model(inputs, [layer(x) for layer, x in zip(made, inputs, strict=True)])
    for case, layer in zip(cases, made, strict=True):
        layer.set_weights(
            [golden[1][f"{case['id']}/w{i}"] for i in range(len(layer.weights))]
        )
    assert model.stateful
    assert len(model.state_updates) == sum(len(layer.states) for layer in made)

    def stored(name):
        return [golden[1][f"{case['id']}/{name}"] for case in cases]

    for suffix in ("", "_call1"):
        predictions = model.predict(stored(f"x0{suffix}"), batch_size=3)
        for mine, expected in zip(predictions, stored(f"y0{suffix}"), strict=True):
            assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)
    assert all(np.any(K.get_value(state)) for layer in made for state in layer.states)
    model.reset_states()
    assert not any(
        np.any(K.get_value(state)) for layer in made for state in layer.states
    )
    for mine, expected in zip(
        model.predict(stored("x0"), batch_size=3), stored("y0"), strict=True
    ):
        assert_allclose(mine, expected, rtol=1e-4, atol=1e-5)
    assert len(cases) == 7


def test_training_keeps_states_too():
    model = Sequential([GRU(2, stateful=True, batch_input_shape=(4, 3, 2)), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(
        sequences(8, 3, 2),
        np.zeros((8, 1)),
        batch_size=4,
        nb_epoch=1,
        verbose=0,
        shuffle=False,
    )
    assert K.get_value(model.layers[0].states[0]).all()


def test_states_without_a_batch_size():
    with pytest.raises(
        ShapeError,
        match=r"LSTM 'lstm_\d+' is stateful.*\(None, 4, 3\).*batch_input_shape=",
    ):
        LSTM(2, stateful=True)(Input(shape=(4, 3)))
    with pytest.raises(
        ArgumentError, match=r"GRU .* no states to reset.*stateful=True"
    ):
        built(GRU(2), None, 4, 3).reset_states()
    layer = built(SimpleRNN(2, stateful=True), 5, 4, 3)
    with pytest.raises(ShapeError, match=r"SimpleRNN .*\(6, 4, 3\).*\(5, 4, 3\)"):
        layer(Input(batch_shape=(6, 4, 3)))


def test_stateful_model_of_another_batch_size():
    model = Sequential([GRU(2, stateful=True, batch_input_shape=(4, 3, 2))])
    with pytest.raises(DataError, match="4"):
        model.predict(sequences(6, 3, 2), batch_size=4)


# Layers derived from these


class AttentionLSTM(LSTM):
    """An LSTM whose output a second sequence modulates, summed up once per batch of
    sequences."""

    def __init__(self, output_dim, scale=1.0, **kwargs):
        self.scale = scale
        super().__init__(output_dim, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.U_a = self.add_weight(
            (self.output_dim, self.output_dim),
            "glorot_uniform",
            name=f"{self.name}_U_a",
        )
        self.V_a = self.add_weight(
            (self.input_dim, self.output_dim), "glorot_uniform", name=f"{self.name}_V_a"
        )

    def get_constants(self, x):
        return [*super().get_constants(x), K.dot(K.mean(x, axis=1), self.V_a)]

    def step(self, x, states):
        h, [h, c] = super().step(x, states)
        attended = h * K.sigmoid(K.dot(h, self.U_a) + states[4]) * self.scale
        return attended, [attended, c]

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


@pytest.mark.parametrize("mode", MODES)
def test_attention(mode):
    """A step and constants of its own.

    After the two states come the dropout masks, then what was added.
    """
    layer = AttentionLSTM(3, scale=2.0, return_sequences=True, consume_less=mode)
    x = Input(batch_shape=(None, 4, 2))
    y = layer(x)
    weights = {
        w.name.removesuffix(":0").split("_", 2)[2]: K.get_value(w)
        for w in layer.weights
    }
    if mode == "gpu":
        for part in "WUb":
            for gate, block in zip(
                "ifco", np.split(weights[part], 4, axis=-1), strict=True
            ):
                weights[f"{part}_{gate}"] = block
    data = sequences(5, 4, 2)
    h = c = np.zeros((5, 3))
    constant = data.mean(axis=1) @ weights["V_a"]
    expected = []
    for t in range(4):
        a = {
            g: data[:, t] @ weights[f"W_{g}"]
            + h @ weights[f"U_{g}"]
            + weights[f"b_{g}"]
            for g in "ifco"
        }
        c = hard_sigmoid(a["f"]) * c + hard_sigmoid(a["i"]) * np.tanh(a["c"])
        h = hard_sigmoid(a["o"]) * np.tanh(c)
        h = h * sigmoid(h @ weights["U_a"] + constant) * 2.0
        expected.append(h)
    assert_allclose(
        K.function([x], [y])([data])[0], np.stack(expected, 1), rtol=1e-4, atol=1e-5
    )


class Oscillator(Recurrent):
    """Three states of different shapes, one of them a counter.

    Everything that can be overridden is.
    """

    def __init__(self, output_dim, **kwargs):
        self.output_dim = output_dim
        super().__init__(**kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        self.states = [None] * 3
        if self.stateful:
            self.reset_states()

    def reset_states(self):
        batch = self.input_spec[0].shape[0]
        shapes = [(batch, self.output_dim), (batch, self.output_dim), (batch, 1)]
        self.states = [K.zeros(shape) for shape in shapes]

    def get_initial_states(self, x):
        zeros = K.zeros_like(x[:, 0])
        return [zeros, zeros + 1.0, K.zeros_like(x[:, 0, :1])]

    def preprocess_input(self, x):
        return x * 2.0

    def get_constants(self, x):
        return [K.sum(x, axis=1)]

    def step(self, x, states):
        position, speed, count, total = states
        speed = speed + x - 0.5 * position
        position = position + speed
        return position + count * total, [position, speed, count + 1.0]


def oscillated(data, position, speed, count):
    outputs = []
    for t in range(data.shape[1]):
        speed = speed + 2 * data[:, t] - 0.5 * position
        position = position + speed
        outputs.append(position + count * data.sum(axis=1))
        count = count + 1
    return np.stack(outputs, 1), (position, speed, count)


@pytest.mark.parametrize("unroll", [False, True])
def test_several_states(unroll):
    data = sequences(2, 4, 3)
    options = {"return_sequences": True, "unroll": unroll}
    x = Input(batch_shape=(2, 4, 3))
    outputs = [Oscillator(3, **options)(x), Oscillator(3, stateful=True, **options)(x)]
    model = Model(x, outputs)
    from_start, _ = oscillated(
        data, np.zeros((2, 3)), np.ones((2, 3)), np.zeros((2, 1))
    )
    states = np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 1))
    for _ in range(2):
        expected, states = oscillated(data, *states)
        plain, stateful = model.predict(data, batch_size=2)
        assert_allclose(plain, from_start, rtol=1e-4, atol=1e-4)
        assert_allclose(stateful, expected, rtol=1e-4, atol=1e-4)


def test_a_layer_without_step():
    class Empty(Recurrent):
        output_dim = 2

    with pytest.raises(
        NotImplementedError, match=r"Empty .* doesn't define step\(x, states\)"
    ):
        Empty()(Input(shape=(3, 2)))


class Misfit(LSTM):
    """Returns one state of two."""

    def step(self, x, states):
        h, states = super().step(x, states)
        return h, states[:1]


def test_a_step_that_returns_too_little():
    message = (
        r"Misfit 'misfit_\d+': .*received x of shape \(None, 8\).*list of 2 new "
        "state"
    )
    with pytest.raises(ArgumentError, match=message):
        Misfit(2)(Input(shape=(3, 2)))


class KerasStyle(LSTM):
    """Builds its states as layers written for Keras 1.2.2 do."""

    def build(self, input_shape):
        super().build(input_shape)
        del self.states
        if self.stateful:
            self.reset_states()
        else:
            self.states = [None, None]


def test_states_made_as_keras_did():
    assert len(built(KerasStyle(2, stateful=True), 4, 3, 2).states) == 2
    assert len(built(KerasStyle(2), 4, 3, 2).states) == 2

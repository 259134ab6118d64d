"""Recurrent layers of Keras 2: as there, in training, saved, and in other libraries."""

import json
from pathlib import Path

import numpy as np
import oneiros
import pytest
from oneiros.errors import ArgumentError, ConfigError
from oneiros.exports import shared_processes
from oneiros.layers import (
    LSTM,
    RNN,
    ConvLSTM1D,
    Dense,
    GRUCell,
    Input,
    Keras2Bidirectional,
    Keras2ConvLSTM2D,
    Keras2GRU,
    Keras2LSTM,
    Keras2SimpleRNN,
    LSTMCell,
    Masking,
)
from oneiros.models import Model, Sequential, load_model, model_from_json

DATA = Path(__file__).parent / "data"
MODELS = json.loads((DATA / "recurrent.json").read_text())


def arrays_of(name):
    """Returns the inputs, the predictions and the weights of a model by `tf_keras`."""
    numbers = np.load(DATA / "recurrent.npy")
    begin = 0
    for of_model, entry in MODELS.items():
        found = {"x": [], "y": [], "w": []}
        for key, shape in entry["shapes"]:
            end = begin + int(np.prod(shape))
            found[key[0]].append(numbers[begin:end].reshape(shape))
            begin = end
        if of_model == name:
            return found
    raise AssertionError(name)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_predictions_are_those_of_keras_2(name):
    model = model_from_json(json.dumps(MODELS[name]["model"]))
    arrays = arrays_of(name)
    model.set_weights(arrays["w"])
    outputs = model.predict(arrays["x"])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for output, there in zip(outputs, arrays["y"], strict=True):
        np.testing.assert_allclose(output, there, atol=1e-5)


def over_vectors():
    """Returns a model of all layers over vectors."""
    x = Input(shape=(4, 3))
    steps, state = Keras2GRU(2, return_sequences=True, return_state=True)(x)
    backward = Keras2SimpleRNN(2, go_backwards=True, return_sequences=True)
    forward = Keras2SimpleRNN(2, return_sequences=True, use_bias=False)
    both = Keras2Bidirectional(forward, backward_layer=backward)([steps, state, state])
    cells = [LSTMCell(3, dropout=0.1), GRUCell(2, reset_after=False)]
    stacked = RNN(cells, return_sequences=True)(both)
    last = Keras2LSTM(2, recurrent_dropout=0.1)([stacked, state, state])
    return Model(x, Dense(1)(last))


def over_images():
    """Returns a model of convolutional layers."""
    x = Input(shape=(3, 4, 4, 1))
    layer = Keras2ConvLSTM2D(2, 3, padding="same", return_state=True)
    _, *states = layer(x)
    again = Keras2ConvLSTM2D(2, 2, padding="same", use_bias=False)
    return Model(x, again([x, *states]))


def masked():
    """Returns a model in which a mask arrives at both directions."""
    return Sequential(
        [
            Masking(input_shape=(4, 3)),
            Keras2Bidirectional(
                Keras2GRU(2, return_sequences=True), zero_output_for_mask=True
            ),
            Keras2Bidirectional(Keras2LSTM(2)),
        ]
    )


def over_sequences():
    """Returns a model of a convolution over sequences."""
    layer = ConvLSTM1D(2, 2, recurrent_activation="sigmoid", input_shape=(3, 5, 1))
    return Sequential([layer])


MAKERS = (over_vectors, over_images, masked, over_sequences)


def inputs_of(model, count=6):
    """Returns inputs for a model, of which some last steps are zero."""
    x = np.random.RandomState(1).randn(count, *model.input_shape[1:])
    x[::2, -1] = 0
    return x


@pytest.mark.parametrize("maker", MAKERS)
def test_models_train_and_come_back_from_a_file(maker, tmp_path, theano):
    model = maker()
    model.compile("adam", "mse")
    x = inputs_of(model)
    y = np.zeros((len(x), *model.output_shape[1:]))
    losses = model.fit(x, y, nb_epoch=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    np.testing.assert_allclose(again.predict(x), model.predict(x), atol=1e-6)


ONLY = pytest.mark.slow


@pytest.mark.parametrize(
    "suffix",
    [
        ".onnx",
        pytest.param(".keras", marks=ONLY),
        pytest.param(".saved_model", marks=ONLY),
    ],
)
def test_models_go_to_other_libraries(suffix, tmp_path, theano):
    """Each export is run there and compared."""
    with shared_processes():
        for maker in MAKERS:
            oneiros.export(maker(), tmp_path / f"{maker.__name__}{suffix}")


@ONLY
def test_what_keras_3_makes_of_an_export_is_the_same_model(tmp_path, theano):
    model = over_vectors()
    oneiros.export(model, tmp_path / "m.keras")
    x = inputs_of(model)
    again = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.predict(x), model.predict(x), atol=1e-5)


def test_states_are_kept_from_batch_to_batch(theano):
    layer = Keras2GRU(2, stateful=True, batch_input_shape=(2, 3, 1))
    model = Sequential([layer])
    x = np.ones((2, 3, 1))
    first = model.predict(x)
    second = model.predict(x)
    model.reset_states()
    assert np.abs(second - first).max() > 1e-3
    np.testing.assert_allclose(model.predict(x), first)


def pair(of_sequence):
    """Returns two models of layers from a function of a sequence, and an input."""
    x = Input(shape=(4, 2))
    data = np.random.uniform(size=(3, 4, 2))
    return [Model(x, of_sequence(x)) for _ in range(2)], data


def test_a_layer_wrapped_twice_has_a_cell_for_each_wrapper(theano):
    inner = RNN(LSTMCell(3))
    (one, two), data = pair(lambda x: Keras2Bidirectional(inner)(x))
    before = one.predict(data)
    two.set_weights([0 * weight for weight in two.get_weights()])
    np.testing.assert_array_equal(one.predict(data), before)


@pytest.mark.parametrize("make", [lambda cell: cell, lambda cell: [cell, cell]])
def test_layers_with_one_cell_share_its_weights(make, theano):
    cell = LSTMCell(2)
    (one, two), data = pair(lambda x: RNN(make(cell))(x))
    np.testing.assert_array_equal(one.predict(data), two.predict(data))
    assert one.weights == two.weights and len(one.weights) == 3


def test_time_major_is_not_exported_to_keras_3(tmp_path, theano):
    layer = Keras2LSTM(2, time_major=True, return_sequences=True, input_shape=(2, 3))
    with pytest.raises(oneiros.exports.ExportError, match="time_major=True"):
        oneiros.export(Sequential([layer]), tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda x: Keras2LSTM(2)([x, x]), "1 initial states. Expected 2"),
        (lambda x: RNN(3), "Expected a cell"),
        (lambda x: Keras2Bidirectional(LSTM(2)), "Keras2LSTM"),
        (
            lambda x: Keras2Bidirectional(Keras2GRU(2), backward_layer=Keras2GRU(2)),
            "the same go_backwards",
        ),
        (lambda x: RNN([LSTMCell(2), GRUCell(3)], stateful=True), r"\[2, 2, 3\]"),
        (lambda x: Keras2GRU(2, time_major=True, stateful=True), "time_major=True"),
    ],
)
def test_what_cannot_be_is_refused(make, said, theano):
    with pytest.raises(ArgumentError, match=said):
        make(Input(shape=(4, 2)))


def test_weights_of_keras_2_for_gates_of_keras_1_warn(theano):
    def model(**arguments):
        first = LSTM(4, return_sequences=True, input_shape=(6, 5), **arguments)
        return Sequential([first, LSTM(3, **arguments), Dense(1)])

    said = r"Keras 2\.15\.\d.*'lstm_\d+'.*make them with inner_activation='sigmoid'"
    for arguments in ({}, {"consume_less": "gpu"}):
        with pytest.warns(UserWarning, match=said):
            model(**arguments).load_weights(DATA / "lstm.h5")
    model(inner_activation="sigmoid").load_weights(DATA / "lstm.h5")
    described = load_model(DATA / "lstm_hard.h5")
    described.load_weights(DATA / "lstm_hard.h5")
    model_from_json(described.to_json()).load_weights(DATA / "lstm_hard.h5")


def test_without_a_layer_that_can_the_reason_of_keras_2_s_is_told(theano):
    entry = {"name": "odd", "units": 2, "return_state": True, "constants": 1}
    config = [{"class_name": "LSTM", "config": {**entry, "batch_input_shape": [1, 2]}}]
    stored = {"class_name": "Sequential", "config": config, "keras_version": "2.4.0"}
    with pytest.raises(ConfigError, match="'odd' has constants=1"):
        model_from_json(json.dumps(stored))


def test_a_call_that_names_its_mask_leaves_steps_out(theano):
    """Steps at the end that a mask leaves out may as well not be there."""
    inputs = [
        {"class_name": "InputLayer", "name": name, "inbound_nodes": []}
        | {"config": {"name": name, "batch_input_shape": [None, *shape]}}
        for name, shape in (("x", (5, 2)), ("mask", (5,)))
    ]
    cell = {"class_name": "GRU", "config": {"name": "inner", "units": 3}}
    layers = [
        ("GRU", {"units": 3}, [["x", 0, 0, {"mask": ["mask", 0, 0]}]]),
        ("Bidirectional", {"layer": cell}, [["x", 0, 0, {"mask": ["mask", 0, 0]}]]),
        ("Attention", {}, [["x", 0, 0, {"mask": [["mask", 0, 0]] * 2}], ["x", 0, 0]]),
    ]
    layers = [
        {"class_name": name, "name": name, "config": {"name": name, **config}}
        | {"inbound_nodes": [call]}
        for name, config, call in layers
    ]
    graph = {
        "name": "graph",
        "layers": [*inputs, *layers],
        "input_layers": [["x", 0, 0], ["mask", 0, 0]],
        "output_layers": [[layer["name"], 0, 0] for layer in layers],
    }
    stored = {"class_name": "Functional", "config": graph, "keras_version": "2.15.0"}
    model = model_from_json(json.dumps(stored))
    x = np.random.default_rng(5).normal(size=(1, 5, 2)).astype("float32")
    seen = np.array([[1, 1, 1, 0, 0]], "float32")
    other = np.where(seen[..., None], x, 9).astype("float32")
    first, second = model.predict([x, seen]), model.predict([other, seen])
    for one, two in zip(first, second, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert not np.allclose(model.predict([x, np.ones((1, 5))])[0], first[0])


@pytest.mark.parametrize("inner", ["LSTM", "Bidirectional"])
def test_masks_of_each_step_are_refused_where_the_layer_gets_none(inner, theano):
    """Keras 2 passes them on."""
    cell = {"class_name": "LSTM", "config": {"name": "cell", "units": 3}}
    layer = cell if inner == "LSTM" else {"layer": cell, "name": "both"}
    if inner != "LSTM":
        layer = {"class_name": inner, "config": layer}
    embedding = {"input_dim": 9, "output_dim": 4, "mask_zero": True, "name": "words"}
    embedding["batch_input_shape"] = [None, 3, 5]
    layers = [
        {"class_name": "Embedding", "config": embedding},
        {"class_name": "TimeDistributed", "config": {"layer": layer, "name": "steps"}},
    ]
    config = {"name": "model", "layers": layers}
    stored = {"class_name": "Sequential", "config": config, "keras_version": "2.15.0"}
    with pytest.raises(ConfigError, match=f"passes the mask .* on to its {inner}"):
        model_from_json(json.dumps(stored))

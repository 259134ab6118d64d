"""The ONNX backend: predictions, and models as files that other programs run."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from backends import trains
from oneiros import backend as K
from oneiros.errors import ArgumentError, CapabilityError, DataError, ShapeError
from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Convolution2D,
    Cropping1D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Lambda,
    Masking,
    MaxPooling2D,
    SimpleRNN,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros_backend_onnx.conversion import model_proto, names_of_states

RNG = np.random.RandomState(3)


@pytest.fixture(autouse=True)
def on_onnx():
    K.reset_uids()
    with K.use("onnx"):
        yield


def dense():
    layers = [
        Dense(6, input_dim=4, activation="relu", name="first"),
        Dropout(0.5),
        BatchNormalization(name="normal"),
        Dense(3, activation="softmax", name="last"),
    ]
    return Sequential(layers)


def images():
    th = {"dim_ordering": "th"}
    layers = [
        Convolution2D(4, 3, 3, border_mode="same", input_shape=(3, 8, 8), **th),
        BatchNormalization(axis=1),
        Activation("relu"),
        MaxPooling2D(**th),
        Convolution2D(5, 3, 3, **th),
        AveragePooling2D((2, 2), border_mode="same", **th),
        Flatten(),
        Dense(3),
    ]
    return Sequential(layers)


def sequences():
    layers = [
        LSTM(6, return_sequences=True, input_shape=(None, 4)),
        GRU(5, return_sequences=True, go_backwards=True),
        SimpleRNN(3),
    ]
    return Sequential(layers)


def masked():
    layers = [
        Masking(input_shape=(None, 4)),
        LSTM(6, return_sequences=True),
        GRU(5, go_backwards=True, return_sequences=True),
        LSTM(3, inner_activation="sigmoid", activation="relu"),
    ]
    return Sequential(layers)


def dropping():
    layers = [
        LSTM(4, dropout_U=0.4, return_sequences=True, input_shape=(None, 4)),
        GRU(3, dropout_W=0.2, dropout_U=0.2, consume_less="gpu"),
    ]
    return Sequential(layers)


def with_gaps(shape):
    """Returns sequences of which some begin, end, or go on with masked steps, and one
    has no others."""
    x = RNG.normal(size=shape)
    x[0] = 0
    x[1, :3] = 0
    x[2, 2:4] = 0
    x[3, 4:] = 0
    return x


def with_wide_weights(model):
    """Sets weights so large that gates saturate."""
    weights = [RNG.normal(size=w.shape) for w in model.get_weights()]
    positive = [np.abs(w) if w.ndim == 1 else w for w in weights]
    model.set_weights(positive)
    return model


def nodes_of(proto):
    """Counts the nodes by operator."""
    return Counter(node.op_type for node in proto.graph.node)


def run(proto, *arrays):
    """Computes a model of ONNX, as another program would."""
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    types = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    feeds = {
        x.name: array.astype(types[x.type])
        for x, array in zip(session.get_inputs(), arrays, strict=True)
    }
    return session.run(None, feeds)


CASES = {
    dense: RNG.normal(size=(7, 4)),
    images: RNG.normal(size=(3, 3, 8, 8)),
    sequences: RNG.normal(size=(4, 6, 4)),
    masked: with_gaps((5, 6, 4)),
    dropping: RNG.normal(size=(4, 6, 4)),
}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_predictions_are_those_of_another_backend_and_of_the_file(make):
    x = CASES[make]
    model = with_wide_weights(make())
    predicted = model.predict(x)
    with K.use("jax"):
        other = make()
        other.set_weights(model.get_weights())
        expected = other.predict(x)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(run(model_proto(model), x)[0], predicted, atol=1e-6)


def test_a_file_takes_any_number_of_samples_and_steps():
    model = with_wide_weights(masked())
    proto = model_proto(model)
    for shape in ((1, 1, 4), (1, 7, 4), (32, 3, 4)):
        x = RNG.normal(size=shape)
        np.testing.assert_allclose(run(proto, x)[0], model.predict(x), atol=1e-6)


def test_sizes_inputs_outputs_and_weights_have_names():
    proto = model_proto(masked())
    (x,) = proto.graph.input
    sizes = x.type.tensor_type.shape.dim
    assert x.name == "masking_input_1"
    assert [n.dim_param or n.dim_value for n in sizes] == ["batch", "steps", 4]
    (y,) = proto.graph.output
    assert y.name == "lstm_2"
    assert y.type.tensor_type.shape.dim[0].dim_param == "batch"
    names = [x.name for x in proto.graph.initializer]
    assert {"lstm_1_W", "lstm_1_U", "lstm_1_b", "gru_1_W"} <= set(names)


def test_nodes_are_named_after_their_layers():
    names = [node.name for node in model_proto(masked()).graph.node]
    assert {"lstm_1/LSTM", "gru_1/GRU", "lstm_2/LSTM"} <= set(names)
    layers = [name.split("/")[0] for name in names]
    assert set(layers) == {"masking_1", "lstm_1", "gru_1", "lstm_2"}
    proto = model_proto(images())
    assert [node.name for node in proto.graph.node][:5] == [
        "convolution2d_1/Conv",
        "convolution2d_1/Add",
        "batchnormalization_1/BatchNormalization",
        "activation_1/Relu",
        "maxpooling2d_1/MaxPool",
    ]


def test_nodes_of_a_model_inside_have_its_layers_names_at_each_call():
    inner = [Dense(4, input_dim=4, name="inner"), Activation("tanh", name="squash")]
    box = Sequential(inner, name="box")
    x = Input((4,), name="x")
    names = [node.name for node in model_proto(Model(x, box(box(x)))).graph.node]
    once = ["inner/MatMul", "inner/Add", "squash/Tanh"]
    assert names == [*once, *(f"{name}_1" for name in once)]


def test_layers_are_the_nodes_of_onnx():
    assert nodes_of(model_proto(masked())).keys() >= {"LSTM", "GRU"}
    nodes = nodes_of(model_proto(images()))
    assert nodes["Transpose"] == 0
    assert nodes["BatchNormalization"] == 1
    assert nodes["Conv"] == 2
    assert sum(nodes.values()) <= 12
    assert nodes_of(model_proto(sequences())) == {
        "LSTM": 1,
        "GRU": 1,
        "RNN": 1,
        "Transpose": 1,
        "Squeeze": 3,
        "Slice": 1,
    }


def test_channels_at_the_end_move_twice_in_a_whole_network():
    tf = {"dim_ordering": "tf"}
    model = Sequential(
        [
            Convolution2D(4, 3, 3, input_shape=(8, 8, 3), **tf),
            BatchNormalization(axis=-1),
            Activation("relu"),
            MaxPooling2D(**tf),
            Convolution2D(2, 2, 2, activation="tanh", **tf),
        ]
    )
    proto = model_proto(with_wide_weights(model))
    x = RNG.normal(size=(2, 8, 8, 3))
    np.testing.assert_allclose(run(proto, x)[0], model.predict(x), atol=1e-5)
    nodes = nodes_of(proto)
    assert (nodes["Transpose"], nodes["BatchNormalization"]) == (2, 1)


def test_layers_with_dropout_are_one_node_too():
    nodes = nodes_of(model_proto(dropping()))
    assert (nodes["LSTM"], nodes["GRU"], nodes["Scan"]) == (1, 1, 0)


@pytest.mark.parametrize("opset", [18, 21])
def test_files_pass_the_checks_of_onnx(opset):
    proto = model_proto(dense(), opset=opset)
    onnx.checker.check_model(proto, full_check=True)
    assert proto.opset_import[0].version == opset


def test_two_outputs_of_one_layer_have_two_names():
    x = Input((4,), name="x")
    shared = Dense(3, name="shared")
    model = Model([x], [shared(x), shared(merge([x, x], mode="sum"))])
    proto = model_proto(model)
    assert [y.name for y in proto.graph.output] == ["shared", "shared_1"]


def test_states_are_inputs_and_outputs():
    layers = [
        LSTM(3, stateful=True, return_sequences=True, batch_input_shape=(2, 4, 3)),
        GRU(2, stateful=True),
    ]
    model = with_wide_weights(Sequential(layers))
    proto = model_proto(model)
    names = ["lstm_1_state_0", "lstm_1_state_1", "gru_1_state_0"]
    later = [f"{name}_after" for name in names]
    assert [x.name for x in proto.graph.input] == ["lstm_input_1", *names]
    assert [x.name for x in proto.graph.output] == ["gru_1", *later]
    assert names_of_states(proto) == dict(zip(names, later, strict=True))
    states = [np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 2))]
    for _ in range(3):
        x = RNG.normal(size=(2, 4, 3))
        y, *states = run(proto, x, *states)
        np.testing.assert_allclose(y, model.predict(x, batch_size=2), atol=1e-6)


@pytest.mark.parametrize("cls", [GRU, LSTM, SimpleRNN])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_a_sample_that_is_all_masked_keeps_its_states(cls, go_backwards):
    layers = [
        Masking(batch_input_shape=(2, 4, 3)),
        cls(3, stateful=True, go_backwards=go_backwards),
    ]
    model = with_wide_weights(Sequential(layers))
    batches = [RNG.normal(size=(2, 4, 3)) for _ in range(3)]
    batches[1][0] = 0
    with K.use("theano"):
        other = Sequential.from_config(model.get_config())
        other.set_weights(model.get_weights())
        expected = [other.predict(x, batch_size=2) for x in batches]
    for x, value in zip(batches, expected, strict=True):
        np.testing.assert_allclose(model.predict(x, batch_size=2), value, atol=1e-6)
    np.testing.assert_allclose(expected[1][0], expected[0][0], atol=1e-6)


def test_no_steps_and_no_rows_are_refused_before_they_end_the_process():
    model = Sequential([GRU(3, input_shape=(None, 2))])
    with pytest.raises(ShapeError, match=r"GRU 'gru_1' .* a sequence of 0 steps"):
        model.predict(np.zeros((4, 0, 2)))
    cropped = Sequential(
        [Cropping1D((2, 2), input_shape=(None, 2)), GRU(3, name="last")]
    )
    assert cropped.predict(np.zeros((4, 5, 2))).shape == (4, 3)
    with pytest.raises(ShapeError, match=r"GRU 'last' .* a sequence of 0 steps"):
        cropped.predict(np.zeros((4, 4, 2)))
    function = K.function(model.inputs, model.outputs)
    with pytest.raises(DataError, match=r"can't compute GRU of nothing.*\(0, 5, 2\)"):
        function([np.zeros((0, 5, 2))])
    dense = K.function([model.input], [model.input * 2])
    assert dense([np.zeros((0, 5, 2))])[0].shape == (0, 5, 2)


def test_training_is_refused_with_a_backend_that_trains():
    model = dense()
    model.compile("sgd", "mse")
    x = RNG.normal(size=(2, 4))
    y = np.zeros((2, 3))
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    with pytest.raises(CapabilityError, match=r"only predicts.*ONEIROS_BACKEND=theano"):
        model.fit(x, y, nb_epoch=1, verbose=0)
    with pytest.raises(CapabilityError, match="only predicts"):
        model.train_on_batch(x, y)
    assert not trains()


def test_relu_with_a_bound_and_erf_take_floats_of_64_bits():
    """ONNX Runtime fuses Relu and Clip for those of 32 bits, and has Erf for them."""
    x = K.placeholder((3,), dtype="float64")
    compute = K.function([x], [K.relu(x, max_value=1.0), K.erf(x)])
    bounded, error = compute([np.array([-1.0, 0.5, 3.0])])
    assert bounded.dtype == error.dtype == np.float64
    np.testing.assert_allclose(bounded, [0, 0.5, 1])
    np.testing.assert_allclose(error, [-0.8427008, 0.5204999, 0.9999779], rtol=1e-6)


def test_random_predictions_are_refused():
    model = Sequential([Lambda(lambda x: x + K.random_normal((3,)), input_shape=(3,))])
    with pytest.raises(CapabilityError, match=r"Lambda 'lambda_1'.*random_normal"):
        model.predict(np.zeros((1, 3)))


def test_code_of_an_engine_is_refused():
    with pytest.raises(CapabilityError, match=r"K.apply"):
        K.apply(np.tanh, K.placeholder((2,)))


def test_indices_without_a_row_are_nan_and_in_files_the_nearest():
    model = Sequential([Embedding(3, 2, input_length=3)])
    x = np.array([[-1, 2, 9]])
    assert np.isnan(model.predict(x)[0, :, 0]).tolist() == [True, False, True]
    rows = model.get_weights()[0]
    np.testing.assert_array_equal(run(model_proto(model), x)[0][0], rows[[0, 2, 2]])
    filled = run(model_proto(model, fills_missing_rows=True), x)[0]
    np.testing.assert_array_equal(filled, model.predict(x))


def test_an_index_may_hold_integers_of_numpy():
    x = K.placeholder((None, 4, 5))
    data = RNG.normal(size=(3, 4, 5)).astype("float32")
    part = x[np.int64(1) :, np.int32(2), np.int64(0) : np.int64(3)]
    (value,) = K.function([x], [part])([data])
    np.testing.assert_array_equal(value, data[1:, 2, :3])


def test_what_is_no_model_is_refused():
    with pytest.raises(ArgumentError, match=r"model=3.*a Model or a Sequential"):
        model_proto(3)


def test_a_model_of_another_backend_is_refused():
    with K.use("theano"):
        model = Sequential([Dense(1, input_dim=1)])
    with pytest.raises(CapabilityError, match=r"'theano'.*K.use\('"):
        model_proto(model)


def test_a_shape_of_other_size_is_refused():
    with pytest.raises(ShapeError, match=r"K\.reshape received x of shape \(2, 3\)"):
        K.reshape(K.variable(np.ones((2, 3))), (4, 2))


def test_a_vector_is_normalised():
    parts = [K.variable([number]) for number in (5.0, 1.0, 4.0, 2.0, 3.0)]
    result = K.batch_normalization(*parts, epsilon=0.0)
    np.testing.assert_allclose(K.eval(result), [8])


def test_a_bound_that_is_no_number_bounds_nothing():
    x = K.placeholder((2,))
    f = K.function([x], [K.clip(x, np.nan, 1.0)])
    assert f([[-3.0, 2.0]])[0].tolist() == [-3, 1]

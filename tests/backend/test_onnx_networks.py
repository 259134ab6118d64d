"""Networks drawn by hypothesis predict the same in ONNX as on a backend that trains."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros import layers
from oneiros.models import Sequential
from oneiros_backend_onnx.conversion import model_proto
from onnxruntime import InferenceSession

ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu", "softplus")
GATES = ("sigmoid", "hard_sigmoid")
RECURRENT = ("LSTM", "GRU", "SimpleRNN")
POINTWISE = (
    ("ELU", {}),
    ("LeakyReLU", {"alpha": 0.2}),
    ("PReLU", {}),
    ("SReLU", {}),
    ("ParametricSoftplus", {}),
    ("ThresholdedReLU", {"theta": 0.3}),
    ("Activation", {"activation": "softsign"}),
    ("BatchNormalization", {}),
    ("Dropout", {"p": 0.5}),
    ("GaussianNoise", {"sigma": 1.0}),
)
SAMPLES = 4


@st.composite
def of_features(draw):
    """Draws layers on vectors."""
    kinds = ("Dense", "MaxoutDense", "Highway")
    drawn = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(kinds))
        units = {} if kind == "Highway" else {"output_dim": draw(st.integers(1, 5))}
        drawn.append((kind, units))
        drawn.append(draw(st.sampled_from(POINTWISE)))
    return (5,), drawn


@st.composite
def of_images(draw):
    """Draws layers on images, in either order of axes."""
    ordering = draw(st.sampled_from(("th", "tf")))
    th = ordering == "th"
    border = st.sampled_from(("valid", "same"))
    stride = st.sampled_from(((1, 1), (2, 2), (1, 2)))
    convolution = {
        "nb_filter": draw(st.integers(1, 4)),
        "nb_row": draw(st.integers(1, 3)),
        "nb_col": draw(st.integers(1, 3)),
        "border_mode": draw(border),
        "subsample": draw(stride),
        "dim_ordering": ordering,
    }
    pooling = {
        "pool_size": (2, 2),
        "strides": draw(stride),
        "border_mode": draw(border),
        "dim_ordering": ordering,
    }
    drawn = [
        ("Convolution2D", convolution),
        ("BatchNormalization", {"axis": 1 if th else -1}),
        draw(st.sampled_from(POINTWISE)),
        (draw(st.sampled_from(("MaxPooling2D", "AveragePooling2D"))), pooling),
        ("UpSampling2D", {"dim_ordering": ordering}),
        ("Convolution2D", convolution | {"nb_filter": 2, "subsample": (1, 1)}),
        ("Flatten", {}),
        ("Dense", {"output_dim": 3}),
    ]
    return ((3, 13, 12) if th else (13, 12, 3)), drawn


@st.composite
def of_sequences(draw):
    """Draws recurrent layers, often under a mask with gaps."""
    drawn = [("Masking", {})] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(RECURRENT))
        arguments = {
            "output_dim": draw(st.integers(1, 4)),
            "activation": draw(st.sampled_from(ACTIVATIONS)),
            "go_backwards": draw(st.booleans()),
            "consume_less": draw(st.sampled_from(("cpu", "mem", "gpu"))),
            "return_sequences": True,
        }
        if kind != "SimpleRNN":
            arguments["inner_activation"] = draw(st.sampled_from(GATES))
        drawn.append((kind, arguments))
    kind, arguments = drawn[-1]
    drawn[-1] = (kind, arguments | {"return_sequences": draw(st.booleans())})
    return (6, 3), drawn


def built(shape, drawn):
    """Returns a Sequential of drawn layers."""
    model = Sequential()
    for index, (kind, arguments) in enumerate(drawn):
        first = {} if index else {"input_shape": shape}
        model.add(getattr(layers, kind)(**arguments, **first))
    return model


def weights_of(model, random):
    """Returns wide weights; variances are positive."""
    return [
        np.abs(random.normal(size=weight.shape)) + 0.1
        if weight.ndim == 1
        else random.normal(size=weight.shape)
        for weight in model.get_weights()
    ]


def with_gaps(x, random):
    """Sets whole steps to zero, and one sample."""
    steps = random.rand(*x.shape[:2]) < 0.4
    x[steps] = 0
    x[0] = 0
    return x


@given(st.one_of(of_features(), of_images(), of_sequences()), st.integers(0, 99))
def test_drawn_networks_predict_the_same_as_jax_and_in_a_file(network, seed):
    shape, drawn = network
    random = np.random.RandomState(seed)
    x = with_gaps(random.normal(size=(SAMPLES, *shape)), random)
    with K.use("jax"):
        model = built(shape, drawn)
        weights = weights_of(model, random)
        model.set_weights(weights)
        expected = model.predict(x)
    with K.use("onnx"):
        mine = built(shape, drawn)
        mine.set_weights(weights)
    tolerance = 1e-5 * max(1, np.abs(expected).max())
    np.testing.assert_allclose(mine.predict(x), expected, rtol=1e-5, atol=tolerance)
    session = InferenceSession(model_proto(mine).SerializeToString())
    (name,) = [each.name for each in session.get_inputs()]
    for rows in (x, x[:1]):
        (y,) = session.run(None, {name: rows.astype("float32")})
        np.testing.assert_allclose(y, expected[: len(rows)], 1e-5, tolerance)

"""What the layers say about arguments and inputs that can't work."""

import re

import numpy as np
import pytest
from layer_strategies import STRATEGIES, Scripted
from oneiros.errors import ArgumentError, DataError, ShapeError
from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    AtrousConvolution2D,
    BatchNormalization,
    Bidirectional,
    ConvLSTM2D,
    Convolution1D,
    Convolution2D,
    Cropping1D,
    Cropping2D,
    Deconvolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    Input,
    LocallyConnected2D,
    MaxPooling1D,
    MaxPooling2D,
    Permute,
    PReLU,
    RepeatVector,
    Reshape,
    SeparableConvolution2D,
    TimeDistributed,
    ZeroPadding1D,
    ZeroPadding2D,
    merge,
)
from oneiros.models import Model, Sequential
from scipy.sparse import csr_matrix


def on(layer, *shape):
    return layer(Input(batch_shape=(None, *shape)))


def twice(layer, first, second):
    on(layer, *first)
    return on(layer, *second)


def convolution(*sizes, **arguments):
    return Convolution2D(*(sizes or (4, 3, 3)), **{"dim_ordering": "tf", **arguments})


def deconvolution(*output_shape, **arguments):
    return Deconvolution2D(3, 3, 3, output_shape, dim_ordering="tf", **arguments)


ARGUMENTS = {
    "Dense float": (lambda: Dense(64 / 2), r"output_dim=32.0.*n // 2"),
    "Dense text": (lambda: Dense("relu"), r"output_dim='relu'.*integer"),
    "GaussianNoise": (lambda: GaussianNoise(-1), "sigma=-1"),
    "Reshape zero": (lambda: Reshape((3, 0)), r"target_shape=\(3, 0\)"),
    "Reshape two open": (lambda: Reshape((-1, -1)), "one may be -1"),
    "Reshape int": (lambda: Reshape(3), "target_shape=3"),
    "Permute": (lambda: Permute((1, 3)), r"dims=\(1, 3\).*once"),
    "Permute batch": (lambda: Permute((0, 1)), "axis 0, the batch"),
    "BatchNormalization": (lambda: BatchNormalization(mode=3), "mode=3"),
    "PReLU": (lambda: PReLU(shared_axes=0), "shared_axes=0.*axis 0 is the batch"),
    "PReLU text": (lambda: PReLU(shared_axes="rows"), "shared_axes='rows'"),
    "Convolution axes": (
        lambda: convolution(dim_ordering="channels_last"),
        "'channels_last'.*'tf'.*'th'",
    ),
    "Separable border": (
        lambda: SeparableConvolution2D(4, 3, 3, border_mode="full"),
        "'valid' or 'same'",
    ),
    "Deconvolution": (
        lambda: deconvolution(None, 14, 14),
        r"output_shape=\(None, 14, 14\).*\(None, 25, 25, 3\)",
    ),
    "Deconvolution channels": (
        lambda: deconvolution(None, 14, 14, 4),
        "14, 4.*nb_filter=3 channels",
    ),
    "Deconvolution open": (
        lambda: deconvolution(None, None, 14, 3),
        "None, None, 14, 3.*such as",
    ),
    "Deconvolution int": (lambda: Deconvolution2D(3, 3, 3, 14), "output_shape=14"),
    "ZeroPadding three": (lambda: ZeroPadding1D((1, 2, 3)), r"padding=\(1, 2, 3\)"),
    "ZeroPadding key": (
        lambda: ZeroPadding1D({"top_pad": 1}),
        "'top_pad'.*left_pad, right_pad",
    ),
    "ZeroPadding 2D key": (
        lambda: ZeroPadding2D({"top": 1}),
        "'top'.*top_pad, bottom_pad",
    ),
    "ZeroPadding 2D value": (lambda: ZeroPadding2D({"top_pad": -1}), "at least 0"),
    "Cropping": (lambda: Cropping1D(1), "cropping=1"),
    "Cropping 2D": (
        lambda: Cropping2D((1, 1)),
        r"cropping=\(1, 1\).*pair .*rows, columns.*\(\(1, 1\), \(1, 1\)\)",
    ),
    "Pooling stride": (lambda: MaxPooling1D(stride=0), " stride=0"),
    "Pooling border": (
        lambda: MaxPooling1D(border_mode="full"),
        "'full'.*'valid' or 'same'",
    ),
    "TimeDistributed": (
        lambda: TimeDistributed(Dense),
        r"received layer=<class.*a layer to wrap, such as Dense",
    ),
    "Bidirectional layer": (
        lambda: Bidirectional(Dense(2)),
        r"Dense 'dense_\d+', which can't run backwards.*such as LSTM",
    ),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments(name):
    call, message = ARGUMENTS[name]
    with pytest.raises(ArgumentError, match=message):
        call()


SHAPES = {
    "Dense unknown": (
        lambda: on(Dense(2), None),
        r"Dense .*\(None, None\).*last axis must be known",
    ),
    "Flatten": (
        lambda: on(Flatten(), None, 4),
        r"Flatten .*\(None, None, 4\).*all sizes except the batch",
    ),
    "Reshape": (
        lambda: on(Reshape((2, 3)), 8),
        r"8 values per sample.*\(2, 3\) needs 6",
    ),
    "Reshape larger": (lambda: on(Reshape((-1, 9)), 8), "needs a multiple of 9"),
    "noise_shape": (
        lambda: on(Dropout(0.5, noise_shape=(2, None, 1)), 3),
        r"noise_shape.*needs 2 entries",
    ),
    "noise_shape size": (
        lambda: on(Dropout(0.5, noise_shape=(None, 2)), 3),
        "None, 1 or the input's size",
    ),
    "Embedding": (
        lambda: on(Embedding(5, 2, input_length=3), 4),
        r"\(None, 4\).*input_length=3",
    ),
    "BatchNormalization": (
        lambda: on(BatchNormalization(axis=3), 3, 4),
        "axis=3.*1 to 2, or -1",
    ),
    "BatchNormalization unknown": (
        lambda: on(BatchNormalization(axis=1), None, 4),
        "size must be known",
    ),
    "BatchNormalization mode 1": (
        lambda: on(BatchNormalization(mode=1, axis=1), 3, 4),
        "mode=1.*last axis",
    ),
    "PReLU": (lambda: on(PReLU(shared_axes=[3]), 3, 4), r"shared_axes=\[3\]"),
    "PReLU unknown": (
        lambda: on(PReLU(), None, 4),
        r"\(None, None, 4\).*sizes must be known",
    ),
    "Convolution rank alone": (
        lambda: convolution().get_output_shape_for((None, 5, 5)),
        r"4 axes, \(samples, rows, columns, channels\)",
    ),
    "Convolution small": (
        lambda: on(convolution(), 2, 5, 3),
        (
            r"\(None, 2, 5, 3\).*window \(3, 3\) is larger than \(2, "
            r"5\).*smaller.*dim_ordering='th'"
        ),
    ),
    "Convolution channels": (
        lambda: on(convolution(), 5, 5, None),
        r"channels must be known.*\(32, 32, 3\)",
    ),
    "Convolution other": (
        lambda: twice(convolution(), (5, 5, 3), (5, 5, 2)),
        r"\(None, 5, 5, 2\).*2 channels.*weights were made for 3",
    ),
    "Convolution first": (
        lambda: on(Convolution2D(4, 3, 3, dim_ordering="th"), 8, 8, 2),
        (
            r"\(samples, channels, rows, columns\).*larger than \(8, 2\).*'tf', if the "
            r"channels come last"
        ),
    ),
    "Atrous": (
        lambda: on(
            AtrousConvolution2D(4, 3, 3, atrous_rate=(3, 3), dim_ordering="tf"), 6, 8, 3
        ),
        r"atrous_rate=\(3, 3\): \(7, 7\)\) is larger than \(6, 8\)",
    ),
    "Deconvolution": (
        lambda: on(deconvolution(None, 14, 14, 3), 11, 12, 2),
        (
            r"comes from rows and columns \(12, 12\).*has \(11, 12\).*\(13, 14\), in "
            r"output_shape"
        ),
    ),
    "Deconvolution steps": (
        lambda: on(deconvolution(None, 14, 14, 3, subsample=(2, 2)), None, 7, 2),
        r"such as \(None, 15\)",
    ),
    "Cropping 2D": (
        lambda: on(Cropping2D(((0, 0), (2, 2)), dim_ordering="tf"), 4, 3, 3),
        r"\(None, 4, 3, 3\).*leaves nothing of its rows, columns",
    ),
    "Local rows": (
        lambda: on(LocallyConnected2D(3, 3, 3, dim_ordering="tf"), 5, None, 3),
        r"\(None, 5, None, 3\).*its rows and columns must be known",
    ),
    "Local other": (
        lambda: twice(
            LocallyConnected2D(3, 3, 3, dim_ordering="tf"), (5, 5, 3), (6, 5, 3)
        ),
        r"\(None, 6, 5, 3\).*must have the shape \(None, 5, 5, 3\)",
    ),
    "LSTM other": (
        lambda: twice(LSTM(2), (3, 4), (3, 5)),
        r"LSTM .*\(None, 3, 5\).*\(None, 3, 4\)",
    ),
    "LSTM unroll": (
        lambda: on(LSTM(2, unroll=True), None, 4),
        r"LSTM .*unroll=True.*number of steps must be known",
    ),
    "LSTM stateful": (
        lambda: on(LSTM(2, stateful=True), 3, 4),
        "LSTM .*stateful.*batch_input_shape=",
    ),
    "ConvLSTM2D shape": (
        lambda: on(ConvLSTM2D(2, 3, 3, dim_ordering="th"), 5, 1, 2, 4),
        (
            r"shape \(None, 5, 1, 2, 4\), read as \(samples, steps, channels, rows, "
            r"columns\).*than \(2, 4\)"
        ),
    ),
    "TimeDistributed other": (
        lambda: twice(TimeDistributed(Dense(2)), (3, 4), (3, 5)),
        (
            r"^In TimeDistributed '\w+' \(input shape \(None, 3, 5\)\): Dense "
            r".*\(None, 5\).*last axis of 4"
        ),
    ),
    "TimeDistributed twice": (
        lambda: on(TimeDistributed(TimeDistributed(Dense(2))), 4, 2, None),
        (
            r"^In Time.* \(None, 4, 2, None\)\): In TimeDistributed .*\(None, 2, "
            r"None\)\): Dense "
        ),
    ),
    "Bidirectional unroll": (
        lambda: on(Bidirectional(GRU(2, unroll=True)), None, 3),
        (
            r"^In Bidirectional '\w+' \(input shape \(None, None, 3\)\): GRU "
            r"'forward_gru_\d+' has unroll=True"
        ),
    ),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shapes(name):
    call, message = SHAPES[name]
    with pytest.raises(ShapeError, match=message):
        call()


OTHER_SHAPES = {
    "of a lower rank": lambda shape: [shape[1:]],
    "of a higher rank": lambda shape: [(*shape, 2)],
    "of unknown sizes": lambda shape: [(None,) * len(shape)],
    "small": lambda shape: [(1,) * len(shape)],
    "another one later": lambda shape: [shape, tuple(size + 1 for size in shape)],
}
"""Shapes on which a layer is called in turn, made from one that suits it."""


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_a_layer_takes_a_shape_or_refuses_it_by_name(name):
    case = STRATEGIES[name](Scripted({}))
    for others_of in OTHER_SHAPES.values() if len(case.shapes) == 1 else ():
        layer = case.made()
        try:
            for shape in others_of(tuple(case.shapes[0])):
                layer(Input(batch_shape=(None, *shape), dtype=case.dtype))
        except ShapeError as error:
            assert f"{name} {layer.name!r}" in str(error)


WITH_WINDOWS = [
    name for name in STRATEGIES if re.search("Conv|Crop|GRU|LSTM|Pool|RNN", name)
]


@pytest.mark.parametrize("name", WITH_WINDOWS)
def test_data_too_small_are_refused_in_the_layers_name(name):
    case = STRATEGIES[name](Scripted({"@open": True}))
    layer, inputs, outputs = case.connected()
    model = Model(inputs, outputs)
    for size in (0, 1):
        small = list(case.shapes[0])
        small[case.open or 0] = size
        try:
            model.predict(np.zeros((2, *small)))
        except ShapeError as error:
            assert f"{name} {layer.name!r}" in str(error) or case.open is None


def tf(layer, *sizes, **arguments):
    return layer(*sizes, dim_ordering="tf", **arguments)


def th(layer, *sizes, **arguments):
    return layer(*sizes, dim_ordering="th", **arguments)


# A layer, the shape it is called on, a shape that is too small, what is said of it.
AT_THE_CALL = {
    "Convolution2D th": (
        lambda: th(Convolution2D, 4, 3, 3),
        (3, None, 5),
        (3, 2, 5),
        r"than \(2, 5\)",
    ),
    "Deconvolution": (
        lambda: deconvolution(None, 14, 14, 3),
        (None, 12, 2),
        (11, 12, 2),
        r"output_shape.*the input has \(11, 12\)",
    ),
    "TimeDistributed": (
        lambda: TimeDistributed(Convolution1D(2, 3)),
        (4, None, 5),
        (4, 2, 5),
        (
            r"^In TimeDistributed '\w+' \(input shape \(None, 4, 2, 5\)\): "
            r"Convolution1D '\w+' received"
        ),
    ),
    "Bidirectional": (
        lambda: Bidirectional(GRU(2)),
        (None, 3),
        (0, 3),
        "^In Bidirectional .* of 0 steps",
    ),
}


@pytest.mark.parametrize("name", sorted(AT_THE_CALL))
def test_sizes_that_only_the_data_tells(name):
    make, shape, small, message = AT_THE_CALL[name]
    layer = make()
    x = Input(shape=shape)
    model = Model(x, layer(x))
    with pytest.raises(ShapeError, match=message) as caught:
        model.predict(np.zeros((2, *small)))
    assert f"{type(layer).__name__} {layer.name!r}" in str(caught.value)


def test_sizes_in_a_chain_of_layers_while_training():
    """With channels first the layers hand each other tensors that have channels
    last."""
    x = Input(shape=(1, None, None))
    y = th(Convolution2D, 2, 3, 3, activation="relu", name="one")(x)
    y = th(Convolution2D, 2, 3, 3, name="two")(Dropout(0.5)(y))
    y = th(MaxPooling2D, name="three")(BatchNormalization(axis=1)(y))
    model = Model(x, Flatten()(Reshape((2, 1))(y)))
    model.compile("sgd", "mse")
    for size, name in ((2, "one"), (4, "two"), (5, "three")):
        with pytest.raises(
            ShapeError,
            match=rf"^\w+ '{name}' received an input of shape .* larger than",
        ):
            model.train_on_batch(np.zeros((3, 1, size, size)), np.zeros((3, 2)))
    model.train_on_batch(np.zeros((3, 1, 6, 6)), np.zeros((3, 2)))


def test_sizes_inside_a_model_inside_a_model():
    inner = Sequential(
        [Convolution1D(3, 3, input_shape=(None, 3)), Convolution1D(2, 4, name="second")]
    )
    x = Input(shape=(None, 3))
    model = Model(x, Dense(2)(TimeDistributed(Dense(3))(inner(x))))
    with pytest.raises(
        ShapeError,
        match=r"^Convolution1D 'second' received an input of shape \(None, 3, 3\)",
    ):
        model.predict(np.zeros((2, 5, 3)))


def test_what_fails_in_a_layer_is_told_with_its_name():
    x, z = Input(shape=(None, 4)), Input(shape=(None, 4))
    before = Activation("relu", name="before")(x)
    y = merge([before, z], mode="concat", concat_axis=-1, name="joined")
    model = Model([x, z], Dense(2, name="after")(y))
    data = [np.zeros((2, 3, 4)), np.zeros((2, 2, 4))]
    with pytest.raises(
        DataError,
        match=r"^In Merge 'joined' \(input shape \(2, 3, 4\), \(2, 2, 4\)\): ",
    ):
        model.predict(data)


def test_sparse_inputs_are_computed_with_as_dense():
    """So each layer takes them."""
    matrix = np.array([[0, 2, 0], [1, 0, 0]], "float32")
    for layer in (
        Dense(2),
        RepeatVector(2),
        Reshape((3, 1)),
        BatchNormalization(mode=1),
        Embedding(3, 2),
    ):
        x, dense = Input(shape=(3,), sparse=True), Input(shape=(3,))
        predictions = Model(x, layer(x)).predict(csr_matrix(matrix))
        np.testing.assert_allclose(
            predictions, Model(dense, layer(dense)).predict(matrix), rtol=1e-6
        )


def test_sparse_data_for_an_input_that_is_not_sparse():
    x = Input(shape=(3,), name="words")
    model = Model(x, Dense(2)(x))
    message = (
        r"'words': received a sparse matrix .*Pass x\.toarray\(\), .*"
        r"sparse=True\) accepts sparse matrices"
    )
    with pytest.raises(DataError, match=message):
        model.predict(csr_matrix((2, 3), dtype="float32"))


def test_numpy_integers_are_whole_numbers():
    assert Dense(np.int64(3)).output_dim == 3
    assert Reshape(np.array([2, 3])).target_shape == (2, 3)


@pytest.mark.parametrize(
    "layer", [Dense, Dropout, Embedding, Flatten, GaussianNoise, PReLU]
)
def test_unknown_arguments_are_named(layer):
    arguments = {
        Dense: [3],
        Dropout: [0.5],
        Embedding: [3, 4],
        GaussianNoise: [0.1],
    }.get(layer, [])
    with pytest.raises(TypeError, match=r"input_shpe.*input_shape"):
        layer(*arguments, input_shpe=(3,))

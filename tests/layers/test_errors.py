"""What the layers say about arguments and inputs that can't work."""

import numpy as np
import pytest
from oneiros.errors import ArgumentError, DataError, ShapeError
from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    AtrousConvolution1D,
    AtrousConvolution2D,
    AveragePooling3D,
    BatchNormalization,
    Bidirectional,
    ConvLSTM2D,
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Deconvolution2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    Highway,
    Input,
    LocallyConnected1D,
    LocallyConnected2D,
    MaxoutDense,
    MaxPooling1D,
    MaxPooling2D,
    Permute,
    PReLU,
    RepeatVector,
    Reshape,
    SeparableConvolution2D,
    SimpleRNN,
    SpatialDropout1D,
    SpatialDropout2D,
    TimeDistributed,
    TimeDistributedDense,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
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
    "Dense negative": (lambda: Dense(-3), r"Dense 'dense_\d+' received output_dim=-3"),
    "Dense float": (lambda: Dense(64 / 2), r"output_dim=32.0.*n // 2"),
    "Dense text": (lambda: Dense("relu"), r"output_dim='relu'.*integer"),
    "Dense true": (lambda: Dense(True), "output_dim=True"),
    "Maxout": (lambda: MaxoutDense(3, nb_feature=0), "nb_feature=0"),
    "RepeatVector": (lambda: RepeatVector(1.5), r"RepeatVector .* n=1.5"),
    "Dropout": (
        lambda: Dropout(1.5),
        r"Dropout 'dropout_\d+' received p=1.5.*between 0 and 1",
    ),
    "Dropout nan": (lambda: Dropout(float("nan")), "p=nan"),
    "GaussianDropout": (lambda: GaussianDropout(-0.1), "p=-0.1"),
    "GaussianNoise": (lambda: GaussianNoise(-1), "sigma=-1"),
    "SpatialDropout2D": (
        lambda: SpatialDropout2D(0.5, dim_ordering="channels_last"),
        "'tf'.*'th'",
    ),
    "Reshape zero": (lambda: Reshape((3, 0)), r"target_shape=\(3, 0\)"),
    "Reshape two open": (lambda: Reshape((-1, -1)), "one may be -1"),
    "Reshape int": (lambda: Reshape(3), "target_shape=3"),
    "Permute": (lambda: Permute((1, 3)), r"dims=\(1, 3\).*once"),
    "Permute batch": (lambda: Permute((0, 1)), "axis 0, the batch"),
    "Embedding": (
        lambda: Embedding(0, 3),
        r"Embedding 'embedding_\d+' received input_dim=0",
    ),
    "Embedding float": (lambda: Embedding(5, 2.5), "output_dim=2.5"),
    "Embedding dropout": (lambda: Embedding(5, 2, dropout=2), "dropout=2"),
    "BatchNormalization": (lambda: BatchNormalization(mode=3), "mode=3"),
    "PReLU": (lambda: PReLU(shared_axes=0), "shared_axes=0.*axis 0 is the batch"),
    "PReLU text": (lambda: PReLU(shared_axes="rows"), "shared_axes='rows'"),
    "Convolution filters": (
        lambda: convolution(0, 3, 3),
        r"Convolution2D 'conv.*nb_filter=0.*at least 1",
    ),
    "Convolution rows": (lambda: convolution(4, 0, 3), "nb_row=0"),
    "Convolution columns": (lambda: convolution(4, 3, -1), "nb_col=-1"),
    "Convolution subsample": (
        lambda: convolution(subsample=2),
        r"subsample=2.*2 integers.*\(2, 2\)",
    ),
    "Convolution step": (
        lambda: convolution(subsample=(0, 1)),
        r"subsample=\(0, 1\).*at least 1",
    ),
    "Convolution border": (
        lambda: convolution(border_mode="reflect"),
        "'reflect'.*'valid', 'same' or 'ful",
    ),
    "Convolution axes": (
        lambda: convolution(dim_ordering="channels_last"),
        "'channels_last'.*'tf'.*'th'",
    ),
    "Convolution1D": (
        lambda: Convolution1D(4, 2.5),
        r"Convolution1D 'conv.* filter_length=2.5",
    ),
    "Convolution1D step": (
        lambda: Convolution1D(4, 3, subsample_length=0),
        "subsample_length=0",
    ),
    "Convolution3D": (lambda: Convolution3D(4, 3, 3, 0), "kernel_dim3=0"),
    "Convolution3D step": (
        lambda: Convolution3D(4, 3, 3, 3, subsample=(1, 1)),
        "3 integers",
    ),
    "Atrous": (lambda: AtrousConvolution1D(4, 3, atrous_rate=0), "atrous_rate=0"),
    "Atrous 2D": (
        lambda: AtrousConvolution2D(4, 3, 3, atrous_rate=2),
        r"atrous_rate=2.*\(2, 2\)",
    ),
    "Separable border": (
        lambda: SeparableConvolution2D(4, 3, 3, border_mode="full"),
        "'valid' or 'same'",
    ),
    "Separable depth": (
        lambda: SeparableConvolution2D(4, 3, 3, depth_multiplier=0),
        "depth_multiplier=0",
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
    "Deconvolution zero": (
        lambda: deconvolution(None, 0, 14, 3),
        "None, 0, 14, 3.*such as",
    ),
    "Deconvolution int": (lambda: Deconvolution2D(3, 3, 3, 14), "output_shape=14"),
    "UpSampling": (
        lambda: UpSampling1D(0),
        r"UpSampling1D 'upsampling1d_\d+' received length=0",
    ),
    "UpSampling int": (lambda: UpSampling2D(2), "size=2"),
    "UpSampling pair": (lambda: UpSampling3D((1, 2)), "3 integers"),
    "ZeroPadding": (lambda: ZeroPadding1D(-1), r"ZeroPadding1D .*-1.*at least 0"),
    "ZeroPadding three": (lambda: ZeroPadding1D((1, 2, 3)), r"padding=\(1, 2, 3\)"),
    "ZeroPadding key": (
        lambda: ZeroPadding1D({"top_pad": 1}),
        "'top_pad'.*left_pad, right_pad",
    ),
    "ZeroPadding text": (lambda: ZeroPadding1D("same"), "padding='same'"),
    "ZeroPadding 2D": (lambda: ZeroPadding2D((1, 2, 3)), r"padding=\(1, 2, 3\)"),
    "ZeroPadding 2D key": (
        lambda: ZeroPadding2D({"top": 1}),
        "'top'.*top_pad, bottom_pad",
    ),
    "ZeroPadding 2D value": (lambda: ZeroPadding2D({"top_pad": -1}), "at least 0"),
    "ZeroPadding 3D": (lambda: ZeroPadding3D((1, 1)), "3 integers"),
    "Cropping": (lambda: Cropping1D(1), "cropping=1"),
    "Cropping negative": (
        lambda: Cropping1D((-1, 0)),
        r"cropping=\(-1, 0\).*at least 0",
    ),
    "Cropping 2D": (
        lambda: Cropping2D((1, 1)),
        r"cropping=\(1, 1\).*pair .*rows, columns.*\(\(1, 1\), \(1, 1\)\)",
    ),
    "Cropping 2D one": (lambda: Cropping2D(((1, 1),)), r"cropping=\(\(1, 1\),\)"),
    "Cropping 2D negative": (
        lambda: Cropping2D(((1, 1), (1, -1))),
        "1, -1.*at least 0",
    ),
    "Cropping 3D": (lambda: Cropping3D(1), "cropping=1.*d1, d2, d3"),
    "Pooling": (
        lambda: MaxPooling1D(0),
        r"MaxPooling1D 'maxpooling1d_\d+' received pool_length=0",
    ),
    "Pooling stride": (lambda: MaxPooling1D(stride=0), " stride=0"),
    "Pooling border": (
        lambda: MaxPooling1D(border_mode="full"),
        "'full'.*'valid' or 'same'",
    ),
    "Pooling int": (lambda: MaxPooling2D(2), "pool_size=2"),
    "Pooling strides": (lambda: MaxPooling2D(strides=(1, 0)), r"strides=\(1, 0\)"),
    "Pooling 3D": (lambda: AveragePooling3D((2, 2)), "3 integers"),
    "Pooling axes": (lambda: GlobalMaxPooling2D("last"), "dim_ordering='last'"),
    "Local border": (
        lambda: LocallyConnected1D(3, 3, border_mode="same"),
        "'same'. Expected 'valid'",
    ),
    "Local": (lambda: LocallyConnected2D(3, 3, 0), "nb_col=0"),
    "Local step": (
        lambda: LocallyConnected2D(3, 3, 3, subsample=(1, 0)),
        r"subsample=\(1, 0\)",
    ),
    "SimpleRNN": (
        lambda: SimpleRNN(0),
        r"SimpleRNN 'simplernn_\d+' received output_dim=0",
    ),
    "LSTM": (lambda: LSTM(32 / 2), "output_dim=16.0.*n // 2"),
    "LSTM mode": (
        lambda: LSTM(2, consume_less="ram"),
        "consume_less='ram'.*'cpu', 'mem' or 'gpu'",
    ),
    "GRU dropout": (
        lambda: GRU(2, dropout_U=1.5),
        r"GRU 'gru_\d+' received dropout_U=1.5.*between 0 and 1",
    ),
    "ConvLSTM2D": (
        lambda: ConvLSTM2D(2, 3, 0),
        r"ConvLSTM2D 'convlstm2d_\d+' received nb_col=0",
    ),
    "ConvLSTM2D border": (
        lambda: ConvLSTM2D(2, 3, 3, border_mode="full"),
        "'full'. Expected 'valid' or 'same'",
    ),
    "ConvLSTM2D axes": (
        lambda: ConvLSTM2D(2, 3, 3, dim_ordering="last"),
        "dim_ordering='last'.*'tf'.*'th'",
    ),
    "TimeDistributed": (
        lambda: TimeDistributed(Dense),
        "received <class.*Did you mean Dense",
    ),
    "Bidirectional mode": (
        lambda: Bidirectional(LSTM(2), merge_mode="average"),
        (
            r"Bidirectional 'bid.* received merge_mode='average'.*'sum', 'mul', "
            r"'concat', 'ave', or None"
        ),
    ),
    "Bidirectional layer": (
        lambda: Bidirectional(Dense(2)),
        r"Dense 'dense_\d+', which can't run backwards.*such as LSTM",
    ),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments(backend, name):
    call, message = ARGUMENTS[name]
    with pytest.raises(ArgumentError, match=message):
        call()


SHAPES = {
    "Dense unknown": (
        lambda: on(Dense(2), None),
        r"Dense .*\(None, None\).*last axis must be known",
    ),
    "Dense other": (
        lambda: twice(Dense(2), (3,), (4,)),
        r"\(None, 4\).*weights.*last axis of 3",
    ),
    "Dense vector": (lambda: Dense(2)(Input(batch_shape=(5,))), r"\(5,\).*2.* axes"),
    "Maxout": (lambda: on(MaxoutDense(2), 3, 4), r"Maxout.* \(None, 3, 4\).*2 axes"),
    "Highway": (
        lambda: twice(Highway(), (3,), (4,)),
        r"Highway .*\(None, 4\).*\(None, 3\)",
    ),
    "TimeDistributedDense": (lambda: on(TimeDistributedDense(2), 3), "3 axes"),
    "Flatten": (
        lambda: on(Flatten(), None, 4),
        r"Flatten .*\(None, None, 4\).*all sizes except the batch",
    ),
    "Flatten flat": (lambda: on(Flatten(), 4), "3.* axes"),
    "Reshape": (
        lambda: on(Reshape((2, 3)), 8),
        r"8 values per sample.*\(2, 3\) needs 6",
    ),
    "Reshape open": (lambda: on(Reshape((-1, 3)), 8), "needs a multiple of 3"),
    "Reshape larger": (lambda: on(Reshape((-1, 9)), 8), "needs a multiple of 9"),
    "Permute": (lambda: on(Permute((2, 1)), 3), "3 axes"),
    "RepeatVector": (lambda: on(RepeatVector(2), 3, 4), "2 axes"),
    "SpatialDropout1D": (lambda: on(SpatialDropout1D(0.5), 3), "3 axes"),
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
    "BatchNormalization batch": (lambda: on(BatchNormalization(axis=0), 3), "axis=0"),
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
    "Convolution rank": (
        lambda: on(convolution(), 5, 5),
        r"Convolution2D .*\(None, 5, 5\).*4 axes",
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
    "Convolution small later": (
        lambda: twice(convolution(), (5, 5, 3), (5, 2, 3)),
        r"larger than \(5, 2\)",
    ),
    "Convolution first": (
        lambda: on(Convolution2D(4, 3, 3, dim_ordering="th"), 8, 8, 2),
        (
            r"\(samples, channels, rows, columns\).*larger than \(8, 2\).*'tf', if the "
            r"channels come last"
        ),
    ),
    "Convolution1D": (
        lambda: on(Convolution1D(4, 5), 4, 3),
        r"\(samples, steps, channels\).*than \(4,\)",
    ),
    "Convolution1D channels": (
        lambda: on(Convolution1D(4, 5), 5, None),
        r"input_shape=\(10, 3\)\.",
    ),
    "Convolution3D": (
        lambda: on(Convolution3D(2, 3, 3, 3, dim_ordering="tf"), 2, 3, 3, 1),
        r"d1, d2, d3",
    ),
    "Atrous": (
        lambda: on(
            AtrousConvolution2D(4, 3, 3, atrous_rate=(3, 3), dim_ordering="tf"), 6, 8, 3
        ),
        r"atrous_rate=\(3, 3\): \(7, 7\)\) is larger than \(6, 8\)",
    ),
    "Separable": (
        lambda: twice(
            SeparableConvolution2D(4, 3, 3, dim_ordering="tf"), (5, 5, 3), (5, 5, 2)
        ),
        "2 channels.*made for 3",
    ),
    "Deconvolution": (
        lambda: on(deconvolution(None, 14, 14, 3), 11, 12, 2),
        (
            r"comes from rows and columns \(12, 12\).*has \(11, 12\).*13 and 14 in "
            r"output_shape"
        ),
    ),
    "Deconvolution steps": (
        lambda: on(deconvolution(None, 14, 14, 3, subsample=(2, 2)), None, 7, 2),
        "any size and 15 to 16",
    ),
    "UpSampling": (lambda: on(UpSampling2D(), 3, 3), "4 axes"),
    "ZeroPadding": (lambda: on(ZeroPadding2D(), 3), "4 axes"),
    "Cropping": (
        lambda: on(Cropping1D((2, 3)), 4, 3),
        r"\(\(2, 3\),\) leaves nothing of \(4,\)",
    ),
    "Cropping 2D": (
        lambda: on(Cropping2D(((0, 0), (2, 2)), dim_ordering="tf"), 4, 3, 3),
        r"\(None, 4, 3, 3\).*leaves nothing of \(4, 3\), its rows, columns",
    ),
    "Pooling": (
        lambda: on(MaxPooling1D(3), 2, 3),
        r"MaxPooling1D .*window \(3,\) is larger than \(2,\)",
    ),
    "Pooling 2D": (
        lambda: on(MaxPooling2D((3, 3), dim_ordering="tf"), 2, 3, 3),
        r"larger than \(2, 3\)",
    ),
    "Pooling 3D": (
        lambda: on(AveragePooling3D(dim_ordering="tf"), 1, 3, 3, 3),
        r"larger than \(1, 3, 3\)",
    ),
    "Pooling rank": (lambda: on(GlobalMaxPooling1D(), 2), "3 axes"),
    "Local steps": (
        lambda: on(LocallyConnected1D(3, 3), None, 3),
        "each position, so its steps must be known",
    ),
    "Local channels": (
        lambda: on(LocallyConnected1D(3, 3), 5, None),
        "channels must be known",
    ),
    "Local small": (lambda: on(LocallyConnected1D(3, 3), 2, 3), r"larger than \(2,\)"),
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
    "LSTM": (lambda: on(LSTM(2), 3), r"LSTM .* \(None, 3\).*3 axes"),
    "LSTM unknown": (
        lambda: on(LSTM(2), 3, None),
        r"LSTM .*\(None, 3, None\).*last axis must be known.*input_dim",
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
    "ConvLSTM2D": (
        lambda: on(ConvLSTM2D(2, 3, 3, dim_ordering="tf"), 5, 2, 2, 1),
        r"ConvLSTM2D .*window \(3, 3\) is larger than \(2, 2\)",
    ),
    "ConvLSTM2D shape": (
        lambda: on(ConvLSTM2D(2, 3, 3, dim_ordering="th"), 5, 1, 2, 4),
        (
            r"shape \(None, 5, 1, 2, 4\), read as \(samples, steps, channels, rows, "
            r"columns\).*than \(2, 4\)"
        ),
    ),
    "ConvLSTM2D channels": (
        lambda: on(ConvLSTM2D(2, 3, 3, dim_ordering="tf"), 5, 4, 4, None),
        r"ConvLSTM2D .*shape \(None, 5, 4, 4, None\).*input_shape=\(10, 32, 32, 3\)",
    ),
    "ConvLSTM2D axes": (
        lambda: on(ConvLSTM2D(2, 3, 3), 5, 5, 1),
        r"ConvLSTM2D .*5 axes",
    ),
    "TimeDistributed": (
        lambda: on(TimeDistributed(Dense(2)), 3),
        r"TimeDistributed .*\(None, 3\).*3.* axes",
    ),
    "TimeDistributed other": (
        lambda: twice(TimeDistributed(Dense(2)), (3, 4), (3, 5)),
        (
            r"^In TimeDistributed '\w+' \(input shape \(None, 3, 5\)\): Dense "
            r".*\(None, 5\).*last axis of 4"
        ),
    ),
    "TimeDistributed small": (
        lambda: on(TimeDistributed(Convolution1D(2, 3)), 4, 2, 5),
        (
            r"^In TimeDistributed '\w+' \(input shape \(None, 4, 2, 5\)\): "
            r"Convolution1D '\w+' received an input"
        ),
    ),
    "TimeDistributed twice": (
        lambda: on(TimeDistributed(TimeDistributed(Dense(2))), 4, 2, None),
        (
            r"^In Time.* \(None, 4, 2, None\)\): In TimeDistributed .*\(None, 2, "
            r"None\)\): Dense "
        ),
    ),
    "Bidirectional": (
        lambda: on(Bidirectional(GRU(2)), 3),
        r"Bidirectional .*\(None, 3\).*3 axes",
    ),
    "Bidirectional unknown": (
        lambda: on(Bidirectional(GRU(2)), 3, None),
        (
            r"^In Bidirectional '\w+' \(input shape \(None, 3, None\)\): GRU "
            r"'forward_gru_\d+' received"
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
def test_shapes(backend, name):
    call, message = SHAPES[name]
    with pytest.raises(ShapeError, match=message):
        call()


def tf(layer, *sizes, **arguments):
    return layer(*sizes, dim_ordering="tf", **arguments)


def th(layer, *sizes, **arguments):
    return layer(*sizes, dim_ordering="th", **arguments)


# A layer, the shape it is called on, a shape that is too small, what is said of it.
AT_THE_CALL = {
    "Convolution1D": (
        lambda: Convolution1D(4, 5),
        (None, 3),
        (4, 3),
        r"window \(5,\) is larger than \(4,\)",
    ),
    "Convolution2D": (
        lambda: tf(Convolution2D, 4, 3, 3),
        (None, None, 3),
        (2, 5, 3),
        r"larger than \(2, 5\)",
    ),
    "Convolution2D th": (
        lambda: th(Convolution2D, 4, 3, 3),
        (3, None, 5),
        (3, 2, 5),
        r"than \(2, 5\)",
    ),
    "Convolution3D": (
        lambda: tf(Convolution3D, 2, 3, 3, 3),
        (None, None, None, 1),
        (3, 3, 2, 1),
        r"larger than \(3, 3, 2\), the input's d1, d2, d3",
    ),
    "Atrous": (
        lambda: tf(AtrousConvolution2D, 4, 3, 3, atrous_rate=(2, 2)),
        (None, 5, 3),
        (4, 5, 3),
        r"\(5, 5\)\) is larger than \(4, 5\)",
    ),
    "Separable": (
        lambda: tf(SeparableConvolution2D, 4, 3, 3),
        (None, 5, 3),
        (2, 5, 3),
        r"than \(2, 5\)",
    ),
    "Deconvolution": (
        lambda: deconvolution(None, 14, 14, 3),
        (None, 12, 2),
        (11, 12, 2),
        r"output_shape.*the input has \(11, 12\)",
    ),
    "MaxPooling1D": (
        lambda: MaxPooling1D(3),
        (None, 3),
        (2, 3),
        r"window \(3,\) is larger than \(2,\)",
    ),
    "MaxPooling2D": (
        lambda: th(MaxPooling2D),
        (3, None, None),
        (3, 4, 1),
        r"larger than \(4, 1\)",
    ),
    "AveragePooling3D": (
        lambda: tf(AveragePooling3D),
        (None, 2, 2, 1),
        (1, 2, 2, 1),
        r"than \(1, 2, 2\)",
    ),
    "GlobalMaxPooling1D": (
        lambda: GlobalMaxPooling1D(),
        (None, 3),
        (0, 3),
        "its steps must be 1 or more",
    ),
    "GlobalMaxPooling2D": (
        lambda: tf(GlobalMaxPooling2D),
        (None, 2, 3),
        (0, 2, 3),
        "must be 1 or more",
    ),
    "Cropping1D": (
        lambda: Cropping1D((2, 3)),
        (None, 3),
        (4, 3),
        r"leaves nothing of \(4,\), its steps",
    ),
    "Cropping2D": (
        lambda: tf(Cropping2D, ((1, 1), (0, 3))),
        (None, None, 3),
        (3, 2, 3),
        r"leaves nothing of \(3, 2\), its rows, columns",
    ),
    "Cropping3D": (
        lambda: th(Cropping3D),
        (1, None, 3, 3),
        (1, 1, 3, 3),
        r"leaves nothing of \(1, 3, 3\)",
    ),
    "LSTM": (
        lambda: LSTM(2),
        (None, 3),
        (0, 3),
        "a sequence of 0 steps. Expected 1 step or more",
    ),
    "SimpleRNN dropout": (
        lambda: SimpleRNN(2, dropout_U=0.5),
        (None, 3),
        (0, 3),
        "of 0 steps",
    ),
    "ConvLSTM2D": (
        lambda: tf(ConvLSTM2D, 2, 3, 3),
        (None, None, 4, 1),
        (5, 2, 4, 1),
        r"shape \(None, 5, 2, 4, 1\).*is larger than \(2, 4\)",
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
def test_sizes_that_only_the_data_tells(backend, name):
    make, shape, small, message = AT_THE_CALL[name]
    layer = make()
    x = Input(shape=shape)
    model = Model(x, layer(x))
    with pytest.raises(ShapeError, match=message) as caught:
        model.predict(np.zeros((2, *small)))
    assert f"{type(layer).__name__} {layer.name!r}" in str(caught.value)


def test_sizes_in_a_chain_of_layers_while_training(backend):
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


def test_sizes_inside_a_model_inside_a_model(backend):
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


def test_what_fails_in_a_layer_is_told_with_its_name(backend):
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


def test_sparse_inputs_are_computed_with_as_dense(backend):
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


def test_sparse_data_for_an_input_that_is_not_sparse(backend):
    x = Input(shape=(3,), name="words")
    model = Model(x, Dense(2)(x))
    message = (
        r"'words': received a sparse matrix .*Pass x\.toarray\(\), .*"
        r"sparse=True\) accepts sparse matrices"
    )
    with pytest.raises(DataError, match=message):
        model.predict(csr_matrix((2, 3), dtype="float32"))


def test_numpy_integers_are_whole_numbers(backend):
    assert Dense(np.int64(3)).output_dim == 3
    assert Reshape(np.array([2, 3])).target_shape == (2, 3)


@pytest.mark.parametrize(
    "layer", [Dense, Dropout, Embedding, Flatten, GaussianNoise, PReLU]
)
def test_unknown_arguments_are_named(backend, layer):
    arguments = {
        Dense: [3],
        Dropout: [0.5],
        Embedding: [3, 4],
        GaussianNoise: [0.1],
    }.get(layer, [])
    with pytest.raises(TypeError, match=r"input_shpe.*input_shape"):
        layer(*arguments, input_shpe=(3,))

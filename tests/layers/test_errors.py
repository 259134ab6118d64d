"""What the layers say about arguments and inputs that can't work."""

import numpy as np
import pytest
from oneiros.errors import ArgumentError, ShapeError
from oneiros.layers import (
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Highway,
    Input,
    MaxoutDense,
    Permute,
    PReLU,
    RepeatVector,
    Reshape,
    SpatialDropout1D,
    SpatialDropout2D,
    TimeDistributedDense,
)


def on(layer, *shape):
    return layer(Input(batch_shape=(None, *shape)))


def twice(layer, first, second):
    on(layer, *first)
    return on(layer, *second)


ARGUMENTS = {
    "Dense negative": (lambda: Dense(-3), r"Dense 'dense_\d+' received output_dim=-3"),
    "Dense float": (lambda: Dense(64 / 2), r"output_dim=32.0.*n // 2"),
    "Dense text": (lambda: Dense("relu"), r"output_dim='relu'.*whole number"),
    "Dense true": (lambda: Dense(True), "output_dim=True"),
    "Maxout": (lambda: MaxoutDense(3, nb_feature=0), "nb_feature=0"),
    "RepeatVector": (lambda: RepeatVector(1.5), r"RepeatVector .* n=1.5"),
    "Dropout": (lambda: Dropout(1.5), r"Dropout 'dropout_\d+' received p=1.5.*between 0 and 1"),
    "Dropout nan": (lambda: Dropout(float("nan")), "p=nan"),
    "GaussianDropout": (lambda: GaussianDropout(-0.1), "p=-0.1"),
    "GaussianNoise": (lambda: GaussianNoise(-1), "sigma=-1"),
    "SpatialDropout2D": (lambda: SpatialDropout2D(0.5, dim_ordering="channels_last"), "'tf'.*'th'"),
    "Reshape zero": (lambda: Reshape((3, 0)), r"target_shape=\(3, 0\)"),
    "Reshape two open": (lambda: Reshape((-1, -1)), "one may be -1"),
    "Reshape int": (lambda: Reshape(3), "target_shape=3"),
    "Permute": (lambda: Permute((1, 3)), r"dims=\(1, 3\).*once"),
    "Permute batch": (lambda: Permute((0, 1)), "axis 0, the batch"),
    "Embedding": (lambda: Embedding(0, 3), r"Embedding 'embedding_\d+' received input_dim=0"),
    "Embedding float": (lambda: Embedding(5, 2.5), "output_dim=2.5"),
    "Embedding dropout": (lambda: Embedding(5, 2, dropout=2), "dropout=2"),
    "BatchNormalization": (lambda: BatchNormalization(mode=3), "mode=3"),
    "PReLU": (lambda: PReLU(shared_axes=0), "shared_axes=0.*axis 0 is the batch"),
    "PReLU text": (lambda: PReLU(shared_axes="rows"), "shared_axes='rows'"),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_arguments(backend, name):
    call, message = ARGUMENTS[name]
    with pytest.raises(ArgumentError, match=message):
        call()


SHAPES = {
    "Dense unknown": (lambda: on(Dense(2), None), r"Dense .*\(None, None\).*last axis must be known"),
    "Dense other": (lambda: twice(Dense(2), (3,), (4,)), r"\(None, 4\).*weights.*last axis of 3"),
    "Dense vector": (lambda: Dense(2)(Input(batch_shape=(5,))), r"\(5,\).*2.* axes"),
    "Maxout": (lambda: on(MaxoutDense(2), 3, 4), r"Maxout.* \(None, 3, 4\).*2 axes"),
    "Highway": (lambda: twice(Highway(), (3,), (4,)), r"Highway .*\(None, 4\).*\(None, 3\)"),
    "TimeDistributedDense": (lambda: on(TimeDistributedDense(2), 3), "3 axes"),
    "Flatten": (lambda: on(Flatten(), None, 4), r"Flatten .*\(None, None, 4\).*all sizes but the batch"),
    "Flatten flat": (lambda: on(Flatten(), 4), "3.* axes"),
    "Reshape": (lambda: on(Reshape((2, 3)), 8), r"8 values per sample.*\(2, 3\) takes 6"),
    "Reshape open": (lambda: on(Reshape((-1, 3)), 8), "takes a multiple of 3"),
    "Reshape larger": (lambda: on(Reshape((-1, 9)), 8), "takes a multiple of 9"),
    "Permute": (lambda: on(Permute((2, 1)), 3), "3 axes"),
    "RepeatVector": (lambda: on(RepeatVector(2), 3, 4), "2 axes"),
    "SpatialDropout1D": (lambda: on(SpatialDropout1D(0.5), 3), "3 axes"),
    "noise_shape": (lambda: on(Dropout(0.5, noise_shape=(2, None, 1)), 3), r"noise_shape.*needs 2 entries"),
    "noise_shape size": (lambda: on(Dropout(0.5, noise_shape=(None, 2)), 3), "None, 1 or the input's size"),
    "Embedding": (lambda: on(Embedding(5, 2, input_length=3), 4), r"\(None, 4\).*input_length=3"),
    "BatchNormalization": (lambda: on(BatchNormalization(axis=3), 3, 4), "axis=3.*1 to 2, or -1"),
    "BatchNormalization batch": (lambda: on(BatchNormalization(axis=0), 3), "axis=0"),
    "BatchNormalization unknown": (lambda: on(BatchNormalization(axis=1), None, 4), "size must be known"),
    "BatchNormalization mode 1": (lambda: on(BatchNormalization(mode=1, axis=1), 3, 4), "mode=1.*last axis"),
    "PReLU": (lambda: on(PReLU(shared_axes=[3]), 3, 4), r"shared_axes=\[3\]"),
    "PReLU unknown": (lambda: on(PReLU(), None, 4), r"\(None, None, 4\).*sizes must be known"),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shapes(backend, name):
    call, message = SHAPES[name]
    with pytest.raises(ShapeError, match=message):
        call()


def test_numpy_integers_are_whole_numbers(backend):
    assert Dense(np.int64(3)).output_dim == 3
    assert Reshape(np.array([2, 3])).target_shape == (2, 3)


@pytest.mark.parametrize("layer", [Dense, Dropout, Embedding, Flatten, GaussianNoise, PReLU])
def test_unknown_arguments_are_named(backend, layer):
    arguments = {Dense: [3], Dropout: [0.5], Embedding: [3, 4], GaussianNoise: [0.1]}.get(layer, [])
    with pytest.raises(TypeError, match=r"input_shpe.*input_shape"):
        layer(*arguments, input_shpe=(3,))

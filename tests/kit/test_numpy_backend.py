"""The tutorial's backend: it predicts as Theano does, by public names alone."""

import numpy as np
import pytest
from fresh import ROOT
from oneiros import backend as K
from oneiros.backend.contract import missing
from oneiros.errors import CapabilityError
from oneiros.layers import (
    GRU,
    AtrousConvolution2D,
    AveragePooling2D,
    BatchNormalization,
    Bidirectional,
    Convolution2D,
    Deconvolution2D,
    Dense,
    Embedding,
    Flatten,
    Lambda,
    MaxPooling2D,
    SeparableConvolution2D,
    TimeDistributed,
)
from oneiros.models import Sequential
from oneiros_testing.imports import faulty_imports

FOLDER = ROOT / "examples" / "plugins" / "numpy_backend"
RNG = np.random.default_rng(5)


def images():
    yield Convolution2D(4, 3, 2, border_mode="same", input_shape=(7, 9, 3))
    yield MaxPooling2D((2, 2), strides=(1, 2), border_mode="same")
    yield AtrousConvolution2D(2, 2, 2, atrous_rate=(2, 1))
    yield Deconvolution2D(3, 2, 3, (None, 6, 12, 3), subsample=(1, 3))
    yield SeparableConvolution2D(4, 2, 2, depth_multiplier=2)
    yield AveragePooling2D((3, 2), border_mode="same")
    yield BatchNormalization()
    yield Lambda(lambda x: K.reshape(x, (-1, 48)), output_shape=(48,))
    yield Dense(3, activation="softmax")


def sequences():
    yield Embedding(7, 4, mask_zero=True)
    yield Bidirectional(GRU(3, return_sequences=True, consume_less="gpu"))
    yield TimeDistributed(Dense(2, activation="tanh"))
    yield GRU(2, go_backwards=True)


CASES = {
    "images": (images, lambda: RNG.normal(size=(2, 7, 9, 3))),
    "sequences": (sequences, lambda: RNG.integers(0, 7, (3, 5))),
}


@pytest.mark.parametrize("name", CASES)
def test_it_predicts_as_theano_does(name, theano):
    layers, data = CASES[name]
    model = Sequential(list(layers()))
    with K.use("numpy"):
        other = Sequential(list(layers()))
    other.set_weights(model.get_weights())
    x = data()
    np.testing.assert_allclose(other.predict(x), model.predict(x), rtol=1e-4, atol=1e-6)
    assert other.output_shape == model.output_shape


def test_its_shapes_are_those_that_do_not_depend_on_open_sizes():
    with K.use("numpy"):
        x = K.placeholder((None, None, 4))
        assert K.int_shape(K.reshape(x, (K.shape(x)[0], -1, 2))) == (None, None, 2)
        pooled = K.pool2d(K.placeholder((None, None, 8, 3)), (2, 2), dim_ordering="tf")
        assert K.int_shape(pooled) == (None, None, 7, 3)


def test_it_only_predicts_and_says_so():
    with K.use("numpy") as numpy:
        assert missing(type(numpy)) == []
        assert not hasattr(numpy, "gradients")
        model = Sequential([Flatten(input_shape=(2, 2)), Dense(1)])
        model.compile("sgd", "mse")
        data = np.ones((3, 2, 2)), np.zeros((3, 1))
        assert np.isfinite(model.evaluate(*data, verbose=0))
        with pytest.raises(CapabilityError, match=r"'numpy' only predicts.*=theano"):
            model.train_on_batch(*data)
        with pytest.raises(CapabilityError, match=r"doesn't offer K\.gradients"):
            numpy.gradients(model.output, model.input)


def test_it_is_a_tutorial():
    """By public names alone, in less than 500 lines."""
    assert faulty_imports("numpy-backend", "numpy_backend") == []
    sources = [path.read_text() for path in (FOLDER / "src").rglob("*.py")]
    assert sum(len(source.splitlines()) for source in sources) < 500

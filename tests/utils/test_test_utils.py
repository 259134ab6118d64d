"""Helpers for tests: the data that they make up, and the layers that they let pass."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.layer import Layer
from oneiros.layers import Cropping1D, Dense, Dropout, Embedding, SimpleRNN
from oneiros.utils.test_utils import get_test_data, keras_test, layer_test


def test_classes_are_drawn_one_by_one():
    """The numbers are those of a loop over samples, as in Keras 1."""
    np.random.seed(3)
    (X_train, y_train), (X_test, y_test) = get_test_data(
        5, 4, input_shape=(2, 3), nb_class=4
    )
    draw = np.random.RandomState(3)
    classes = draw.randint(0, 4, size=9)
    inputs = [draw.normal(each, 0.7, size=(2, 3)) for each in classes]
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), classes)
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), inputs)
    assert len(X_train) == len(y_train) == 5


def test_targets_are_drawn_one_by_one():
    np.random.seed(3)
    (X_train, y_train), (X_test, y_test) = get_test_data(
        5, 4, input_shape=(3,), output_shape=(2, 2), classification=False
    )
    draw = np.random.RandomState(3)
    pairs = [
        (draw.normal(each, 0.7, size=3), draw.normal(each, 0.7, size=(2, 2)))
        for each in draw.random_sample(9)
    ]
    expected = [np.array(values) for values in zip(*pairs, strict=True)]
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), expected[0])
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), expected[1])


@pytest.mark.parametrize(
    ("cls", "kwargs", "shape", "options"),
    [
        (Dense, {"output_dim": 3}, (3, 2), {}),
        (Dense, {"output_dim": 3}, (None, None, 2), {}),
        (Dropout, {"p": 0.5}, (3, 2), {}),
        (Cropping1D, {"cropping": (2, 2)}, (2, 4, 3), {}),
        (
            SimpleRNN,
            {"output_dim": 2, "stateful": True},
            (3, 4, 2),
            {"fixed_batch_size": True},
        ),
        (
            Embedding,
            {"output_dim": 4, "input_dim": 10},
            (3, 2),
            {"input_dtype": "int32", "expected_output_dtype": "float32"},
        ),
    ],
)
def test_layers_pass(cls, kwargs, shape, options):
    before = dict(kwargs)
    output = layer_test(cls, kwargs, shape, **options)
    assert output.shape[0] == (shape[0] or output.shape[0])
    assert kwargs == before


def test_it_returns_the_output_of_the_data():
    data = np.array([[1.0, -2.0]], "float32")
    output = layer_test(
        Twice, input_data=data, expected_output=data * 2, input_shape=(None, 2)
    )
    np.testing.assert_array_equal(output, data * 2)


class Twice(Layer):
    """A layer that no plugin knows."""

    def call(self, x, mask=None):
        return x * 2


class Forgetful(Dense):
    """Its configuration lacks what its weights depend on."""

    def __init__(self, scaled=False, **kwargs):
        self.scaled = scaled
        super().__init__(**kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        if self.scaled:
            self.scale = self.add_weight((1,), "one", trainable=False)

    def get_config(self):
        config = super().get_config()
        config.pop("scaled", None)
        return config


class OtherType(Twice):
    def call(self, x, mask=None):
        return K.cast(x, "float64")


class RefusesWeights(Dense):
    def set_weights(self, weights):
        raise AssertionError("no weights")


def test_what_a_configuration_builds_gets_no_weights():
    """As in Keras 1, which builds and compiles it."""
    layer_test(Forgetful, {"output_dim": 2, "scaled": True}, (3, 2))


@pytest.mark.parametrize(
    ("cls", "kwargs", "options", "message"),
    [
        (Twice, {}, {"expected_output": np.ones((3, 2))}, "Not equal"),
        (OtherType, {}, {}, "float64"),
        (RefusesWeights, {"output_dim": 2}, {}, "no weights"),
    ],
)
def test_layers_fail(cls, kwargs, options, message):
    with pytest.raises(AssertionError, match=message):
        layer_test(cls, kwargs, (3, 2), **options)


def test_a_layer_needs_data_or_a_shape():
    with pytest.raises(AssertionError, match="input_shape or input_data"):
        layer_test(Twice)


def test_a_test_is_decorated():
    @keras_test
    def some_test(value):
        K.set_learning_phase(1)
        return value

    assert some_test(3) == 3 and some_test.__name__ == "some_test"
    assert not isinstance(K.learning_phase(), int)

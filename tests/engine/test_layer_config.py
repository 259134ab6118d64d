"""Configurations that layers derive from their constructors' arguments."""

import numpy as np
import pytest
from oneiros import activations, constraints, initializations, regularizers
from oneiros import backend as K
from oneiros.config import custom_object_scope
from oneiros.engine.layer import Layer
from oneiros.errors import ConfigError
from oneiros.layers import Dense


class Squash(Layer):
    """A layer as an author writes it: a constructor and `call`."""

    def __init__(
        self,
        width,
        shape=(2, 3),
        nonlinearity="relu",
        init="uniform",
        W_regularizer=None,
        W_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.width = width
        self.shape = shape
        self.nonlinearity = activations.get(nonlinearity)
        self.init = initializations.get(init)
        self.W_regularizer = regularizers.get(W_regularizer)
        self.W_constraint = constraints.get(W_constraint)

    def call(self, x, mask=None):
        return self.nonlinearity(x * self.width)


def test_each_kind_of_argument_gets_into_the_configuration():
    layer = Squash(
        np.int64(4),
        shape=[None, 5],
        nonlinearity="tanh",
        init=initializations.get("normal", scale=0.1),
        W_regularizer=regularizers.l2(0.5),
        W_constraint="nonneg",
        name="squash",
    )
    config = layer.get_config()
    assert list(config.items()) == [
        ("name", "squash"),
        ("trainable", True),
        ("width", 4),
        ("shape", [None, 5]),
        ("nonlinearity", "tanh"),
        ("init", "normal"),
        ("W_regularizer", {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.5}),
        ("W_constraint", {"name": "NonNeg"}),
    ]
    again = Squash.from_config(config)
    assert again.get_config() == config
    assert again.nonlinearity is activations.tanh


def test_a_subclass_of_a_subclass_adds_its_arguments():
    class Twice(Squash):
        def __init__(self, times=2, **kwargs):
            super().__init__(**kwargs)
            self.times = times

    config = Twice(times=3, width=1).get_config()
    assert list(config)[-1] == "times"
    assert Twice.from_config(config).get_config() == config


def test_a_get_config_of_keras_1_says_what_its_constructor_takes():
    class Old(Layer):
        def __init__(self, units, hidden=7, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.hidden = hidden

        def get_config(self):
            config = {"n": self.units}
            base_config = super().get_config()
            return dict(list(base_config.items()) + list(config.items()))

        @classmethod
        def from_config(cls, config):
            return cls(config.pop("n"), hidden=8, **config)

    config = Old(3, name="old").get_config()
    assert config == {"name": "old", "trainable": True, "n": 3}
    assert Old.from_config(config).hidden == 8


def test_a_get_config_that_does_not_call_up_stands_alone():
    class Alone(Dense):
        def get_config(self):
            return {"output_dim": self.output_dim}

    assert Alone(3).get_config() == {"output_dim": 3}


def test_a_constructor_of_its_own_in_front_of_a_known_layer():
    class Wide(Dense):
        def __init__(self, factor=2, output_dim=4, **kwargs):
            super().__init__(output_dim, **kwargs)
            self.factor = factor

    config = Wide(activation="relu").get_config()
    assert config["factor"] == 2 and config["activation"] == "relu"
    assert Wide.from_config(config).get_config() == config


def test_what_a_configuration_cannot_hold_is_refused_by_name():
    class Attention(Layer):
        def __init__(self, vector, inside, table, score=lambda x: x, gone=1, **kwargs):
            super().__init__(**kwargs)
            self.vector = vector
            self.inside = inside
            self.table = table
            self.score = score

    layer = Attention(K.variable([1.0]), Dense(2), np.zeros((100, 100)), name="a")
    with pytest.raises(ConfigError, match="'a' can't hold the argument 'vector'"):
        layer.get_config()


def test_a_function_of_the_users_own_is_held_by_its_name():
    def cube(x):
        return x**3

    config = Dense(2, activation=cube).get_config()
    assert config["activation"] == "cube"
    with custom_object_scope({"cube": cube}):
        assert Dense.from_config(config).activation is cube


class Nameless:
    def __call__(self, x):
        return x


@pytest.mark.parametrize("argument", ["activation", "W_regularizer"])
def test_an_object_that_no_configuration_can_hold(argument):
    layer = Dense(2, name="d", **{argument: Nameless()})
    with pytest.raises(ConfigError, match=f"Dense 'd' has {argument}=<.*Nameless"):
        layer.get_config()

"""Optimizers by name and configuration, their state from outside, and what they say to
bad input."""

import numpy as np
import pytest
from backends import OTHER
from oneiros import backend as K
from oneiros import optimizers
from oneiros.errors import ConfigError, UnknownNameError, UnsafeFileError

NAMES = ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam"]


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    cls = getattr(optimizers, name)
    assert getattr(optimizers, name.lower()) is cls
    assert type(optimizers.get(name)) is type(optimizers.get(name.lower())) is cls
    assert optimizers.get(name, {"lr": 0.5}).get_config()["lr"] == 0.5
    assert (
        type(
            optimizers.optimizer_from_config({"class_name": name.upper(), "config": {}})
        )
        is cls
    )
    assert issubclass(cls, optimizers.Optimizer)


def test_config_values_are_those_of_the_variables():
    """As in Keras 1.2.2: hyperparameters in variables come back rounded to floatx."""
    assert optimizers.SGD(lr=0.1).get_config()["lr"] == float(np.float32(0.1))
    assert optimizers.Adadelta(rho=0.95).get_config()["rho"] == 0.95


def test_objects_pass_through():
    optimizer = optimizers.SGD()
    assert optimizers.get(optimizer) is optimizer


def trained(name="Adam"):
    p = K.variable(np.array([1.0, 2.0]))
    optimizer = getattr(optimizers, name)()
    return (
        optimizer,
        p,
        K.function([], [], optimizer.get_updates([p], {}, K.sum(K.square(p)))),
    )


def test_state_can_be_read_and_set():
    optimizer, p, step = trained()
    step([])
    state = optimizer.get_weights()
    value = K.get_value(p)
    step([])
    after = K.get_value(p)
    optimizer.set_weights(state)
    K.set_value(p, value)
    step([])
    np.testing.assert_array_equal(K.get_value(p), after)
    state[1][:] = 99  # a copy: the optimizer doesn't see this
    assert optimizer.get_weights()[1].max() < 99


def test_an_optimizer_stays_on_the_backend_it_was_made_on():
    for own, other in OTHER.items():
        with K.use(own):
            p = K.variable(np.array([1.0, 2.0]))
            optimizer = optimizers.Adam(lr=0.1)
            loss = K.sum(K.square(p))
        with K.use(other):
            K.function([], [loss], optimizer.get_updates([p], {}, loss))([])
            assert len(optimizer.get_weights()) == 3
        np.testing.assert_allclose(K.get_value(p), [0.9, 1.9], rtol=1e-4)


def test_set_weights_refuses_what_does_not_fit():
    optimizer, _, _ = trained()
    with pytest.raises(ValueError, match=r"received 1 arrays; its state has 3"):
        optimizer.set_weights([np.zeros(())])
    with pytest.raises(ValueError, match=r"array 1 has shape \(3,\).* shape \(2,\)"):
        optimizer.set_weights([np.zeros(()), np.zeros(3), np.zeros(2)])
    with pytest.raises(ValueError, match="its state has 0"):
        optimizers.SGD().set_weights([np.zeros(())])


def test_unknown_arguments_and_names():
    with pytest.raises(TypeError, match="SGD received the unknown argument 'rate'"):
        optimizers.SGD(rate=0.1)
    with pytest.raises(UnknownNameError, match=r"'adamm'.*'adam'"):
        optimizers.get("adamm")
    with pytest.raises(ConfigError, match=r'"class_name": "SGD"'):
        optimizers.optimizer_from_config({"lr": 0.1})


def test_own_optimizers():
    """The way Keras 1 users write one.

    Get_updates alone, `updates` and `weights` filled in.
    """

    class SignDescent(optimizers.Optimizer):
        def __init__(self, lr=0.1, **kwargs):
            super().__init__(**kwargs)
            self.lr = K.variable(lr)

        def get_updates(self, params, constraints, loss):
            grads = self.get_gradients(loss, params)
            self.updates = [
                K.update(p, p - self.lr * K.sign(g))
                for p, g in zip(params, grads, strict=True)
            ]
            return self.updates

        def get_config(self):
            return {**super().get_config(), "lr": float(K.get_value(self.lr))}

    p = K.variable(np.array([1.0, -2.0]))
    K.function([], [], SignDescent(lr=0.5).get_updates([p], {}, K.sum(K.square(p))))([])
    np.testing.assert_allclose(K.get_value(p), [0.5, -1.5])
    described = {"class_name": "SignDescent", "config": {"lr": 0.25}}
    built = optimizers.optimizer_from_config(
        described, custom_objects={"SignDescent": SignDescent}
    )
    assert built.get_config() == {"lr": 0.25}


def test_a_class_that_stores_its_locals_is_rebuilt():
    class Stored(optimizers.Optimizer):
        def __init__(self, lr=0.5, *args, **kwargs):
            super().__init__(**kwargs)
            self.__dict__.update(locals())

    config = Stored(lr=0.25, clipnorm=2.0).get_config()
    assert config == {"lr": 0.25, "clipnorm": 2.0}
    assert Stored.from_config(config).get_config() == config


def test_a_tensor_of_one_number_is_a_number_in_the_configuration():
    rates = [K.variable(np.array([0.5])), K.variable(0.25) * 2]
    assert [optimizers.SGD(lr=rate).get_config()["lr"] for rate in rates] == [0.5, 0.5]


def test_a_constructor_may_forget_the_base_class():
    class Forgetful(optimizers.Optimizer):
        def __init__(self, lr=0.5, rule=None):
            self.lr = K.variable(lr)
            self.rule = rule

    assert Forgetful(rule=len).get_config() == {"lr": 0.5}


def test_the_base_class_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="get_updates"):
        optimizers.Optimizer().get_updates([], {}, None)


def test_a_foreign_class_in_a_configuration_is_refused():
    with pytest.raises((UnsafeFileError, UnknownNameError)):
        optimizers.optimizer_from_config({"class_name": "os.system", "config": {}})

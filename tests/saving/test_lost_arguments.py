"""What a file can't hold isn't lost in silence: a model that predicts something else
once it is loaded isn't saved, or the save says so."""

import copy
import functools
import warnings

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import registry
from oneiros.callbacks import ModelCheckpoint, Resume
from oneiros.engine.layer import Layer
from oneiros.errors import CapabilityError, ConfigError
from oneiros.layers import Bidirectional, Dense, SimpleRNN
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD, Optimizer

ROW = np.ones((1, 2))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class Times(Layer):
    """Multiplies by an argument, which it stores under its name."""

    loadable = True

    def __init__(self, factor=1.0, **kwargs):
        self.factor = factor
        super().__init__(**kwargs)

    def number(self):
        return float(np.ravel(self.factor)[0])

    def call(self, x, mask=None):
        return x * self.number()


class OtherName(Times):
    """Stores it under another name."""

    def __init__(self, factor=1.0, **kwargs):
        self.by = factor
        super(Times, self).__init__(**kwargs)

    def number(self):
        return self.by


class Required(OtherName):
    """Can't be made without it."""

    def __init__(self, factor, **kwargs):
        super().__init__(factor, **kwargs)


class Collected(Times):
    """Counts what it receives."""

    def number(self):
        return float(len(self.factor))


class Around(Times):
    """Holds a layer."""

    def number(self):
        return float(self.factor is not None)


class Many(Times):
    """Counts what it receives without names."""

    def __init__(self, *factors, **kwargs):
        self.factor = len(factors)
        super(Times, self).__init__(**kwargs)


class Passing(OtherName):
    """Passes on what it receives."""

    loadable = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


class Thing:
    """Isn't plain data."""


UNSTORED = {
    "another name": lambda: OtherName(8.0, input_shape=(2,)),
    "by keyword": lambda: OtherName(factor=8.0, input_shape=(2,)),
    "passed on": lambda: Passing(8.0, input_shape=(2,)),
    "required": lambda: Required(8.0, input_shape=(2,)),
    "a set": lambda: Collected({1, 2, 3}, input_shape=(2,)),
    "an object in a list": lambda: Collected([Thing()], input_shape=(2,)),
    "a large array": lambda: Times(np.full(2000, 8.0), input_shape=(2,)),
    "a layer": lambda: Around(Dense(2), input_shape=(2,)),
    "a function": lambda: Around(lambda x: x, input_shape=(2,)),
}


@pytest.mark.parametrize("case", UNSTORED)
def test_what_a_configuration_cant_hold_is_refused(case):
    model = Sequential([UNSTORED[case]()])
    model.compile("sgd", "mse")
    model.fit(ROW, ROW, nb_epoch=1, verbose=0)  # nothing else needs a configuration
    before = model.predict(ROW)
    kind = type(model.layers[0]).__name__
    for attempt in (
        lambda: model.save("model.h5"),
        model.to_json,
        model.layers[0].get_config,
        lambda: copy.deepcopy(model),
    ):
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert f"{kind} '{model.layers[0].name}' can't hold the argument 'factor'" in (
            str(caught.value)
        )
        assert "argument_config(self, argument)" in str(caught.value)
    model.save_weights("weights.h5")
    model.load_weights("weights.h5")
    assert (model.predict(ROW) == before).all()


def test_a_checkpoint_doesnt_end_the_training():
    model = Sequential([OtherName(8.0, input_shape=(2,)), Dense(2)])
    model.compile("sgd", "mse")
    checkpoint = ModelCheckpoint("model.h5", monitor="loss")
    with pytest.warns(RuntimeWarning, match="saves only weights .* 'factor'") as told:
        model.fit(ROW, ROW, nb_epoch=2, verbose=0, callbacks=[checkpoint])
    assert len(told) == 1
    after = model.predict(ROW)
    model.layers[1].set_weights([np.zeros((2, 2)), np.zeros(2)])
    model.load_weights("model.h5")
    assert (model.predict(ROW) == after).all()


def test_a_copy_of_the_layer_inside_isnt_made_of_defaults():
    class Step(SimpleRNN):
        def __init__(self, output_dim, more=0, **kwargs):
            self.plus = more
            super().__init__(output_dim, **kwargs)

    with pytest.raises(ConfigError, match="can't hold the argument 'more'"):
        Bidirectional(Step(2, more=3), input_shape=(4, 2))


KEPT = {
    "plain": lambda: Times(8.0, input_shape=(2,)),
    "small array": lambda: Times(np.full(1000, 8.0), input_shape=(2,)),
    "the default": lambda: OtherName(input_shape=(2,)),
    "the default, received": lambda: OtherName(factor=1, input_shape=(2,)),
    "the default by position": lambda: OtherName(1.0, input_shape=(2,)),
    "the default, passed on": lambda: Passing(1.0, input_shape=(2,)),
    "None": lambda: OtherName(factor=None, input_shape=(2,)),
    "None by position": lambda: OtherName(None, input_shape=(2,)),
    "described by the class": lambda: Described(8.0, input_shape=(2,)),
    "added by a subclass": lambda: Completing(8.0, input_shape=(2,)),
    "weights": lambda: WithWeights(weights=[np.full(2, 8.0)], input_dim=2),
}


def test_arguments_without_names_are_refused():
    model = Sequential([Many(1, 2, 3, input_shape=(2,))])
    with pytest.raises(ConfigError, match=r"receives as \*args, .* Take a list instea"):
        model.save("model.h5")
    Sequential([Many(input_shape=(2,))]).to_json()


class Described(OtherName):
    loadable = True

    def argument_config(self, argument):
        if argument == "factor":
            return {"factor": self.by}
        return super().argument_config(argument)


class Completing(OtherName):
    """Adds what its base class lacks, as old code does."""

    loadable = True

    def get_config(self):
        return {**super().get_config(), "factor": self.by}


class WithWeights(Layer):
    """Takes what layers of Keras 1 take, and stores it as they do."""

    loadable = True

    def __init__(self, weights=None, input_dim=None, **kwargs):
        self.initial_weights = weights
        if input_dim:
            kwargs["input_shape"] = (input_dim,)
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = self.add_weight((input_shape[-1],), "one", name="W")
        self.set_initial_weights()

    def call(self, x, mask=None):
        return x * self.W


@pytest.mark.parametrize("case", KEPT)
def test_what_it_can_hold_is_kept(case):
    if case.startswith("None"):
        KEPT[case]().get_config()
        return
    model = Sequential([KEPT[case]()])
    model.save("model.h5")
    classes = (Times, OtherName, Passing, Described, Completing, WithWeights)
    own = {cls.__name__: cls for cls in classes}
    loaded = load_model("model.h5", own)
    assert (loaded.predict(ROW) == model.predict(ROW)).all()


class Forgetful(Layer):
    """As of Keras 1: `get_config` without the argument."""

    def __init__(self, factor=1.0, **kwargs):
        self.factor = factor
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        return x * self.factor

    def get_config(self):
        return dict(super().get_config().items())


class Renaming(Forgetful):
    """Stores the argument under another name, which `from_config` knows."""

    def get_config(self):
        return {**super().get_config(), "by": self.factor}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        return cls(config.pop("by"), **config)


class Unnamed(Layer):
    """Takes arguments without names, and forgets them."""

    def __init__(self, *factors, **kwargs):
        super().__init__(**kwargs)

    def get_config(self):
        return super().get_config()


class NoReturn(Forgetful):
    def get_config(self):
        self.factor + 1


class Lately(Layer):
    """Calls the constructor of Layer at last, and passes nothing on."""

    def __init__(self, factor, **kwargs):
        self.batch_input_shape = (None, *kwargs["input_shape"])
        self.factor = factor

    def call(self, x, mask=None):
        return x * self.factor

    def get_config(self):
        return {"factor": self.factor, "input_shape": (2,), **super().get_config()}


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Forgetful, "received as factor: its get_config() doesn't return it"),
        (Unnamed, r"received as *args: its get_config() doesn't return it"),
        (NoReturn, "its get_config() returned None. Return a dict"),
        (Lately, None),
        (Renaming, None),
    ],
)
def test_a_get_config_of_old_code_is_believed_with_a_warning(layer, said):
    model = Sequential([layer(8.0, input_shape=(2,))])
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(ROW, ROW, verbose=0, callbacks=[ModelCheckpoint("model.h5")])
    messages = {str(each.message) for each in caught}
    assert len(messages) == (said is not None)
    assert not said or said in messages.pop()
    model.load_weights("model.h5")


def test_a_layer_that_described_itself_as_nothing_is_told_when_loading():
    with pytest.warns(UserWarning, match="returned None"):
        Sequential([NoReturn(8.0, input_shape=(2,))]).save("model.h5")
    with pytest.raises(ConfigError, match=r"configuration of the layer .*NoReturn"):
        load_model("model.h5", custom_objects={"NoReturn": NoReturn})


def test_a_plugin_may_be_named_as_those_of_oneiros(monkeypatch):
    monkeypatch.setattr(Forgetful.get_config, "__module__", "oneiros_attention.layers")
    with pytest.warns(UserWarning, match="received as factor"):
        Sequential([Forgetful(8.0, input_shape=(2,))]).save("model.h5")


class NoConfig:
    """An optimizer that isn't derived from Optimizer."""

    weights = ()

    def get_updates(self, params, constraints, loss):
        return []


class NoSuper(Optimizer):
    """Doesn't call the constructor of Optimizer."""

    def __init__(self):
        pass

    def get_updates(self, params, constraints, loss):
        return []


def compiled(optimizer="sgd", loss="mse"):
    model = Sequential([Dense(2, input_dim=2)])
    model.compile(optimizer, loss)
    return model


def test_an_optimizer_without_a_configuration_is_told():
    with pytest.warns(UserWarning, match=r"NoConfig can't be saved: it has no"):
        compiled(NoConfig()).save("model.h5")
    assert load_model("model.h5").count_params() == 6


def test_an_optimizer_without_a_configuration_isnt_resumed():
    with pytest.raises(CapabilityError, match="NoConfig doesn't expose its state"):
        compiled(NoConfig()).fit(ROW, ROW, verbose=0, callbacks=[Resume("run.h5")])


def test_an_optimizer_whose_constructor_doesnt_call_that_of_optimizer():
    model = compiled(NoSuper())
    model.fit(ROW, ROW, verbose=0)
    model.save("model.h5")
    assert isinstance(copy.deepcopy(model).optimizer, NoSuper)


def test_a_loss_without_a_name_and_a_configuration_is_refused():
    class Loss:
        def __call__(self, y_true, y_pred):
            return K.mean(y_true - y_pred, axis=-1)

    for loss in (Loss(), functools.partial(Loss())):
        with pytest.raises(ConfigError, match=r"get_config\(self\), which"):
            compiled(loss=loss).save("model.h5")


def test_an_optimizer_that_describes_itself_as_nothing_is_told():
    class Mine(SGD):
        def get_config(self):
            return None

    model = Sequential([Dense(2, input_dim=2)])
    model.compile(Mine(), "mse")
    with pytest.warns(UserWarning, match=r"Mine can't be loaded .* returned None"):
        model.save("model.h5")


def test_a_plugins_class_that_files_may_not_use_is_told():
    class Closed(Layer):
        pass

    told = pytest.warns(UserWarning, match="'Closed' of my-lab .* `loadable = True`")
    with registry.register("layer", "Closed", Closed, "my-lab"), told:
        Sequential([Closed(input_shape=(2,))]).save("model.h5")


def test_initial_weights_arent_kept_alive_by_what_a_layer_remembers():
    layer = WithWeights([np.ones(2)], 2)
    assert layer._given == {0: ..., 1: 2}
    layer(K.placeholder((None, 2)))

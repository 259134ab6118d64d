"""A damaged file of `Resume` is refused before anything changes, with what is wrong and
the way out."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupting import Interrupting, InterruptionError
from oneiros import backend as K
from oneiros.bases import Callback
from oneiros.callbacks import EarlyStopping, ModelCheckpoint, Resume
from oneiros.errors import ArgumentError, FileFormatError
from oneiros.layers import Dense, Dropout
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD, Adam
from oneiros.saving import Budget
from oneiros_saving.formats.hdf5.format import HDF5Format
from oneiros_saving.plain_data_encoding import decoded, encoded

X = np.random.RandomState(0).normal(size=(22, 4)).astype("float32")
BATCHES = 6
KEYS = (
    "epoch",
    "batch",
    "fit",
    "parameters",
    "numpy",
    "python",
    "streams",
    "order",
    "stop_training",
    "variables",
    "random_state",
    "callbacks",
)
NUMPY = np.random.RandomState(1).get_state()
PYTHON = random.Random(1).getstate()


def new_model(optimizer=None):
    model = Sequential(
        [Dense(3, input_dim=4, name="one"), Dropout(0.5), Dense(1, name="two")]
    )
    model.compile(optimizer or Adam(), "mse")
    model.model._make_train_function()
    return model


def fit(model, path, *callbacks, nb_epoch=3, **arguments):
    resume = Resume(path, batches=1)
    return model.fit(
        X,
        X[:, :1],
        4,
        nb_epoch,
        0,
        [*callbacks, EarlyStopping("loss"), resume],
        **arguments,
    )


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A file of a training that was cut in its second epoch."""
    path = tmp_path_factory.mktemp("run") / "run.h5"
    with K.use("theano"), pytest.raises(InterruptionError):
        fit(new_model(), path, Interrupting(BATCHES + 3))
    return path


def damaged(complete, folder, change):
    """Returns a copy of the file whose decoded state of the training went through
    `change`."""
    path = folder / "run.h5"
    state = HDF5Format().read(complete, Budget())
    training = decoded(*state.training_state)
    training = change(training) or training
    state.training_state = encoded(training)
    HDF5Format().write(path, state)
    return path


def everything(model):
    """Returns the bits that must stay as they are."""
    arrays = [
        *model.get_weights(),
        *model.optimizer.get_weights(),
        K.get_value(model.optimizer.lr),
    ]
    return (
        [array.tobytes() for array in arrays],
        str(np.random.get_state()),
        random.getstate(),
    )


def refused(path, match, error=FileFormatError, model=None, **arguments):
    """Expects a refusal that says where and what next, and that it is all that
    happened."""
    model = model or new_model()
    before = everything(model)
    content = path.read_bytes()
    with pytest.raises(error, match=match) as caught:
        fit(model, path, **arguments)
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert str(path) in text and "remove that file" in text
    assert everything(model) == before and path.read_bytes() == content
    return text


def put(**values):
    return lambda training: training["run"].update(values)


@pytest.mark.parametrize("key", KEYS)
def test_something_is_missing(key, complete, tmp_path):
    text = refused(
        damaged(complete, tmp_path, lambda training: training["run"].__delitem__(key)),
        f"lacks '{key}'",
    )
    assert "load_model(" in text
    assert len(load_model(tmp_path / "run.h5").layers) == 3


@pytest.mark.parametrize("value", ["x", None, 1.5, [1], True, -5, np.zeros(3)])
def test_an_epoch_that_is_none(value, complete, tmp_path):
    refused(
        damaged(complete, tmp_path, put(epoch=value)),
        r"has epoch=.*, not an int of 0 or above",
    )


@pytest.mark.parametrize("value", ["a", 999, -3, 0, BATCHES + 1, 2.0, True, {}])
def test_a_batch_that_is_none(value, complete, tmp_path):
    refused(
        damaged(complete, tmp_path, put(batch=value)),
        f"has batch=.*, not None or an int from 1 to {BATCHES}",
    )


RANDOM = {
    "another shape": ("numpy", ("MT19937", np.zeros((2, 3), "uint32"), *NUMPY[2:])),
    "too long": ("numpy", ("MT19937", np.zeros(700, "uint32"), *NUMPY[2:])),
    "another type": ("numpy", ("MT19937", NUMPY[1].astype("float64"), *NUMPY[2:])),
    "another generator": ("numpy", ("PCG64", *NUMPY[1:])),
    "a place beyond the end": ("numpy", (*NUMPY[:2], 625, *NUMPY[3:])),
    "a place before the beginning": ("numpy", (*NUMPY[:2], -1, *NUMPY[3:])),
    "a huge place": ("numpy", (*NUMPY[:2], 2**70, *NUMPY[3:])),
    "a number": ("numpy", 5),
    "nothing": ("numpy", None),
    "Python's, a text": ("python", "x"),
    "Python's, too short": ("python", (3, PYTHON[1][:9], None)),
    "Python's, with a place beyond the end": (
        "python",
        (3, (*PYTHON[1][:-1], 10**6), None),
    ),
    "Python's, with a text": ("python", (3, PYTHON[1], "x")),
    "Python's, of version 2": ("python", (2, PYTHON[1], None)),
}


@pytest.mark.parametrize("what", RANDOM)
def test_a_random_state_that_is_none(what, complete, tmp_path):
    key, value = RANDOM[what]
    refused(
        damaged(complete, tmp_path, put(**{key: value})),
        f"has {key}=.*, not a state of",
    )


ORDERS = {
    "short": np.arange(5),
    "fractions": np.arange(22.0),
    "out of range": np.arange(22) + 1,
    "negative": -np.arange(22),
    "a row twice": np.zeros(22, int),
    "a text": "x",
}


@pytest.mark.parametrize("what", ORDERS)
def test_an_order_that_is_none(what, complete, tmp_path):
    refused(
        damaged(complete, tmp_path, put(order=ORDERS[what])),
        "has order=.*, not None or the numbers",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fit", 5),
        ("fit", {}),
        ("fit", {"batch_size": np.zeros(2), "nb_sample": 22}),
        ("parameters", 5),
        ("parameters", [[0, 1], [2, 3]]),
        ("parameters", ["a"]),
        ("streams", 5),
        ("stop_training", "x"),
        ("variables", 5),
        ("variables", {"": 5}),
        ("variables", {"": {"a": 5}}),
        ("random_state", 5),
        ("random_state", {"train": 5}),
        ("random_state", {"train": {}}),
        ("random_state", {"train": {"base": "x", "calls": 0, "seeds": [1]}}),
        ("random_state", {"train": {"base": 0, "calls": -1, "seeds": [1]}}),
        ("random_state", {"train": {"base": 0, "calls": 0, "seeds": [2**70]}}),
        ("random_state", {"evaluate": []}),
        ("random_state", {"predict": "x"}),
        ("callbacks", 5),
        ("callbacks", {"EarlyStopping": 5}),
        ("callbacks", {"EarlyStopping": {3: 5}}),
        ("callbacks", {"EarlyStopping": {"on_epoch_end": 5}}),
        ("callbacks", {"EarlyStopping": {"best": []}}),
        ("callbacks", {"EarlyStopping": {"wait": "x"}}),
        ("callbacks", {"EarlyStopping": {"monitor": 5}}),
        ("callbacks", {"EarlyStopping": {"params": 5}}),
        ("callbacks", {"EarlyStopping": {"__dict__": {}}}),
    ],
)
def test_parts_of_another_kind(key, value, complete, tmp_path):
    refused(damaged(complete, tmp_path, put(**{key: value})), f"has {key}=.*, not ")


@pytest.mark.parametrize(
    "state",
    [5, [1], {"run": 5}, {"optimizer": {}, "run": []}, {"optimizer": 5, "run": {}}],
)
def test_a_state_of_another_kind(state, complete, tmp_path):
    refused(
        damaged(complete, tmp_path, lambda training: state), "is damaged|lacks 'fit'"
    )


@pytest.mark.parametrize(
    "values",
    [5, {"lr": 5}, {"lr": ["x"]}, {"lr": [np.zeros(3)]}, {"lr": [np.int64(1)]}],
)
def test_the_optimizers_variables(values, complete, tmp_path):
    refused(
        damaged(complete, tmp_path, lambda training: training.update(optimizer=values)),
        r"Adam\.lr|has optimizer=",
    )


def test_the_layers_variables(complete, tmp_path):
    with K.use("theano"):
        model = new_model()
        model.layers[0].counted = K.variable(np.zeros(2))
        change = put(variables={"/layers/0": {"counted": [np.zeros(3, "float32")]}})
        refused(
            damaged(complete, tmp_path, change),
            r"counted has values of shape \(2,\)",
            model=model,
        )


def test_another_optimizer(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    text = refused(
        path, "arrays of an optimizer's state", model=new_model(SGD(momentum=0.5))
    )
    assert "(4, 3)" in text and "another optimizer" in text


def test_fewer_epochs_than_were_done(complete, tmp_path):
    path = damaged(complete, tmp_path, put(epoch=2, batch=None))
    text = refused(path, r"has had 2 epochs.*nb_epoch=1", ArgumentError, nb_epoch=1)
    assert "nb_epoch=2" in text and "load_model(" in text
    fit(new_model(), path, nb_epoch=2)


def test_a_part_of_an_epoch_beyond_the_last_one(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    text = refused(
        path,
        r"has had 1 epoch and part of another.*nb_epoch=1",
        ArgumentError,
        nb_epoch=1,
    )
    assert "nb_epoch=2" in text


def test_an_epoch_out_of_sight(complete, tmp_path):
    refused(
        damaged(complete, tmp_path, put(epoch=10**9)),
        "has had 1000000000 epochs",
        ArgumentError,
    )


def test_a_later_first_epoch(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    refused(
        path,
        r"has had 1 epoch and.*initial_epoch=2.* and initial_epoch=1 or less",
        ArgumentError,
        initial_epoch=2,
    )


PLACES = {
    "nothing": lambda own: own.clear(),
    "something is missing": lambda own: own.pop("batches_used"),
    "a text for a number": lambda own: own.update(batches_used="x"),
    "a fraction": lambda own: own.update(batches_begun=0.5),
    "below zero": lambda own: own.update(samples_seen=-1),
    "a random state that is none": lambda own: own.update(
        opened=("MT19937", np.zeros(3), 1, 0, 0.0)
    ),
    "a random state that is a text": lambda own: own.update(opened="x"),
}


@pytest.mark.parametrize("what", PLACES)
def test_the_place_of_a_generator(what, tmp_path):
    def fit(path, *callbacks):
        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        batch = X[:4], X[:4, :1]
        model.fit_generator(
            itertools.repeat(batch), 8, 2, 0, [*callbacks, Resume(path, batches=1)]
        )

    with pytest.raises(InterruptionError):
        fit(tmp_path / "complete.h5", Interrupting(1))

    def change(training):
        PLACES[what](training["run"]["streams"]["train"])

    path = damaged(tmp_path / "complete.h5", tmp_path, change)
    with pytest.raises(
        FileFormatError, match=r"has streams=.*, not the positions of the"
    ):
        fit(path)


class Choosy(Callback):
    def get_state(self):
        return {"count": 1}

    def set_state(self, state):
        self.count = state["count"] + 1


@pytest.mark.parametrize("state", [{"count": "x"}, 5])
def test_a_callback_that_cannot_take_its_state_is_named(state, complete, tmp_path):
    path = damaged(
        complete,
        tmp_path,
        lambda training: training["run"]["callbacks"].update(Choosy=state),
    )
    with pytest.raises(
        FileFormatError, match="The callback Choosy can't restore its state"
    ) as caught:
        fit(new_model(), path, Choosy())
    assert any("remove that file" in note for note in caught.value.__notes__)


def test_no_file_says_where_a_model_is_saved(complete, tmp_path):
    def change(training):
        training["run"]["callbacks"]["ModelCheckpoint"] = {
            "filepath": str(tmp_path / "elsewhere.h5"),
            "best": 1.5,
        }

    checkpoint = ModelCheckpoint(str(tmp_path / "model.h5"))
    fit(new_model(), damaged(complete, tmp_path, change), checkpoint)
    assert checkpoint.best == 1.5 and (tmp_path / "model.h5").exists()
    assert not (tmp_path / "elsewhere.h5").exists()


ATTRIBUTES = {
    "ModelCheckpoint": {"period": "x", "best": None, "monitor_op": 5, "monitor": [1]},
    "EarlyStopping": {"wait": [], "monitor_op": 5},
    "History": {"epoch": 5, "history": {"loss": 5}},
}


@pytest.mark.parametrize(
    ("callback", "attribute"),
    [(name, key) for name, values in ATTRIBUTES.items() for key in values],
)
def test_attributes_of_another_type_are_refused(
    callback, attribute, complete, tmp_path
):
    def change(training):
        state = {attribute: ATTRIBUTES[callback][attribute]}
        training["run"]["callbacks"][callback] = state

    checkpoint = ModelCheckpoint(str(tmp_path / "model.h5"), "loss")
    with pytest.raises(
        FileFormatError, match=r"has callbacks=|can't restore its state"
    ):
        fit(new_model(), damaged(complete, tmp_path, change), checkpoint)


odd = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2,
        2**40,
        2**70,
        0.5,
        "x",
        [],
        [1],
        {},
        {"a": 1},
        (1, 2),
        np.zeros((2, 3)),
        np.float32(1),
        np.zeros(0, "int64"),
    ]
)


def places(tree, path=()):
    """Gives the paths to all that is in dicts, lists and tuples."""
    items = enumerate(tree) if isinstance(tree, (list, tuple)) else ()
    for key, value in tree.items() if isinstance(tree, dict) else items:
        yield (*path, key)
        yield from places(value, (*path, key))


def replaced(tree, path, value):
    if not path:
        return value
    if isinstance(tree, tuple):
        return tuple(replaced(list(tree), path, value))
    changed = tree.copy()
    changed[path[0]] = replaced(tree[path[0]], path[1:], value)
    return changed


@given(data=st.data())
def test_any_change_is_refused_or_goes_on(data, complete, tmp_path_factory):
    """What a callback of one's own keeps is its own matter."""

    def change(training):
        training["run"]["callbacks"] = {}
        path = data.draw(
            st.sampled_from(
                sorted(places(training), key=lambda path: (len(path), repr(path)))
            )
        )
        return replaced(training, path, data.draw(odd))

    path = damaged(complete, tmp_path_factory.mktemp("odd"), change)
    with K.use("theano"):
        model = new_model()
        before = everything(model)
        try:
            fit(model, path, Interrupting(1))
        except (FileFormatError, ArgumentError) as error:
            text = "\n".join([str(error), *getattr(error, "__notes__", ())])
            assert str(path) in text and "remove th" in text
            assert everything(model) == before
        except InterruptionError:
            pass

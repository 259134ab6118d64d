"""A damaged file of `Resume` is refused before anything changes, with what is wrong and
the way out."""

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
from oneiros.models import Sequential
from oneiros.optimizers import SGD, Adam, Optimizer
from oneiros.saving import Budget
from oneiros_resume.resume import VERSION
from oneiros_saving.formats.hdf5 import HDF5Format
from oneiros_saving.plain_data_encoding import decoded, encoded

pytestmark = pytest.mark.usefixtures("theano")

X = np.random.RandomState(0).normal(size=(22, 4)).astype("float32")
BATCHES = 6


def new_model(optimizer=None):
    model = Sequential(
        [Dense(3, input_dim=4, name="one"), Dropout(0.5), Dense(1, name="two")]
    )
    model.compile(optimizer or Adam(), "mse")
    model._make_train_function()
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


def test_another_version(complete, tmp_path):
    text = refused(
        damaged(complete, tmp_path, put(version=VERSION + 1)),
        f"has the version {VERSION + 1}; this version of Oneiros reads {VERSION}",
    )
    assert "load_model(" in text


def test_another_optimizer(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    text = refused(
        path, r"SGD\.weights has values of shape", model=new_model(SGD(momentum=0.5))
    )
    assert "(4, 3)" in text


class Stateless(Optimizer):
    def get_updates(self, params, constraints, loss):
        gradients = self.get_gradients(loss, params)
        self.updates = [
            K.update(param, param - 0.1 * gradient)
            for param, gradient in zip(params, gradients, strict=True)
        ]
        return self.updates

    def get_config(self):
        return {}


def test_an_optimizer_without_a_state(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    model = new_model(Stateless())
    with pytest.raises(FileFormatError, match=r"Stateless\.weights has values"):
        fit(model, path)


def test_fewer_epochs_than_were_done(complete, tmp_path):
    path = damaged(complete, tmp_path, put(epoch=2, batch=None))
    text = refused(path, r"has had 2 epochs.*nb_epoch=1", ArgumentError, nb_epoch=1)
    assert "nb_epoch=2" in text and "load_model(" in text
    fit(new_model(), path, nb_epoch=2)


def test_a_later_first_epoch(complete, tmp_path):
    path = damaged(complete, tmp_path, lambda training: None)
    refused(
        path,
        r"has had 1 epochs and.*initial_epoch=2.* and initial_epoch=1 or less",
        ArgumentError,
        initial_epoch=2,
    )


@pytest.mark.parametrize("changed", [{"base": None}, {"calls": -1}, {"seeds": ["x"]}])
def test_a_random_state_that_is_none(changed, complete, tmp_path):
    def change(training):
        training["run"]["random_state"]["train"].update(changed)

    with pytest.raises(FileFormatError, match=r"training state in .* is damaged"):
        fit(new_model(), damaged(complete, tmp_path, change))


@pytest.mark.parametrize(
    "change", [lambda training: training["run"].pop("order"), put(batch="x")]
)
def test_a_place_that_is_none(change, complete, tmp_path):
    """It was a KeyError, or a TypeError."""
    with pytest.raises(FileFormatError, match=r"training state in .* is damaged"):
        fit(new_model(), damaged(complete, tmp_path, lambda tree: [change(tree)][1:]))


class Choosy(Callback):
    def get_state(self):
        return {"count": 1}

    def set_state(self, state):
        self.count = state["count"] + 1


@pytest.mark.parametrize(
    ("name", "state"),
    [("Choosy", {"count": "x"}), ("Choosy", 5), ("EarlyStopping", {"wait": "x"})],
)
def test_a_callback_that_cannot_take_its_state_is_named(
    name, state, complete, tmp_path
):
    path = damaged(
        complete,
        tmp_path,
        lambda training: training["run"]["callbacks"].update({name: state}),
    )
    with pytest.raises(
        FileFormatError, match=f"The callback {name} can't restore its state"
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
    """What a callback of one's own keeps is its own matter.

    A refusal leaves the file, and a model with all of its own weights or all of the
    file's.
    """

    def change(training):
        training["run"]["callbacks"] = {}
        path = data.draw(
            st.sampled_from(
                sorted(places(training), key=lambda path: (len(path), repr(path)))
            )
        )
        return replaced(training, path, data.draw(odd))

    path = damaged(complete, tmp_path_factory.mktemp("odd"), change)
    content = path.read_bytes()
    with K.use("theano"):
        model = new_model()
        before = model.get_weights()
        try:
            fit(model, path, Interrupting(1))
        except (FileFormatError, ArgumentError) as error:
            pairs = zip(model.get_weights(), before, strict=True)
            assert len({np.array_equal(*pair) for pair in pairs}) == 1
            assert path.read_bytes() == content
            text = "\n".join([str(error), *getattr(error, "__notes__", ())])
            assert str(path) in text and "remove that file" in text
        except InterruptionError:
            pass

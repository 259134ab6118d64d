"""What a model's file keeps that Keras 1 forgot.

Plain data, random operations, the optimizer's variables.
"""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from comparison import assert_each_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from oneiros import backend as K
from oneiros.bases import Callback
from oneiros.errors import ArgumentError, OneirosError
from oneiros.models import load_model
from oneiros.saving import Budget, ModelState
from oneiros_saving.formats.hdf5 import HDF5Format
from oneiros_saving.plain_data_encoding import decoded, encoded, same
from small_models import compiled_dense

GOLDEN = Path(__file__).parents[1] / "golden" / "models"
FACTS = {
    model["name"]: model
    for model in json.loads((GOLDEN / "index.json").read_text())["models"]
}
numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
numeric = arrays.arrays(
    st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u4", "?"]),
    arrays.array_shapes(min_dims=0, min_side=0),
)
plain = st.recursive(
    numbers | numeric | numeric.filter(lambda x: x.size).map(lambda x: x.ravel()[0]),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=8,
)


@given(plain)
def test_plain_data_comes_back_from_a_file_bit_by_bit(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("plain") / "state.h5"
    HDF5Format().write(path, ModelState(model_config={}, training_state=encoded(value)))
    training = decoded(*HDF5Format().read(path, Budget()).training_state)
    assert same(encoded(training), encoded(value)) and type(training) is type(value)


@pytest.mark.parametrize(
    "value", [object(), {"a": [{1, 2}]}, np.array(["a"]), 1j, np.zeros(2, object)]
)
def test_what_is_not_plain(value):
    with pytest.raises(ArgumentError, match="Expected plain data"):
        encoded(value)
    callback = Callback()
    callback.good = 1
    callback.other = value
    assert callback.get_state() == {"good": 1}


class Unshowable:
    def __repr__(self):
        raise RuntimeError("not shown")


@pytest.mark.parametrize("value", [Unshowable(), [Unshowable()], {Unshowable(): 1}])
def test_what_cannot_be_shown_is_not_plain(value):
    callback = Callback()
    callback.other = value
    assert callback.get_state() == {}
    with pytest.raises(ArgumentError, match="Expected plain data"):
        encoded(value)


def test_an_int_that_python_could_not_show_is_not_plain():
    assert decoded(*encoded(1 << 3_900)) == 1 << 3_900
    with pytest.raises(ArgumentError, match="Expected plain data"):
        encoded(1 << 20_000)


def test_what_refers_to_itself_is_not_plain():
    endless = []
    endless.append(endless)
    with pytest.raises(ArgumentError, match="Expected plain data"):
        encoded(endless)


def test_a_callback_may_keep_a_value_for_each_of_many_epochs():
    history = dict.fromkeys(range(5000), 0.5)
    assert decoded(*encoded(history)) == history


def draws(seed):
    np.random.seed(seed)
    x = K.placeholder((3, 4))
    noisy = (
        K.dropout(x, 0.5) + K.random_normal((3, 4)) + K.random_uniform((3, 4), seed=8)
    )
    steps = K.rnn(
        lambda y, states: (y + K.random_uniform((3, 1)), states),
        K.expand_dims(noisy),
        [],
    )[1]
    return K.function([x], [noisy, steps])


def test_draws_go_on_in_a_function_built_from_another_seed():
    one = draws(1)
    other = draws(2)
    x = np.ones((3, 4), "float32")
    one([x])
    other([x])  # compiled with its own seeds
    kept = json.loads(json.dumps(one.get_random_state()))
    expected = [one([x]) for _ in range(2)]
    other.set_random_state(kept)
    np.testing.assert_equal([other([x]) for _ in expected], expected)
    assert other.get_random_state() == one.get_random_state() != kept


def test_draws_of_a_loop_go_on_in_a_function_built_from_another_seed():
    one = draws(1)
    other = draws(2)
    x = np.ones((12, 4), "float32")
    index = np.arange(12).reshape(4, 3)
    other.loop(other.upload([x]), index)  # compiled with its own seeds
    kept = one.get_random_state()
    expected = [one([x[:3]]) for _ in index]
    other.set_random_state(kept)
    looped = other.loop(other.upload([x]), index)
    assert_each_close(looped, zip(*expected, strict=True), rtol=1e-6)
    assert other.get_random_state() == one.get_random_state()


def drawing(count):
    return K.function([], [K.random_normal((2,)) for _ in range(count)])


def test_draws_of_another_graph(backend):
    with pytest.raises(
        ArgumentError, match="seeds of 3 random operations, but this function has 1"
    ):
        drawing(1).set_random_state(drawing(3).get_random_state())


def forgotten(optimizer, steps):
    """Sets what Keras 1 didn't save after some steps."""
    K.set_value(optimizer.iterations, float(steps))
    if hasattr(optimizer, "m_schedule"):
        decays = [
            0.5 * 0.96 ** (t * optimizer.schedule_decay) for t in range(1, steps + 1)
        ]
        beta = K.get_value(optimizer.beta_1)
        K.set_value(
            optimizer.m_schedule, np.prod([beta * (1.0 - decay) for decay in decays])
        )


@pytest.mark.parametrize("name", ["seq_opt_rmsprop", "seq_sparse_ce"])
def test_saved_and_loaded_training_goes_on_as_in_the_same_process(
    name, tmp_path, monkeypatch
):
    """Keras 1.2.2 itself went on with other losses after loading RMSprop with decay,
    and Nadam."""
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")
    facts = FACTS[name]
    assert facts["resume_losses"] != facts["resume_losses_after_load"]
    model = load_model(GOLDEN / f"{name}.h5")
    forgotten(model.optimizer, 3)
    model.save(tmp_path / "model.h5")
    model = load_model(tmp_path / "model.h5")
    with np.load(GOLDEN / f"{name}.npz") as archive:
        losses = [model.train_on_batch(archive["x0"], archive["y0"]) for _ in range(3)]
    np.testing.assert_allclose(losses, facts["resume_losses"], rtol=1e-4, atol=1e-5)


def saved(tmp_path, optimizer="nadam"):
    model = compiled_dense(optimizer=optimizer)
    model._make_train_function()
    model.save(tmp_path / "model.h5")
    return tmp_path / "model.h5"


@pytest.mark.parametrize(
    ("optimizer", "kept"),
    [("nadam", ["m_schedule"]), ("rmsprop", ["iterations"]), ("adam", []), ("sgd", [])],
)
def test_files_hold_only_what_was_forgotten(optimizer, kept, tmp_path):
    with h5py.File(saved(tmp_path, optimizer)) as file:
        state = file["oneiros_training"].attrs["state"] if kept else "{}"
        assert sorted(set(file) - {"model_weights", "optimizer_weights"}) == [
            "oneiros_training"
        ] * bool(kept)
    assert [
        name for name in ("iterations", "m_schedule") if f'"{name}"' in state
    ] == kept


OPTIMIZER = '{"dict": [["optimizer", %s]]}'


@pytest.mark.parametrize(
    "state",
    [
        "[1, 2]",
        "{",
        "NaN",
        '{"array": 2}',
        OPTIMIZER % "3",
        OPTIMIZER % '{"dict": [["m_schedule", 1]]}',
        OPTIMIZER % '{"dict": [["m_schedule", ["x"]]]}',
        OPTIMIZER % '{"dict": [["m_schedule", [{"array": 1}]]]}',
    ],
)
def test_damaged_or_hostile_states_are_refused(state, tmp_path):
    path = saved(tmp_path)
    with h5py.File(path, "r+") as file:
        group = file["oneiros_training"]
        group.attrs["state"] = state
        group["1"] = np.zeros(3)
    with pytest.raises(OneirosError) as caught:
        load_model(path)
    assert isinstance(caught.value, ValueError)
    assert any("while loading" in note for note in caught.value.__notes__)


def test_arrays_of_a_state_count_in_the_budget(tmp_path):
    path = saved(tmp_path)
    with h5py.File(path, "r+") as file:
        file["oneiros_training"].create_dataset(
            "1", shape=(1 << 40,), chunks=(1 << 10,), dtype="f8"
        )
    with pytest.raises(OneirosError, match=r"oneiros_training/1.*over the limit"):
        load_model(path)

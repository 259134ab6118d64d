"""`oneiros bench` on tiny saved models, in this process, and the random data that it
makes."""

import re
from pathlib import Path

import numpy as np
import pytest
from oneiros import settings
from oneiros.layers import LSTM, Dense, Embedding, Input, TimeDistributed, merge
from oneiros.models import Model, Sequential
from oneiros_visualization.profiling import bench, random_data


@pytest.fixture
def run(oneiros_command):
    return oneiros_command


@pytest.fixture
def saved(tmp_path):
    """Returns a function that saves a tiny model, compiled or not, and returns the
    path."""

    def save(compiled=True):
        model = Sequential([Dense(3, input_dim=4), Dense(1)])
        if compiled:
            model.compile("sgd", "mse")
        model.save(str(tmp_path / "tiny.h5"))
        return str(tmp_path / "tiny.h5")

    return save


def two_outputs():
    """Words of 50 kinds through a nested model and directly, and numbers.

    Classes and numbers at the end.
    """
    words = Input((None,), dtype="int32")
    shared = Input((6,), dtype="int32")
    numbers = Input((3,))
    inner_input = Input((6,), dtype="int32")
    inner = Model(inner_input, Embedding(9, 2)(inner_input))
    steps = Embedding(50, 4)(words)
    both = merge([LSTM(2)(steps), LSTM(2)(inner(shared)), numbers], mode="concat")
    classes = [Dense(5, activation="softmax")(both) for _ in range(2)]
    model = Model(
        [words, shared, numbers], [*classes, TimeDistributed(Dense(2))(steps)]
    )
    model.compile(
        "sgd", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"]
    )
    return model


@pytest.mark.parametrize("what", ["fit", "evaluate", "predict"])
def test_a_saved_model(run, saved, what):
    path = saved()
    before = Path(path).read_bytes()
    code, out, err = run(
        "bench", path, "--batches", "3", "--batch-size", "8", "--method", what
    )
    assert (code, err) == (0, "")
    words = out.split()
    assert words[:3] == [path, "Sequential,", "2"]
    for expected in (
        rf"measured +{what}, 3 steps of 8 random samples",
        r"backend +theano on \S+",
        r"speed +[\d,]+ samples/s, [\d.]+ (µs|ms) per step",
        r"first step +after [\d.]+ (ms|s), and [\d.]+ (ms|s) to load",
        r"peak memory +[\d,]+ MiB",
        r"Where the time went: 3 steps, 24 samples",
        r"compiled call .*%",
    ):
        assert re.search(expected, out), expected
    assert ("BaseLogger" in out) == (what == "fit") and "compiling" not in out, (
        "the first run compiled"
    )
    assert Path(path).read_bytes() == before


def test_a_model_that_is_not_compiled_predicts(run, saved):
    path = saved(compiled=False)
    code, out, _ = run("bench", path, "--batches", "2", "--batch-size", "2")
    assert code == 0 and "predict, 2 steps of 2" in out
    code, out, err = run("bench", path, "--method", "fit")
    assert (code, out) == (
        1,
        "",
    ) and f"Type: oneiros bench {path} --method predict" in err


def test_what_is_no_model(run, tmp_path):
    for path, message in (
        (tmp_path / "none.h5", "no file"),
        (tmp_path / "text.h5", "text.h5"),
    ):
        code, out, err = run("bench", str(path))
        assert (code, out) == (1, "") and message in err and err.startswith("oneiros: ")
        (tmp_path / "text.h5").write_text("no model", encoding="utf-8")


def test_random_data_fits_several_inputs_outputs_and_embeddings(run, tmp_path):
    model = two_outputs()
    words, shared, numbers = random_data.inputs(model, 400)
    assert words.shape == (400, random_data.LENGTH) and numbers.shape == (400, 3)
    assert shared.shape == (400, 6) and set(np.unique(shared)) == set(range(9))
    sparse, onehot, values = random_data.targets(model, 400)
    assert sparse.shape == (400, 1) and set(np.unique(sparse)) == set(range(5))
    assert onehot.shape == (400, 5) and (onehot.sum(axis=1) == 1).all()
    assert values.shape == (400, random_data.LENGTH, 2)
    model.save(str(tmp_path / "two.h5"))
    code, out, err = run(
        "bench", str(tmp_path / "two.h5"), "--batches", "2", "--batch-size", "3"
    )
    assert (code, err) == (0, "") and "fit, 2 steps of 3" in out


def test_a_fixed_batch_size_is_kept(run, tmp_path):
    model = Sequential([LSTM(2, batch_input_shape=(4, 3, 2), stateful=True), Dense(1)])
    model.save(str(tmp_path / "stateful.h5"))
    code, out, _ = run("bench", str(tmp_path / "stateful.h5"), "--batches", "2")
    assert code == 0 and "predict, 2 steps of 4" in out


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_the_device_that_was_asked_for(backend):
    with settings.override(device=f"cpu,{backend}=gpu:1"):
        assert bench.device_name(backend) == "gpu:1"


def test_the_help_shows_numbers_and_the_names_of_backends(run):
    _, out, _ = run("bench", "--help")
    text = " ".join(out.split())
    assert "--batch-size <int> " in text
    assert re.search(r"--backend <([a-z]+\|)*jax\|([a-z]+\|)*theano>", text)
    assert "range" not in text

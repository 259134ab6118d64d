"""Optimizers and losses of Keras 2.15, read as files describe them, compute what they
do there: `data/training.json` has their configurations, the values of two weights after
six steps, and losses of its arrays, by `tf_keras` 2.15.0."""

import json
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import objectives, optimizers
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2_compilation import stored_compilation

pytestmark = pytest.mark.usefixtures("theano")

GOLDEN = json.loads((Path(__file__).parent / "data" / "training.json").read_text())
ARRAYS = {name: np.array(value) for name, value in GOLDEN["arrays"].items()}
THERE = Origin(2, version="2.15.0")
STEPS = 6
ADAM = {"class_name": "Adam", "config": {"learning_rate": 0.1}}


def as_here(optimizer=ADAM, loss="mse"):
    """Returns the optimizer and the loss that a file describes."""
    stored = {"optimizer_config": optimizer, "loss": loss}
    arguments = stored_compilation(stored, THERE).arguments
    loss = arguments["loss"]
    (loss,) = loss if isinstance(loss, list) else [loss]
    return optimizers.get(arguments["optimizer"]), objectives.get(loss)


def described(entry):
    """Returns a short name of a case."""
    return entry["class_name"] if isinstance(entry, dict) else str(entry)


@pytest.mark.parametrize("entry", GOLDEN["optimizers"], ids=described)
def test_steps_of_optimizers(entry):
    optimizer, _ = as_here(optimizer=entry)
    w, v = K.variable([1.0, -2.0, 0.5]), K.variable([[3.0, 0.1]])
    loss = K.sum(K.square(w - 0.25)) + K.sum(K.square(v + 0.5))
    step = K.function([], [], optimizer.get_updates([w, v], {}, loss))
    for _ in range(STEPS):
        step([])
    np.testing.assert_allclose(K.get_value(w), entry["w"], atol=1e-5)
    np.testing.assert_allclose(K.get_value(v)[0], entry["v"], atol=1e-5)


@pytest.mark.parametrize("entry", GOLDEN["losses"], ids=described)
def test_losses(entry):
    _, loss = as_here(loss=entry)
    targets, predictions = ARRAYS[entry["targets"]], ARRAYS[entry["predictions"]]
    losses = K.eval(loss(K.variable(targets), K.variable(predictions)))
    np.testing.assert_allclose(losses.mean(), entry["loss"], rtol=1e-5, atol=1e-6)


def test_a_model_with_a_loss_as_an_object_is_saved_and_goes_on(tmp_path):
    entry = next(each for each in GOLDEN["losses"] if each["class_name"] == "Huber")
    optimizer = GOLDEN["optimizers"][1]
    arguments = stored_compilation(
        {"optimizer_config": optimizer, "loss": entry}, THERE
    ).arguments
    model = Sequential([Dense(2, input_dim=3)])
    model.compile(arguments["optimizer"], arguments["loss"])
    data = ARRAYS["real"], ARRAYS["real"][:, :2]
    model.train_on_batch(*data)
    model.save(tmp_path / "m.h5")
    again = load_model(tmp_path / "m.h5")
    for _ in range(3):
        assert again.train_on_batch(*data) == model.train_on_batch(*data)


def test_a_loss_in_hdf5_names_its_function_too():
    entry = next(each for each in GOLDEN["losses"] if each["class_name"] == "Huber")
    config = {**entry["config"], "fn": "huber"}
    _, loss = as_here(loss={"class_name": "Huber", "config": config})
    assert type(loss).__name__ == "Huber"

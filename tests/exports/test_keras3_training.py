"""Training that begins here and goes on in Keras 3."""

import json

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import objectives
from oneiros.layers import GRU, LSTM, BatchNormalization, Dense, Highway, Input
from oneiros.models import Model
from oneiros.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop
from oneiros_exports.keras3.compilation import LOSSES, compilation_of
from oneiros_exports.keras3.description import Describer
from oneiros_exports.keras3.keras_file import KerasExport
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.keras2_compilation import stored_compilation
from processes import run_python
from small_models import compiled_dense

pytestmark = pytest.mark.usefixtures("theano")

STEPS = 3
OPTIMIZERS = {
    "sgd": lambda: SGD(lr=0.1, momentum=0.9, nesterov=True, decay=0.1),
    "plain": lambda: SGD(lr=0.1),
    "norm": lambda: SGD(lr=0.5, clipnorm=0.05),
    "value": lambda: SGD(lr=0.5, clipvalue=0.01),
    "rmsprop": lambda: RMSprop(lr=0.01, decay=0.05),
    "adagrad": lambda: Adagrad(lr=0.05, epsilon=0.1),
    "adadelta": lambda: Adadelta(lr=2.0),
    "adam": lambda: Adam(lr=0.01),
    "adamax": lambda: Adamax(lr=0.01, decay=0.1),
    "nadam": lambda: Nadam(lr=0.01),
}
TRAINER = """
import sys

import keras
import numpy as np
import oneiros_keras3

data = np.load(sys.argv[2])
model = keras.models.load_model(sys.argv[1])
targets = [data["y"] for _ in model.outputs]
losses = [model.train_on_batch(data["x"], targets)[0] for _ in range(3)]
outputs = [np.ravel(values) for values in model.predict(data["x"], verbose=0)]
np.savez(sys.argv[3], losses=losses, outputs=np.concatenate(outputs))
assert "oneiros" not in sys.modules
"""


def network():
    steps = Input((5, 3), name="steps")
    penalties = {"W_regularizer": "l2", "U_regularizer": "l1"}
    x = LSTM(4, return_sequences=True, **penalties)(steps)
    x = GRU(3, W_regularizer="l2", consume_less="gpu")(x)
    x = Highway(W_constraint="maxnorm", activity_regularizer="l2")(x)
    frozen = Dense(3, activation="tanh", trainable=False)(x)
    x = BatchNormalization()(frozen)
    first = Dense(1, activation="sigmoid", b_constraint="nonneg", name="first")(x)
    return Model(steps, [first, Dense(1, name="second")(x)])


def batch():
    x = np.random.normal(size=(16, 5, 3)).astype("float32")
    y = (np.random.uniform(size=(16, 1)) > 0.5).astype("float32")
    return x, y


def trained(model, x, y):
    """Returns the losses of three steps, and what the model predicts after them."""
    targets = [y for _ in model.outputs]
    losses = [model.train_on_batch(x, targets)[0] for _ in range(STEPS)]
    outputs = np.concatenate([np.ravel(values) for values in model.predict(x)])
    return np.array(losses), outputs


def continued_in_keras(folder, x, y):
    """Returns losses of three more steps, and outputs, of the file in a folder."""
    files = [folder / name for name in ("m.keras", "data.npz", "results.npz")]
    np.savez(files[1], x=x, y=y)
    run_python(TRAINER, *files, KERAS_BACKEND="jax")
    return np.load(files[2])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_training_goes_on_in_keras_3_as_here(tmp_path, name):
    x, y = batch()
    model = network()
    losses = ["binary_crossentropy", "mse"]
    optimizer = OPTIMIZERS[name]()
    model.compile(optimizer, losses, loss_weights=[0.5, 2.0], metrics=["mae"])
    trained(model, x, y)
    KerasExport().write(model, tmp_path / "m.keras")
    losses, outputs = trained(model, x, y)
    there = continued_in_keras(tmp_path, x, y)
    np.testing.assert_allclose(there["losses"], losses, rtol=1e-4)
    np.testing.assert_allclose(there["outputs"], outputs, rtol=1e-4, atol=1e-4)


LOSS_VALUES = """
import json
import sys

import keras
import numpy as np
import oneiros_keras3

data = np.load(sys.argv[1])
values = {}
for name, name_there in json.loads(sys.argv[2]).items():
    loss = keras.saving.get_registered_object(name_there)
    if loss is None:
        loss = keras.losses.get(name_there)
    y_true = data["classes" if name.startswith("sparse") else "y_true"]
    values[name] = loss(y_true, data["y_pred"])
np.savez(sys.argv[3], **values)
"""


@pytest.mark.slow
def test_losses_are_the_same_in_keras_3(tmp_path):
    classes = np.arange(12).reshape(12, 1) % 4
    y_true = np.eye(4)[classes[:, 0]].astype("float32")
    y_pred = np.random.dirichlet(np.ones(4), 12).astype("float32")
    y_pred[0] = [1, 0, 0, 0]
    inputs = tmp_path / "inputs.npz"
    np.savez(inputs, y_true=y_true, y_pred=y_pred, classes=classes)
    arguments = [inputs, json.dumps(LOSSES), tmp_path / "values.npz"]
    run_python(LOSS_VALUES, *arguments, KERAS_BACKEND="jax")
    values = np.load(tmp_path / "values.npz")
    for name in LOSSES:
        targets = classes if name.startswith("sparse") else y_true
        loss = objectives.get(name)(K.variable(targets), K.variable(y_pred))
        np.testing.assert_allclose(
            values[name], K.eval(loss), rtol=1e-4, atol=1e-6, err_msg=name
        )


@pytest.mark.parametrize(("here", "there"), list(LOSSES.items()))
def test_losses_come_back_when_the_file_is_loaded_here(here, there):
    optimizer = {"class_name": "SGD", "config": {"learning_rate": 0.1}}
    stored = {"optimizer_config": optimizer, "loss": there}
    assert stored_compilation(stored, Origin(3)).arguments["loss"] == here


def test_decay_comes_back_when_the_file_is_loaded_here():
    migration = migration_of("SGD", Origin(3))
    config = SGD(lr=0.1, momentum=0.9, decay=0.25).get_config()
    there = migration.to_keras3(config, [])
    assert there.arguments["learning_rate"]["class_name"] == "InverseTimeDecay"
    assert migration.translated("SGD", there.arguments) == ("SGD", config)


def test_what_has_no_counterpart_is_left_out_with_the_reason():
    def loss_of_mine(y_true, y_pred):
        return K.mean(K.abs(y_true - y_pred), axis=-1)

    class Mine(SGD):
        pass

    model = compiled_dense(
        3, 2, optimizer=Adam(), loss=loss_of_mine, metrics=["accuracy", "fmeasure"]
    )
    compilation = compilation_of(model)
    assert compilation.data["loss"] is None
    assert compilation.data["metrics"] == [["categorical_accuracy"]]
    assert compilation.left_out == [
        "loss (loss_of_mine is of your own)",
        "metric fmeasure",
    ]
    for optimizer, reason in [
        (Mine(), "of your own"),
        (SGD(clipnorm=1.0, clipvalue=1.0), "it has clipnorm and clipvalue"),
    ]:
        model.compile(optimizer, "mse")
        compilation = compilation_of(model)
        assert compilation.data is None
        assert reason in compilation.left_out[0]


def test_the_users_model_stays_as_it_is():
    model = compiled_dense(3, 2, optimizer="adam")
    optimizer = model.optimizer
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    before = [*model.get_weights(), *optimizer.get_weights()]
    Describer(compilation_of(model).slots).model(model)
    assert model.optimizer is optimizer
    np.testing.assert_equal([*model.get_weights(), *optimizer.get_weights()], before)

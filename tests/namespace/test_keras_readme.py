"""Code written for `keras` runs as it stands where TensorFlow and its own keras package
are installed too."""

import json
import shutil

import pytest
from fresh import ROOT

pytestmark = pytest.mark.slow

README = """
import numpy as np
X_train = X_test = np.random.random((64, 100))
Y_train = Y_test = np.eye(10)[np.arange(64) % 10]
X_batch, Y_batch = X_train[:32], Y_train[:32]

from keras.models import Sequential

model = Sequential()

from keras.layers.core import Dense, Activation

model.add(Dense(output_dim=64, input_dim=100))
model.add(Activation("relu"))
model.add(Dense(output_dim=10))
model.add(Activation("softmax"))

model.compile(loss='categorical_crossentropy', optimizer='sgd', metrics=['accuracy'])

from keras.optimizers import SGD
sgd = SGD(lr=0.01, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd)

model.fit(X_train, Y_train, nb_epoch=5, batch_size=32)

model.train_on_batch(X_batch, Y_batch)

loss_and_metrics = model.evaluate(X_test, Y_test, batch_size=32)

classes = model.predict_classes(X_test, batch_size=32)
proba = model.predict_proba(X_test, batch_size=32)

import importlib.metadata, importlib.util, json, sys
from keras import backend as K
print(json.dumps({
    "loss": float(loss_and_metrics),
    "classes": list(classes.shape),
    "proba": list(proba.shape),
    "sum": float(proba.sum()),
    "backend": K._BACKEND, "package": importlib.metadata.version("keras"),
    "tensorflow": importlib.util.find_spec("tensorflow") is not None,
    "loaded": "tensorflow" in sys.modules,
    "module": type(model).__module__,
}))
"""

PATHS = """
import json
import keras.layers.core, keras.engine.topology
import keras.models, keras.optimizers, keras.backend
import oneiros
from keras import backend as K
from keras.layers import Dense
from keras.layers.core import Dense as SameDense
from importlib import import_module
paths = ["layers", "layers.core", "models", "engine.topology", "optimizers", "backend"]
print(json.dumps({
    "same": [
        import_module("keras." + path) is import_module("oneiros." + path)
        for path in paths
    ],
    "root": keras.set_seed is oneiros.set_seed and keras.layers is oneiros.layers,
    "version": keras.__version__,
    "file": keras.__file__ == oneiros.__file__,
    "names": [keras.layers.core.__spec__.name, keras.__name__],
    "dense": Dense is SameDense is oneiros.layers.core.Dense,
    "private": [K._BACKEND, K._EPSILON, K._FLOATX],
}))
"""

TOGETHER = """
import json, os
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
{order}
total = int(tensorflow.constant([1, 2]).numpy().sum())
import oneiros
from keras.layers.core import Dense
dense = Dense.__module__.split(".")[0]
ours = keras.layers is oneiros.layers
print(json.dumps({{"total": total, "ours": ours, "dense": dense}}))
"""

OFF = """
import importlib.util
print(importlib.util.find_spec("keras").origin)
"""

ABSENT = """
import json
said = {}
for name in ("keras.ops", "keras.layers.no_such_module"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        said[name] = str(error)
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def environment(new_environment):
    made = new_environment("keras")
    made.install("oneiros", "oneiros-backend-tensorflow", "oneiros-keras-namespace")
    return made


def last_line(done):
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_the_readme_of_keras_runs_letter_for_letter(environment, backend):
    line = last_line(environment.run(README, KERAS_BACKEND=backend))
    assert line["classes"] == [64] and line["proba"] == [64, 10]
    assert line["sum"] == pytest.approx(64, abs=1e-3) and line["loss"] > 0
    assert (line["backend"], line["module"]) == (backend, "oneiros_training.sequential")
    assert line["package"][0] == "3" and line["tensorflow"], (
        "TensorFlow and its keras package are there"
    )
    assert line["loaded"] == (backend == "tensorflow")


def test_every_path_is_the_module_of_oneiros_itself(environment):
    line = last_line(environment.run(PATHS))
    assert line["same"] == [True] * 6 and line["root"] and line["dense"]
    assert line["names"] == ["oneiros.layers.core", "keras"]
    assert line["version"] == "1.2.2" and line["file"]
    assert line["private"] == ["theano", 1e-7, "float32"]


@pytest.mark.parametrize(
    "order", ["import keras\nimport tensorflow", "import tensorflow\nimport keras"]
)
def test_tensorflow_is_still_imported_before_or_after(environment, order):
    line = last_line(environment.run(TOGETHER.format(order=order)))
    assert line == {"total": 3, "ours": True, "dense": "oneiros_layers_core"}


def test_the_variable_switches_it_off(environment):
    origin = environment.run(OFF, ONEIROS_KERAS_NAMESPACE="0").stdout
    assert "oneiros" not in origin and origin.strip().endswith("keras/__init__.py")


def test_modules_that_keras_1_never_had_are_not_found(environment):
    line = last_line(environment.run(ABSENT))
    assert set(line) == {"keras.ops", "keras.layers.no_such_module"}
    assert all("No module named 'keras." in message for message in line.values())


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
def test_the_finder_comes_and_goes_with_the_plugin(new_environment, editable, tmp_path):
    made = new_environment("editable" if editable else "wheel")
    copy = shutil.copytree(ROOT / "plugins" / "keras_namespace", tmp_path / "source")
    source = ["--editable", copy] if editable else ["oneiros-keras-namespace"]
    made.install(*source)
    pth = made.packages / "oneiros_keras_namespace.pth"
    assert pth.read_text().split() == ["import", "oneiros_keras_namespace.finder"]
    assert made.run("import keras; print(keras.__version__)").stdout == "1.2.2\n"
    made.pip("uninstall", "--yes", "oneiros-keras-namespace")
    assert not pth.exists()
    after = made.run(OFF)
    assert "oneiros" not in after.stdout and after.stderr == "", (
        "nothing is left that complains at startup"
    )

"""PyTorch is imported when it is first used, after TensorFlow or before it."""

import subprocess
import sys

import pytest

PREDICT = """
import numpy as np
from oneiros import backend as K
from oneiros.layers import Convolution2D, Dense, Flatten
from oneiros.models import Sequential

def losses(name):
    with K.use(name):
        model = Sequential([
            Convolution2D(4, 3, 3, input_shape=(8, 8, 3), dim_ordering="tf"),
            Flatten(),
            Dense(2, activation="softmax"),
        ])
        model.compile("sgd", "mse")
        x = np.ones((16, 8, 8, 3))
        return model.fit(x, x[:, 0, 0, :2], nb_epoch=2, verbose=0).history["loss"]
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("order", [("tensorflow", "torch"), ("torch", "tensorflow")])
def test_beside_tensorflow(order):
    pytest.importorskip("tensorflow")
    names = repr(order)
    assert run(f"{PREDICT}\nfor name in {names} * 2: print(len(losses(name)))") == (
        "\n".join("2222")
    )


def test_other_backends_do_without_it():
    code = "import sys, oneiros.layers, oneiros.models; print('torch' in sys.modules)"
    assert run(code) == "False"


def test_it_draws_nothing_from_numpys_generator():
    code = """
import numpy as np
np.random.seed(3)
from oneiros import backend as K
with K.use("torch"):
    print(np.random.rand() == np.random.RandomState(3).rand())
"""
    assert run(code) == "True"

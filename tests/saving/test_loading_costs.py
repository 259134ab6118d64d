"""Loading takes a file's arrays over and draws nothing.

What isn't in the file gets its initial values.
"""

from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import initializations
from oneiros.engine.layer import Layer
from oneiros.errors import FileFormatError
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential, load_model
from processes import run_python


class Projection(Layer):
    """A layer with a random matrix that is no weight: no file holds it."""

    loadable = True

    def build(self, input_shape):
        self.matrix = initializations.normal((input_shape[-1], 3), scale=1.0)
        super().build(input_shape)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], 3)

    def call(self, x, mask=None):
        return K.dot(x, self.matrix)


def test_loading_draws_nothing(tmp_path):
    Sequential([Dense(3, input_dim=4), Dense(2, init="orthogonal")]).save(
        tmp_path / "m.h5"
    )
    before = np.random.get_state()[1:3]
    load_model(tmp_path / "m.h5")
    after = np.random.get_state()[1:3]
    np.testing.assert_array_equal(before[0], after[0])
    assert before[1] == after[1]


def test_what_the_file_doesn_t_hold_is_drawn(tmp_path):
    model = Sequential([Dense(4, input_dim=4), Projection()])
    model.save(tmp_path / "m.h5")
    loaded = load_model(tmp_path / "m.h5", custom_objects={"Projection": Projection})
    assert np.abs(K.get_value(loaded.layers[1].matrix)).min() > 0
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_a_loaded_model_s_values_are_its_own(tmp_path):
    model = Sequential([LSTM(3, input_shape=(2, 2)), Dense(2)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.h5")
    one, two = load_model(tmp_path / "m.h5"), load_model(tmp_path / "m.h5")
    x, y = np.ones((4, 2, 2), "float32"), np.ones((4, 2), "float32")
    one.train_on_batch(x, y)
    values = one.get_weights()
    for value in values:
        value[...] = 7
    assert not any((value == 7).all() for value in one.get_weights() if value.size > 1)
    np.testing.assert_equal(two.get_weights(), model.get_weights())


def test_a_load_that_fails_leaves_drawing_as_it_was(tmp_path):
    model = Sequential([Dense(3, input_dim=4)])
    model.save_weights(tmp_path / "w.h5")
    with pytest.raises(FileFormatError):
        load_model(tmp_path / "w.h5")
    assert np.abs(K.get_value(initializations.uniform((5, 5)))).min() > 0


def test_a_variable_copies_the_array_it_is_set_to():
    mine = np.ones(3, K.floatx())
    variable = K.variable(np.zeros(3))
    K.set_value(variable, mine)
    mine[...] = 5
    assert K.get_value(variable).tolist() == [1, 1, 1]


NAMESPACE = Path(__file__).parents[2] / "plugins" / "keras_namespace"
FIRST_CALL = """
import site
import sys

site.addsitedir(sys.argv[1])
import keras
from oneiros import saving

print(getattr(saving, sys.argv[2])(sys.argv[3]).count_params())
"""


@pytest.mark.parametrize("load", ["load_model", "load_untrusted"])
def test_importing_the_engine_is_not_the_file_s_time(backend, tmp_path, load):
    """It takes TensorFlow 2 s: the first load of a process was refused."""
    Sequential([Dense(3, input_dim=4)]).save(tmp_path / "m.h5")
    path = tmp_path / "m.h5"
    done = run_python(
        FIRST_CALL,
        NAMESPACE,
        load,
        path,
        ONEIROS_BACKEND=backend,
        PYTHONPATH=str(NAMESPACE),
    )
    assert done.stdout.split()[-1] == "15"

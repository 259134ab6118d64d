"""What Keras 0.x had under other names, or had and Keras 1 hasn't: the answer says what
to write."""

import re

import pytest
from oneiros import backend as K
from oneiros import optimizers
from oneiros.errors import ArgumentError
from oneiros.layers import BatchNormalization


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("from oneiros.constraints import identity", "or pass None"),
        ("from oneiros.regularizers import identity", "or pass None"),
        ("from oneiros.objectives import rmse", "K.sqrt(K.mean(K.square("),
        ("from oneiros.layers.recurrent import SimpleDeepRNN", "stack SimpleRNN(…"),
        ("from oneiros.layers.core import Graph", "Model(input, output)"),
        (
            "from oneiros.layers.advanced_activations import ThresholdedLinear",
            "Lambda(lambda x: x * K.cast(K.abs(x) > theta",
        ),
    ],
)
def test_names_say_what_to_write(line, advice):
    with pytest.raises(ImportError, match=f"of Keras 0.x.*{re.escape(advice)}"):
        exec(line)


def test_get_file_is_where_data_sets_had_it():
    from oneiros.datasets.data_utils import get_file
    from oneiros.utils import data_utils

    assert get_file is data_utils.get_file


@pytest.mark.parametrize("argument", ["l1", "l2", "weight_decay"])
def test_optimizers_say_where_penalties_belong(argument):
    with pytest.raises(TypeError, match=rf"'{argument}'.*W_regularizer=l[12]"):
        optimizers.SGD(**{argument: 0.01})


def test_batch_normalization_of_a_shape_says_to_leave_it_out():
    with pytest.raises(ArgumentError, match="leave out the shape"):
        BatchNormalization((64,))


def test_the_advice_for_a_thresholded_linear_unit_computes_it():
    theta = 1.0
    x = K.variable([-2.0, -0.5, 0.5, 2.0])
    y = x * K.cast(K.abs(x) > theta, K.floatx())
    assert K.eval(y).tolist() == [-2.0, 0.0, 0.0, 2.0]

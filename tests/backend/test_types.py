"""One rule of types for operators and functions, the same on every backend.

The kit checks pairs of types (tests/kit/test_backends.py); here are arguments that
aren't tensors, and functions of more than one tensor.
"""

import operator

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.layers import (
    ELU,
    BatchNormalization,
    Dropout,
    GaussianNoise,
    LeakyReLU,
    ThresholdedReLU,
)
from oneiros_backend_toolkit.types import common_type


def check(expected):
    """Checks the declared and the computed types of tensors, and gives their values.

    # Arguments
        expected: list of pairs, a tensor and its type.
    """
    tensors = [tensor for tensor, _ in expected]
    values = K.function([K.learning_phase()], tensors)([0])
    for number, ((tensor, dtype), value) in enumerate(zip(expected, values)):
        assert (number, K.dtype(tensor), str(value.dtype)) == (number, dtype, dtype)
    return values


def test_floats_have_no_bits():
    floats, booleans = K.variable([0.5, 1.0]), K.variable([0, 1], dtype="bool")
    refused = pytest.raises(ArgumentError, match=r"received float.*K\.not_equal")
    for combine in (operator.and_, operator.or_, operator.xor):
        for pair in ((floats, booleans), (booleans, floats), (booleans, 0.5)):
            with refused:
                combine(*pair)
    with refused:
        ~floats


def test_a_bound_beyond_a_type_of_integers_is_none(backend):
    x = K.variable([0, 3, 255], dtype="uint8")
    (value,) = check([(K.clip(x, -1, 1000), "uint8")])
    np.testing.assert_array_equal(value, [0, 3, 255])


def of_numbers_of_numpy(number):
    """Returns what functions and layers give of floats and one of NumPy's numbers."""
    x = K.variable([[0.25, -0.5, 0.75]])
    row = K.variable([0.5, 0.25, 0.125])
    normal = BatchNormalization(epsilon=number, momentum=number)
    normal.build((None, 3))
    layers = [ELU, LeakyReLU, ThresholdedReLU, GaussianNoise, Dropout]
    return [
        K.relu(x, alpha=number, max_value=number),
        K.elu(x, number),
        K.clip(x, -number, number),
        K.dropout(x, number, seed=1),
        K.batch_normalization(x, row, row, row, row, number),
        K.moving_average_update(row, row * 2, number)[1],
        K.update_add(row, number)[1],
        K.update_sub(row, number)[1],
        K.random_uniform((3,), -number, number, seed=1),
        K.random_normal((3,), number, number, seed=1),
        K.random_binomial((3,), number, seed=1),
        K.switch(K.greater(x, number), x, number),
        *(layer(number).call(x) for layer in layers),
        normal.call(x),
    ]


def test_numbers_of_numpy_as_arguments_keep_the_type(backend):
    tensors = [
        tensor
        for kind in (np.float64, np.float32, np.float16)
        for tensor in of_numbers_of_numpy(kind(0.5))
    ]
    check([(tensor, "float32") for tensor in tensors])


def test_a_bound_that_is_none_makes_no_float_of_an_integer(predicting_backend):
    x = K.variable([1, 2, 3], dtype="int32")
    clipped = [K.clip(x, 2, None), K.clip(x, None, 2), K.clip(x, None, None)]
    values = check([(tensor, "int32") for tensor in clipped])
    np.testing.assert_array_equal(values, [[2, 2, 3], [1, 2, 2], [1, 2, 3]])


def test_integers_that_hold_both():
    types = [np.dtype(name) for name in ("uint8", "int8", "uint64", "int64")]
    assert common_type(types[:2], [], "float32") == np.int16
    assert common_type(types[2:], [], "float32") == np.int64
    assert common_type([], [np.dtype(bool)], "float32", arithmetic=False).kind == "b"


def test_a_slope_counts(predicting_backend):
    x = K.variable([-2, 1, 8], dtype="int32")
    small = K.variable([0, 3, 5], dtype="uint8")
    slopes = [(K.variable(1, dtype=name), name) for name in ("uint8", "int32")]
    values = check(
        [
            (K.relu(x, alpha=0.25, max_value=6.5), "float32"),
            (abs(x > 0), "int32"),
            *((K.relu(small, alpha=one, max_value=4), name) for one, name in slopes),
            (K.relu(small, alpha=K.variable(1.0), max_value=4), "float32"),
        ]
    )
    assert_each_close(values, [[-0.5, 1, 6.5], [0, 1, 1], *[[0, 3, 4]] * 3], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_labels_and_lengths_have_no_part_in_the_type(dtype, float64):
    scores = K.variable([[[0.25, 0.75], [0.875, 0.125]]], dtype="float32")
    labels = K.variable([[0]], dtype=dtype)
    lengths = labels + 1
    check(
        [
            (K.ctc_batch_cost(labels, scores, lengths + 1, lengths), "float32"),
            (K.ctc_cost(scores[0], labels[0]), "float32"),
            (K.ctc_decode(scores, lengths[0])[1], "float32"),
            (K.ctc_decode(K.cast(scores, "uint8"), lengths[0])[1], "float64"),
        ]
    )


def test_updates_are_computed_in_the_common_type_and_stored_in_the_variables(
    predicting_backend, float64
):
    variables, updates = [], []
    for one, other, common in (
        ("uint8", "int64", "int64"),
        ("bool", "float16", "float16"),
        ("int32", "float64", "float64"),
        ("float16", "uint8", "float16"),
        ("float32", "float64", "float64"),
    ):
        step = K.variable([1, 1], dtype=other)
        for update in (K.update_add, K.update_sub, K.update):
            variable = K.variable([5, 1], dtype=one)
            updates.append(update(variable, step))
            assert update is K.update or K.dtype(updates[-1][1]) == common
            variables.append(variable)
    K.function([], [], updates)([])
    kinds = [K.dtype(variable) for variable in variables]
    stored = K.batch_get_value(variables)
    assert [str(value.dtype) for value in stored] == kinds
    for dtype, *values in zip(kinds[::3], stored[::3], stored[1::3], stored[2::3]):
        before = np.array([5, 1]).astype(dtype)
        expected = [before + 1.0, before - 1.0, [1, 1]]
        assert_each_close(values, [np.array(x).astype(dtype) for x in expected], rtol=0)


def test_folds_and_loops_take_the_types_that_the_function_gives(
    predicting_backend, float64
):
    x = K.variable([1, 2, 4], dtype="int32")
    sequence = K.variable(np.ones((1, 3, 2)), dtype="float32")
    last, _, states = K.rnn(
        lambda row, states: (row + states[0], [row + states[0]]),
        sequence,
        [K.variable([[0, 1]], dtype="int32")],
    )
    values = check(
        [
            (K.foldl(lambda total, element: total / 2 + element, x), "float64"),
            (K.foldr(operator.add, x, initializer=1), "int32"),
            (last, "float32"),
            (states[0], "float32"),
        ]
    )
    assert_each_close(values, [(0.5 + 2) / 2 + 4, 8, [[3, 4]], [[3, 4]]], rtol=1e-6)


def test_a_number_that_an_integer_type_doesnt_hold_is_refused():
    x = K.variable([1, 2], dtype="uint8")
    for combine in (
        lambda: x + 300,
        lambda: x - np.array([1, 300]),
        lambda: K.maximum(x, -1),
        lambda: K.switch(x, x, -1),
        lambda: K.concatenate([x, np.array([256])]),
        lambda: K.variable([1], dtype="int32") * 2**31,
    ):
        with pytest.raises(ArgumentError, match=r"was combined with .* K\.cast"):
            combine()
    assert K.dtype(x + 255) == "uint8"
    assert K.dtype(x + 300.0) == "float32"

"""Types and values of the functions of K that take more than one tensor."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError
from tensor_types import expected_type


def values_of(tensors):
    return K.function([K.learning_phase()], tensors)([0])


def check_types(cases):
    """Checks the declared types of cases, (what it is, tensor, type)."""
    for what, tensor, dtype in cases:
        assert (what, K.dtype(tensor)) == (what, dtype)


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_labels_and_lengths_have_no_part_in_the_type(
    dtype, predicting_backend, float64
):
    scores = K.variable([[[0.25, 0.75], [0.875, 0.125]]], dtype="float32")
    labels = K.variable([[0]], dtype=dtype)
    lengths = labels + 1
    cases = [
        ("cost", K.ctc_batch_cost(labels, scores, lengths + 1, lengths), "float32"),
        ("cost of one", K.ctc_cost(scores[0], labels[0]), "float32"),
        ("decode", K.ctc_decode(scores, lengths[0])[1], "float32"),
        ("of bytes", K.ctc_decode(K.cast(scores, "uint8"), lengths[0])[1], "float64"),
    ]
    check_types(cases)
    if dtype == "uint8":
        (value,) = values_of([cases[1][1]])
        assert str(value.dtype) == "float32"


@pytest.mark.parametrize("one", ["uint8", "bool", "int32", "float16", "float32"])
def test_updates_are_computed_in_the_common_type_and_stored_in_the_variables(
    one, predicting_backend, float64
):
    for other in ("uint8", "int64", "float16", "float64"):
        variables = [K.variable([5, 1], dtype=one) for _ in range(3)]
        step = K.variable([1, 1], dtype=other)
        updates = [
            K.update(variables[0], step),
            K.update_add(variables[1], step),
            K.update_sub(variables[2], step),
        ]
        dtype = expected_type(one, other)
        assert [K.dtype(new) for _, new in updates[1:]] == [dtype, dtype]
    K.function([], [], updates)([])
    before = np.array([5, 1]).astype(one)
    expected = [[1, 1], before + 1.0, before - 1.0]
    for variable, value in zip(variables, expected, strict=True):
        stored = K.get_value(variable)
        assert str(stored.dtype) == one
        np.testing.assert_array_equal(stored, np.array(value).astype(one))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_a_slope_that_is_a_tensor_counts(dtype, predicting_backend, float64):
    x = K.variable([0, 3, 5], dtype="uint8")
    slope = K.variable(1, dtype=dtype)
    tensor = K.relu(x, alpha=slope, max_value=4)
    assert K.dtype(tensor) == expected_type("uint8", dtype)
    np.testing.assert_array_equal(K.eval(tensor), [0, 3, 4])


def test_folds_and_loops_take_the_types_that_the_function_gives(
    predicting_backend, float64
):
    x = K.variable([1, 2, 4], dtype="int32")
    half = K.foldl(lambda total, element: total / 2 + element, x)
    kept = K.foldr(lambda total, element: total + element, x, initializer=1)
    sequence = K.variable(np.ones((1, 3, 2)), dtype="float32")
    state = K.variable([[0, 1]], dtype="int32")
    last, _, states = K.rnn(
        lambda row, states: (row + states[0], [row + states[0]]), sequence, [state]
    )
    check_types(
        [
            ("foldl", half, "float64"),
            ("foldr", kept, "int32"),
            ("rnn", last, "float32"),
            ("state", states[0], "float32"),
        ]
    )
    values = values_of([half, kept, last])
    np.testing.assert_array_equal(values[0], (0.5 + 2) / 2 + 4)
    np.testing.assert_array_equal(values[1], 8)
    np.testing.assert_array_equal(values[2], [[3, 4]])


def test_a_number_that_an_integer_type_doesnt_hold_is_refused(predicting_backend):
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

"""Types and values of the functions of K that take more than one tensor."""

import operator

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError
from tensor_types import INTEGERS, expected_float_type, expected_type, pairs

FEW_PAIRS = [
    ("uint8", "uint8"),
    ("bool", "int32"),
    ("float16", "int64"),
    ("bool", "float32"),
    ("float32", "float64"),
]
"""Each type, and each kind of types with each kind."""
COMPUTED_PAIRS = FEW_PAIRS[::2]
"""Those whose values are computed: programs are slow to compile."""
RTOL = {"float16": 3e-2, "float32": 1e-4, "float64": 1e-6}


def zeros_and_ones(*shape):
    """Returns numbers that every type holds, and whose differences uint8 doesn't."""
    return np.random.RandomState(sum(shape)).randint(0, 2, shape)


def values_of(tensors):
    return K.function([K.learning_phase()], tensors)([0])


def check_types(cases):
    """Checks the declared types of cases, (what it is, tensor, type)."""
    for what, tensor, dtype in cases:
        assert (what, K.dtype(tensor)) == (what, dtype)


PRODUCTS = {
    "dot": K.dot,
    "@": operator.matmul,
    "dot of more axes": lambda x, y: K.dot(K.expand_dims(x, 0), y),
    "batch_dot": lambda x, y: K.batch_dot(x, K.transpose(y), axes=1),
    "batch_dot of matrices": lambda x, y: K.batch_dot(
        K.expand_dims(x, 0), K.expand_dims(y, 0)
    ),
}


def product_of_arrays(name, x, y):
    if name == "batch_dot":
        return (x * y.T).sum(1, keepdims=True, dtype=x.dtype)
    return x @ y if name in ("dot", "@") else x[None] @ y


def test_products_have_the_type_in_common(predicting_backend, float64):
    x_values = np.array([[20, 3, 0], [1, 200, 7]])
    y_values = np.array([[20, 1], [0, 90], [5, 9]])
    for one, other in pairs():
        x = K.variable(x_values, dtype=one)
        y = K.variable(y_values, dtype=other)
        dtype = expected_type(one, other)
        tensors = [product(x, y) for product in PRODUCTS.values()]
        check_types([((one, other), tensor, dtype) for tensor in tensors])
        if one != other and (one, other) not in FEW_PAIRS:
            continue
        arrays = [K.get_value(tensor).astype(dtype) for tensor in (x, y)]
        for name, value in zip(PRODUCTS, values_of(tensors), strict=True):
            assert (name, str(value.dtype)) == (name, dtype)
            wanted = product_of_arrays(name, *arrays)
            np.testing.assert_allclose(value, wanted, rtol=2e-3, err_msg=name)


def convolutions(first, second):
    """Returns what the convolutions give of tensors that functions of arrays make."""
    images = first(zeros_and_ones(2, 5, 5, 2))
    kernel = second(zeros_and_ones(2, 2, 2, 3))
    ordering = dict(dim_ordering="tf")
    return {
        "conv1d": K.conv1d(images[:, 0], kernel[0]),
        "conv2d": K.conv2d(images, kernel, **ordering),
        "conv2d of th": K.conv2d(
            K.permute_dimensions(images, (0, 3, 1, 2)),
            K.permute_dimensions(kernel, (3, 2, 0, 1)),
            dim_ordering="th",
        ),
        "atrous_conv2d": K.atrous_conv2d(images, kernel, 2, **ordering),
        "deconv2d": K.deconv2d(images, kernel, (2, 6, 6, 3), **ordering),
        "separable_conv2d": K.separable_conv2d(
            images, kernel, first(zeros_and_ones(1, 1, 6, 2)), **ordering
        ),
        "conv3d": K.conv3d(
            K.expand_dims(images, 1), K.expand_dims(kernel, 0), **ordering
        ),
    }


def fractions(first, second):
    """Returns what functions give that are fractions by their nature."""
    matrix = first(zeros_and_ones(3, 4))
    other = second(zeros_and_ones(4, 3).T)
    row = second(np.ones(4))
    return {
        "batch_normalization": K.batch_normalization(matrix, other, row, row, row),
        "normalize_batch": K.normalize_batch_in_training(matrix, row, row, [0])[0],
        "categorical_crossentropy": K.categorical_crossentropy(matrix + row, other),
        "binary_crossentropy": K.binary_crossentropy(matrix, other, from_logits=True),
        "moving_average": K.moving_average_update(matrix, other, 0.75)[1],
        "/": matrix / (other + 1),
    }


def recurrent_layers(first, second):
    """Returns what recurrent layers give, with and without weights of the input."""
    sequences = first(zeros_and_ones(2, 3, 4))
    state = first(zeros_and_ones(2, 1))
    weights = second(zeros_and_ones(1, 4))
    projection = dict(W=second(zeros_and_ones(4, 4)), b=second(zeros_and_ones(4)))
    mask = sequences[:, :, 0]
    return {
        "simple_rnn": K.simple_rnn(sequences[:, :, :1], [state], weights[:, :1])[0],
        "lstm": K.lstm(sequences, [state, state], weights, mask=mask, **projection)[1],
    }


def check_of_floats(calls, computed_pairs):
    """Checks that functions compute with floats, whatever they are given."""
    tensors = calls(*[lambda array: K.variable(array, dtype="float64")] * 2)
    wanted = dict(zip(tensors, values_of(list(tensors.values())), strict=True))
    for one, other in FEW_PAIRS:
        tensors = calls(
            lambda array, one=one: K.variable(array, dtype=one),
            lambda array, other=other: K.variable(array, dtype=other),
        )
        dtype = expected_float_type(one, other, "float64")
        check_types([((name, one, other), x, dtype) for name, x in tensors.items()])
        if (one, other) not in computed_pairs:
            continue
        values = values_of(list(tensors.values()))
        for name, value in zip(tensors, values, strict=True):
            assert (name, str(value.dtype)) == (name, dtype)
            np.testing.assert_allclose(
                value, wanted[name], rtol=RTOL[dtype], atol=1e-2, err_msg=name
            )


@pytest.mark.parametrize("calls", [convolutions, fractions, recurrent_layers])
def test_what_is_computed_of_floats_has_their_type(calls, predicting_backend, float64):
    check_of_floats(calls, COMPUTED_PAIRS[: 1 if calls is recurrent_layers else 2])


def test_places_and_classes_have_no_part_in_the_type(predicting_backend, float64):
    scores = K.variable([[0.25, 0.75], [0.875, 0.125]], dtype="float32")
    tensors = []
    for dtype in (*INTEGERS, "bool", "float16"):
        places = K.variable([1, 0], dtype=dtype)
        cases = [
            ("gather", K.gather(scores, places), "float32"),
            ("gather of bytes", K.gather(K.cast(scores, "uint8"), places), "uint8"),
            ("in_top_k", K.in_top_k(scores, places, 1), "bool"),
            ("sparse", K.sparse_categorical_crossentropy(scores, places), "float32"),
            ("one_hot", K.one_hot(places, 2), "float64"),
            ("switch", K.switch(places, scores[0], scores[1]), "float32"),
        ]
        check_types(cases)
        tensors += [cases[0][1], cases[2][1], cases[4][1]]
    values = values_of(tensors)
    by_case = zip(values[::3], values[1::3], values[2::3], strict=True)
    for rows, are_hits, classes in by_case:
        np.testing.assert_array_equal(rows, [[0.875, 0.125], [0.25, 0.75]])
        np.testing.assert_array_equal(are_hits, [True, True])
        np.testing.assert_array_equal(classes, [[0, 1], [1, 0]])


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


def test_a_tensor_of_any_integer_type_is_an_index(predicting_backend, float64):
    x = K.variable(np.arange(12).reshape(3, 4))
    places = [K.variable(2, dtype=dtype) for dtype in INTEGERS]
    tensors = [part for place in places for part in (x[place], x[1, place])]
    values = values_of(tensors)
    for row, number in zip(values[::2], values[1::2], strict=True):
        np.testing.assert_array_equal(row, [8, 9, 10, 11])
        assert number == 6


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

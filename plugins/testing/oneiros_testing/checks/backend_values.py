"""What the functions of a backend compute: the cases that the kit carries as data, and
what can't be told by data."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import errors
from oneiros.backend.contract import CAPABILITIES
from oneiros.errors import ArgumentError, DataError, OneirosError

from oneiros_testing.checks.backends import backend_check
from oneiros_testing.k_cases import (
    NEAR,
    arguments_of,
    cases_of,
    compare,
    compare_with_keras,
)
from oneiros_testing.slopes import assert_slopes

NAMELESS = (
    "batch_get_value",
    "batch_set_value",
    "eval",
    "function",
    "get_value",
    "gradients",
    "int_shape",
)
"""Functions of whose errors some name the tensor, or the function that would take it,
instead of them."""

# Values


@backend_check()
def check_values():
    """Functions that every backend has compute what NumPy does."""
    compare("values")


@backend_check()
def check_values_at_the_edges():
    """Halves round to even, negative roots are 0, ties count, bounds may be None,
    nothing overflows, the variance is the biased one."""
    compare("edges")


@backend_check()
def check_agrees_with_keras_1():
    """Functions compute what Keras 1.2.2 computed, of inputs with open batch sizes."""
    compare_with_keras(lambda case, result, x: result, "values")


@backend_check()
def check_rows_that_do_not_exist():
    """`gather` gives NaN for a row of floats that doesn't exist, or refuses it as a
    DataError."""
    rows = K.ones((3, 2))
    places = K.variable([-1, 1, 3], dtype="int32")
    found = K.gather(rows, places)
    compute = K.function([], [found])
    try:
        (values,) = compute([])
    except DataError:
        return
    exists = np.isfinite(values).all(axis=1)
    assert exists.tolist() == [False, True, False], f"Rows -1, 1, 3 of 3 are {values}."


@backend_check()
def check_indices():
    """Indexing follows NumPy: integers, slices, steps, `...` and None."""
    array = np.arange(24.0, dtype="float32").reshape(2, 3, 4)
    x = K.variable(array)
    every = slice(None)
    indices: list[Any] = [
        0,
        -1,
        (every, 1),
        (..., -1),
        slice(None, None, -1),
        (0, None),
        (slice(1, None), slice(None, 2), slice(None, None, 2)),
    ]
    parts = [x[index] for index in indices]
    values = K.function([], parts)([])
    for index, value in zip(indices, values, strict=True):
        np.testing.assert_array_equal(value, array[index], f"x[{index}]")


@backend_check("conv")
def check_convolutions():
    """Convolutions compute what loops over windows do: borders, strides, dilation,
    both orders of axes; an odd zero of `'same'` comes at the end."""
    compare("conv")


@backend_check("pool")
def check_pooling():
    """Pooling takes the largest value or the mean of each window; the border counts in
    neither."""
    compare("pool")


@backend_check("padding")
def check_padding():
    """Padding adds zeros around the spatial axes."""
    compare("padding")


@backend_check("resize")
def check_resizing():
    """Resizing repeats cells."""
    compare("resize")


@backend_check("fused")
def check_recurrent_layers():
    """`simple_rnn`, `gru` and `lstm` compute the formulas of Keras 1, step by step,
    under masks, backwards, and with the projection of the input."""
    compare("fused")


# Types


@backend_check()
def check_types_of_arithmetic():
    """Rules 1, 2 and 4 of the contract: arithmetic and products give the common type;
    booleans count as int32."""
    compare("arithmetic")


@backend_check("conv")
def check_types_of_convolutions():
    """Rule 5: convolutions are floats, as wide as the widest that they are given."""
    compare("conv types")


@backend_check("fused")
def check_types_of_recurrent_layers():
    """Rule 5: so are the outputs of `simple_rnn` and `lstm`, whatever the mask's
    type."""
    compare("fused types")


@backend_check()
def check_types_of_choices():
    """Rule 4: `switch` and `concatenate` keep booleans."""
    compare("choices")


@backend_check()
def check_types_of_comparisons():
    """Comparisons give booleans, whatever they compare."""
    compare("comparisons")


@backend_check()
def check_types_of_fractions():
    """Rule 5: quotients, means and the like are floats, of the default type if they are
    made of integers."""
    compare("fractions")


@backend_check()
def check_types_of_constants():
    """Rule 3: a number or an array adapts to the tensor's type; only a float beside
    integers gives the default float type."""
    compare("constants")


@backend_check()
def check_bits():
    """Rule 6: `&`, `|`, `^` and `~` are bitwise for integers and logical for
    booleans."""
    compare("bits")


@backend_check()
def check_types_of_positions():
    """Rule 7: indices, classes and conditions may have any type, and don't affect that
    of the result."""
    compare("positions")


@backend_check()
def check_what_has_no_type_is_refused():
    """Rules 3 and 6: an integer that an integer type can't hold, and bits of floats,
    are an ArgumentError."""
    small = K.variable([1], dtype="uint8")
    _check_refused(lambda: small + 300, "uint8 + 300")
    floats = K.ones((2,))
    booleans = K.variable([1, 0], dtype="bool")
    _check_refused(lambda: floats & booleans, "floats & booleans")


def _check_refused(compute, name):
    try:
        compute()
    except ArgumentError:
        return
    raise AssertionError(f"{name} is computed.")


@backend_check("float16")
def check_half_precision():
    """Under the default type float16, functions and variables are float16."""
    K.set_floatx("float16")
    x = K.placeholder((None, 2))
    w = K.ones((2, 3))
    results = [K.dot(x, w), K.softmax(x), K.mean(x), x * 0.5]
    ones = np.ones((1, 2))
    values = K.function([x], results)([ones])
    types = {str(value.dtype) for value in values}
    types.add(str(K.get_value(w).dtype))
    assert types == {"float16"}, f"They are {sorted(types)}."


@backend_check()
def check_double_precision():
    """Under the default type float64, functions compute with its precision."""
    K.set_floatx("float64")
    x = K.placeholder((None,))
    results = [x * 0.1 + 0.7, K.sqrt(x / 3)]
    numbers = np.array([1.0, 1e-12])
    value, root = K.function([x], results)([numbers])
    np.testing.assert_allclose(value, numbers * 0.1 + 0.7, rtol=1e-15)
    np.testing.assert_allclose(root, np.sqrt(numbers / 3), rtol=1e-15)


# Errors


@backend_check()
def check_refusals():
    """Calls that the contract refuses raise the error that it names, in one line that
    says which function received what; an engine's own errors never come through."""
    backend = K.current()
    for case in cases_of("refusals"):
        if hasattr(backend, case.function):
            _check_refusal(case, getattr(backend, case.function))


def _check_refusal(case, function):
    received = arguments_of(case)
    try:
        function(**received)
    except OneirosError as error:
        text = str(error)
        told = f"{case}: {error!r}"
        expected = getattr(errors, case.error)
        assert type(error) is expected, f"{told} isn't {case.error}."
        is_named = case.function in NAMELESS or case.function in text
        assert is_named, f"{told} doesn't name the function."
        assert "\n" not in text, f"{told} has several lines."
    except Exception as error:
        fault = f"{case} lets the engine's error through: {error!r:.200}"
        raise AssertionError(fault) from error
    else:
        raise AssertionError(f"{case} is computed; expected {case.error}.")


# Sequences


@backend_check("rnn")
def check_rnn():
    """`rnn` carries states along, forwards and backwards, looped and unrolled; a
    masked step keeps the states and repeats the output."""
    for case in product((False, True), repeat=3):
        _check_rnn(*case)


def _check_rnn(backwards, masked, unroll):
    x = np.arange(1.0, 13, dtype="float32").reshape(2, 3, 2)
    mask = np.array([[1, 0, 1], [0, 1, 1]])
    if not masked:
        mask = np.ones_like(mask)

    def step(row, states) -> Any:
        total = states[0] + row
        return total * 2, [total]

    last, outputs, states = K.rnn(
        step,
        K.variable(x),
        [K.zeros((2, 2))],
        go_backwards=backwards,
        mask=K.variable(mask) if masked else None,
        unroll=unroll,
    )
    values = K.function([], [last, outputs, *states])([])
    expected = _stepped(x, mask, backwards)
    for value, wanted in zip(values, expected, strict=True):
        name = f"{backwards=}, {masked=}, {unroll=}"
        np.testing.assert_allclose(value, wanted, err_msg=name)


def _stepped(x, mask, backwards):
    total = np.zeros_like(x[:, 0])
    output = np.zeros_like(total)
    outputs = []
    places = list(range(x.shape[1]))
    if backwards:
        places.reverse()
    for place in places:
        is_seen = mask[:, place, None] != 0
        new = total + x[:, place]
        total = np.where(is_seen, new, total)
        output = np.where(is_seen, total * 2, output)
        outputs.append(output)
    return [output, np.stack(outputs, 1), total]


@backend_check("scan")
def check_folds():
    """`foldl`, `foldr` and `map_fn` apply a function along the first axis, in order."""
    x = K.variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    start = K.zeros((2,))

    def fold(total, row) -> Any:
        return total * 2 + row

    results = [
        K.foldl(fold, x, start),
        K.foldr(fold, x, start),
        K.map_fn(lambda row: row * row, x),
    ]
    values = K.function([], results)([])
    expected: list[Any] = [[15, 22], [27, 34], [[1, 4], [9, 16], [25, 36]]]
    for value, wanted in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, wanted)


@backend_check("ctc")
def check_ctc():
    """`ctc_batch_cost` is the cost of all paths that give the labels; `ctc_decode`
    takes the best class of each step."""
    probabilities = np.random.dirichlet(np.ones(2), 3).astype("float32")
    label = np.array([[0]])
    lengths = np.array([[3]])
    counts = np.array([[1]])
    cost = K.ctc_batch_cost(
        K.variable(label, dtype="int32"),
        K.variable(probabilities[None]),
        K.variable(lengths, dtype="int32"),
        K.variable(counts, dtype="int32"),
    )
    found = K.function([], [cost])([])[0]
    expected = [[-np.log(_probability_of_label(probabilities))]]
    np.testing.assert_allclose(found, expected, **NEAR)
    best = np.eye(3)[[0, 0, 2, 1, 1]]
    certain = K.variable([best * 0.9 + 0.01])
    steps = K.variable([5], dtype="int32")
    (decoded,), _ = K.ctc_decode(certain, steps)
    assert K.eval(decoded).tolist() == [[0, 1]]


def _probability_of_label(probabilities):
    """Returns the probability of the label 0: of all runs of it between blanks."""
    steps = len(probabilities)
    total = 0.0
    for start in range(steps):
        for end in range(start + 1, steps + 1):
            classes = np.ones(steps, int)
            classes[start:end] = 0
            chosen = probabilities[np.arange(steps), classes]
            total += float(np.prod(chosen))
    return total


# Sparse matrices


@backend_check("sparse")
def check_sparse():
    """Sparse placeholders and variables take matrices with `toarray`, and multiply."""
    array = np.array([[0, 2, 0], [1, 0, 0]], "float32")
    matrix = _Matrix(array)
    x = K.placeholder((None, 3), sparse=True)
    weights = np.arange(6.0).reshape(3, 2)
    w = K.variable(weights)
    assert K.is_sparse(x), "A sparse placeholder says that it isn't."
    assert not K.is_sparse(w), "A dense variable says that it is sparse."
    assert K.is_sparse(K.variable(matrix)), "A sparse variable says that it isn't."
    results = [K.dot(x, w), K.to_dense(x)]
    product, dense = K.function([x], results)([matrix])
    np.testing.assert_allclose(product, array @ weights)
    np.testing.assert_array_equal(dense, array)


class _Matrix:
    """A sparse matrix, as far as `K` knows them."""

    def __init__(self, array):
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def toarray(self) -> Any:
        """Returns the matrix as an array."""
        return self.array


# Gradients


@backend_check("gradients")
def check_gradients_of_keras_1():
    """Gradients are those of Keras 1.2.2."""

    def gradient(case, result, x) -> Any:
        loss = result
        if not case.function.endswith("crossentropy"):
            loss = K.square(result)
        (slope,) = K.gradients(K.sum(loss), [x])
        return slope

    compare_with_keras(gradient, "gradient")


@backend_check("gradients")
def check_gradients():
    """Gradients are the slopes of what they are gradients of, also through loops and
    convolutions, if the backend has those."""
    K.set_floatx("float64")
    cases = {}
    for name, (function, shape) in DIFFERENTIATED.items():
        if _has(name):
            x = K.placeholder(shape)
            squared = K.square(function(x))
            cases[name] = K.sum(squared), [x], [np.random.standard_normal(shape)]
    assert_slopes(cases, rtol=1e-5, atol=1e-6)


@backend_check("gradients")
def check_stop_gradient():
    """`stop_gradient` makes `gradients` treat a tensor as a constant."""
    x = K.variable([1.0, 2.0])
    constant = K.stop_gradient(x)
    loss = K.sum(constant * x)
    (slope,) = K.gradients(loss, [x])
    value = K.eval(slope)
    assert value.tolist() == [1, 2], f"The gradient of 1 * 1 + 2 * 2 is {value}."


def _has(name):
    """Tells whether the backend can compute one of the functions."""
    capabilities = K.current().capabilities
    return name not in CAPABILITIES or name in capabilities


def _dense(x):
    weights = K.variable([[0.3, -0.2], [0.5, 0.1], [-0.4, 0.7]])
    product = K.dot(x, weights)
    return K.tanh(product)


def _softmax(x):
    shares = K.softmax(x)
    return shares[:, :2]


def _reduced(x):
    largest = K.max(x, axis=1)
    variance = K.var(x, axis=1)
    return largest * variance


def _products(x):
    turned = K.permute_dimensions(x, (0, 2, 1))
    return K.batch_dot(x, turned)


def _conv(x):
    weights = np.linspace(-1, 1, 24)
    weights = weights.reshape(2, 2, 2, 3)
    kernel = K.variable(weights)
    return K.conv2d(x, kernel, dim_ordering="tf")


def _rnn(x):
    def step(row, states) -> Any:
        new = K.tanh(row + states[0] * 0.5)
        return new, [new]

    start = x[:, 0] * 0
    _, outputs, _ = K.rnn(step, x, [start])
    return outputs


DIFFERENTIATED: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "dense": (_dense, (2, 3)),
    "softmax": (_softmax, (2, 3)),
    "reduced": (_reduced, (2, 3)),
    "products": (_products, (2, 3, 4)),
    "conv": (_conv, (2, 4, 4, 2)),
    "rnn": (_rnn, (2, 3, 4)),
}
"""Functions to differentiate, with the shapes of what they take; by the capability that
they need, if they need one."""

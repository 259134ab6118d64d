"""K.simple_rnn, K.gru and K.lstm against NumPy loops.

Values, first and second derivatives, masks, order.
"""

import numpy as np
import pytest
from comparison import assert_each_close
from k_references import ACTIVATIONS, RECURRENT_REFERENCES
from oneiros import backend as K
from oneiros_testing.slopes import assert_slopes

SAMPLES = 3
STEPS = 5
UNITS = 2
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 0, 1, 0]])
BLOCKS = {"simple_rnn": 1, "gru": 3, "lstm": 4}
KINDS = pytest.mark.parametrize("kind", sorted(BLOCKS))
IN_DETAIL = pytest.mark.slow
"""Marks combinations that add little to the others."""


def reference(kind, x, states, U, *activations, mask=None, backwards=False):
    """Returns the outputs and the last states."""
    compute = RECURRENT_REFERENCES[kind]
    options = {"mask": mask, "go_backwards": backwards}
    return compute(x, states, U, *activations, **options)[1:]


def arrays(kind, dtype="float64"):
    """Returns x, the initial states and U."""
    width = BLOCKS[kind] * UNITS
    shapes = [
        (SAMPLES, STEPS, width),
        *[(SAMPLES, UNITS)] * (2 if kind == "lstm" else 1),
        (UNITS, width),
    ]
    return [np.random.randn(*shape).astype(dtype) for shape in shapes]


def symbols(values):
    """Returns placeholders for x and the states, and a variable for U."""
    inputs = [
        K.placeholder((None, *x.shape[1:]), dtype=x.dtype.name) for x in values[:-1]
    ]
    return inputs, K.variable(values[-1], dtype=values[-1].dtype.name)


def call(
    kind, inputs, U, activation="tanh", inner="hard_sigmoid", mask=None, backwards=False
):
    """Returns the outputs and the last states of the operation of K."""
    names = [activation] if kind == "simple_rnn" else [activation, inner]
    mask = None if mask is None else K.variable(mask)
    last, outputs, states = getattr(K, kind)(
        inputs[0], inputs[1:], U, *names, backwards, mask
    )
    assert last is states[0]
    return [outputs, *states]


@KINDS
def test_values_and_derivatives(backend, float64, kind):
    """Of each activation in each role, in order, or masked and backwards; second
    derivatives of two."""
    names = list(ACTIVATIONS)
    cases = {}
    expected = []
    fed = []
    feeds = []
    computed = []
    for place, activation in enumerate(names):
        inner = names[(place + 1) % len(names)]
        options = {"mask": MASK, "backwards": True} if place % 2 else {}
        values = [0.3 * array for array in arrays(kind)]
        x, *states, U = values
        expected += reference(kind, x, states, U, activation, inner, **options)
        for order in (1, 2) if place < 2 else (1,):
            inputs = [K.placeholder(value.shape) for value in values]
            results = call(kind, inputs[:-1], inputs[-1], activation, inner, **options)
            loss = sum(K.sum(K.sin(y)) for y in results)
            if order == 2:
                gradients = K.gradients(loss, inputs)
                loss = sum(K.sum(K.square(part)) for part in gradients)
            cases[f"{activation}, {order}"] = loss, inputs, values
        fed += inputs
        feeds += values
        computed += results
    assert_each_close(K.function(fed, computed)(feeds), expected, rtol=1e-6, atol=1e-8)
    assert_slopes(cases, rtol=1e-5)


@KINDS
@pytest.mark.parametrize(
    ("mask", "backwards", "features"),
    [
        pytest.param(None, False, UNITS, id="step by step"),
        pytest.param(MASK, True, UNITS + 1, id="masked, backwards, beforehand"),
        pytest.param(None, False, UNITS + 1, id="beforehand", marks=IN_DETAIL),
        pytest.param(
            MASK, True, UNITS, id="masked, backwards, step by step", marks=IN_DETAIL
        ),
    ],
)
def test_the_projection_of_the_input(backend, kind, mask, backwards, features):
    _, *initial, U = arrays(kind)
    shapes = (SAMPLES, STEPS, features), (features, U.shape[1]), (U.shape[1],)
    parts = [K.variable(np.random.randn(*shape), dtype="float64") for shape in shapes]
    x, W, b = parts
    parts += [K.variable(value, dtype="float64") for value in (U, *initial)]
    U, *initial = parts[3:]
    options = {
        "go_backwards": backwards,
        "mask": None if mask is None else K.variable(mask, dtype="int32"),
    }
    variants = []
    for projected in (
        getattr(K, kind)(K.dot(x, W) + b, initial, U, **options),
        getattr(K, kind)(x, initial, U, W=W, b=b, **options),
    ):
        _, outputs, last = projected
        total = sum(K.sum(K.sin(part)) for part in (outputs, *last))
        variants.append(
            K.function([], [outputs, *last, *K.gradients(total, parts)])([])
        )
    assert_each_close(*variants[::-1], rtol=1e-10, atol=1e-12)


@KINDS
def test_sizes_that_open_up(backend, kind):
    values = arrays(kind, "float32")
    x = K.placeholder((None, None, values[0].shape[-1]))
    states = [K.placeholder(ndim=2) for _ in values[1:-1]]
    results = call(kind, [x, *states], K.variable(values[-1]))
    compute = K.function([x, *states], results)
    for steps in (STEPS, 2):
        feeds = [values[0][:, :steps], *values[1:-1]]
        expected = reference(kind, feeds[0], feeds[1:], values[-1])
        assert_each_close(compute(feeds), expected, rtol=1e-4, atol=1e-5)


def test_half_precision_stays(backend):
    values = arrays("gru", "float16")
    inputs, U = symbols(values)
    results = call("gru", inputs, U)
    assert [x.dtype.name for x in K.function(inputs, results)(values[:-1])] == [
        "float16"
    ] * 2


@KINDS
@pytest.mark.parametrize(
    ("mask", "backwards", "features", "inner"),
    [
        pytest.param(None, False, UNITS, "hard_sigmoid", id="step by step"),
        pytest.param(
            MASK, True, UNITS + 1, "sigmoid", id="masked, backwards, beforehand"
        ),
        pytest.param(
            None, False, UNITS + 1, "sigmoid", id="beforehand", marks=IN_DETAIL
        ),
        pytest.param(
            *(MASK, True, UNITS, "hard_sigmoid"),
            id="masked, backwards, step by step",
            marks=IN_DETAIL,
        ),
    ],
)
def test_the_form_without_a_gradient_gives_the_same(
    backend, kind, mask, backwards, features, inner
):
    _, *initial, U = arrays(kind)
    shapes = (SAMPLES, STEPS, features), (features, U.shape[1]), (U.shape[1],)
    x, W, b = (K.variable(np.random.randn(*shape), dtype="float64") for shape in shapes)
    U, *initial = (K.variable(value, dtype="float64") for value in (U, *initial))
    options = {
        "go_backwards": backwards,
        "mask": None if mask is None else K.variable(mask, dtype="int32"),
    }
    names = {"inner_activation": inner} if kind != "simple_rnn" else {}
    last, outputs, _ = getattr(K, kind)(
        x, initial, U, "tanh", W=W, b=b, **names, **options
    )
    alone = K.function([], [last, outputs])([])
    both = K.function([], [last, outputs, *K.gradients(K.sum(outputs), [x, W, b, U])])(
        []
    )[:2]
    assert_each_close(alone, both, rtol=1e-12)

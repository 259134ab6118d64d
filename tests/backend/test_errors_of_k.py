"""What K says of bad arguments: in words of its own, the same on every backend."""

import inspect
import operator
import re

import numpy as np
import pytest
from backends import BACKENDS
from k_arguments import arguments, tensor
from k_refusals import refused_calls
from oneiros import backend as K
from oneiros.backend import contract
from oneiros.errors import ArgumentError, OneirosError, ShapeError
from oneiros_backend_toolkit.size_checks import layers_named

WITHOUT_ERRORS = {
    "apply",
    "clear_session",
    "get_session",
    "is_explicit_shape",
    "is_sparse",
    "learning_phase",
    "manual_variable_initialization",
    "set_session",
}
"""Functions that take anything, or whose errors are those of a user's code."""
OF_ANY_VALUE = {"name", "message", "value", "seed"}
"""Arguments that take anything; what `value` takes differs."""
NAMES = r"'?Variable_\d+(:0)?'?|<Matrix\([^>]*>|The variable"
WORDS = "received|takes|needs|expect|can't|doesn't|must|has|depends|[nN]ot|n't"
"""One of which each message holds."""
OF_GRAPHS = {
    *("batch_get_value", "batch_set_value", "eval", "function", "get_value"),
    *("gradients", "int_shape"),
}
"""Functions of whose errors some name the tensor, or the function that would take it,
instead of them."""


def bad_values(argument, value):
    """Returns what no function takes for an argument, given what it takes."""
    if argument in OF_ANY_VALUE or isinstance(value, bool) or value is None:
        return []
    if K.current().owns(value):
        return ["text", tensor(7, 11), tensor(2, 3, 5, 7, 2, 2)]
    if isinstance(value, (list, tuple)) and any(map(K.current().owns, value)):
        return ["text", ["text", *value[1:]], [tensor(7, 11), *value[1:]]]
    if isinstance(value, tuple):
        return ["text", (None, "text")]
    return ["text"]


def refusals():
    """Returns what the current backend says of bad arguments: by the function, the
    argument and the number of the bad value, an error, or None where it takes it."""
    found = {}
    for name, received in arguments().items():
        if name in WITHOUT_ERRORS:
            continue
        for argument, value in received.items():
            for place, bad in enumerate(bad_values(argument, value)):
                error = error_of(name, {**received, argument: bad})
                found[name, argument, place] = error
    return found


def error_of(name, received):
    try:
        getattr(K, name)(**received)
    except Exception as error:
        return error
    return None


@pytest.fixture(scope="module")
def by_backend():
    found = {}
    for name in BACKENDS:
        with K.use(name):
            found[name] = refusals()
    return found


@pytest.mark.parametrize("name", BACKENDS)
def test_bad_arguments_are_refused_in_words_of_k(name, by_backend):
    for (function, *case), error in by_backend[name].items():
        if error is not None:
            check_words(function, error, case)


def check_words(function, error, case):
    """Checks that an error is one of Oneiros, and says of which function and what."""
    text = str(error)
    assert isinstance(error, OneirosError), (function, case, repr(error))
    assert function in OF_GRAPHS or re.search(rf"\b{function}\b", text), (case, text)
    assert re.search(WORDS, text), (function, case, text)
    assert "\n" not in text, (function, case, text)


def test_bad_arguments_are_refused_alike_on_every_backend(by_backend):
    first, *others = BACKENDS
    for case, error in by_backend[first].items():
        for name in others:
            other = by_backend[name][case]
            assert (case, type(other)) == (case, type(error))
            assert (case, text_of(other)) == (case, text_of(error))


def text_of(error):
    """Returns what an error says, without the names that backends give variables."""
    return re.sub(NAMES, "a variable", str(error))


def documented(name):
    """Returns the classes that a docstring says a function raises."""
    text = inspect.getdoc(getattr(K, name))
    section = text.partition("# Raises\n")[2].partition("\n\n")[0]
    return set(re.findall(r"^    (\w+):", section, re.MULTILINE))


@pytest.fixture(scope="module")
def answers():
    """Returns what each backend answers to calls that are refused: pairs of the call
    and its error, or None."""
    return {name: answers_of(name) for name in BACKENDS}


def answers_of(backend):
    with K.use(backend):
        usual = arguments()
        return [
            (call, error_of(call.function, {**usual[call.function], **call.changes}))
            for call in refused_calls()
        ]


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_what_is_documented_to_be_refused_is(backend_name, answers):
    for call, error in answers[backend_name]:
        if backend_name in call.on:
            case = (call.function, call.changes, repr(error))
            assert type(error) is call.kind, case
            check_words(call.function, error, case)


def test_the_errors_that_are_documented_are_those_that_calls_bring(answers, by_backend):
    brought = {name: set() for name in contract.functions()}
    for calls in answers.values():
        for call, _ in calls:
            brought[call.function].add(call.kind.__name__)
    for found in by_backend.values():
        for (name, *_), error in found.items():
            if error is not None:
                brought[name].add(type(error).__name__)
    assert brought == {name: documented(name) for name in brought}


ARITHMETIC = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
OPERATORS = {**ARITHMETIC, "@": operator.matmul, "<": operator.lt, ">=": operator.ge}


@pytest.mark.parametrize("sign", OPERATORS)
def test_an_operator_says_which_shapes_it_received(sign, backend):
    x, y = K.ones((2, 3)), K.ones((4, 5))
    pairs = [(x, y)]
    if sign != "@":
        pairs.append((x, np.ones((4, 5))))
    if sign in ARITHMETIC:
        pairs.append((np.ones((2, 3)), y))
    message = rf"x {re.escape(sign)} y received shapes \(2, 3\) and \(4, 5\)\."
    for pair in pairs:
        with pytest.raises(ShapeError, match=message):
            OPERATORS[sign](*pair)


@pytest.mark.parametrize("sign", ["+", "*", "@"])
def test_an_operator_with_what_is_no_number_is_a_type_error(sign, backend):
    for other in ("text", None, object()):
        with pytest.raises(TypeError):
            OPERATORS[sign](K.ones((2, 2)), other)


def test_the_function_that_was_called_is_named(backend):
    """Not one that it calls."""
    given = K.ones((2, 3)), K.ones((2, 4))
    for name, more in (
        ("categorical_crossentropy", []),
        ("update_add", []),
        ("moving_average_update", [0.5]),
    ):
        message = rf"^K\.{name} received \w+ of shape \(2, 3\)"
        with pytest.raises(ShapeError, match=message):
            getattr(K, name)(*given, *more)


def test_errors_of_a_users_step_stay_what_they_are(backend):
    def step(x, states):
        raise ValueError("my own mistake")

    with pytest.raises(ValueError, match="my own mistake"):
        K.rnn(step, K.ones((2, 3, 4)), [K.ones((2, 4))])
    with pytest.raises(ZeroDivisionError):
        K.switch(K.ones((2,)), lambda: 1 // 0, K.ones((2,)))
    with pytest.raises(ShapeError, match=r"x \+ y received shapes \(2,\) and \(3,\)"):
        K.switch(K.ones((2,)), lambda: K.ones((2,)) + K.ones((3,)), K.ones((2,)))


def test_an_error_says_what_was_received_and_what_is_taken(backend):
    message = r"K\.cast received x of shape \(2,\) and dtype='foo'\. Expected x: tensor"
    with pytest.raises(ArgumentError, match=message):
        K.cast(K.ones((2,)), "foo")
    shapes = r"tensors of shapes \(2, 3\) and \(4, 3\) and axis"
    with pytest.raises(ShapeError, match=rf"K\.concatenate received {shapes}"):
        K.concatenate([K.ones((2, 3)), K.ones((4, 3))], axis=1)


def test_a_constant_may_stand_for_a_tensor(backend):
    """As Keras 1.2.2 had it on TensorFlow."""
    for function in (K.stop_gradient, K.print_tensor, K.to_dense, K.abs, K.square):
        results = [function(x) for x in (3, 2.5, np.ones((2, 3)))]
        assert [K.dtype(x) for x in results] == ["int32", "float32", "float32"]
        assert [K.int_shape(x) for x in results] == [(), (), (2, 3)]


def test_what_is_computed_has_a_shape_and_a_size(backend):
    computed = K.ones((2, 3)) * 2
    assert K.get_variable_shape(computed) == (2, 3)
    assert K.count_params(computed) == 6
    assert K.get_variable_shape(K.placeholder((None, 3))) == (None, 3)
    assert K.ndim(K.shape(np.ones((2, 3)))) == 1


def test_values_of_what_is_computed(backend):
    x = K.variable([1, 2])
    kept, doubled = K.batch_get_value([x, x * 2])
    assert [kept.tolist(), doubled.tolist()] == [[1, 2], [2, 4]]


def test_a_list_of_numbers_is_reduced(backend):
    numbers = [1.0, 2.0]
    names = ["sum", "prod", "max", "min", "mean", "any", "all", "argmax", "argmin"]
    reduced = [getattr(K, name)(numbers, axis=0) for name in names]
    stacked = K.sum([K.ones((2,)), K.ones((2,))])
    values = K.function([], [*reduced, stacked])([])
    assert [float(x) for x in values] == [3, 2, 2, 1, 1.5, 1, 1, 1, 0, 4]
    assert {str(x.dtype) for x in values[:5]} == {"float32"}


def test_a_session_runs_updates(backend):
    total, x = K.variable([1, 2]), K.placeholder((2,))
    run = K.get_session().run
    feeds = {x: [1.0, 1.0]}
    sums, (doubled,) = run([K.update_add(total, x), [total * 2]], feed_dict=feeds)
    assert [sums.tolist(), doubled.tolist()] == [[2, 3], [2, 4]]
    assert K.get_value(total).tolist() == [2, 3]
    assert run(K.update(total, total * 0)).tolist() == [0, 0]
    assert K.get_value(total).tolist() == [0, 0]


def test_an_error_before_any_tensor_is_computed_stays_as_it_is():
    with pytest.raises(MemoryError), layers_named([], lambda tensor: [tensor], {}):
        raise MemoryError


@pytest.mark.parametrize(
    ("backend", "index"), [("jax", (5, 5, 5)), ("tensorflow", 7)], indirect=["backend"]
)
def test_an_index_beyond_the_axes_is_told_what_was_expected(backend, index):
    with pytest.raises(ShapeError, match="Expected an index or a slice"):
        K.placeholder((2, 3))[index]


def test_numbers_of_a_tensor_are_converted_by_cast(backend):
    for x in (K.ones((2,)), K.ones((2,)) * 2):
        with pytest.raises(ArgumentError, match=r"K\.cast\(x, K\.floatx\(\)\)"):
            K.cast_to_floatx(x)

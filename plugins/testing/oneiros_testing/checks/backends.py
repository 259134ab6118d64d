"""What must hold for a backend: its class, variables, functions, randomness, threads
and memory. `backend_values` holds what its functions compute."""

import functools
import gc
import inspect
import sys
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.backend.contract import CAPABILITIES, Backend, functions, missing
from oneiros.errors import DataError, OneirosError

from oneiros_testing.checks import Subject, check, tags_of
from oneiros_testing.processes import changed_by_import

THREADS = 4
CALLS = 20
SAMPLES = (200, 300)
"""The shape of draws whose moments are measured."""
OneCheck = Callable[[], None]


@tags_of("backend")
def capabilities_of(component: type[Backend]) -> Iterable[str]:
    """Returns the capabilities of a backend, which choose its checks."""
    return getattr(component, "capabilities", ())


@check("backend")
def check_is_a_backend(subject: Subject):
    """It is a class derived from `oneiros.backend.Backend`."""
    component = subject.component
    is_class = isinstance(component, type)
    assert is_class and issubclass(component, Backend), (
        f"The backend {subject.name!r} isn't a subclass of Backend."
    )


@check("backend", after=["check_is_a_backend"])
def check_defines_what_is_required(subject: Subject):
    """It defines every function without which it can't be selected by name."""
    lacking = missing(subject.component)
    assert not lacking, (
        f"The backend {subject.name!r} must define {', '.join(lacking)}."
    )


def backend_check(*tags: str) -> Callable[[OneCheck], OneCheck]:
    """Decorator: registers a function without arguments as a check of backends, which
    runs on the backend.

    # Arguments
        *tags: the capabilities that a backend must have for it.
    """

    def register(function: OneCheck) -> OneCheck:
        @functools.wraps(function)
        def run(subject: Subject) -> None:
            backend = _made(subject.component)
            with K.use(backend):
                function()

        required = ["check_defines_what_is_required"]
        registers = check("backend", tags=tags, after=required)
        registers(run)
        return function

    return register


@functools.cache
def _made(component):
    """Returns the backend of a class: the one that its name loads, if it does."""
    entry = registry.find("backend", component.name)
    if entry is None or registry.load(entry) is not component:
        return component()
    return K.load(component.name)


# The class


@check("backend", after=["check_is_a_backend"])
def check_capabilities(subject: Subject):
    """It declares only capabilities that the contract has."""
    declared = subject.component.capabilities
    unknown = sorted(declared - CAPABILITIES)
    known = ", ".join(sorted(CAPABILITIES))
    assert not unknown, f"{unknown} aren't among {known}."


@check("backend", after=["check_defines_what_is_required"])
def check_import_changes_nothing(subject: Subject):
    """Making it changes nothing that belongs to the whole process: filters of warnings,
    handlers of signals, NumPy's errors and generator, the folder."""
    component = subject.component
    module = component.__module__
    changed = changed_by_import(module, component.__qualname__)
    assert not changed, f"It changes {', '.join(changed)}."


@backend_check()
def check_signatures():
    """Its functions have the contract's arguments, with the same defaults."""
    backend = K.current()
    for name, function in functions().items():
        if not hasattr(backend, name):
            continue
        expected = _arguments(function)
        expected.pop(0)
        received = _arguments(getattr(backend, name))
        assert received == expected, (
            f"K.{name} takes {received}; the contract has {expected}."
        )


def _arguments(function):
    """Returns names and defaults; an empty list counts as an empty tuple."""
    found = []
    for parameter in inspect.signature(function).parameters.values():
        default = parameter.default
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if default == []:
            default = ()
        found.append((parameter.name, default))
    return found


# Variables


@backend_check()
def check_variables_copy():
    """A variable shares no memory with the array it is made of, with what `get_value`
    returns, or with what `set_value` receives."""
    array = np.ones(4, "float32")
    variable = K.variable(array)
    array[:] = 5
    _check_value(variable, 1, "It follows the array it was made of.")
    value = K.get_value(variable)
    value[:] = 7
    _check_value(variable, 1, "get_value returns the value itself.")
    array[:] = 3
    K.set_value(variable, array)
    array[:] = 9
    _check_value(variable, 3, "set_value keeps the caller's array.")


def _check_value(variable, expected, fault):
    value = K.get_value(variable)
    assert np.all(value == expected), fault


@backend_check()
def check_variables_keep_their_type():
    """A new value is converted to the variable's type when it is stored."""
    count = K.variable(1, dtype="int32")
    K.set_value(count, 2.7)
    value = K.get_value(count)
    assert value.dtype == np.int32, f"set_value stores {value!r}."
    new = K.variable(5.5)
    update = K.function([], [], [(count, new)])
    update([])
    value = K.get_value(count)
    assert value.dtype == np.int32, f"An update stores {value!r}."


@backend_check()
def check_variables_keep_their_shape():
    """A value of another shape is refused, and the variable keeps its value."""
    variable = K.ones((2, 3))
    other = np.zeros((3, 2))
    try:
        K.set_value(variable, other)
    except DataError:
        _check_value(variable, 1, "A value that was refused is stored.")
        return
    raise AssertionError("set_value takes a value of another shape.")


@backend_check()
def check_variable_makers():
    """`zeros`, `ones`, `eye` and `variable` make what they say, of the default type."""
    made = {
        "zeros": (K.zeros((2, 3)), np.zeros((2, 3))),
        "ones": (K.ones((4,)), np.ones(4)),
        "eye": (K.eye(3), np.eye(3)),
        "variable": (K.variable(2.5), np.array(2.5)),
    }
    for name, (variable, expected) in made.items():
        value = K.get_value(variable)
        np.testing.assert_array_equal(value, expected, name)
        assert value.dtype == K.floatx(), f"K.{name} gives {value.dtype}."


@backend_check()
def check_names_of_variables():
    """A variable has the name that it is given, under which its value is saved."""
    variable = K.variable(1.0, name="kernel")
    name = variable.name.removesuffix(":0")
    assert name == "kernel", f"Its name is {name!r}."


@backend_check()
def check_static_shapes():
    """What is known of shapes and types before there is data is right."""
    x = K.placeholder((None, 3))
    w = K.ones((3, 5))
    assert K.dtype(x) == K.floatx(), f"A placeholder is {K.dtype(x)}."
    expected = {
        "a placeholder": (x, (None, 3)),
        "dot": (K.dot(x, w), (None, 5)),
        "concatenate": (K.concatenate([x, x]), (None, 6)),
        "expand_dims": (K.expand_dims(x, 1), (None, 1, 3)),
        "sum": (K.sum(x, axis=0), (3,)),
        "transpose": (K.transpose(x), (3, None)),
        "reshape": (K.reshape(x, (-1, 3, 1)), (None, 3, 1)),
        "x + 1": (x + 1, (None, 3)),
    }
    for name, (result, shape) in expected.items():
        found = K.int_shape(result)
        assert found == shape, f"{name} has the shape {found}, not {shape}."
        assert K.ndim(result) == len(shape), f"{name} has {K.ndim(result)} axes."


# Functions


@backend_check()
def check_updates_are_simultaneous():
    """A call computes all outputs and new values from the old values."""
    a = K.variable(1.0)
    b = K.variable(2.0)
    updates = [(a, b), (b, a)]
    swap = K.function([], [a + b], updates)
    (total,) = swap([])
    values = K.batch_get_value([a, b])
    assert total == 3, f"The sum of 1 and 2 is {total} while they are swapped."
    assert values == [2, 1], f"1 and 2 swapped are {values}."


@backend_check()
def check_values_do_not_alias():
    """Neither results nor variables share memory with each other or with inputs."""
    x = K.placeholder((None,))
    kept = K.zeros((3,))
    function = K.function([x], [x, x], [(kept, x)])
    data = np.ones(3, "float32")
    first, second = function([data])
    data[:] = 7
    first[:] = 5
    assert np.all(second == 1), "Two outputs share memory, or one with an input."
    _check_value(kept, 1, "A variable shares memory with an input.")


@backend_check()
def check_any_batch_size():
    """A function with an open size takes any number of rows, none included."""
    x = K.placeholder((None, 2))
    total = K.sum(x, axis=1)
    function = K.function([x], [total, K.shape(x)])
    for rows in (1, 3, 0, 5):
        data = np.ones((rows, 2))
        value, shape = function([data])
        assert value.shape == (rows,), f"Of {rows} rows come {value.shape}."
        assert list(shape) == [rows, 2], f"K.shape of {rows} rows is {shape}."


@backend_check()
def check_feeds():
    """Inputs that don't fit are refused, and leave all variables as they were."""
    x = K.placeholder((None, 3))
    seen = K.variable(0.0)
    update = K.update_add(seen, 1)
    function = K.function([x], [x], [update])
    unfit = [[], [np.zeros((2, 4))], [np.zeros(3)], ["text"], [None]]
    for feeds in unfit:
        _check_refused(function, feeds)
    _check_value(seen, 0, "A call that was refused changed a variable.")


def _check_refused(function, feeds):
    try:
        function(feeds)
    except OneirosError:
        return
    except Exception as error:
        fault = f"{feeds!r:.60} lets the engine's error through: {error!r:.80}"
        raise AssertionError(fault) from error
    raise AssertionError(f"It takes {feeds!r:.60} for a tensor of (None, 3).")


@backend_check()
def check_learning_phase():
    """`in_train_phase` and `in_test_phase` choose by the learning phase's value."""
    x = K.placeholder((None,))
    in_training = K.in_train_phase(x * 2, lambda: x * 3)
    in_test = K.in_test_phase(x, -x)
    phase = K.learning_phase()
    function = K.function([x, phase], [in_training, in_test])
    factors = {0: [3, 1], 1: [2, -1]}
    for number in (0, 1, 0):
        values = function([[1.0], number])
        found = [float(value[0]) for value in values]
        expected = factors[number]
        assert found == expected, f"In phase {number}: {found}, not {expected}."


@backend_check()
def check_loops_are_steps():
    """`loop` over uploaded or borrowed data does what single calls do, in order."""
    x = K.placeholder((None, 2))
    total = K.variable(0.0)
    summed = K.sum(x)
    update = K.update_add(total, summed)
    function = K.function([x], [summed + total], [update])
    numbers = np.arange(12, dtype="float32")
    data = numbers.reshape(6, 2)
    index = np.array([[0, 3], [5, 1], [2, 2]])
    steps = [function([data[rows]])[0] for rows in index]
    after = K.get_value(total)
    for take in (function.upload, function.borrow):
        K.set_value(total, 0.0)
        handle = take([data])
        (values,) = function.loop(handle, index)
        np.testing.assert_allclose(values, steps, rtol=1e-6)
        np.testing.assert_allclose(K.get_value(total), after, rtol=1e-6)


# Threads and memory


@backend_check()
def check_threads():
    """Functions give right results in several threads at once, and lose no update."""
    x = K.placeholder((None,))
    count = K.variable(0.0)
    double = K.function([x], [x * 2])
    update = K.update_add(count, 1)
    step = K.function([], [], [update])

    def work(number) -> list[float]:
        values = []
        for _ in range(CALLS):
            (doubled,) = double([[number]])
            values.append(float(doubled[0]))
            step([])
        return values

    with _switching_often(), ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(work, range(THREADS)))
    for number, values in enumerate(results):
        expected = [2 * number] * CALLS
        assert values == expected, "A thread received another one's result."
    _check_value(count, THREADS * CALLS, "An update was lost.")


@contextmanager
def _switching_often():
    """Context manager under which threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@backend_check()
def check_leaves_no_memory():
    """Variables and functions that nobody holds any longer are freed."""
    _used()  # what comes first may fill caches
    references = _used()
    gc.collect()
    for reference in references:
        alive = reference()
        assert alive is None, f"Something holds {alive!r:.100}."


def _used():
    """Makes and calls a function; returns references to it and its variable."""
    variable = K.ones((3,))
    update = (variable, variable + 1)
    function = K.function([], [variable * 2], [update])
    function([])
    return [weakref.ref(variable), weakref.ref(function)]


# Randomness


@backend_check()
def check_random_numbers():
    """Draws have the moments, the shape and the type that they should have."""
    ones = K.ones(SAMPLES)
    draws = {
        "uniform": (K.random_uniform(SAMPLES, -1, 3), 1, 4 / 12**0.5),
        "normal": (K.random_normal(SAMPLES, 2.0, 0.5), 2, 0.5),
        "binomial": (K.random_binomial(SAMPLES, 0.3), 0.3, 0.21**0.5),
        "dropout": (K.dropout(ones, 0.25), 1, 3**-0.5),
    }
    tensors = [draw for draw, _, _ in draws.values()]
    values = K.function([], tensors)([])
    for name, value in zip(draws, values, strict=True):
        _, mean, std = draws[name]
        assert value.shape == SAMPLES, f"{name} has the shape {value.shape}."
        assert value.dtype == K.floatx(), f"{name} is {value.dtype}."
        error = abs(value.mean() - mean)
        limit = 5 * std / value.size**0.5
        assert error < limit, f"The mean of {name} is {value.mean()}, not {mean}."
        error = abs(value.std() - std)
        assert error < 0.02 * std, f"{name} deviates by {value.std()}, not {std}."


@backend_check()
def check_draws_differ():
    """Draws differ from call to call, and from those of another draw."""
    draws = [K.random_uniform((50,)), K.random_uniform((50,))]
    function = K.function([], draws)
    values = [*function([]), *function([])]
    numbers = np.unique(values)
    assert len(numbers) > 190, "Draws repeat each other."


@backend_check()
def check_seeds():
    """`np.random.seed` alone reproduces draws and variables; so does a given seed,
    whatever NumPy's state."""
    runs = []
    for _ in range(2):
        np.random.seed(11)
        drawn = _drawn(None)
        variable = K.random_uniform_variable((3,), 0, 1)
        runs.append([*drawn, *K.get_value(variable)])
    assert runs[0] == runs[1], "NumPy's seed doesn't reproduce a run."
    assert _drawn(5) == _drawn(5), "A given seed doesn't reproduce draws."
    assert _drawn(5) != _drawn(6), "Two seeds give the same draws."


def _drawn(seed):
    """Returns the numbers of two calls."""
    draw = K.random_normal((4,), seed=seed)
    function = K.function([], [draw])
    values = [*function([]), *function([])]
    return [float(number) for value in values for number in value]


@backend_check()
def check_random_state():
    """A random state that is set again continues with the same draws."""
    draw = K.random_uniform((5,))
    function = K.function([], [draw])
    function([])
    state = function.get_random_state()
    (expected,) = function([])
    function.set_random_state(state)
    (value,) = function([])
    np.testing.assert_array_equal(value, expected)

"""Components made for checks, and what they compute."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import CapabilityError, OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.typing import Array, Tensor

from oneiros_testing.checks import Subject
from oneiros_testing.samples import guessed_arguments

Form = tuple[int, tuple[int, ...]]
"""The rank of an array, and its last size, if it has one."""
Forms = tuple[Form, ...]
Function = Callable[..., Tensor]
ANOTHER_BACKEND = "another backend"
"""What checks need that compare backends."""
RANDOM_NUMBERS = "random numbers"
"""What checks of draws need: a file in ONNX couldn't repeat any."""
STEP = 1e-5
"""The step of numeric gradients."""


@cache
def draws(backend: str) -> bool:
    """Returns whether a backend draws random numbers."""
    with K.use(backend):
        try:
            K.eval(K.random_uniform((1,)))
        except CapabilityError:
            return False
    return True


def made(subject: Subject, **changes: Any) -> Any:
    """Returns an object of a class, or what a function returns, with its guessed and
    declared arguments, and others in their place."""
    arguments = guessed_arguments(subject.component, subject.declared)
    return subject.component(**{**arguments, **changes})


def function_of(subject: Subject) -> Any:
    """Returns a function of tensors: the component, an object of it if it is a class,
    or the component with the arguments that it declares."""
    component = subject.component
    is_class: bool = inspect.isclass(component)
    if is_class or "arguments" in subject.declared:
        return _function_from(component, subject)
    return component


@contextmanager
def noting(shape: tuple[int, ...]) -> Iterator[None]:
    """Context manager in which an error says how a component declares the ranks that it
    is for."""
    try:
        yield
    except Exception as error:
        error.add_note(
            f"That was for the shape {shape}. A component that is for some ranks alone "
            'declares them: conformance = {"ranks": (2,)}'
        )
        raise


@lru_cache(maxsize=32)
def _function_from(component: Any, subject: Subject) -> Any:
    if not inspect.isfunction(component):
        return made(subject)
    return partial(component, **subject.declared["arguments"])


def other_backends(subject: Subject) -> Iterator[str]:
    """Yields the names of the other backends that work here, among those that the
    component declares."""
    names = registry.names("backend")
    declared = subject.declared.get("backends", names)
    for name in names:
        if name == subject.backend or name not in declared:
            continue
        try:
            K.load(name)
        except OneirosError:
            continue
        yield name


def changed_arguments(subject: Subject) -> dict[str, Any]:
    """Returns a value for each number and each bool among a constructor's arguments
    that differs from the default: what a component declares as `changes`, or a
    guess."""
    parameters = inspect.signature(subject.component).parameters
    given = guessed_arguments(subject.component, subject.declared)
    changes = {}
    for name, parameter in parameters.items():
        value = given.get(name, parameter.default)
        if isinstance(value, (bool, int, float)):
            changes[name] = _changed(value)
    declared = subject.declared.get("changes", {})
    return {**changes, **declared}


def _changed(default: Any) -> Any:
    if isinstance(default, bool):
        return not default
    if isinstance(default, int):
        return default + 1
    return default / 2 + 0.125


def computed(function: Function, *arrays: Array) -> Array:
    """Returns what a function of tensors computes for arrays, in floatx; sizes aren't
    known while the function is called, except the last one of the last array."""
    forms = tuple(map(_form, arrays))
    backend = K.current().name
    compiled = _compiled(function, forms, K.floatx(), backend)
    (value,) = compiled(list(arrays))
    return np.asarray(value)


@lru_cache(maxsize=32)
def _compiled(function: Function, forms: Forms, *_: str) -> Any:
    """Returns a compiled function; that of a component serves several checks."""
    inputs = _placeholders(forms)
    value = function(*inputs)
    return K.function(inputs, [value])


def with_gradient(
    function: Function, *arrays: Array
) -> Callable[[Array], tuple[Array, Array]]:
    """Returns a function of the last array: a function's value, and the gradient of its
    sum."""
    *others, last_form = map(_form, arrays)
    inputs = _placeholders((*others, last_form))
    value = function(*inputs)
    total = K.sum(value)
    (gradient,) = K.gradients(total, inputs[-1:])
    compiled = K.function(inputs, [value, gradient])

    def run(last: Array) -> tuple[Array, Array]:
        feeds = [*arrays[:-1], last]
        found, slope = compiled(feeds)
        return np.asarray(found), np.asarray(slope)

    return run


def check_slope(function: Function, *arrays: Array) -> None:
    """Raises AssertionError if a function's gradient by its last argument isn't the
    numeric one."""
    K.set_floatx("float64")
    run = with_gradient(function, *arrays)
    point = arrays[-1].astype("float64")
    _, slope = run(point)
    numeric = np.zeros_like(point)
    for place in np.ndindex(point.shape):
        behind, ahead = point.copy(), point.copy()
        behind[place] -= STEP
        ahead[place] += STEP
        above, _ = run(ahead)
        below, _ = run(behind)
        rise = above.sum() - below.sum()
        numeric[place] = rise / (2 * STEP)
    check_equal(slope, numeric, "The gradient isn't the numeric one", 1e-4)


def _form(array: Array) -> Form:
    return np.ndim(array), np.shape(array)[-1:]


def _placeholders(forms: Forms) -> list[Tensor]:
    *others, (ndim, size) = forms
    found = [K.placeholder(ndim=rank) for rank, _ in others]
    unknown = (None,) * (ndim - len(size))
    last = K.placeholder(shape=(*unknown, *size))
    return [*found, last]


def check_repeatable(function: Function, *arrays: Array) -> None:
    """Raises AssertionError if a function of tensors returns something else for the
    same arrays the second time."""
    forms = tuple(map(_form, arrays))
    run = _compiled.__wrapped__(function, forms)
    (first,) = run(list(arrays))
    (second,) = run(list(arrays))
    check_equal(second, first, "The same values give something else", 0)


def name_of(subject: Subject) -> str:
    """Returns the name under which a component is registered."""
    return subject.name.partition("[")[0]


def check_found(subject: Subject, module: Any) -> str:
    """Raises AssertionError if a module's `get` finds something else under a function's
    name; returns the name that files store."""
    found = module.get(name_of(subject))
    assert found is subject.component, f"The name stands for {found!r:.80}."
    own_name: str = getattr(found, "__name__", "")
    assert module.get(own_name) is found, (
        f"Files store its __name__, {own_name!r}, which stands for something else. "
        "Register it under that name, too."
    )
    return own_name


def copying_model(size: int) -> Any:
    """Returns a model that isn't compiled and predicts its inputs."""
    layer = Dense(size, bias=False, input_dim=size)
    model = Sequential([layer])
    weight = np.eye(size)
    layer.set_weights([weight])
    return model


def check_equal(
    actual: Any, expected: Any, message: str, tolerance: float = 1e-5
) -> None:
    """Raises AssertionError with a message and the largest difference if arrays differ
    by more than a share of the largest value."""
    actual = np.asarray(actual)
    expected = np.asarray(expected)
    shapes = f"{actual.shape} and {expected.shape}"
    assert actual.shape == expected.shape, f"{message}: shapes {shapes}."
    if not actual.size:
        return
    sizes = np.nan_to_num(np.abs(expected))
    scale = max(1e-3, float(sizes.max()))
    margin = tolerance * scale
    fits = np.isclose(actual, expected, tolerance, margin, equal_nan=True)
    if fits.all():
        return
    first = np.argwhere(~fits)[0]
    place = tuple(map(int, first))
    raise AssertionError(
        f"{message}: {actual[place]:.7g} at {list(place)}, expected "
        f"{expected[place]:.7g}."
    )


def no_loss(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """A loss of 0."""
    return 0 * K.sum(y_pred, axis=-1)


def numbers(*shape: int, seed: int = 1) -> Array:
    """Returns numbers around 0, none of which is near 0 or 1."""
    random = np.random.RandomState(seed)
    sizes: Array = random.uniform(0.1, 0.9, shape)
    signs: Array = random.choice([-1.0, 1.0], shape)
    return np.asarray(sizes * signs)


def shares(*shape: int, seed: int = 1) -> Array:
    """Returns probabilities: positive numbers that sum to 1 over the last axis."""
    random = np.random.RandomState(seed)
    sizes = random.uniform(0.2, 1.0, shape)
    totals = sizes.sum(axis=-1, keepdims=True)
    return np.asarray(sizes / totals)

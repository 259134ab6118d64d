"""Checks of initializations: functions of a shape that return a variable."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import initializations
from oneiros.layers import Dense
from oneiros.models import Sequential, model_from_json
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.probes import check_equal, check_found

SHAPES = ((5,), (6, 6), (4, 6), (3, 3, 2, 4))


def shapes(subject: Subject) -> tuple[tuple[int, ...], ...]:
    """Returns the shapes that an initialization must accept: those that it declares, or
    vectors, matrices and kernels."""
    return tuple(subject.declared.get("shapes", SHAPES))


def made_once(subject: Subject, **options: Any) -> Any:
    """Returns a weight of the last shape."""
    *_, shape = shapes(subject)
    return subject.component(shape, **options)


def drawn(subject: Subject, seed: int, **options: Any) -> Array:
    """Returns the values of a weight of the last shape."""
    np.random.seed(seed)
    variable = made_once(subject, **options)
    return np.asarray(K.get_value(variable))


@check("initialization")
def check_makes_variables(subject: Subject) -> None:
    """It returns a variable, whose value can be set, of the shape that it was asked
    for."""
    for shape in shapes(subject):
        variable = subject.component(shape)
        value = K.get_value(variable)
        assert value.shape == tuple(shape), f"It makes {value.shape} for {shape}."
        other = value + 1
        K.set_value(variable, other)
        found = K.get_value(variable)
        check_equal(found, other, "Its value can't be set")


@check("initialization", after="check_makes_variables")
def check_makes_floatx(subject: Subject) -> None:
    """The variable has the type K.floatx()."""
    for floatx in ("float64", "float32"):
        K.set_floatx(floatx)
        value = drawn(subject, seed=1)
        assert value.dtype == floatx, f"With floatx {floatx} it makes {value.dtype}."


@check("initialization", after="check_makes_variables")
def check_makes_finite_values(subject: Subject) -> None:
    """All values are finite."""
    for shape in shapes(subject):
        variable = subject.component(shape)
        value = K.get_value(variable)
        assert np.isfinite(value).all(), f"It makes {value.ravel()[:4]} for {shape}."


@check("initialization", after="check_makes_variables")
def check_seed_decides(subject: Subject) -> None:
    """`np.random.seed` decides the values: the same seed gives the same ones."""
    first = drawn(subject, seed=7)
    second = drawn(subject, seed=7)
    message = (
        "After np.random.seed(7) it makes other values than before. Draw from "
        "np.random, not from a generator of your own"
    )
    check_equal(second, first, message, 0)


@check("initialization", after="check_seed_decides")
def check_generator_goes_on(subject: Subject) -> None:
    """NumPy's generator isn't seeded again: what is drawn afterwards depends on the
    seed, and two weights differ if they are random."""
    following = []
    for seed in (1, 2):
        drawn(subject, seed)
        following.append(np.random.random_sample())
    assert following[0] != following[1], (
        "It seeds NumPy's generator. Only draw from it."
    )
    first = drawn(subject, seed=1)
    other = drawn(subject, seed=2)
    is_random = not np.array_equal(first, other)
    drawn(subject, seed=1)
    second = K.get_value(made_once(subject))
    assert not is_random or not np.array_equal(first, second), (
        "Two weights that are made one after the other are the same."
    )


@check("initialization", after="check_makes_variables")
def check_weights_are_apart(subject: Subject) -> None:
    """Each call makes a variable of its own."""
    first = made_once(subject)
    second = made_once(subject)
    before = K.get_value(second)
    K.set_value(first, before + 1)
    after = K.get_value(second)
    check_equal(after, before, "Two weights are one variable", 0)


@check("initialization", after="check_makes_variables")
def check_name_is_the_variables(subject: Subject) -> None:
    """The variable has the `name` that it was asked for, under which files store it."""
    variable = made_once(subject, name="dense_1_W")
    name = variable.name.partition(":")[0]
    assert name == "dense_1_W", f"It is called {name!r}: K.variable(…, name=name)."


@check("initialization", after="check_makes_variables")
def check_takes_dim_ordering(subject: Subject) -> None:
    """It accepts `dim_ordering`, which layers of images pass."""
    for dim_ordering in ("th", "tf"):
        try:
            drawn(subject, seed=1, dim_ordering=dim_ordering)
        except TypeError as error:
            raise AssertionError(
                f"It doesn't accept dim_ordering={dim_ordering!r}: {error}"
            ) from error


@check("initialization", after="check_makes_variables")
def check_initialization_in_a_layer(subject: Subject) -> None:
    """A layer takes it by name, and its configuration has that name."""
    name = check_found(subject, initializations)
    layer = Dense(6, init=name, input_dim=6)
    model = Sequential([layer])
    text = model.to_json()
    (again,) = model_from_json(text).layers
    init = again.get_config()["init"]
    assert init == name, f"The configuration has {init!r}."

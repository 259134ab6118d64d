"""Calls of functions of `K` with their results, which the kit carries as data.

Results come from plain NumPy, and from Keras 1.2.2; the repository's
tools/write_kit_cases.py writes them.
"""

import gzip
import json
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Any

import numpy as np
from oneiros import backend as K

DATA = files("oneiros_testing") / "golden"
NEAR: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
HALF: dict[str, Any] = {"rtol": 5e-3, "atol": 1e-3}
"""Tolerances of float16, and of all else."""


@dataclass(frozen=True)
class Case:
    """A call of a function with its result.

    # Properties
        group: str, the cases of one check.
        function: str, name of a function of `K`, or of Python's module `operator`.
        arguments: dict, as JSON.
        values: the places of the results.
        inputs: the places of arrays for placeholders, the function's first arguments.
        gradient: the place of the gradient by the first one, or None.
        id: str, the name of what Keras 1.2.2 computed.
        floatx: str, the default float type; None for the current one.
        error: str, the class of the error that the call raises.
    """

    group: str
    function: str
    arguments: dict[str, Any]
    values: list[Any]
    inputs: list[Any] = field(default_factory=list)
    gradient: Any = None
    id: str = ""
    floatx: str | None = None
    error: str = ""

    @property
    def called(self) -> Callable[..., Any]:
        """The function."""
        on_operands = getattr(operator, self.function, None)
        if on_operands is None or hasattr(K, self.function):
            function: Callable[..., Any] = getattr(K, self.function)
            return function
        return lambda **received: on_operands(*received.values())

    def __str__(self) -> str:
        given = json.dumps(self.arguments)
        return f"K.{self.function} of {self.id or given}"


@cache
def all_cases() -> tuple[Case, ...]:
    """Returns the cases."""
    text = gzip.decompress((DATA / "cases.json.gz").read_bytes())
    return tuple(Case(**each) for each in json.loads(text))


def cases_of(group: str) -> list[Case]:
    """Returns the cases of a group."""
    return [case for case in all_cases() if case.group == group]


@cache
def _numbers() -> dict[str, Any]:
    with (DATA / "arrays.npz").open("rb") as file, np.load(file) as stored:
        return dict(stored)


def array_at(place):
    """Returns the array at a place: its type, its first number, its sizes."""
    dtype, start, sizes = place
    end = start + math.prod(sizes)
    numbers = _numbers()[dtype][start:end]
    return numbers.reshape(sizes)


def argument(given):
    """Returns an argument, with tensors of the current backend."""
    if isinstance(given, list):
        return [argument(part) for part in given]
    if not isinstance(given, dict):
        return given
    ((kind, content),) = given.items()
    if kind == "placeholder":
        return K.placeholder(tuple(content))
    array = array_at(content)
    if kind == "constant":
        return array
    variable = K.variable(array, dtype=array.dtype.name)
    if kind == "computed":
        return variable + 0
    return variable


def arguments_of(case: Case) -> dict[str, Any]:
    """Returns the arguments of a call."""
    return {name: argument(given) for name, given in case.arguments.items()}


def compare(group: str) -> None:
    """Compares what functions compute with the results of a group of cases, all in one
    compiled function."""
    cases = cases_of(group)
    floatx = cases[0].floatx
    if floatx is not None:
        K.set_floatx(floatx)
    results: list[Any] = []
    expected: list[tuple[Case, Any]] = []
    for case in cases:
        received = arguments_of(case)
        parts = parts_of(case.called(**received))
        wanted = [array_at(place) for place in case.values]
        assert len(parts) == len(wanted), f"{case} returns {len(parts)} tensors."
        results += parts
        expected += [(case, value) for value in wanted]
    values = K.function([], results)([])
    pairs = zip(results, values, expected, strict=True)
    for result, value, (case, wanted) in pairs:
        compare_declared(str(case), result, value)
        compare_types(str(case), value, wanted)
        compare_values(str(case), value, wanted)


def compare_declared(name: str, result, value) -> None:
    """Compares the type and the shape of a value with what its tensor declares."""
    declared = K.dtype(result)
    assert value.dtype == declared, f"{name} gives {value.dtype}; K.dtype: {declared}."
    shape = K.int_shape(result)
    sizes = zip_longest(shape, value.shape, fillvalue=-1)
    fits = all(told in (None, size) for told, size in sizes)
    assert fits, f"{name} gives shape {value.shape}; K.int_shape says {shape}."


def compare_types(name: str, value, wanted) -> None:
    """Compares the type of a value with what is expected."""
    found = str(value.dtype)
    expected = str(wanted.dtype)
    is_place = "int" in found and "int" in expected
    assert found == expected or is_place, f"{name} gives {found}, not {expected}."


def compare_values(name: str, value, wanted) -> None:
    """Compares a value with what is expected."""
    shapes = (value.shape, wanted.shape)
    assert shapes[0] == shapes[1], f"{name} gives shape {shapes[0]}, not {shapes[1]}."
    near = HALF if value.dtype == np.float16 else NEAR
    np.testing.assert_allclose(value, wanted, **near, err_msg=name)


def parts_of(result) -> list[Any]:
    """Returns the tensors of a result."""
    if not isinstance(result, (list, tuple)):
        return [result]
    return [part for each in result for part in parts_of(each)]


def compare_with_keras(tensor_of: Callable[..., Any], key: str) -> None:
    """Compares tensors with what Keras 1.2.2 computed, for open batch sizes.

    # Arguments
        tensor_of: function of a case, the function's result and its first input.
        key: str, the property of cases that holds the expected value.
    """
    placeholders: list[Any] = []
    feeds: list[Any] = []
    results: list[Any] = []
    expected: list[tuple[Case, Any]] = []
    for case in cases_of("keras"):
        place = getattr(case, key)
        if place is None:
            continue
        arrays = [array_at(each) for each in case.inputs]
        made = _open_placeholders(arrays)
        result = case.called(*made, **case.arguments)
        if case.function == "binary_crossentropy" and "logits" not in case.id:
            result = K.mean(result, axis=-1)  # as the loss is
        results.append(tensor_of(case, result, made[0]))
        placeholders += made
        feeds += arrays
        wanted = place[0] if key == "values" else place
        expected.append((case, array_at(wanted)))
    values = K.function(placeholders, results)(feeds)
    for (case, wanted), value in zip(expected, values, strict=True):
        compare_values(str(case), value, wanted)


def _open_placeholders(arrays: list[Any]) -> list[Any]:
    """Returns placeholders, with open sizes for the axis of samples."""
    rows = len(arrays[0])
    made = []
    for array in arrays:
        first, *others = array.shape
        size = None if first == rows else first
        made.append(K.placeholder((size, *others)))
    return made

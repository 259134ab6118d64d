"""Inputs like the last ones aren't checked again; others are, each time."""

import sys

import numpy as np
import pytest
from oneiros.errors import DataError
from oneiros.layers import Dense
from oneiros.models import Sequential


@pytest.fixture
def model():
    return Sequential([Dense(2, input_dim=3)])


def python_calls(function):
    calls = []
    sys.setprofile(lambda frame, event, _: event == "call" and calls.append(frame))
    try:
        function()
    finally:
        sys.setprofile(None)
    return len(calls)


def test_a_row_like_the_last_one_takes_few_calls_of_python(model):
    row = np.ones((1, 3), "float32")
    for _ in range(3):
        model.predict(row)
    of_signals = 25
    assert python_calls(lambda: model.predict(row)) < 65 + of_signals


@pytest.mark.parametrize(
    "wrong",
    [
        np.ones((1, 4), "float32"),
        np.ones((0, 3), "float32"),
        np.ones((1, 3, 1), "float32"),
        np.array([["a", "b", "c"]]),
        np.array([[1, 2, None]], object),
    ],
)
def test_what_never_fitted_is_refused_each_time(model, wrong):
    right = np.ones((1, 3), "float32")
    for _ in range(2):
        model.predict(right)
        with pytest.raises(DataError):
            model.predict(wrong)


def test_other_layers_expect_other_inputs(model):
    row = np.ones((1, 3), "float32")
    model.predict(row)
    model.pop()
    model.add(Dense(2, input_dim=5))
    with pytest.raises(DataError, match=r"\(1, 3\)"):
        model.predict(row)
    assert model.predict(np.ones((1, 5))).shape == (1, 2)


def test_types_that_alternate_give_the_same_results(model):
    row = np.ones((1, 3))
    results = [model.predict(row.astype(t)) for t in ("f4", "i8", "f8", "?", "f4")]
    assert all((result == results[0]).all() for result in results)

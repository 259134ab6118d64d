"""Statistics of weights, gradients and steps, beside NumPy."""

import io

import numpy as np
import pytest
from oneiros.diagnostics import weight_statistics
from oneiros.layers import Dense, Dropout, Input
from oneiros.models import Model, Sequential
from oneiros.optimizers import SGD
from small_models import compiled_dense


def test_numbers_are_those_of_numpy():
    model = compiled_dense(3, optimizer=SGD(lr=0.1), name="line")
    weights = np.array([[1.0], [0.0], [-2.0]]), np.array([0.0])
    model.set_weights(weights)
    x = np.random.RandomState(0).normal(size=(8, 3))
    y = np.ones((8, 1))
    error = x @ weights[0] + weights[1] - y
    gradient = 2 * x.T @ error / 8

    kernel, bias = weight_statistics(model, x, y)
    assert (kernel.layer, kernel.shape) == ("line", (3, 1))
    assert kernel.value.norm == pytest.approx(np.sqrt(5))
    assert kernel.value.zeros == pytest.approx(1 / 3)
    assert kernel.gradient.norm == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
    ratio = 0.1 * np.linalg.norm(gradient) / np.sqrt(5)
    assert kernel.update_ratio == pytest.approx(ratio, rel=1e-4)
    assert bias.update_ratio == float("inf")
    assert kernel.problem is None


def test_a_layer_that_learns_nothing_is_named():
    dead = Dense(4, input_dim=2, activation="relu", init="zero", name="dead")
    model = Sequential([dead, Dense(1, init="zero", name="last")])
    model.compile("sgd", "mse")
    problems = {
        row.weight: row.problem
        for row in weight_statistics(model, np.ones((4, 2)), np.ones((4, 1)))
    }
    kernel = next(name for name in problems if name.startswith("dead_W"))
    assert problems[kernel] == "the gradient is zero: nothing is learned"
    bias = next(name for name in problems if name.startswith("last_b"))
    assert problems[bias] is None


def test_nan_is_told_of_gradients_and_of_weights():
    model = compiled_dense(2)
    rows = weight_statistics(model, np.full((4, 2), np.nan), np.ones((4, 1)))
    assert rows[0].gradient.not_finite == 1 and "gradient" in rows[0].problem
    model.set_weights([np.array([[np.inf], [1.0]]), np.zeros(1)])
    rows = weight_statistics(model, np.ones((4, 2)), np.ones((4, 1)))
    assert rows[0].value.not_finite == 0.5 and "weight" in rows[0].problem


def test_several_inputs_and_a_learning_phase():
    left = Input((2,))
    right = Input((2,))
    shared = Dense(3, name="shared")
    outputs = [Dropout(0.5)(shared(left)), shared(right)]
    model = Model(input=[left, right], output=outputs)
    model.compile("sgd", "mse")
    x = [np.ones((4, 2)), np.ones((4, 2))]
    y = [np.ones((4, 3)), np.ones((4, 3))]
    rows = weight_statistics(model, x, y)
    assert [row.layer for row in rows] == ["shared", "shared"]
    assert all(row.gradient.norm > 0 for row in rows)


def test_the_table():
    model = compiled_dense(3, 2, name="line")
    text = io.StringIO()
    weight_statistics(model, np.ones((4, 3)), np.ones((4, 2))).print(text)
    heading, kernel, bias = text.getvalue().splitlines()
    assert heading.split() == [
        "weight",
        "shape",
        "norm",
        "zeros",
        "gradient",
        "zeros",
        "step",
    ]
    assert kernel.startswith("line_W") and "3 x 2" in kernel
    assert bias.startswith("line_b") and "inf" in bias

"""Activations, objectives, metrics, regularizers, constraints against Keras 1.2.2's
values, on each backend.

Each test works off one section of functions.json in one compiled function, lists every
case that differs, and counts the cases. (Initializations have statistics only:
test_initializations.py. The section `backend` is in tests/backend, `np_utils` in
tests/utils.)
"""

import numpy as np
from backends import trains
from oneiros import activations, constraints, metrics, objectives, regularizers
from oneiros import backend as K


def variables(arrays):
    """Returns a function that gives one variable per name of a golden array."""
    made = {}
    return lambda key: made.setdefault(key, K.variable(arrays[key]))


def differences(values, arrays):
    """Returns one line per value that differs from the golden array of its name."""
    lines = []
    for key, value in values.items():
        expected = arrays[key]
        if value.shape != expected.shape:
            lines.append(f"{key}: shape {value.shape}, expected {expected.shape}")
        elif not np.allclose(value, expected, rtol=1e-4, atol=1e-5, equal_nan=True):
            lines.append(
                f"{key}: {value.ravel()[:4]} … expected {expected.ravel()[:4]} …"
            )
    return lines


def executed(values, suffix):
    return sum(key.endswith(suffix) for key in values)


def add_gradient(tensors, case, loss, x):
    """Adds the gradient of a case to the tensors, if the backend has gradients."""
    if trains():
        tensors[case["id"] + "/g"] = K.gradients(loss, [x])[0]


def check_executed(values, suffix, cases):
    """Checks that no case is missing, and no gradient if there are any."""
    assert executed(values, suffix) == len(cases)
    assert executed(values, "/g") == (len(cases) if trains() else 0)


def test_activations(golden, predicting_backend, evaluate):
    cases, arrays = golden
    x = variables(arrays)
    tensors = {}
    for case in cases["activations"]:
        y = activations.get(case["name"])(x(case["x"]), **case["kwargs"])
        tensors[case["id"] + "/y"] = y
        add_gradient(tensors, case, K.sum(K.square(y)), x(case["x"]))
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    check_executed(values, "/y", cases["activations"])


def test_objectives(golden, predicting_backend, evaluate):
    cases, arrays = golden
    x = variables(arrays)
    tensors = {}
    for case in cases["objectives"]:
        y_pred = x(case["y_pred"])
        loss = objectives.get(case["name"])(x(case["y_true"]), y_pred, **case["kwargs"])
        tensors[case["id"] + "/v"] = loss
        add_gradient(tensors, case, K.sum(loss), y_pred)
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    check_executed(values, "/v", cases["objectives"])
    nan = {
        case["id"]
        for case in cases["objectives"]
        if not np.isfinite(values[case["id"] + "/v"]).all()
    }
    assert nan == {case["id"] for case in cases["objectives"] if not case["finite"]}


def test_metrics(golden, predicting_backend, evaluate):
    cases, arrays = golden
    x = variables(arrays)
    values = evaluate(
        {
            case["id"] + "/v": metrics.get(case["name"])(
                x(case["y_true"]), x(case["y_pred"]), **case["kwargs"]
            )
            for case in cases["metrics"]
        }
    )
    assert differences(values, arrays) == []
    assert executed(values, "/v") == len(cases["metrics"])


FORGOTTEN_ARGUMENTS = {"EigenvalueRegularizer": {"k": 0.1}}
"""What the configurations of Keras 1.2.2 leave out (ours don't)."""


def test_regularizers(golden, predicting_backend, evaluate):
    cases, arrays = golden
    weight = K.variable(arrays["reg/W"])
    tensors = {}
    for case in cases["regularizers"]:
        config = case["config"] | FORGOTTEN_ARGUMENTS.get(case["config"]["name"], {})
        regularizer = regularizers.get(config)
        assert regularizer.get_config() == config
        tensors[case["id"] + "/value"] = regularizer(weight)
        add_gradient(tensors, case, tensors[case["id"] + "/value"], weight)
    expected = arrays | {
        case["id"] + "/value": np.array(case["value"]) for case in cases["regularizers"]
    }
    values = evaluate(tensors)
    assert differences(values, expected) == []
    check_executed(values, "/value", cases["regularizers"])


def test_constraints(golden, predicting_backend, evaluate):
    cases, arrays = golden
    tensors = {}
    for case in cases["constraints"]:
        constraint = constraints.get(case["config"])
        assert constraint.get_config() == case["config"]
        tensors[case["id"] + "/y"] = constraint(K.variable(arrays[case["x"]]))
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    assert executed(values, "/y") == len(cases["constraints"])

"""Activations, objectives, metrics, regularizers, constraints against Keras 1.2.2's
values, on each backend.

Each test works off one section of functions.json in one compiled function, lists every
case that differs, and counts the cases. (Initializations have statistics only:
test_initializations.py. The section `backend` is in tests/backend, `np_utils` in
tests/utils.)
"""

import numpy as np
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


def test_activations(golden, backend, evaluate):
    cases, arrays = golden
    x = variables(arrays)
    tensors = {}
    for case in cases["activations"]:
        y = activations.get(case["name"])(x(case["x"]), **case["kwargs"])
        tensors[case["id"] + "/y"] = y
        tensors[case["id"] + "/g"] = K.gradients(K.sum(K.square(y)), [x(case["x"])])[0]
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    assert executed(values, "/y") == executed(values, "/g") == len(cases["activations"])


def test_objectives(golden, backend, evaluate):
    cases, arrays = golden
    x = variables(arrays)
    tensors = {}
    for case in cases["objectives"]:
        y_pred = x(case["y_pred"])
        loss = objectives.get(case["name"])(x(case["y_true"]), y_pred, **case["kwargs"])
        tensors[case["id"] + "/v"] = loss
        tensors[case["id"] + "/g"] = K.gradients(K.sum(loss), [y_pred])[0]
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    assert executed(values, "/v") == executed(values, "/g") == len(cases["objectives"])
    nan = {
        case["id"]
        for case in cases["objectives"]
        if not np.isfinite(values[case["id"] + "/v"]).all()
    }
    assert nan == {case["id"] for case in cases["objectives"] if not case["finite"]}


def test_metrics(golden, backend, evaluate):
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


def test_regularizers(golden, backend, evaluate):
    cases, arrays = golden
    weight = K.variable(arrays["reg/W"])
    tensors = {}
    for case in cases["regularizers"]:
        config = case["config"] | FORGOTTEN_ARGUMENTS.get(case["config"]["name"], {})
        regularizer = regularizers.get(config)
        assert regularizer.get_config() == config
        tensors[case["id"] + "/value"] = regularizer(weight)
        tensors[case["id"] + "/g"] = K.gradients(
            tensors[case["id"] + "/value"], [weight]
        )[0]
    expected = arrays | {
        case["id"] + "/value": np.array(case["value"]) for case in cases["regularizers"]
    }
    values = evaluate(tensors)
    assert differences(values, expected) == []
    assert (
        executed(values, "/value")
        == executed(values, "/g")
        == len(cases["regularizers"])
    )


def test_constraints(golden, backend, evaluate):
    cases, arrays = golden
    tensors = {}
    for case in cases["constraints"]:
        constraint = constraints.get(case["config"])
        assert constraint.get_config() == case["config"]
        tensors[case["id"] + "/y"] = constraint(K.variable(arrays[case["x"]]))
    values = evaluate(tensors)
    assert differences(values, arrays) == []
    assert executed(values, "/y") == len(cases["constraints"])

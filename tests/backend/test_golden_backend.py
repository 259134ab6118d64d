"""The `backend` cases of the golden data: what Keras 1.2.2's K computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "functions.json").read_text())["backend"]
EXPRESSIONS = {
    "K.dot(x0, x1)": lambda a, b: K.dot(a, b),
    "K.batch_dot(x0, x1, axes=1)": lambda a, b: K.batch_dot(a, b, axes=1),
    "K.batch_dot(x0, x1, axes=(1, 2))": lambda a, b: K.batch_dot(a, b, axes=(1, 2)),
    "K.batch_dot(x0, x1)": lambda a, b: K.batch_dot(a, b),
    "K.l2_normalize(x0, axis=-1)": lambda a: K.l2_normalize(a, axis=-1),
    "K.round(x0)": lambda a: K.round(a),
    "K.std(x0, axis=-1)": lambda a: K.std(a, axis=-1),
    "K.var(x0, axis=[0, 1])": lambda a: K.var(a, axis=[0, 1]),
    "K.clip(x0, 0.2, None)": lambda a: K.clip(a, 0.2, None),
    "K.clip(x0, 0.5, 0.1)": lambda a: K.clip(a, 0.5, 0.1),
    "K.repeat_elements(x0, 2, axis=1)": lambda a: K.repeat_elements(a, 2, axis=1),
    "K.binary_crossentropy(x0, x1, from_logits=True)": lambda a, b: (
        K.binary_crossentropy(a, b, from_logits=True)
    ),
    "K.categorical_crossentropy(x0, x1, from_logits=True)": lambda a, b: (
        K.categorical_crossentropy(a, b, from_logits=True)
    ),
}


@pytest.fixture(scope="module")
def arrays():
    with np.load(GOLDEN / "functions.npz") as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize("open_batch", [False, True], ids=["fixed", "open"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_agrees_with_keras_1(case, open_batch, predicting_backend, arrays):
    names = sorted(name for name in arrays if name.startswith(case["id"] + "/x"))
    inputs = [arrays[name] for name in names]
    shapes = [(None, *x.shape[1:]) if open_batch else x.shape for x in inputs]
    placeholders = [K.placeholder(shape=shape) for shape in shapes]
    result = EXPRESSIONS[case["expr"]](*placeholders)
    (value,) = K.function(placeholders, [result])(inputs)
    np.testing.assert_allclose(value, arrays[case["id"] + "/y"], rtol=1e-4, atol=1e-5)


def test_every_case_has_an_expression():
    assert {case["expr"] for case in CASES} == set(EXPRESSIONS)

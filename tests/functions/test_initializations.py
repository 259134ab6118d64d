"""Initializations.

Keras 1.2.2's statistics, the papers' formulas, NumPy's generator as the only source.
"""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import initializations

SHAPE = (40, 60)


def close_statistics(sample, case):
    """Compares a sample with the moments and extremes of the golden one.

    Both are random, n draws each.
    """
    n = case["n"]
    std = max(case["std"], 1e-7)
    assert abs(sample.mean() - case["mean"]) < 6 * std * np.sqrt(2 / n)
    assert abs(sample.std() - case["std"]) < 6 * std / np.sqrt(n)
    spread = (
        2 * std
        if case["name"] in ("normal", "glorot_normal", "he_normal", "orthogonal")
        else 0.03 * std
    )
    assert abs(sample.max() - case["max"]) <= spread
    assert abs(sample.min() - case["min"]) <= spread


def test_golden_statistics(golden):
    done = 0
    for case in golden[0]["initializations"]:
        initialize = initializations.get(case["name"])
        if "fans" in case:
            assert (
                list(initializations.get_fans(case["shape"], case["dim_ordering"]))
                == case["fans"]
            )
        if "error" in case:
            with pytest.raises(
                ValueError,
                match="square" if case["name"] == "identity" else "two or more axes",
            ):
                initialize(tuple(case["shape"]), dim_ordering=case["dim_ordering"])
            done += 1
            continue
        value = K.get_value(
            initialize(
                tuple(case["shape"]), name="W", dim_ordering=case["dim_ordering"]
            )
        )
        assert list(value.shape) == case["got_shape"] and value.size == case["n"], case
        close_statistics(value, case)
        if "gram_diag" in case:
            flat = value.reshape(len(value), -1)
            gram = flat @ flat.T if len(flat) <= flat.shape[1] else flat.T @ flat
            np.testing.assert_allclose(
                gram, case["gram_diag"] * np.eye(len(gram)), atol=1e-5
            )
        done += 1
    assert done == len(golden[0]["initializations"])


RANDOM = {
    "uniform": lambda: np.random.uniform(-0.05, 0.05, SHAPE),
    "normal": lambda: np.random.normal(0, 0.05, SHAPE),
    "glorot_uniform": lambda: np.random.uniform(-np.sqrt(0.06), np.sqrt(0.06), SHAPE),
    "he_normal": lambda: np.random.normal(0, np.sqrt(0.05), SHAPE),
}


@pytest.mark.parametrize("name", RANDOM)
def test_values_come_from_numpys_global_generator(name):
    np.random.seed(7)
    value = K.get_value(initializations.get(name)(SHAPE))
    np.random.seed(7)
    np.testing.assert_allclose(value, RANDOM[name](), rtol=1e-6)


@pytest.mark.parametrize(
    "name",
    ["uniform", "glorot_uniform", "normal", "orthogonal", "identity", "zero", "one"],
)
def test_names_and_types_are_passed_on(name):
    weight = initializations.get(name)((4, 4), name="dense_1_W")
    assert weight.name.partition(":")[0] == "dense_1_W"
    assert K.dtype(weight) == K.floatx() == "float32"


def test_get_fixes_arguments():
    fixed = initializations.get("orthogonal", scale=1.0)
    value = K.get_value(fixed((3, 4), name="U"))
    np.testing.assert_allclose(value @ value.T, np.eye(3), atol=1e-5)
    assert fixed.__name__ == "orthogonal"
    kernel = K.get_value(
        initializations.get("glorot_uniform", dim_ordering="tf")((3, 3, 20, 30))
    )
    limit = np.sqrt(6 / (9 * 50))
    assert 0.95 * limit < kernel.max() <= limit


def test_get_passes_functions_and_none_on():
    def own(shape, name=None):
        return K.zeros(shape, name=name)

    assert initializations.get(own) is own
    assert initializations.get(own, dim_ordering="th") is own
    assert initializations.get(None) is None


def test_unknown_dim_ordering_is_refused():
    with pytest.raises(ValueError, match=r"'channels_last'.*'th' or 'tf'"):
        initializations.get_fans((3, 3, 4, 5), "channels_last")

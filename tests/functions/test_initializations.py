"""Initializations.

Keras 1.2.2's statistics, the papers' formulas, NumPy's generator as the only source.
"""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import initializations
from scipy import stats

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


def test_golden_statistics(golden, backend):
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


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("uniform", 0.05),
        ("lecun_uniform", np.sqrt(3 / 40)),
        ("glorot_uniform", np.sqrt(6 / 100)),
        ("he_uniform", np.sqrt(6 / 40)),
    ],
)
def test_uniform_ones_pass_a_kolmogorov_test(backend, name, limit):
    values = K.get_value(initializations.get(name)(SHAPE)).ravel()
    assert stats.kstest(values, stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-3
    assert np.abs(values).max() <= limit


@pytest.mark.parametrize(
    ("name", "std"),
    [
        ("normal", 0.05),
        ("glorot_normal", np.sqrt(2 / 100)),
        ("he_normal", np.sqrt(2 / 40)),
    ],
)
def test_normal_ones_pass_a_kolmogorov_test_and_are_not_truncated(backend, name, std):
    values = K.get_value(
        initializations.get(name)((200, 300) if name == "normal" else SHAPE)
    ).ravel()
    assert stats.kstest(values, stats.norm(0, std).cdf).pvalue > 1e-3
    if name == "normal":
        assert np.abs(values).max() > 3 * std


RANDOM = {
    "uniform": lambda: np.random.uniform(-0.05, 0.05, SHAPE),
    "normal": lambda: np.random.normal(0, 0.05, SHAPE),
    "glorot_uniform": lambda: np.random.uniform(-np.sqrt(0.06), np.sqrt(0.06), SHAPE),
    "he_normal": lambda: np.random.normal(0, np.sqrt(0.05), SHAPE),
}


@pytest.mark.parametrize("name", RANDOM)
def test_values_come_from_numpys_global_generator(backend, name):
    np.random.seed(7)
    value = K.get_value(initializations.get(name)(SHAPE))
    np.random.seed(7)
    np.testing.assert_allclose(value, RANDOM[name](), rtol=1e-6)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (6, 2, 4), (2, 3, 3, 4)])
def test_orthogonal_rows_or_columns(backend, shape):
    value = K.get_value(initializations.orthogonal(shape, scale=2.0)).reshape(
        shape[0], -1
    )
    gram = value @ value.T if value.shape[0] <= value.shape[1] else value.T @ value
    np.testing.assert_allclose(gram, 4.0 * np.eye(len(gram)), atol=1e-5)


def test_identity_zero_one(backend):
    np.testing.assert_array_equal(
        K.get_value(initializations.identity((3, 3), scale=2)), 2 * np.eye(3)
    )
    np.testing.assert_array_equal(
        K.get_value(initializations.zero((2, 3))), np.zeros((2, 3))
    )
    np.testing.assert_array_equal(K.get_value(initializations.one((4,))), np.ones(4))


@pytest.mark.parametrize(
    "name",
    ["uniform", "glorot_uniform", "normal", "orthogonal", "identity", "zero", "one"],
)
def test_names_and_types_are_passed_on(backend, name):
    weight = initializations.get(name)((4, 4), name="dense_1_W")
    assert weight.name.partition(":")[0] == "dense_1_W"
    assert K.dtype(weight) == K.floatx() == "float32"


def test_get_fixes_arguments(backend):
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
    assert initializations.get(None) is None


@pytest.mark.parametrize(
    ("shape", "dim_ordering", "fans"),
    [
        ((7, 11), "th", (7, 11)),
        ((64, 32, 3, 5), "th", (32 * 15, 64 * 15)),
        ((3, 5, 32, 64), "tf", (15 * 32, 15 * 64)),
        ((8, 4, 3, 3, 3), "th", (4 * 27, 8 * 27)),
        ((2, 3, 5, 4, 8), "tf", (6 * 4, 6 * 8)),
        ((9,), "th", (3.0, 3.0)),
        ((2, 3, 6), "tf", (6.0, 6.0)),
    ],
)
def test_fans(shape, dim_ordering, fans):
    assert initializations.get_fans(shape, dim_ordering) == pytest.approx(fans)


def test_unknown_dim_ordering_is_refused():
    with pytest.raises(ValueError, match=r"'channels_last'.*'th' or 'tf'"):
        initializations.get_fans((3, 3, 4, 5), "channels_last")

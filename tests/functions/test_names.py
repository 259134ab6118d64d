"""Every name and alias of Keras 1.2.2, what `get` takes, and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oneiros import (
    activations,
    config,
    constraints,
    initializations,
    metrics,
    objectives,
    regularizers,
)
from oneiros import backend as K
from oneiros.errors import ConfigError, UnknownNameError

SHORT = {
    "mse": "mean_squared_error",
    "MSE": "mean_squared_error",
    "mae": "mean_absolute_error",
    "MAE": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "MAPE": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "MSLE": "mean_squared_logarithmic_error",
    "cosine": "cosine_proximity",
}
ALIASES = [
    *((objectives, short, full) for short, full in SHORT.items()),
    *((metrics, short, full) for short, full in SHORT.items()),
    (objectives, "kld", "kullback_leibler_divergence"),
    (objectives, "KLD", "kullback_leibler_divergence"),
    (metrics, "fscore", "fmeasure"),
    (metrics, "f1score", "fmeasure"),
]


@pytest.mark.parametrize(("module", "alias", "name"), ALIASES)
def test_aliases_are_the_same_function(module, alias, name):
    assert (
        getattr(module, alias)
        is getattr(module, name)
        is module.get(alias)
        is module.get(name)
    )
    assert module.get(alias).__name__ == name


def test_aliases_of_classes():
    assert constraints.maxnorm is constraints.MaxNorm
    assert constraints.nonneg is constraints.NonNeg
    assert constraints.unitnorm is constraints.UnitNorm
    assert (
        regularizers.WeightRegularizer
        is regularizers.ActivityRegularizer
        is regularizers.L1L2Regularizer
    )


@pytest.mark.parametrize("module", [activations, objectives, metrics, initializations])
def test_get_takes_functions_and_names_unknown_ones(module):
    def own(*args):
        return args

    assert module.get(own) is own
    with pytest.raises(UnknownNameError, match="'no_such_thing'"):
        module.get("no_such_thing")


def test_none_means_linear_or_nothing():
    x = object()
    assert activations.get(None)(x) is x
    assert regularizers.get(None) is constraints.get(None) is None


def test_custom_objects_come_first():
    def mse(t, p):
        return t

    with config.custom_object_scope({"mse": mse}):
        assert objectives.get("mse") is mse
    assert objectives.get("mse") is objectives.mean_squared_error


@pytest.mark.parametrize(
    ("name", "l1", "l2"),
    [
        ("l1", 0.01, 0),
        ("l2", 0, 0.01),
        ("l1l2", 0.01, 0.01),
        ("activity_l1", 0.01, 0),
        ("activity_l2", 0, 0.01),
        ("activity_l1l2", 0.01, 0.01),
    ],
)
def test_regularizers_by_short_name(name, l1, l2):
    for built in (regularizers.get(name), getattr(regularizers, name)()):
        assert built.get_config() == {
            "name": "L1L2Regularizer",
            "l1": float(np.float32(l1)),
            "l2": float(np.float32(l2)),
        }


def test_regularizers_of_old_configurations():
    old = regularizers.get({"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5})
    assert old.get_config() == {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.5}
    old.set_param(None)
    old.set_layer(None)


def test_constraints_by_short_name():
    assert constraints.get("maxnorm").get_config() == {
        "name": "MaxNorm",
        "m": 2,
        "axis": 0,
    }
    assert constraints.get("maxnorm", {"m": 3}).m == 3
    assert constraints.get("unitnorm").get_config() == {"name": "UnitNorm", "axis": 0}
    assert constraints.get("nonneg").get_config() == {"name": "NonNeg"}


def test_wrong_arguments_are_named():
    with pytest.raises(ConfigError, match=r"MaxNorm.*'n'"):
        constraints.get({"name": "MaxNorm", "n": 3})


SHAPE = (4, 5)
FLOATS = arrays(
    np.float32, SHAPE, elements=st.floats(-100, 100, width=32, allow_subnormal=False)
)


def compiled(*functions):
    """Returns a function of one matrix that computes all of `functions` of it."""
    x = K.placeholder(SHAPE)
    run = K.function([x], [function(x) for function in functions])
    return lambda value: run([value])


def test_constraints_keep_their_promises():
    run = compiled(
        constraints.maxnorm(2.0),
        constraints.unitnorm(),
        constraints.nonneg(),
        constraints.MinMaxNorm(0.5, 2.0),
    )

    @given(FLOATS)
    def check(w):
        largest, unit, positive, between = run(w)
        before = np.sqrt(np.sum(w.astype("float64") ** 2, axis=0))
        assert (np.sqrt(np.sum(largest**2, axis=0)) <= 2 * (1 + 1e-4)).all()
        inside = before < 2 * (1 - 1e-5)
        np.testing.assert_allclose(
            largest[:, inside], w[:, inside], rtol=1e-2, atol=2e-7
        )
        assert (positive >= 0).all()
        np.testing.assert_array_equal(positive, np.maximum(w, 0))
        long = before > 1e-2
        np.testing.assert_allclose(
            np.sqrt(np.sum(unit[:, long] ** 2, axis=0)), 1, rtol=1e-3
        )
        after = np.sqrt(np.sum(between[:, long] ** 2, axis=0))
        assert (after >= 0.5 * (1 - 1e-3)).all() and (after <= 2.0 * (1 + 1e-3)).all()

    check()

"""What the golden values of activations, metrics, regularizers and constraints leave
out, against NumPy and scikit-learn."""

import numpy as np
import pytest
from oneiros import activations, constraints, metrics, regularizers
from oneiros import backend as K
from sklearn.metrics import fbeta_score

EPS = 1e-7


def top_k(t, p, k):
    chosen = np.take_along_axis(p, t.argmax(axis=-1)[:, None], axis=-1)
    return np.mean((p > chosen).sum(axis=-1) < k)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_counts_ties(backend, k):
    t = np.eye(4)[[0, 1, 2]]
    p = np.array([[0.1, 0.4, 0.3, 0.2], [0.3, 0.3, 0.3, 0.1], [0.4, 0.3, 0.2, 0.1]])
    value = K.eval(
        metrics.top_k_categorical_accuracy(K.variable(t), K.variable(p), k=k)
    )
    assert value == pytest.approx(top_k(t, p, k))


@pytest.mark.parametrize("beta", [0, 0.5, 2])
def test_fbeta(backend, beta):
    t, p = np.random.randint(0, 2, (4, 5)), np.random.uniform(size=(4, 5))
    value = K.eval(metrics.fbeta_score(K.variable(t), K.variable(p), beta=beta))
    expected = fbeta_score(t.ravel(), p.ravel() > 0.5, beta=beta)
    assert value == pytest.approx(expected, rel=1e-4)


def test_a_negative_beta_is_refused(backend):
    x = K.placeholder((None, 3))
    with pytest.raises(ValueError, match="at least 0; it received -1"):
        metrics.fbeta_score(x, x, beta=-1)


def test_softmax_refuses_a_vector(backend):
    with pytest.raises(ValueError, match=r"rank 1\..*Reshape"):
        activations.softmax(K.placeholder((None,)))


def test_softmax_of_images_is_by_pixel(backend):
    x = np.random.uniform(size=(2, 3, 4, 5)).astype("float32")
    powers = np.exp(x)
    expected = powers / powers.sum(axis=-1, keepdims=True)
    value = K.eval(activations.softmax(K.variable(x)))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def dominant(w):
    """Of WᵀW by nine power iterations from ones."""
    gram = w.T @ w
    vector = np.ones(w.shape[1])
    for _ in range(9):
        vector = gram @ vector
    return np.sqrt(vector @ gram @ vector / (vector @ vector))


def test_the_eigenvalue_stays_finite_for_large_and_small_matrices(backend, evaluate):
    """Plain powers of WᵀW leave float32's range: 1e6 ** 19 here."""
    w = np.random.normal(size=(5, 4))
    values = evaluate(
        {
            scale: regularizers.EigenvalueRegularizer(1.0)(K.variable(scale * w))
            for scale in (1e3, 1e-3)
        }
    )
    for scale, value in values.items():
        assert value == pytest.approx(scale * dominant(w), rel=1e-3)


def test_the_eigenvalue_takes_matrices_only(backend):
    with pytest.raises(ValueError, match="rank 3"):
        regularizers.EigenvalueRegularizer(0.1)(K.placeholder((2, 3, 4)))


def norms(w, axis):
    return np.sqrt(np.sum(w**2, axis=axis, keepdims=True))


@pytest.mark.parametrize("axis", [0, 1, (0, 1), -1])
def test_constraints(backend, evaluate, axis):
    w = np.random.normal(size=(4, 5))
    w[:, 2] = w[3] = 0
    variable = K.variable(w)
    built = {
        "maxnorm": constraints.maxnorm(0.9, axis=axis),
        "unitnorm": constraints.unitnorm(axis=axis),
        "nonneg": constraints.nonneg(),
        "minmax": constraints.MinMaxNorm(low=0.5, high=1.2, rate=0.3, axis=axis),
    }
    n = norms(w, axis)
    expected = {
        "maxnorm": w * np.minimum(n, 0.9) / (EPS + n),
        "unitnorm": w / (EPS + n),
        "nonneg": np.maximum(w, 0),
        "minmax": w * (0.3 * np.clip(n, 0.5, 1.2) + 0.7 * n) / (EPS + n),
    }
    values = evaluate({name: constrain(variable) for name, constrain in built.items()})
    for name, value in values.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-5)

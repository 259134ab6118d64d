"""Every activation, objective, metric, regularizer and constraint against NumPy, and
backend against backend.

The references are written from the papers and from reference/keras1_facts.md. Values
are compared on all data sets of the golden files, gradients with central differences in
float64 at points without kinks.
"""

import numpy as np
import pytest
from backends import BACKENDS
from oneiros import activations, constraints, metrics, objectives, regularizers
from oneiros import backend as K
from scipy import special

EPS = 1e-7


@pytest.fixture(autouse=True)
def without_xla(monkeypatch):
    """Compiling hundreds of small formulas takes XLA minutes.

    The golden tests run them through it.
    """
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")


def normalised(x):
    return x / np.sqrt(np.maximum(np.sum(x**2, axis=-1, keepdims=True), 1e-12))


def crossentropy(t, p):
    with np.errstate(invalid="ignore"):
        p = np.clip(p / p.sum(axis=-1, keepdims=True), EPS, 1 - EPS)
    return -np.sum(t * np.log(p), axis=-1)


def sparse_crossentropy(t, p):
    p = np.clip(p, EPS, 1 - EPS)
    p = p / p.sum(axis=-1, keepdims=True)
    return -np.log(np.take_along_axis(p, t.astype(int), axis=-1))[..., 0]


def binary_crossentropy(t, p):
    p = np.clip(p, EPS, 1 - EPS)
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p), axis=-1)


def divergence(t, p):
    t, p = np.clip(t, EPS, 1), np.clip(p, EPS, 1)
    return np.sum(t * np.log(t / p), axis=-1)


def poisson(t, p):
    with np.errstate(invalid="ignore"):
        return np.mean(p - t * np.log(p + EPS), axis=-1)


def logarithmic(t, p):
    return np.mean(
        (np.log(np.maximum(t, EPS) + 1) - np.log(np.maximum(p, EPS) + 1)) ** 2, axis=-1
    )


OBJECTIVES = {
    "mean_squared_error": lambda t, p: np.mean((t - p) ** 2, axis=-1),
    "mean_absolute_error": lambda t, p: np.mean(np.abs(t - p), axis=-1),
    "mean_absolute_percentage_error": lambda t, p: (
        100 * np.mean(np.abs(t - p) / np.maximum(np.abs(t), EPS), axis=-1)
    ),
    "mean_squared_logarithmic_error": logarithmic,
    "squared_hinge": lambda t, p: np.mean(np.maximum(1 - t * p, 0) ** 2, axis=-1),
    "hinge": lambda t, p: np.mean(np.maximum(1 - t * p, 0), axis=-1),
    "categorical_crossentropy": crossentropy,
    "sparse_categorical_crossentropy": sparse_crossentropy,
    "binary_crossentropy": binary_crossentropy,
    "kullback_leibler_divergence": divergence,
    "poisson": poisson,
    "cosine_proximity": lambda t, p: -np.mean(normalised(t) * normalised(p), axis=-1),
}


def yes(y):
    return np.round(np.clip(y, 0, 1))


def precision(t, p):
    return yes(t * p).sum() / (yes(p).sum() + EPS)


def recall(t, p):
    return yes(t * p).sum() / (yes(t).sum() + EPS)


def fbeta(t, p, beta=1):
    ours = precision(t, p)
    theirs = recall(t, p)
    return (1 + beta**2) * ours * theirs / (beta**2 * ours + theirs + EPS)


def matthews(t, p):
    t, p = yes(t), yes(p)
    tp = (t * p).sum()
    tn = ((1 - t) * (1 - p)).sum()
    fp = ((1 - t) * p).sum()
    fn = (t * (1 - p)).sum()
    return (tp * tn - fp * fn) / (
        np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) + EPS
    )


def top_k(t, p, k):
    chosen = np.take_along_axis(p, t.argmax(axis=-1)[:, None], axis=-1)
    return np.mean((p > chosen).sum(axis=-1) < k)


METRICS = {
    **{
        name: (lambda t, p, loss=loss: loss(t, p).mean())
        for name, loss in OBJECTIVES.items()
    },
    "binary_accuracy": lambda t, p: np.mean(t == np.round(p)),
    "categorical_accuracy": lambda t, p: np.mean(
        t.argmax(axis=-1) == p.argmax(axis=-1)
    ),
    "sparse_categorical_accuracy": lambda t, p: np.mean(
        t.max(axis=-1) == p.argmax(axis=-1)
    ),
    "top_k_categorical_accuracy": lambda t, p: top_k(t, p, 5),
    "matthews_correlation": matthews,
    "precision": precision,
    "recall": recall,
    "fbeta_score": fbeta,
    "fmeasure": fbeta,
}
SPARSE = {"sparse_categorical_crossentropy", "sparse_categorical_accuracy"}
TWO_AXES = {"top_k_categorical_accuracy"}


@pytest.fixture(scope="module")
def data_sets(golden):
    """Pairs of targets and predictions by name.

    `(sparse targets, predictions)` under `name + "/sparse"`.
    """
    arrays = golden[1]
    pairs = {
        key[6:]: (arrays["obj_t/" + key[6:]], arrays[key])
        for key in arrays
        if key.startswith("obj_p/")
    }
    sparse = {
        key[7:] + "/sparse": (arrays[key], arrays["obj_p/" + key[7:]])
        for key in arrays
        if "obj_ts/" in key
    }
    return pairs | sparse


def applicable(names, data_sets):
    """Returns the (function name, data set name) pairs that make sense."""
    return [
        (name, key)
        for name in names
        for key, (t, _) in data_sets.items()
        if (name in SPARSE) == key.endswith("/sparse")
        and not (name in TWO_AXES and t.ndim != 2)
    ]


def placeholders(data_sets):
    """Returns `(target, prediction)` placeholders per data set, all of them in one
    list, and the arrays."""
    tensors = {
        key: tuple(K.placeholder((None, *a.shape[1:])) for a in pair)
        for key, pair in data_sets.items()
    }
    inputs = [x for pair in tensors.values() for x in pair]
    return tensors, inputs, [a for pair in data_sets.values() for a in pair]


def compare(values, expected):
    wrong = [
        f"{key}: {values[key]} expected {expected[key]}"
        for key in expected
        if not np.allclose(
            values[key], expected[key], rtol=1e-4, atol=1e-5, equal_nan=True
        )
    ]
    assert not wrong, "\n".join(wrong)


def test_objectives(data_sets, backend, evaluate):
    x, inputs, arrays = placeholders(data_sets)
    cases = applicable(OBJECTIVES, data_sets)
    values = evaluate(
        {case: getattr(objectives, case[0])(*x[case[1]]) for case in cases},
        inputs,
        arrays,
    )
    compare(values, {case: OBJECTIVES[case[0]](*data_sets[case[1]]) for case in cases})
    assert {name for name, _ in cases} == OBJECTIVES.keys()


def test_metrics(data_sets, backend, evaluate):
    x, inputs, arrays = placeholders(data_sets)
    cases = applicable(METRICS, data_sets)
    values = evaluate(
        {case: getattr(metrics, case[0])(*x[case[1]]) for case in cases}, inputs, arrays
    )
    assert all(value.shape == () for value in values.values())
    compare(values, {case: METRICS[case[0]](*data_sets[case[1]]) for case in cases})


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_counts_ties(backend, k):
    t = np.eye(4)[[0, 1, 2]]
    p = np.array([[0.1, 0.4, 0.3, 0.2], [0.3, 0.3, 0.3, 0.1], [0.4, 0.3, 0.2, 0.1]])
    value = K.eval(
        metrics.top_k_categorical_accuracy(K.variable(t), K.variable(p), k=k)
    )
    assert value == pytest.approx(top_k(t, p, k))


@pytest.mark.parametrize("beta", [0, 0.5, 2])
def test_fbeta(data_sets, backend, beta):
    t, p = data_sets["binary2d"]
    value = K.eval(metrics.fbeta_score(K.variable(t), K.variable(p), beta=beta))
    assert value == pytest.approx(fbeta(t, p, beta), rel=1e-4)


def test_a_negative_beta_is_refused(backend):
    x = K.placeholder((None, 3))
    with pytest.raises(ValueError, match="at least 0; it received -1"):
        metrics.fbeta_score(x, x, beta=-1)


ACTIVATIONS = {
    "softmax": lambda x: special.softmax(x, axis=-1),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "linear": lambda x: x,
}


def test_activations(backend, evaluate):
    flat, deep = K.placeholder((None, 7)), K.placeholder((None, 5, 7))
    arrays = [np.random.normal(0, 4, (6, 7)), np.random.normal(0, 4, (3, 5, 7))]
    arrays[0][0, :4] = [0, -80, 80, 2.5]
    values = evaluate(
        {
            (name, rank): getattr(activations, name)(x)
            for name in ACTIVATIONS
            for rank, x in ((2, flat), (3, deep))
        },
        [flat, deep],
        arrays,
    )
    compare(
        values,
        {(name, rank): ACTIVATIONS[name](arrays[rank - 2]) for name, rank in values},
    )


def test_activation_arguments(backend, evaluate):
    x = K.placeholder((None, 9))
    array = np.linspace(-4, 4, 18).reshape(2, 9)
    tensors = {
        "leaky": activations.relu(x, alpha=0.3),
        "capped": activations.relu(x, max_value=1.5),
        "both": activations.relu(x, alpha=0.1, max_value=2.0),
        "elu": activations.elu(x, 0.5),
    }
    expected = {
        "leaky": np.where(array > 0, array, 0.3 * array),
        "capped": np.clip(array, 0, 1.5),
        "both": np.where(array > 0, np.minimum(array, 2), 0.1 * array),
        "elu": np.where(array > 0, array, 0.5 * np.expm1(array)),
    }
    compare(evaluate(tensors, [x], [array]), expected)


@pytest.mark.parametrize("shape", [(None,), (None, 2, 3, 4)])
def test_softmax_refuses_other_ranks(backend, shape):
    with pytest.raises(ValueError, match=f"rank {len(shape)}.*Flatten"):
        activations.softmax(K.placeholder(shape))


def central_differences(function, x, h=1e-6):
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (function(up) - function(down)) / (2 * h)
    return gradient


def test_gradients_in_float64(backend, evaluate):
    """Of every objective, activation and differentiable penalty.

    Sums whose slope NumPy measures.
    """
    K.set_floatx("float64")
    try:
        t, p = np.random.uniform(0.1, 0.9, (4, 3)), np.random.uniform(0.1, 0.9, (4, 3))
        labels = np.array([[0.0], [2.0], [1.0], [1.0]])
        x = np.random.normal(0, 1.5, (4, 3))
        vp, vx = K.variable(p), K.variable(x)
        sums = {
            f"objective {name}": (
                vp,
                K.sum(
                    getattr(objectives, name)(
                        K.variable(labels if name in SPARSE else t), vp
                    )
                ),
                central_differences(
                    lambda q, f=f, y=labels if name in SPARSE else t: f(y, q).sum(), p
                ),
            )
            for name, f in OBJECTIVES.items()
        }
        sums |= {
            f"activation {name}": (
                vx,
                K.sum(K.square(getattr(activations, name)(vx))),
                central_differences(lambda z, f=f: np.sum(f(z) ** 2), x),
            )
            for name, f in ACTIVATIONS.items()
        }
        for name, (regularizer, reference) in REGULARIZERS.items():
            sums[f"regularizer {name}"] = (
                vx,
                regularizer()(vx),
                central_differences(reference, x),
            )
        values = evaluate(
            {key: K.gradients(total, [v])[0] for key, (v, total, _) in sums.items()}
        )
        for key, (_, _, expected) in sums.items():
            assert values[key].dtype == np.float64, key
            np.testing.assert_allclose(
                values[key], expected, rtol=1e-5, atol=1e-8, err_msg=key
            )
    finally:
        K.set_floatx("float32")


def dominant(w):
    """Of WᵀW by nine power iterations from ones."""
    gram = w.T @ w
    vector = np.ones(w.shape[1])
    for _ in range(9):
        vector = gram @ vector
    return np.sqrt(vector @ gram @ vector / (vector @ vector))


REGULARIZERS = {
    "l1": (lambda: regularizers.l1(0.3), lambda w: 0.3 * np.abs(w).sum()),
    "l2": (lambda: regularizers.l2(0.3), lambda w: 0.3 * (w**2).sum()),
    "l1l2": (
        lambda: regularizers.l1l2(0.1, 0.2),
        lambda w: 0.1 * np.abs(w).sum() + 0.2 * (w**2).sum(),
    ),
    "activity_l1": (
        lambda: regularizers.activity_l1(0.3),
        lambda w: 0.3 * np.abs(w).sum(),
    ),
    "activity_l2": (
        lambda: regularizers.activity_l2(0.3),
        lambda w: 0.3 * (w**2).sum(),
    ),
    "activity_l1l2": (
        lambda: regularizers.activity_l1l2(0.1, 1),
        lambda w: (0.1 * np.abs(w) + w**2).sum(),
    ),
    "nothing": (lambda: regularizers.L1L2Regularizer(), lambda w: 0.0),
    "eigenvalue": (
        lambda: regularizers.EigenvalueRegularizer(0.5),
        lambda w: 0.5 * dominant(w),
    ),
}


def test_regularizers(backend, evaluate):
    w = np.random.normal(size=(6, 4))
    variable = K.variable(w)
    values = evaluate(
        {
            name: regularizer()(variable)
            for name, (regularizer, _) in REGULARIZERS.items()
        }
    )
    compare(
        values, {name: reference(w) for name, (_, reference) in REGULARIZERS.items()}
    )


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


def minmax(w, low, high, rate, axis):
    n = norms(w, axis)
    return w * (rate * np.clip(n, low, high) + (1 - rate) * n) / (EPS + n)


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
        "minmax": minmax(w, 0.5, 1.2, 0.3, axis),
    }
    compare(
        evaluate({name: constraint(variable) for name, constraint in built.items()}),
        expected,
    )


@pytest.mark.exhaustive(only=True)
def test_the_backends_agree_on_every_function_and_data_set(data_sets):
    """Values and gradients, also at kinks and where they are NaN.

    1.2.2 has one answer, so all give it.
    """
    results = {}
    for name in BACKENDS:
        with K.use(name):
            losses = {}
            predictions = {}
            for function, key in applicable(OBJECTIVES, data_sets):
                t, p = (K.variable(a) for a in data_sets[key])
                losses[function, key, "value"] = getattr(objectives, function)(t, p)
                predictions[function, key, "gradient"] = p
            total = sum(map(K.sum, losses.values()))
            gradients = K.gradients(total, list(predictions.values()))
            tensors = {**losses, **dict(zip(predictions, gradients, strict=True))}
            results[name] = dict(
                zip(tensors, K.function([], list(tensors.values()))([]), strict=True)
            )
    for name in BACKENDS[1:]:
        compare(results[BACKENDS[0]], results[name])

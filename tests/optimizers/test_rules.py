"""Each optimizer's rule, with and without its options, against NumPy in float64 written
from the papers.

All variants take ten steps on one loss in one compiled function per backend.
"""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import optimizers

STEPS = 10
START = {"a": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": np.array([0.3, -0.7])}


def gradients(p):
    """Of loss(): sum(a ** 2) + sum(a * b) + sum(b ** 4)."""
    return {"a": 2 * p["a"] + p["b"], "b": p["a"].sum(axis=0) + 4 * p["b"] ** 3}


def loss(p):
    return K.sum(K.square(p["a"])) + K.sum(p["a"] * p["b"]) + K.sum(K.pow(p["b"], 4))


def sgd(t, g, s, lr=0.01, momentum=0.0, decay=0.0, nesterov=False):
    rate = lr / (1 + decay * (t - 1))
    s["m"] = momentum * s.get("m", 0) - rate * g
    return momentum * s["m"] - rate * g if nesterov else s["m"]


def rmsprop(t, g, s, lr=0.001, rho=0.9, epsilon=1e-8, decay=0.0):
    s["a"] = rho * s.get("a", 0) + (1 - rho) * g**2
    return -lr / (1 + decay * (t - 1)) * g / (np.sqrt(s["a"]) + epsilon)


def adagrad(t, g, s, lr=0.01, epsilon=1e-8, decay=0.0):
    s["a"] = s.get("a", 0) + g**2
    return -lr / (1 + decay * (t - 1)) * g / (np.sqrt(s["a"]) + epsilon)


def adadelta(t, g, s, lr=1.0, rho=0.95, epsilon=1e-8, decay=0.0):
    s["a"] = rho * s.get("a", 0) + (1 - rho) * g**2
    step = g * np.sqrt(s.get("d", 0) + epsilon) / np.sqrt(s["a"] + epsilon)
    s["d"] = rho * s.get("d", 0) + (1 - rho) * step**2
    return -lr / (1 + decay * (t - 1)) * step


def adam(t, g, s, lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8, decay=0.0):
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * g
    s["v"] = beta_2 * s.get("v", 0) + (1 - beta_2) * g**2
    rate = lr / (1 + decay * (t - 1)) * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return -rate * s["m"] / (np.sqrt(s["v"]) + epsilon)


def adamax(t, g, s, lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8, decay=0.0):
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * g
    s["u"] = np.maximum(beta_2 * s.get("u", 0), np.abs(g))
    return -lr / (1 + decay * (t - 1)) / (1 - beta_1**t) * s["m"] / (s["u"] + epsilon)


def nadam(
    t, g, s, lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8, schedule_decay=0.004
):
    def momentum(step):
        return beta_1 * (1 - 0.5 * 0.96 ** (step * schedule_decay))

    s["schedule"] = s.get("schedule", 1.0) * momentum(t)
    s["m"] = beta_1 * s.get("m", 0) + (1 - beta_1) * g
    s["v"] = beta_2 * s.get("v", 0) + (1 - beta_2) * g**2
    now = (1 - momentum(t)) * g / (1 - s["schedule"])
    ahead = momentum(t + 1) * s["m"] / (1 - s["schedule"] * momentum(t + 1))
    return -lr * (now + ahead) / (np.sqrt(s["v"] / (1 - beta_2**t)) + epsilon)


RULES = {
    "SGD": sgd,
    "RMSprop": rmsprop,
    "Adagrad": adagrad,
    "Adadelta": adadelta,
    "Adam": adam,
    "Adamax": adamax,
    "Nadam": nadam,
}
BETAS = {"lr": 0.0625, "beta_1": 0.75, "beta_2": 0.875, "epsilon": 0.0078125}
OPTIONS = {
    "SGD": {"lr": 0.0625, "momentum": 0.75, "nesterov": True, "decay": 0.25},
    "RMSprop": {"lr": 0.03125, "rho": 0.75, "epsilon": 0.0078125, "decay": 0.25},
    "Adagrad": {"lr": 0.25, "epsilon": 0.125, "decay": 0.5},
    "Adadelta": {"lr": 0.5, "rho": 0.75, "epsilon": 0.0078125, "decay": 0.125},
    "Adam": {**BETAS, "decay": 0.25},
    "Adamax": {**BETAS, "decay": 0.5},
    "Nadam": {**BETAS, "schedule_decay": 0.125},
}
"""Values for all options, which float32 holds; the golden data has the defaults."""
CLIPPING = ({}, {"clipnorm": 0.8}, {"clipnorm": 2.0, "clipvalue": 0.3})
VARIANTS = [
    (name, options, clipping)
    for name, options in OPTIONS.items()
    for clipping in CLIPPING
]
"""Class name, arguments of the rule, clipping."""


def expected(name, kwargs, clipping):
    p = {k: v.copy() for k, v in START.items()}
    state = {"a": {}, "b": {}}
    history = []
    for t in range(1, STEPS + 1):
        grads = gradients(p)
        norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
        limit = clipping.get("clipnorm", np.inf)
        bound = clipping.get("clipvalue", np.inf)
        for k, g in grads.items():
            g = np.clip(g * limit / norm if norm >= limit else g, -bound, bound)
            p[k] = p[k] + RULES[name](t, g, state[k], **kwargs)
        history.append({k: v.copy() for k, v in p.items()})
    return history


def test_every_rule():
    variables = [{k: K.variable(v, name=k) for k, v in START.items()} for _ in VARIANTS]
    updates = []
    for p, (name, kwargs, clipping) in zip(variables, VARIANTS, strict=True):
        updates += getattr(optimizers, name)(**kwargs, **clipping).get_updates(
            list(p.values()), {}, loss(p)
        )
    step = K.function([], [], updates)
    histories = [expected(*variant) for variant in VARIANTS]
    for t in range(STEPS):
        step([])
        for p, history, variant in zip(variables, histories, VARIANTS, strict=True):
            for k, variable in p.items():
                np.testing.assert_allclose(
                    K.get_value(variable),
                    history[t][k],
                    rtol=1e-4,
                    atol=1e-5,
                    err_msg=f"{variant} step {t + 1}, {k}",
                )


@pytest.mark.parametrize("schedule_decay", [0.004, 0.5])
def test_nadams_schedule_after_few_steps(schedule_decay):
    p = K.variable(START["b"])
    nadam = optimizers.Nadam(beta_1=0.8, schedule_decay=schedule_decay)
    step = K.function([], [], nadam.get_updates([p], {}, K.sum(K.square(p))))
    product = 1.0
    for t in (1, 2, 3):
        step([])
        product *= 0.8 * (1 - 0.5 * 0.96 ** (t * schedule_decay))
        assert K.get_value(nadam.m_schedule) == pytest.approx(product, rel=1e-6)
    expected = START["b"].copy()
    state = {}
    for t in (1, 2, 3):
        rule = {"beta_1": 0.8, "schedule_decay": schedule_decay}
        expected += RULES["Nadam"](t, 2 * expected, state, **rule)
    np.testing.assert_allclose(K.get_value(p), expected, rtol=1e-6)


def test_clip_norm():
    g = K.variable(np.array([3.0, 4.0]))
    n = K.sqrt(K.sum(K.square(g)))
    clipped, at_limit, kept, off = K.function(
        [], [optimizers.clip_norm(g, c, n) for c in (1.0, 5.0, 6.0, 0)]
    )([])
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)
    for unchanged in (at_limit, kept, off):
        np.testing.assert_allclose(unchanged, [3.0, 4.0], rtol=1e-6)


def test_clip_norm_of_zero_gradients_is_not_nan():
    p = K.variable(np.zeros(3))
    K.function(
        [],
        [],
        optimizers.SGD(lr=0.1, clipnorm=1.0).get_updates([p], {}, K.sum(K.square(p))),
    )([])
    np.testing.assert_array_equal(K.get_value(p), np.zeros(3))


def test_float64():
    """With floatx float64 a rule keeps its digits: nothing in it drops to float32."""
    K.set_floatx("float64")
    try:
        p = {k: K.variable(v) for k, v in START.items()}
        updates = optimizers.Nadam(lr=0.05).get_updates(list(p.values()), {}, loss(p))
        step = K.function([], [], updates)
        for _ in range(STEPS):
            step([])
        for k, variable in p.items():
            value = K.get_value(variable)
            assert value.dtype == np.float64
            np.testing.assert_allclose(
                value, expected("Nadam", {"lr": 0.05}, {})[-1][k], rtol=1e-10
            )
    finally:
        K.set_floatx("float32")

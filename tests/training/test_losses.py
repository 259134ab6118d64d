"""What compile makes of losses, weights, masks and metrics, against NumPy, on each
backend."""

import functools

import numpy as np
import pytest
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros import metrics, objectives, optimizers, registry, regularizers
from oneiros.engine.training import weighted_objective
from oneiros.errors import ArgumentError, BackendMixError, ConfigError, UnknownNameError
from oneiros.layers import Dense, Dropout, Input, Masking, TimeDistributedDense
from oneiros.models import Model, Sequential


def one_output(units=3, activation="softmax", **arguments):
    return Sequential([Dense(units, input_dim=4, activation=activation, **arguments)])


def two_outputs():
    x = Input((4,), name="x")
    return Model(
        x, [Dense(3, activation="softmax", name="u")(x), Dense(1, name="v")(x)]
    )


def steps():
    """A model with time steps and no mask."""
    return Sequential([TimeDistributedDense(2, input_shape=(5, 3))])


def squared_error(y_true, y_pred):
    return K.mean(K.square(y_pred - y_true), axis=-1)


def test_mask_and_time_step_weights_through_a_model():
    model = Sequential([Masking(0.0, input_shape=(5, 3)), TimeDistributedDense(2)])
    model.compile("sgd", "mse", sample_weight_mode="temporal")
    x, y = np.random.normal(size=(6, 5, 3)), np.random.normal(size=(6, 5, 2))
    x[:, 3:] = 0
    x[0, 1:] = 0
    weights = np.random.random((6, 5))
    mask = np.any(x != 0, -1)
    score = np.square(model.predict(x) - y).mean(-1) * mask / mask.mean() * weights
    np.testing.assert_allclose(
        model.test_on_batch(x, y, weights), score.mean(), rtol=1e-5
    )


def test_total_is_weighted_sum_and_regularizers():
    x = Input((4,))
    first = Dense(3, name="u", W_regularizer=regularizers.l2(0.1))
    second = Dense(1, name="v", b_regularizer=regularizers.l1(0.3))
    model = Model(x, [first(x), second(x)])
    second.set_weights([np.ones((4, 1)), np.array([-2.0])])
    model.compile("sgd", {"u": "mse", "v": "mae"}, loss_weights={"v": 0.25})
    data = np.random.normal(size=(7, 4))
    u = np.random.normal(size=(7, 3))
    v = np.random.normal(size=(7, 1))
    total, loss_u, loss_v = model.test_on_batch(data, [u, v])
    found_u, found_v = model.predict_on_batch(data)
    np.testing.assert_allclose(loss_u, np.square(found_u - u).mean(), rtol=1e-5)
    np.testing.assert_allclose(loss_v, np.abs(found_v - v).mean(), rtol=1e-5)
    penalty = 0.1 * np.square(first.get_weights()[0]).sum() + 0.3 * 2.0
    np.testing.assert_allclose(total, loss_u + 0.25 * loss_v + penalty, rtol=1e-5)


@pytest.mark.parametrize(
    ("units", "loss", "expected"),
    [
        (1, "mse", "binary_accuracy"),
        (3, "binary_crossentropy", "binary_accuracy"),
        (3, "sparse_categorical_crossentropy", "sparse_categorical_accuracy"),
        (3, "mse", "categorical_accuracy"),
    ],
)
def test_accuracy_fits_the_loss(units, loss, expected):
    model = one_output(units, "sigmoid" if units == 1 else "softmax")
    model.compile("sgd", loss, metrics=["accuracy", "acc"])
    assert model.metrics_names == ["loss", "acc", "acc"]
    x = np.random.normal(size=(9, 4))
    p = model.predict(x)
    labels = np.random.randint(0, 2, (9, units))
    classes = np.random.randint(0, 3, 9)
    is_class = p.argmax(-1) == classes
    y, is_right = {
        "binary_accuracy": (labels, np.round(p) == labels),
        "sparse_categorical_accuracy": (classes, is_class),
        "categorical_accuracy": (np.eye(3)[classes], is_class),
    }[expected]
    np.testing.assert_allclose(model.test_on_batch(x, y)[1], is_right.mean(), rtol=1e-6)


def test_metrics_of_all_kinds():
    def per_sample(y_true, y_pred):
        return K.max(y_pred, axis=-1)

    def extremes(y_true, y_pred):
        return {"low": K.min(y_pred), "high": K.max(y_pred)}

    model = one_output()
    model.compile(
        "sgd", "mse", metrics=["mae", metrics.mean_squared_error, per_sample, extremes]
    )
    names = [
        "loss",
        "mean_absolute_error",
        "mean_squared_error",
        "per_sample",
        "low",
        "high",
    ]
    assert model.metrics_names == names
    x, y = np.random.normal(size=(5, 4)), np.random.normal(size=(5, 3))
    p = model.predict(x)
    expected = [
        np.square(p - y).mean(),
        np.abs(p - y).mean(),
        np.square(p - y).mean(),
        p.max(-1).mean(),
    ]
    np.testing.assert_allclose(
        model.test_on_batch(x, y), [*expected, p.min(), p.max()], rtol=1e-5
    )


def test_names_with_several_outputs():
    model = two_outputs()
    model.compile("sgd", "mse", metrics={"v": "mae", "u": ["acc", "mse"]})
    named = [
        "loss",
        "u_loss",
        "v_loss",
        "u_acc",
        "u_mean_squared_error",
        "v_mean_absolute_error",
    ]
    assert model.metrics_names == named
    assert len(model.metrics_tensors) == len(named) - 1
    model.compile("sgd", ["mse", "mae"], metrics=["mae"], loss_weights=[1.0, 2.0])
    assert model.metrics_names[3:] == ["u_mean_absolute_error", "v_mean_absolute_error"]


def test_what_compile_leaves_on_the_model():
    model = two_outputs()
    adam = optimizers.Adam()
    model.compile(adam, "mse", loss_weights=[1.0, 2.0])
    assert (
        model.optimizer is adam
        and model.loss == "mse"
        and model.loss_weights == [1.0, 2.0]
    )
    assert model.metrics is None and model.sample_weight_mode is None
    assert model.loss_functions == [objectives.mean_squared_error] * 2
    assert model.sample_weight_modes == [None, None]
    assert [K.int_shape(y) for y in model.targets] == [(None, 3), (None, 1)]
    assert [y.name for y in model.targets] == ["u_target", "v_target"]
    assert [K.ndim(w) for w in model.sample_weights] == [1, 1]
    assert K.ndim(model.total_loss) == 0
    assert model.train_function is None and model.test_function is None


def test_a_loss_of_ones_own_takes_targets_of_any_shape():
    def first_of_target(y_true, y_pred):
        return K.sum(K.square(y_pred - y_true[:, :1]), axis=-1)

    model = one_output(3, "linear")
    model.compile("sgd", first_of_target)
    x, y = np.random.normal(size=(5, 4)), np.random.normal(size=(5, 8))
    expected = np.square(model.predict(x) - y[:, :1]).sum(-1).mean()
    np.testing.assert_allclose(model.test_on_batch(x, y), expected, rtol=1e-5)


def test_a_registered_loss_says_what_targets_it_takes():
    def nearest(y_true, y_pred):
        return K.mean(K.square(y_pred - y_true), axis=-1)

    with registry.register("objective", "nearest", nearest):
        model = one_output()
        model.compile("sgd", "nearest")
        assert K.int_shape(model.targets[0]) == (None, 3)
        nearest.target_shape = lambda shape: (*shape[:-1], 1)
        model.compile("sgd", "nearest")
        assert K.int_shape(model.targets[0]) == (None, 1)


def test_optimizer_gets_trainable_weights_by_name():
    received = []

    class Recording(optimizers.SGD):
        def get_updates(self, params, constraints, loss):
            received.extend(params)
            return super().get_updates(params, constraints, loss)

    layers = [
        Dense(2, input_dim=3, name="zeta"),
        Dense(2, name="alpha"),
        Dense(2, trainable=False),
    ]
    model = Sequential(layers)
    model.compile(Recording(), "mse")
    before = [layer.get_weights() for layer in layers]
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    names = [w.name.removesuffix(":0") for w in received]
    assert names == ["alpha_W", "alpha_b", "zeta_W", "zeta_b"]
    changed = [
        any(np.any(a != b) for a, b in zip(layer.get_weights(), old, strict=True))
        for layer, old in zip(layers, before, strict=True)
    ]
    assert changed == [True, True, False]


def test_trainable_counts_when_compile_is_called():
    model = one_output(2, "linear")
    model.compile("sgd", "mse")
    x = np.ones((4, 4))
    y = np.full((4, 2), 5.0)
    model.layers[0].trainable = False
    before = model.get_weights()[0]
    model.train_on_batch(x, y)
    trained = model.get_weights()[0]
    assert np.any(trained != before)
    model.compile("sgd", "mse")
    model.train_on_batch(x, y)
    np.testing.assert_array_equal(model.get_weights()[0], trained)


def test_learning_phase_reaches_the_layers():
    model = Sequential([Dropout(0.5, input_shape=(2000,))])
    model.compile("sgd", "mse")
    x = np.ones((1, 2000))
    assert model.test_on_batch(x, x) == 0
    assert 0.8 < model.train_on_batch(x, x) < 1.2
    np.testing.assert_array_equal(model.predict_on_batch(x), x)


BAD_ARGUMENTS = {
    UnknownNameError: (
        ("loss", "msee", "Unknown objective 'msee'. Did you mean"),
        ("optimizer", "sdg", "Unknown optimizer 'sdg'. Did you mean"),
        ("metrics", ["acuracy"], "Unknown metric 'acuracy'"),
    ),
    ArgumentError: (
        (
            "loss",
            None,
            "loss must be a name, or a function (y_true, y_pred); it is None",
        ),
        ("loss", {"u": "mse"}, "loss: received the keys 'u', expected 2: 'u', 'v'"),
        ("loss", {"u": "mse", "w": "mse"}, "the keys 'u', 'w', expected 2: 'u', 'v'"),
        ("loss", ["mse"], "loss: received 1 items, expected 2: 'u', 'v'"),
        ("loss_weights", {"w": 1}, "loss_weights: received the keys 'w'"),
        ("loss_weights", [1], "loss_weights: received 1 items"),
        (
            "metrics",
            {"w": "acc"},
            "metrics: received the keys 'w', expected 2: 'u', 'v'",
        ),
        ("metrics", "accuracy", "metrics must be a list, or a dict by output name"),
        ("metrics", [None], "metrics must be a name, or a function"),
        ("sample_weight_mode", "temporal", "'temporal' for outputs with time steps"),
        (
            "sample_weight_mode",
            {"w": None},
            "sample_weight_mode: received the keys 'w'",
        ),
        ("optimizer", optimizers.SGD, "an object as SGD(lr=0.01); received <class"),
    ),
    ConfigError: (("optimizer", 3, "3 isn't a valid optimizer: pass a name"),),
}


@pytest.mark.parametrize(
    ("error", "argument", "value", "expected"),
    [(error, *case) for error, cases in BAD_ARGUMENTS.items() for case in cases],
)
def test_bad_arguments_leave_the_model_as_it_was(error, argument, value, expected):
    model = two_outputs()
    model.compile("sgd", "mse")
    before = dict(vars(model))
    with pytest.raises(error) as caught:
        model.compile(**{"optimizer": "sgd", "loss": "mse", argument: value})
    assert expected in str(caught.value)
    assert vars(model) == before


def test_an_optimizer_of_another_backend():
    with K.use("tensorflow"):
        foreign = optimizers.SGD()
    with K.use("theano"):
        model = one_output()
    with pytest.raises(
        BackendMixError, match="on 'theano', its optimizer on 'tensorflow'"
    ):
        model.compile(foreign, "mse")


def test_temporal_weights_need_no_shape_from_targets():
    model = steps()
    model.compile("sgd", "mse", sample_weight_mode="temporal")
    assert K.ndim(model.sample_weights[0]) == 2


SHAPE = (6, 5, 2)


@functools.cache
def compiled(name):
    """Returns a function of (y, p, weights of steps) that gives the weighted loss.

    Compiled once.
    """
    with K.use(name):
        inputs = [K.placeholder(SHAPE), K.placeholder(SHAPE), K.placeholder(SHAPE[:2])]
        return K.function(inputs, [weighted_objective(squared_error)(*inputs)])


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """PyTensor changes the limit of recursion when it is imported, which hypothesis
    notices inside a test."""
    for name in BACKENDS:
        with K.use(name):
            K.function([], [K.variable(1.0) + 1])([])


@pytest.mark.parametrize("name", BACKENDS)
@given(seed=st.integers(0, 10**6), kept=st.integers(1, 30), factor=st.floats(0.1, 10))
def test_what_weights_mean(name, seed, kept, factor):
    draw = np.random.RandomState(seed)
    y, p = draw.normal(size=(2, *SHAPE)).astype("float32")
    weights = draw.uniform(0.1, 2, SHAPE[:2]).astype("float32") * draw.choice((-1, 1))
    weights.ravel()[draw.permutation(30)[kept:]] = 0
    value = compiled(name)([y, p, weights])[0]
    chosen = weights != 0
    expected = (np.square(p - y).mean(-1) * weights)[chosen].mean()
    np.testing.assert_allclose(
        value, expected, rtol=1e-4, err_msg="the mean over what counts"
    )
    changed = np.where(chosen[..., None], p, p + 7)
    np.testing.assert_allclose(
        compiled(name)([y, changed, weights])[0], value, rtol=1e-5
    )
    scaled = compiled(name)([y, p, weights * np.float32(factor)])[0]
    np.testing.assert_allclose(scaled, value * factor, rtol=1e-4)

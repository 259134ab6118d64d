"""TensorFlow's loops.

XLA, effects of steps, what remains in memory; and its primitives of convolution.
"""

import gc

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import DataError
from random_arrays import uniform_array

pytest.importorskip("tensorflow")


pytestmark = pytest.mark.usefixtures("on_tensorflow")


def network(**options):
    """Returns input, weights and loss of a recurrent network with dropout and a
    mask."""
    x = K.placeholder((None, 7, 3))
    w = K.variable(uniform_array(3, 4))
    u = K.variable(uniform_array(4, 4, seed=1))

    def step(x, states):
        drawn = K.in_train_phase(K.dropout(states[0], 0.5, seed=3), states[0])
        output = K.tanh(K.dot(x, w) + K.dot(drawn, u))
        return output, [output]

    first = K.zeros_like(K.dot(x[:, 0], w))
    last, outputs, _ = K.rnn(
        step, x, [first], mask=K.any(K.not_equal(x, 0), axis=-1), **options
    )
    return x, [w, u], K.mean(K.square(last)) + K.mean(outputs**3)


# XLA


@pytest.fixture
def compiled(monkeypatch):
    """Makes XLA's refusals errors, which are else answered by running without it."""
    from oneiros_backend_tensorflow.compiled import Compiled

    original = Compiled.__init__

    def strict(self, *args, **kwargs):
        original(self, *args, **kwargs)
        self._plain = None

    monkeypatch.setattr(Compiled, "__init__", strict)


@pytest.mark.exhaustive(only=True)
@pytest.mark.parametrize("go_backwards", [True, False])
def test_xla_compiles_loops_and_their_derivatives(compiled, go_backwards):
    data = uniform_array(5, 7, 3)
    data[:2, 4:] = 0
    results = []
    for xla in (False, True):
        x, weights, loss = network(go_backwards=go_backwards)
        first = K.gradients(loss, [*weights, x])
        second = K.gradients(sum(K.sum(K.square(g)) for g in first), weights)
        f = K.function(
            [x, K.learning_phase()], [loss, *first, *second], jit_compile=xla
        )
        results.append(
            [
                *f([data, 0]),
                *f.loop(f.upload([data]), np.array([[0, 1], [2, 3], [4, 0]])),
            ]
        )
    for one, another in zip(*results, strict=True):
        np.testing.assert_allclose(one, another, rtol=2e-3, atol=1e-4)


def test_xla_compiles_loops_in_loops_and_gradients_inside(compiled):
    x = K.placeholder((None, 4, 3, 2))
    w = K.variable(uniform_array(2, 2))

    def outer(x, states):
        output = K.rnn(
            lambda x, s: (K.dot(x, w) * s[0], [K.dot(x, w) * s[0]]), x, [states[0]]
        )[0]
        (gradient,) = K.gradients(K.sum(output), [w])
        return output + K.sum(gradient), [states[0] * 0.9]

    (gradient,) = K.gradients(K.sum(K.rnn(outer, x, [K.ones_like(x[:, 0, 0])])[1]), [w])
    values = [
        K.function([x], [gradient], jit_compile=xla)([uniform_array(2, 4, 3, 2)])[0]
        for xla in (False, True)
    ]
    np.testing.assert_allclose(*values, rtol=1e-4)


def test_a_network_with_a_loop_is_trained_by_xla(compiled):
    x, weights, loss = network()
    updates = [
        (w, w - 0.5 * g)
        for w, g in zip(weights, K.gradients(loss, weights), strict=True)
    ]
    f = K.function([x, K.learning_phase()], [loss], updates)
    losses = [f([uniform_array(5, 7, 3), 0])[0] for _ in range(20)]
    assert losses[-1] < 0.7 * losses[0]


# What else a step does


def test_a_step_prints_once_though_it_is_differentiated(capfd):
    x = K.placeholder((None, 3, 1))
    w = K.variable([1.0])
    last = K.rnn(
        lambda x, s: (s[0], [K.print_tensor(s[0] * x * w, "state:")]), x, [x[:, 0]]
    )[2][0]
    f = K.function([x], [last, *K.gradients(K.sum(last), [w])])
    value, gradient = f([[[[1.0], [2.0], [3.0]]]])
    assert capfd.readouterr().err.count("state:") == 3
    assert (value, gradient) == (6, 18)


def test_draws_of_tensorflow_itself_are_those_of_the_derivative(tf):
    x = K.placeholder((None, 5, 2))
    w = K.variable(np.ones(2))

    def step(x, states):
        output = K.apply(lambda v: v * tf.random.normal((2,)), w) + x
        return output, [states[0] + output]

    _, outputs, (total,) = K.rnn(step, x, [K.zeros_like(x[:, 0])])
    outputs, gradient = K.function([x], [outputs, *K.gradients(K.sum(total), [w])])(
        [np.zeros((1, 5, 2))]
    )
    np.testing.assert_allclose(outputs[0].sum(0), gradient, rtol=1e-5)


def test_a_variable_of_tensorflow_itself_is_read_at_each_call(tf):
    x = K.placeholder((None, 3, 2))
    own = tf.Variable(2.0)
    last = K.rnn(lambda x, s: (x * own, [s[0] * own]), x, [x[:, 0]])[2][0]
    f = K.function([x], [last, *K.gradients(K.sum(last), [x])])
    for value in (2.0, 3.0):
        own.assign(value)
        results = f([np.ones((1, 3, 2))])
        np.testing.assert_allclose(results[0], np.full((1, 2), value**3))
        np.testing.assert_allclose(results[1], [[[value**3] * 2, [0, 0], [0, 0]]])


# Steps


def test_lookups_inside_a_step_are_differentiated():
    x = K.placeholder((None, 3, 2), dtype="int32")
    table = K.variable(uniform_array(6, 4))
    outputs = K.rnn(lambda x, s: (K.sum(K.gather(table, x), axis=1), []), x, [])[1]
    index = np.array([[[0, 1], [1, 2], [5, 5]]])
    (gradient,) = K.function([x], K.gradients(K.sum(outputs), [table]))([index])
    np.testing.assert_array_equal(
        gradient, np.repeat([[1], [2], [1], [0], [0], [2]], 4, 1)
    )


def test_a_loss_that_a_loop_doesnt_change_has_no_slope():
    x = K.placeholder((None, 3, 2))
    w = K.variable(uniform_array(2))
    last, outputs, _ = K.rnn(lambda x, s: (x * w * s[0], [x * w * s[0]]), x, [x[:, 0]])
    (gradient,) = K.gradients(K.sum(outputs * 0) + K.sum(last * 0), [w])
    (second,) = K.gradients(K.sum(gradient) + K.sum(w), [w])
    results = K.function([x], [gradient, second])([uniform_array(4, 3, 2)])
    np.testing.assert_array_equal(results, [[0, 0], [1, 1]])


def test_the_number_of_steps_may_follow_from_values(tf):
    x = K.placeholder((None, None, 1))
    kept = K.apply(lambda v: tf.boolean_mask(v, v[0, :, 0] > 0, axis=1), x)
    _, outputs, (total,) = K.rnn(
        lambda x, s: (x + s[0], [x + s[0]]), kept, [K.zeros_like(x[:, 0])]
    )
    (gradient,) = K.gradients(K.sum(outputs), [x])
    results = K.function([x], [total, gradient])([[[[1.0], [-5.0], [3.0]]]])
    np.testing.assert_array_equal(results[0], [[4]])
    np.testing.assert_array_equal(results[1], [[[2], [0], [1]]])


def test_steps_that_change_a_state_s_size_are_told_at_the_call():
    x = K.placeholder((None, 3, None))
    f = K.function(
        [x], K.rnn(lambda x, s: (x, [K.concatenate([s[0], x])]), x, [x[:, 0]])[2]
    )
    with pytest.raises(DataError, match="loop"):
        f([uniform_array(2, 3, 4)])


@pytest.mark.parametrize(("kind", "tolerance"), [("float16", 1e-2), ("float64", 1e-12)])
def test_half_and_double_precision(kind, tolerance):
    x = K.placeholder((None, 4, 2), dtype=kind)
    w = K.variable(uniform_array(2), dtype=kind)
    last, _, _ = K.rnn(lambda x, s: (x * w + s[0], [x * w + s[0]]), x, [x[:, 0]])
    data = uniform_array(3, 4, 2).astype(kind)
    results = K.function([x], [last, *K.gradients(K.sum(last), [w])])([data])
    assert [value.dtype.name for value in results] == [kind] * 2
    np.testing.assert_allclose(
        results[1], data.astype("float64").sum((0, 1)), tolerance, tolerance
    )


# Memory


@pytest.mark.exhaustive(only=True)
def test_memory_doesnt_grow_with_loops(tf):
    from oneiros_backend_tensorflow.backend import Tensor
    from tensorflow.python.eager import context
    from tensorflow.python.framework import registry

    def build():
        x, weights, loss = network()
        states = [K.zeros_like(x[:, 0, :1])] * 2
        loss += K.sum(K.lstm(K.dot(x, weights[0]), states, weights[1][:1])[0])
        gradients = K.gradients(loss, weights)
        second = K.gradients(K.sum(gradients[0] ** 2), weights)
        K.function([x, K.learning_phase()], [loss, *second], jit_compile=False)(
            [uniform_array(5, 7, 3), 1]
        )

    def count():
        gc.collect()
        kinds = Tensor, tf.__internal__.FuncGraph, tf.Variable
        alive = [
            sum(issubclass(type(x), kind) for x in gc.get_objects()) for kind in kinds
        ]
        registered = sum(
            len(x._registry)
            for x in gc.get_objects()
            if issubclass(type(x), registry.Registry)
        )
        return [*alive, registered, len(context.context().list_function_names())]

    build()
    before = count()
    for _ in range(4):
        build()
    assert count() == before


# The primitives of convolution and pooling


def convolved(x, kernel, strides, border_mode, dilation):
    """Convolves with NumPy."""
    spans = [(n - 1) * d + 1 for n, d in zip(kernel.shape, dilation, strict=False)]
    pairs = []
    for size, span, stride in zip(x.shape[1:-1], spans, strides, strict=True):
        same = max((-(-size // stride) - 1) * stride + span - size, 0)
        total = {"valid": 0, "same": same, "full": 2 * (span - 1)}[border_mode]
        pairs.append((total // 2, total - total // 2))
    x = np.pad(x, [(0, 0), *pairs, (0, 0)])
    sizes = [
        (n - span) // s + 1
        for n, span, s in zip(x.shape[1:-1], spans, strides, strict=True)
    ]
    result = np.zeros((len(x), *sizes, kernel.shape[-1]))
    for at in np.ndindex(*kernel.shape[:-2]):
        parts = zip(at, dilation, sizes, strides, strict=True)
        taken = x[
            (
                slice(None),
                *(slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, n, s in parts),
            )
        ]
        result += taken @ kernel[at]
    return result


CONVOLUTIONS = [
    ((7, 6), (3, 2), (1, 1), (1, 1)),
    ((7, 6), (3, 2), (2, 3), (1, 1)),
    ((7, 6), (2, 3), (1, 1), (3, 2)),
    ((7, 6), (2, 2), (2, 1), (1, 3)),
    ((5, 6, 4), (2, 3, 2), (2, 1, 2), (1, 1, 1)),
    ((5, 6, 4), (2, 3, 2), (1, 1, 1), (2, 2, 1)),
    ((5, 6, 4), (2, 2, 2), (1, 2, 2), (2, 1, 2)),
]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("border_mode", ["valid", "same", "full"])
@pytest.mark.parametrize(("sizes", "window", "strides", "dilation"), CONVOLUTIONS)
def test_convolutions_of_every_type_are_those_of_numpy(
    sizes, window, strides, dilation, border_mode, kind
):
    x = uniform_array(2, *sizes, 2).astype(kind)
    kernel = uniform_array(*window, 2, 3, seed=1).astype(kind)
    known = K.placeholder((None, *sizes, 2), dtype=kind)
    unknown = K.placeholder((None, *[None] * len(sizes), 2), dtype=kind)
    w = K.variable(kernel, dtype=kind)
    backend = K.load("tensorflow")
    wanted = convolved(
        x.astype("float64"), kernel.astype("float64"), strides, border_mode, dilation
    )
    for node in (known, unknown):
        result = backend._convolve(node, w, strides, border_mode, dilation)
        gradients = K.gradients(K.sum(result), [w, node])
        second = K.gradients(K.sum(gradients[0] * 0.5) + K.sum(gradients[1]), [w])
        results = K.function([node], [result, *gradients, *second])([x])
        tolerance = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-12}[kind]
        np.testing.assert_allclose(results[0], wanted, tolerance, tolerance)
        assert results[0].dtype == kind and K.int_shape(result)[1:] in (
            wanted.shape[1:],
            (*[None] * len(sizes), 3),
        )
    assert K.int_shape(backend._convolve(known, w, strides, border_mode, dilation)) == (
        None,
        *wanted.shape[1:],
    )


@pytest.mark.xla
@pytest.mark.parametrize("kind", ["float16", "float64"])
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_volumes_of_every_type_are_pooled_and_differentiated_twice(kind, mode):
    data = uniform_array(2, 5, 6, 4, 2).astype(kind)
    backend = K.load("tensorflow")
    for shape in ((None, 5, 6, 4, 2), (None, None, None, None, 2)):
        x = K.placeholder(shape, dtype=kind)
        result = backend._pool(x, (2, 3, 2), (2, 1, 2), "valid", mode)
        (gradient,) = K.gradients(K.sum(result**2), [x])
        results = K.function([x], [result, *K.gradients(K.sum(gradient), [x])])([data])
        windows = np.lib.stride_tricks.sliding_window_view(data, (2, 3, 2), (1, 2, 3))[
            :, ::2, :, ::2
        ]
        wanted = (
            windows.astype("float64").max((-1, -2, -3))
            if mode == "max"
            else windows.mean((-1, -2, -3))
        )
        np.testing.assert_allclose(
            results[0], wanted, 1e-2 if kind == "float16" else 1e-12
        )
        assert results[0].dtype == kind and np.all(results[1] >= 0) and results[1].any()


@pytest.mark.xla
def test_xla_is_kept_off_convolutions_and_left_to_pooling(tf, monkeypatch):
    uses = []
    original = tf.function
    monkeypatch.setattr(
        tf,
        "function",
        lambda fn, **o: uses.append(o.get("jit_compile", False)) or original(fn, **o),
    )
    x = K.placeholder((None, 6, 6, 2))
    backend = K.load("tensorflow")
    kernels = K.variable(uniform_array(2, 2, 2, 2))
    for node, expected in [
        (backend._pool(x, (2, 2), (2, 2), "valid", "max"), [False, True]),
        (backend._convolve(x, kernels, (1, 1), "same", (1, 1)), [False]),
        (backend._convolve_depthwise(x, kernels, (1, 1), "same"), [False]),
        (backend._convolve_back(x, kernels, (6, 6), (1, 1), "same"), [False]),
        (
            K.rnn(lambda x, s: (K.conv2d(x, kernels), []), K.expand_dims(x, 1), [])[0],
            [False],
        ),
    ]:
        uses.clear()
        K.function([x], [node])([uniform_array(2, 6, 6, 2)])
        assert uses == expected

"""TensorFlow's loops: XLA, and the effects of steps."""

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
        self._instead = None

    monkeypatch.setattr(Compiled, "__init__", strict)


def test_loops_in_loops_and_gradients_inside_are_differentiated():
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


def test_second_derivatives_of_loops_are_the_slopes_of_first_ones():
    x, weights, loss = network()
    gradients = K.gradients(loss, weights)
    squares = sum(K.sum(K.square(g)) for g in gradients)
    second = K.gradients(squares, weights)
    f = K.function([x, K.learning_phase()], [squares, *second])
    data = uniform_array(5, 7, 3)
    _, *slopes = f([data, 0])
    for weight, slope in zip(weights, slopes, strict=True):
        value = K.get_value(weight)
        direction = slope / np.linalg.norm(slope)
        ends = []
        for sign in (1, -1):
            K.set_value(weight, value + sign * 1e-2 * direction)
            ends.append(f([data, 0])[0])
        K.set_value(weight, value)
        measured = (ends[0] - ends[1]) / 2e-2
        np.testing.assert_allclose(measured, np.linalg.norm(slope), rtol=0.02)


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


def test_xla_is_kept_off_convolutions_and_left_to_pooling(tf, monkeypatch):
    monkeypatch.delenv("ONEIROS_TENSORFLOW_XLA", raising=False)
    uses = []
    original = tf.function
    monkeypatch.setattr(
        tf,
        "function",
        lambda fn, **o: uses.append(o.get("jit_compile", False)) or original(fn, **o),
    )
    x = K.placeholder((None, 6, 6, 2))
    kernels = K.variable(uniform_array(2, 2, 2, 2))
    pointwise = K.variable(uniform_array(1, 1, 4, 2))
    tf_ordering = {"border_mode": "same", "dim_ordering": "tf"}
    for node, expected in [
        (K.pool2d(x, (2, 2), dim_ordering="tf"), [False, True]),
        (K.conv2d(x, kernels, **tf_ordering), [False]),
        (K.separable_conv2d(x, kernels, pointwise, **tf_ordering), [False]),
        (K.deconv2d(x, kernels, (None, 6, 6, 2), **tf_ordering), [False]),
        (
            K.rnn(lambda x, s: (K.conv2d(x, kernels), []), K.expand_dims(x, 1), [])[0],
            [False],
        ),
    ]:
        uses.clear()
        K.function([x], [node])([uniform_array(2, 6, 6, 2)])
        assert uses == expected

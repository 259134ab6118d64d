"""`theano.scan` and its relatives."""

import numpy as np
import pytest
import theano
import theano.tensor as T
from comparison import assert_each_close
from theano.tensor.shared_randomstreams import RandomStreams

STEPS = np.random.RandomState(1).randn(5, 3).astype("float32")


def test_map_and_folds():
    x = T.matrix()
    products, updates = theano.map(lambda row, scale: row * scale, x, [x[0]])
    last, _ = theano.foldl(lambda row, state: state * 0.5 + row, x, T.zeros((3,)))
    first, _ = theano.foldr(lambda row, state: state * 0.5 + row, x, T.zeros((3,)))
    powers, _ = theano.scan(
        lambda state, base: state * base, None, T.ones((3,)), x[0], n_steps=3
    )
    f = theano.function([x], [products, last, first, powers], updates=updates)
    results = f(STEPS)
    weights = 0.5 ** np.arange(5)[:, None]
    expected = [
        STEPS * STEPS[0],
        (STEPS[::-1] * weights).sum(0),
        (STEPS * weights).sum(0),
        STEPS[0] ** np.arange(1, 4)[:, None],
    ]
    assert_each_close(results, expected, rtol=1e-5, atol=1e-6)


def test_taps_and_several_outputs():
    x = T.vector()
    (fibonacci, differences), _ = theano.scan(
        lambda now, before, one, two: (one + two, now - before),
        sequences=dict(input=x, taps=[0, -1]),
        outputs_info=[dict(initial=T.ones((2,)), taps=[-1, -2]), None],
    )
    values = np.array([1, 4, 9, 16], "float32")
    numbers, steps = theano.function([x], [fibonacci, differences])(values)
    assert numbers.tolist() == [2, 3, 5] and steps.tolist() == [3, 5, 7]


def test_gradients_are_float32_and_right():
    x = T.matrix("x")
    w = theano.shared(np.random.RandomState(2).randn(3, 3).astype("float32"))

    def step(row, state, weights):
        new = T.tanh(row + T.dot(state, weights))
        return new / T.sqrt(T.sum(T.sqr(new)) + 1)

    states, _ = theano.scan(step, x, T.zeros((3,)), w)
    loss = T.sum(T.sqr(states)) + T.mean(states[-1])
    gradient = T.grad(loss, w)
    assert gradient.dtype == "float32"
    start = w.get_value()
    f = theano.function([x], [loss, gradient])
    value, slope = f(STEPS)
    assert value.dtype == slope.dtype == "float32"
    for place in [(0, 0), (1, 2)]:
        losses = []
        for distance in (1e-2, -1e-2):
            moved = start.copy()
            moved[place] += distance
            w.set_value(moved)
            losses.append(float(f(STEPS)[0]))
        assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(slope[place], abs=1e-3)


def test_gradients_through_several_steps_back():
    x = T.vector()
    values, _ = theano.scan(
        lambda now, one, two: 0.5 * one * now + 0.25 * two,
        x,
        dict(initial=T.ones((2,)), taps=[-1, -2]),
    )
    f = theano.function([x], [values[-1], T.grad(values[-1], x)])
    data = np.array([0.3, -0.7, 0.9, 1.1])

    def last(sequence):
        one = two = 1.0
        for now in sequence:
            one, two = 0.5 * one * now + 0.25 * two, one
        return one

    value, gradient = f(data)
    assert value == pytest.approx(last(data), rel=1e-5)
    distances = 1e-4 * np.eye(4)
    expected = [(last(data + d) - last(data - d)) / 2e-4 for d in distances]
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-5)


def test_gradients_through_the_sequence_of_a_backward_loop():
    x = T.tensor3()
    w, v = [theano.shared(STEPS[i : i + 3] / 2) for i in (0, 2)]

    def slopes(**options):
        states, _ = theano.scan(
            lambda row, state, weights: T.tanh(T.dot(state, weights) + row),
            T.dot(x, v).dimshuffle(1, 0, 2),
            T.zeros((x.shape[0], 3)),
            w,
            **options,
        )
        return theano.function([x], T.grad(states[-1].sum(), [w, v]))

    data = np.random.RandomState(4).randn(2, 4, 3).astype("float32")
    backward = slopes(go_backwards=True)(data)
    forward = slopes()(data[:, ::-1])
    assert_each_close(backward, forward, rtol=1e-4, atol=1e-6)


def test_sizes_that_the_data_tells_inside_a_loop():
    x = T.tensor3()

    def step(row, images):
        rows = T.reshape(row, (images.shape[1] * row.shape[1], 1))
        return T.set_subtensor(T.zeros_like(rows)[1:], rows[1:]).flatten()

    results, _ = theano.scan(step, x, None, x)
    data = np.random.randn(2, 3, 4).astype("float32")
    f = theano.function([x], [results, T.grad(T.sum(T.sqr(results)), x)])
    value, gradient = f(data)
    expected = data.reshape(2, -1).copy()
    expected[:, 0] = 0
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_allclose(gradient.reshape(2, -1), 2 * expected, rtol=1e-6)


def test_a_loop_in_a_loop():
    x = T.matrix()

    def rows(row, factor):
        inner, _ = theano.scan(lambda entry: entry * factor, row)
        return inner

    results, _ = theano.scan(rows, x, None, x[0, 0])
    f = theano.function([x], [results, T.grad(results.sum(), x)])
    value, gradient = f(STEPS)
    np.testing.assert_allclose(value, STEPS * STEPS[0, 0], rtol=1e-6)
    expected = np.full((5, 3), STEPS[0, 0])
    expected[0, 0] += STEPS.sum()
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


def test_draws_differ_at_each_step_and_are_those_of_the_gradient():
    stream = RandomStreams(5)
    x = T.vector()

    def step(entry, total):
        return total + entry * stream.uniform(())

    totals, updates = theano.scan(step, x, T.constant(np.float32(0)))
    f = theano.function([x], [totals, T.grad(totals[-1], x)], updates=updates)
    values, gradient = f(np.ones(6))
    draws = np.diff(values, prepend=0)
    assert len(np.unique(draws.round(4))) == 6
    np.testing.assert_allclose(gradient, draws, rtol=1e-4)
    assert not np.array_equal(f(np.ones(6))[0], values)


def test_updates_of_shared_variables_in_a_loop():
    count = theano.shared(np.float32(0))
    values, updates = theano.scan(lambda: (count * 2, {count: count + 1}), n_steps=3)
    assert count in updates
    f = theano.function([], values, updates=updates)
    assert f().tolist() == [0, 2, 4] and count.get_value() == 3


def test_a_loop_until_a_condition_runs_by_pytensor():
    x = T.scalar()
    values, _ = theano.scan(
        lambda value: (value * 2, theano.scan_module.until(value > 4)),
        outputs_info=x,
        n_steps=20,
    )
    f = theano.function([x], values)
    with pytest.warns(UserWarning, match="PyTensor computes"):
        assert f(1).tolist() == [2, 4, 8, 16]

"""Raw loops of PyTensor on the Theano backend."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.layers import Lambda
from oneiros.models import Sequential

pytestmark = pytest.mark.usefixtures("theano")


def accumulated(x):
    """Sums steps that are normalized by their length, in a raw loop."""

    def step(row, total):
        rows = pt.reshape(row, (row.shape[0] * row.shape[1],))
        length = pt.sqrt(pt.sum(pt.sqr(rows)))
        return total + row / length

    steps = x.dimshuffle(1, 0, 2)
    totals = pytensor.scan(step, steps, pt.zeros_like(steps[0]), return_updates=False)
    return totals[-1]


def test_gradients_of_raw_loops_keep_their_type():
    x = K.placeholder((None, 4, 3))
    weights = K.variable(np.random.randn(3))
    loss = K.sum(K.square(accumulated(x * weights)))
    gradient = K.gradients(loss, [weights])[0]
    data = np.random.randn(2, 4, 3)
    f = K.function([x], [loss, gradient])
    value, slope = f([data])
    assert value.dtype == slope.dtype == "float32"
    start = K.get_value(weights)

    def loss_at(moved):
        scaled = data * moved
        lengths = np.sqrt((scaled**2).sum((0, 2), keepdims=True))
        return ((scaled / lengths).sum(1) ** 2).sum()

    expected = [
        (loss_at(start + d) - loss_at(start - d)) / 2e-4 for d in 1e-4 * np.eye(3)
    ]
    np.testing.assert_allclose(slope, expected, rtol=1e-2, atol=1e-4)


def test_a_layer_with_a_raw_loop_takes_batches_of_any_size():
    model = Sequential([Lambda(accumulated, output_shape=(3,), input_shape=(4, 3))])
    for count in (2, 5):
        assert model.predict(np.ones((count, 4, 3))).shape == (count, 3)


def test_draws_in_raw_loops_are_among_the_random_state(theano):
    x = K.placeholder((3,))

    def step(entry, number):
        with theano.inside_loop(number):
            return entry + K.random_uniform(())

    values = pytensor.scan(step, [x, pt.arange(3, dtype="int32")], return_updates=False)
    f = K.function([x], [values])
    state = f.get_random_state()
    assert len(state["seeds"]) == 1
    first = f([np.zeros(3)])[0]
    assert len(np.unique(first)) == 3
    f.set_random_state(state)
    np.testing.assert_array_equal(f([np.zeros(3)])[0], first)


def test_loops_of_all_kinds_of_states_agree_with_pytensor():
    """States that are read two steps back, or one; results that are only stacked; and
    the derivative, which reads and writes several places of a buffer."""
    x = K.placeholder((5, 3))
    start = K.variable(np.random.randn(2, 3))

    def step(row, before, last, total):
        new = pt.tanh(row + before - 0.5 * last)
        return new, total + new, new * row

    outputs = pytensor.scan(
        step,
        sequences=[x],
        outputs_info=[{"initial": start, "taps": [-2, -1]}, x[0], None],
        return_updates=False,
    )
    loss = sum(K.sum(K.square(y)) for y in outputs) + K.sum(outputs[1][-1])
    results = [*outputs, outputs[1][-1], *K.gradients(loss, [x, start])]
    data = np.random.randn(5, 3)
    ours, expected = (
        K.function([x], results, mode=mode)([data]) for mode in ("jax", "FAST_COMPILE")
    )
    assert_each_close(ours, expected, rtol=1e-5, atol=1e-5)

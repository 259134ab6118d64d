"""`K.rnn` on each backend, against the same step repeated in NumPy."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, ShapeError
from random_arrays import uniform_array

pytestmark = pytest.mark.usefixtures("backend")
SAMPLES = 4
STEPS = 6
FEATURES = 3
UNITS = 5


W, U = uniform_array(FEATURES, UNITS, seed=1), uniform_array(UNITS, UNITS, seed=2)
DATA = uniform_array(SAMPLES, STEPS, FEATURES)
MASK = np.array(
    [[1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 1, 0]],
    "bool",
)  # the first step taken and not, gaps, a sample without any step


def simple(w=W, u=U):
    """Returns a step of a simple recurrent network."""
    w, u = K.variable(w), K.variable(u)

    def step(x, states):
        output = K.tanh(K.dot(x, w) + K.dot(states[0], u))
        return output, [output]

    return step


def expected(data=DATA, first=None, mask=None, go_backwards=False, zeros=False):
    """Returns the outputs of `simple` and the last state.

    `zeros`: what first steps left out give.
    """
    state = np.zeros((len(data), UNITS)) if first is None else first
    output = np.zeros_like(state) if zeros else state
    outputs = []
    for t in range(data.shape[1])[:: -1 if go_backwards else 1]:
        new = np.tanh(data[:, t] @ W + state @ U)
        taken = np.ones((len(data), 1), bool) if mask is None else mask[:, t, None] != 0
        output, state = np.where(taken, new, output), np.where(taken, new, state)
        outputs.append(output)
    return output, np.stack(outputs, 1), state


def sequences():
    return K.placeholder((None, STEPS, FEATURES))


def masks():
    return K.placeholder((None, STEPS), dtype="bool")


def zeros_for(x, units=UNITS):
    return K.zeros_like(K.dot(x[:, 0], K.variable(np.zeros((FEATURES, units)))))


def run(inputs, outputs, data):
    return K.function(inputs, outputs)(data)


def close(actual, wanted, **tolerance):
    assert_each_close(actual, wanted, **{"rtol": 1e-4, "atol": 1e-5, **tolerance})


# The loop


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((None, None, FEATURES), {}),
        ((None, STEPS, FEATURES), {}),
        ((SAMPLES, STEPS, FEATURES), {}),
        ((None, STEPS, FEATURES), {"unroll": True}),
        ((None, None, FEATURES), {"unroll": True, "input_length": STEPS}),
    ],
)
@pytest.mark.parametrize("go_backwards", [False, True])
def test_a_simple_network(shape, options, go_backwards):
    x = K.placeholder(shape)
    last, outputs, states = K.rnn(simple(), x, [zeros_for(x)], go_backwards, **options)
    assert K.ndim(last) == 2 and K.ndim(outputs) == 3 and len(states) == 1
    assert K.int_shape(outputs)[1:] in ((None, UNITS), (STEPS, UNITS))
    assert not getattr(last, "_uses_learning_phase", False)
    close(
        run([x], [last, outputs, *states], [DATA]), expected(go_backwards=go_backwards)
    )


def test_one_graph_for_any_number_of_steps():
    x = K.placeholder((None, None, FEATURES))
    last, outputs, _ = K.rnn(simple(), x, [zeros_for(x)])
    f = K.function([x], [last, outputs])
    for steps in (1, 4, 6):
        close(f([DATA[:, :steps]]), expected(DATA[:, :steps])[:2])


def test_no_steps_leave_the_states():
    x, first = K.placeholder((None, None, FEATURES)), K.placeholder((None, UNITS))
    _, outputs, states = K.rnn(simple(), x, [first])
    start = uniform_array(SAMPLES, UNITS)
    results = run(
        [x, first],
        [outputs, *states, *K.gradients(K.sum(states[0]), [first])],
        [DATA[:, :0], start],
    )
    assert results[0].shape == (SAMPLES, 0, UNITS)
    close(results[1:], [start, np.ones_like(start)])


def test_states_of_other_shapes_and_types_than_the_output():
    x = sequences()
    count = K.cast(K.sum(x[:, 0] * 0, axis=1), "int32")

    def step(x, states):
        total, seen = states
        return K.sum(total + x, axis=1, keepdims=True), [total + x, seen + 2]

    last, outputs, states = K.rnn(step, x, [K.zeros_like(x[:, 0]), count])
    sums = DATA.cumsum(1)
    results = run([x], [last, outputs, *states], [DATA])
    close(
        results,
        [
            sums[:, -1].sum(1, keepdims=True),
            sums.sum(2, keepdims=True),
            sums[:, -1],
            [2 * STEPS] * 4,
        ],
    )
    assert results[3].dtype == "int32"


def test_a_state_gets_the_type_that_the_step_gives_it():
    x = sequences()
    first = K.cast(x[:, 0] * 0, "int32")
    last, _, states = K.rnn(lambda x, s: (s[0] + x, [s[0] + x]), x, [first])
    close(run([x], [last, *states], [DATA]), [DATA.sum(1)] * 2)


def test_constants_follow_the_states():
    x, c = sequences(), K.placeholder((None, FEATURES))
    seen = []

    def step(x, states):
        seen.append(len(states))
        return x * states[1] + states[2], [states[0]]

    _, outputs, _ = K.rnn(step, x, [x[:, 0]], constants=[c, K.variable(np.float32(3))])
    factor = uniform_array(SAMPLES, FEATURES, seed=3)
    close(run([x, c], [outputs], [DATA, factor]), [DATA * factor[:, None] + 3])
    assert set(seen) == {3}


@pytest.mark.parametrize("rest", [(2, 3), (2, 3, 4)])
def test_inputs_and_outputs_of_any_rank(rest):
    x = K.placeholder((None, STEPS, *rest))
    data = uniform_array(SAMPLES, STEPS, *rest)
    last, outputs, (state,) = K.rnn(
        lambda x, s: (x + s[0], [x + s[0]]), x, [K.zeros_like(x[:, 0])]
    )
    close(
        run([x], [last, outputs, state], [data]),
        [data.sum(1), data.cumsum(1), data.sum(1)],
    )
    flat = K.rnn(lambda x, s: (K.sum(x, axis=list(range(1, K.ndim(x)))), []), x, [])[1]
    close(run([x], [flat], [data]), [data.sum(tuple(range(2, data.ndim)))])


def test_integer_inputs():
    x = K.placeholder((None, STEPS, 1), dtype="int32")
    table = K.variable(uniform_array(7, UNITS))
    index = np.random.RandomState(0).randint(0, 7, (SAMPLES, STEPS, 1))
    outputs = K.rnn(lambda x, s: (K.gather(table, x[:, 0]), []), x, [])[1]
    close(run([x], [outputs], [index]), [uniform_array(7, UNITS)[index[..., 0]]])


def test_a_step_may_return_what_comes_from_outside():
    x = sequences()
    outside = x[:, 1] * 2
    last, outputs, states = K.rnn(lambda x, s: (outside, [outside]), x, [x[:, 0]])
    wanted = DATA[:, 1] * 2
    close(
        run([x], [last, outputs, *states], [DATA]),
        [wanted, np.stack([wanted] * STEPS, 1), wanted],
    )


def test_loops_in_loops():
    x = K.placeholder((None, STEPS, 3, 2))
    data = uniform_array(SAMPLES, STEPS, 3, 2)
    scale = K.variable(np.float32(2))

    def outer(x, states):
        inner = K.rnn(
            lambda x, s: (x * scale + s[0], [x * scale + s[0]]), x, [states[0]]
        )
        return inner[0], [inner[0]]

    loss = K.rnn(outer, x, [K.zeros_like(x[:, 0, 0])])[1]
    gradient = K.gradients(K.sum(loss), [scale])
    wanted = data.sum(2).cumsum(1)
    close(run([x], [loss, *gradient], [data]), [2 * wanted, wanted.sum()], rtol=1e-3)


# Masks


@pytest.mark.parametrize("form", ["bool", "float32", "third axis"])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_masked_steps_repeat_output_and_states(form, go_backwards):
    x, first = sequences(), K.placeholder((None, UNITS))
    third = form == "third axis"
    mask = K.placeholder(
        (None, STEPS, 1) if third else (None, STEPS), dtype="bool" if third else form
    )
    last, outputs, states = K.rnn(simple(), x, [first], go_backwards, mask)
    start = uniform_array(SAMPLES, UNITS, seed=4)
    passed_mask = MASK[..., None] if third else MASK.astype(form)
    results = run(
        [x, first, mask], [last, outputs, *states], [DATA, start, passed_mask]
    )
    close(results, expected(first=start, mask=MASK, go_backwards=go_backwards))


def test_first_steps_left_out_are_zeros_if_unrolled():
    x, first = sequences(), K.placeholder((None, UNITS))
    mask = masks()
    last, outputs, states = K.rnn(simple(), x, [first], mask=mask, unroll=True)
    start = uniform_array(SAMPLES, UNITS, seed=4)
    results = run([x, first, mask], [last, outputs, *states], [DATA, start, MASK])
    close(results, expected(first=start, mask=MASK, zeros=True))


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("states", [0, 1])
def test_masks_of_outputs_that_are_no_state(states, go_backwards, unroll):
    x, mask = sequences(), masks()

    def step(x, states):
        return K.sum(x, axis=1) + 5, [s + 1 for s in states]

    initial = [K.zeros_like(x[:, 0])] * states
    last, outputs, new = K.rnn(step, x, initial, go_backwards, mask, unroll=unroll)
    order = slice(None, None, -1 if go_backwards else 1)
    wanted = []
    value = np.zeros(SAMPLES)
    for x_t, taken in zip(DATA.swapaxes(0, 1)[order], MASK.T[order], strict=True):
        value = np.where(taken, x_t.sum(1) + 5, value)
        wanted.append(value)
    results = run([x, mask], [last, outputs, *new], [DATA, MASK])
    close(results[:2], [value, np.stack(wanted, 1)])
    close(results[2:], [np.tile(MASK.sum(1, keepdims=True), (1, FEATURES))] * states)


def test_an_output_that_is_several_states_keeps_the_first_under_a_mask():
    x, mask = sequences(), masks()

    def step(x, states):
        output = K.sum(x, axis=1, keepdims=True)
        return output, [output, output]

    initial = [K.zeros_like(x[:, 0, :1]), K.ones_like(x[:, 0, :1])]
    last, outputs, states = K.rnn(step, x, initial, mask=mask)
    nothing = np.zeros((SAMPLES, STEPS), "bool")
    results = run([x, mask], [last, outputs, *states], [DATA, nothing])
    column = np.zeros((SAMPLES, 1))
    close(results, [column, np.zeros((SAMPLES, STEPS, 1)), column, column + 1])


def test_states_that_no_sample_owns_are_not_masked():
    x, mask = sequences(), masks()
    _, _, (count,) = K.rnn(
        lambda x, s: (x, [s[0] + 1]), x, [K.variable(np.float32(0))], mask=mask
    )
    assert run([x, mask], [count], [DATA, MASK])[0] == STEPS


def test_masked_steps_have_no_gradient():
    x, mask = sequences(), masks()
    last, outputs, _ = K.rnn(simple(), x, [zeros_for(x)], mask=mask)
    (gradient,) = K.gradients(K.sum(last) + K.sum(outputs), [x])
    result = run([x, mask], [gradient], [DATA, MASK])[0]
    assert np.array_equal(np.abs(result).sum(2) > 0, MASK)


# Gradients


@pytest.mark.parametrize(
    ("go_backwards", "masked"),
    [
        (False, False),
        (True, True),
        pytest.param(False, True, marks=pytest.mark.slow),
        pytest.param(True, False, marks=pytest.mark.slow),
    ],
)
def test_gradients_of_any_order_are_those_of_the_unrolled_graph(go_backwards, masked):
    x, mask = sequences(), masks()
    w = K.variable(W)
    u = K.variable(U)
    first = K.placeholder((None, UNITS))

    def step(x, states):
        gate = K.sigmoid(K.dot(x, w) + states[2])
        output = K.tanh(K.dot(states[0], u) * gate)
        return output * states[1], [output + gate, states[1] * 0.9]

    results = []
    for unroll in (False, True):
        factor = K.zeros_like(first) + 1
        last, outputs, states = K.rnn(
            step,
            x,
            [first, factor],
            go_backwards,
            mask if masked else None,
            [w[0]],
            unroll,
        )
        loss = (
            K.sum(K.square(last))
            + K.sum(outputs**3)
            + sum(K.sum(K.square(s)) for s in states)
        )
        gradients = K.gradients(loss, [w, u, x, first])
        second = K.gradients(sum(K.sum(K.square(s)) for s in gradients), [w, u, x])
        results.append([loss, *gradients, *second])
    # The first output of a mask that begins with steps left out differs: these masks
    # begin with a step taken.
    taken = MASK.copy()
    taken[:, [0, -1]] = True
    values = run(
        [x, first, mask],
        results[0] + results[1],
        [DATA, uniform_array(SAMPLES, UNITS, seed=4), taken],
    )
    close(values[: len(results[0])], values[len(results[0]) :], rtol=2e-3, atol=2e-3)


def test_gradients_inside_a_step():
    x = sequences()
    w = K.variable(W)
    product = K.sum(w**3)

    def step(x, states):
        energy = K.sum(K.square(K.dot(x, w))) + product + K.sum(states[0] ** 2)
        by_state, by_w = K.gradients(energy, [states[0], w])
        return by_state, [states[0] - 0.1 * by_state + K.sum(by_w)]

    last, _, states = K.rnn(step, x, [x[:, 0]])
    gradient = K.gradients(K.sum(states[0]), [w])
    state = DATA[:, 0].astype("float64")
    total = 0
    for t in range(STEPS):
        by_state = 2 * state
        state = (
            state
            - 0.1 * by_state
            + (2 * DATA[:, t].T @ DATA[:, t] @ W + 3 * W**2).sum()
        )
        total = (
            total * 0.8
            + (2 * (DATA[:, t].T @ DATA[:, t]).sum(0)[:, None] + 6 * W)
            * SAMPLES
            * FEATURES
        )
    close(
        run([x], [last, *states, *gradient], [DATA]),
        [by_state, state, total],
        rtol=1e-3,
    )


def test_variables_in_and_around_the_loop_are_trained():
    x = sequences()
    w, bias = K.variable(W), K.variable(uniform_array(UNITS))
    total = K.variable(np.float32(0))

    def step(x, states):
        output = K.tanh(K.dot(x, w) + states[0] + bias)
        return output, [output]

    last, _, _ = K.rnn(step, x, [zeros_for(x) + bias])
    loss = K.mean(K.square(last - 0.5))
    updates = [
        (p, p - 0.2 * g)
        for p, g in zip((w, bias), K.gradients(loss, [w, bias]), strict=True)
    ]
    f = K.function([x], [loss], [*updates, K.update_add(total, loss)])
    losses = [f([DATA])[0] for _ in range(5)]
    losses += f.loop(f.upload([DATA]), np.array([[0, 1, 2, 3]] * 20))[0].tolist()
    assert np.all(np.diff(losses) < 0) and losses[-1] < 0.5 * losses[0]
    np.testing.assert_allclose(K.get_value(total), sum(losses), rtol=1e-4)


# Randomness and the learning phase


def test_draws_differ_at_each_step_and_call():
    x = sequences()
    noise = []

    def step(x, states):
        noise.append(K.random_uniform((2,)))
        return K.random_normal((2, 3)) + K.sum(x) * 0, [states[0] + noise[-1]]

    _, outputs, (total,) = K.rnn(step, x, [K.variable(np.zeros(2))])
    f = K.function([x], [outputs, total])
    draws = [f([DATA]) for _ in range(2)]
    looped = f.loop(f.upload([np.repeat(DATA, 3, 0)]), np.arange(12).reshape(3, 4))
    values = np.concatenate(
        [draws[0][0].ravel(), draws[1][0].ravel(), looped[0].ravel()]
    )
    assert len(np.unique(values)) == 5 * 2 * STEPS * 3
    assert all(1 < t < STEPS - 1 for t in np.mean([d[1] for d in draws], axis=1))


def test_steps_with_a_convolution_draw_their_own_numbers():
    """Both the steps inside a call, and the calls of a loop."""
    x = K.placeholder((None, STEPS, 4, 4, 1))
    kernel = K.variable(np.ones((2, 2, 1, 1)))

    def step(x, states):
        seen = K.conv2d(x, kernel, dim_ordering="tf")
        return K.dropout(seen, 0.5) * 0 + K.random_normal((4, 3, 3, 1)), []

    f = K.function([x], [K.rnn(step, x, [])[1]])
    data = np.ones((12, STEPS, 4, 4, 1))
    looped = f.loop(f.upload([data]), np.arange(12).reshape(3, 4))[0]
    values = np.concatenate([f([data[:4]])[0].ravel(), looped.ravel()])
    assert len(np.unique(values)) == 4 * STEPS * 4 * 9


def test_draws_in_loops_in_loops_differ():
    x = K.placeholder((None, STEPS, 3, 1))

    def outer(x, states):
        inner = K.rnn(lambda x, s: (K.random_uniform((2,)) + K.sum(x) * 0, []), x, [])
        return K.permute_dimensions(inner[1], (1, 0)), []

    outputs = K.rnn(outer, x, [])[1]
    (drawn,) = run([x], [outputs], [uniform_array(4, STEPS, 3, 1)])
    assert len(np.unique(drawn)) == STEPS * 3 * 2


def test_a_draw_is_the_same_in_the_gradient():
    x = sequences()
    w = K.variable(np.ones(FEATURES))

    def step(x, states):
        output = K.random_normal((FEATURES,)) * w + K.sum(x) * 0
        return output, [states[0] + output]

    outputs, (total,) = K.rnn(step, x, [K.variable(np.zeros(FEATURES))])[1:]
    results = run([x], [outputs, *K.gradients(K.sum(total), [w])], [DATA])
    close([results[1]], [results[0].sum(1)])


def test_the_learning_phase_inside_a_step():
    x = sequences()
    phase = K.learning_phase()

    def step(x, states):
        output = K.in_train_phase(x * 2 + states[0], x + states[0])
        return output, [output]

    last, outputs, states = K.rnn(step, x, [K.zeros_like(x[:, 0])])
    assert all(tensor._uses_learning_phase for tensor in (last, outputs, *states))
    gradient = K.gradients(K.sum(last), [x])
    f = K.function([x, phase], [last, *gradient])
    for value, factor in [(1, 2), (0, 1)]:
        close(f([DATA, value]), [DATA.sum(1) * factor, np.full_like(DATA, factor)])


def test_dropout_inside_a_step_is_drawn_per_step_in_training_only():
    x = sequences()
    phase = K.learning_phase()
    outputs = K.rnn(lambda x, s: (K.in_train_phase(K.dropout(x, 0.5), x), []), x, [])[1]
    f = K.function([x, phase], [outputs])
    data = np.ones((40, STEPS, FEATURES), "float32")
    (trained,), (tested,) = f([data, 1]), f([data, 0])
    assert set(np.unique(trained)) == {0, 2} and np.array_equal(tested, data)
    assert not np.array_equal(trained[:, 0], trained[:, 1])


# Errors


def test_a_tensor_that_was_carried_out_of_a_step_is_named():
    x = K.placeholder((None, STEPS, 3))
    kept = []
    K.rnn(lambda x, states: (kept.append(x * 2) or x, []), x, [])
    with pytest.raises(ArgumentError, match=r"depends? on"):
        K.function([x], kept)([DATA])


@pytest.mark.parametrize("parts", [1, [1], (1, None), (1, [], 2)])
def test_a_step_returns_an_output_and_states(parts):
    with pytest.raises(ArgumentError, match="must return the output and a list"):
        K.rnn(lambda x, states: parts, K.zeros((2, 4, 3)), [])


def test_faults_of_ones_own_code_stay_what_they_are():
    x = K.placeholder((None, STEPS, 3))

    def step(x, states):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        K.rnn(step, x, [])
    note = "K.rnn's step function received x of shape (None, 3)"
    assert note in caught.value.__notes__[0]


def test_states_of_another_number_of_samples_are_told_at_the_call():
    x, first = sequences(), K.placeholder((None, UNITS))
    f = K.function([x, first], [K.rnn(simple(), x, [first])[0]])
    with pytest.raises(DataError, match=r"4.*2|2.*4"):
        f([DATA, np.zeros((2, UNITS))])
    f([DATA, np.zeros((4, UNITS))])


def counted(x, states):
    """A step whose output is no state."""
    return x * 2, [states[0] + 1]


def test_no_steps_have_no_last_output():
    x = K.placeholder((None, None, FEATURES))
    last, outputs, states = K.rnn(counted, x, [K.variable(np.zeros((SAMPLES, 1)))])
    f = K.function([x], [outputs, *states])
    assert f([DATA[:, :0]])[0].shape == (SAMPLES, 0, FEATURES)
    with pytest.raises(
        ShapeError, match=r"K\.rnn received inputs of 0 steps, which have no last"
    ):
        run([x], [last], [DATA[:, :0]])
    run([x], [last], [DATA[:, :1]])


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("steps", [STEPS - 1, STEPS + 1])
def test_masks_have_as_many_steps_as_the_inputs(steps, unroll):
    message = rf"K\.rnn received inputs of {STEPS} steps and a mask of {steps}"
    x, mask = sequences(), K.placeholder((None, steps))
    with pytest.raises(ShapeError, match=message):
        K.rnn(simple(), x, [zeros_for(x)], mask=mask, unroll=unroll)
    mask = K.placeholder((None, None))
    f = K.function(
        [x, mask], [K.rnn(simple(), x, [zeros_for(x)], mask=mask, unroll=unroll)[0]]
    )
    with pytest.raises(ShapeError, match=message):
        f([DATA, np.ones((SAMPLES, steps))])
    f([DATA, np.ones((SAMPLES, STEPS))])


def test_masks_of_whole_layers_have_as_many_steps_as_the_inputs():
    x, mask = K.placeholder((None, None, UNITS)), K.placeholder((None, None))
    state = K.variable(np.zeros((SAMPLES, UNITS)))
    weights = K.variable(np.zeros((UNITS, UNITS)))
    f = K.function([x, mask], [K.simple_rnn(x, [state], weights, mask=mask)[0]])
    with pytest.raises(
        ShapeError, match=r"K\.simple_rnn received inputs of 3 steps and a mask of 2"
    ):
        f([uniform_array(SAMPLES, 3, UNITS), np.ones((SAMPLES, 2))])
    short = K.placeholder((None, 2))
    with pytest.raises(
        ShapeError, match=r"K\.simple_rnn received inputs of 3 steps and a mask of 2"
    ):
        K.simple_rnn(K.placeholder((None, 3, UNITS)), [state], weights, mask=short)


def test_fewer_steps_than_were_unrolled():
    x = K.placeholder((None, None, FEATURES))
    f = K.function(
        [x], [K.rnn(simple(), x, [zeros_for(x)], unroll=True, input_length=STEPS)[0]]
    )
    with pytest.raises(
        ShapeError, match=r"received inputs of 2 steps and input_length=6.*unroll=False"
    ):
        f([DATA[:, :2]])


@pytest.mark.parametrize("masked", [False, True])
def test_a_mask_leaves_states_the_types_that_the_step_gives_them(masked, backend):
    x = K.variable(np.ones((2, 3, 4)))
    mask = K.variable([[1, 0, 1], [0, 1, 1]]) if masked else None

    def step(x, states):
        counted = K.cast(x + states[0], "int32")
        return x, [counted]

    _, _, (last,) = K.rnn(step, x, [K.zeros_like(x[:, 0])], mask=mask)
    assert K.dtype(last) == "int32"
    np.testing.assert_array_equal(K.eval(last), np.full((2, 4), 2 if masked else 3))

"""Functions on each backend.

Feeds, updates, the learning phase, randomness, uploads and loops, float64.
"""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError
from oneiros_backend_toolkit import derived


def network(phase=False):
    """Returns a training function of a small network with random noise, and its
    variables."""
    x, y = K.placeholder((None, 3), name="x"), K.placeholder((None, 2), name="y")
    w = K.variable(np.random.randn(3, 2), name="w")
    b = K.zeros((2,), name="b")
    noisy = K.in_train_phase(K.dropout(x, 0.4), x) if phase else x
    loss = K.mean(K.square(K.dot(noisy, w) + b - y))
    updates = [
        K.update_sub(v, 0.1 * g)
        for v, g in zip((w, b), K.gradients(loss, [w, b]), strict=True)
    ]
    inputs = [x, y] + ([K.learning_phase()] if phase else [])
    return K.function(inputs, [loss, K.sum(noisy, axis=1)], updates), (w, b)


def data(rows=12):
    random = np.random.RandomState(3)
    return random.randn(rows, 3).astype("float32"), random.randn(rows, 2).astype(
        "float32"
    )


# Values and variables


@pytest.mark.parametrize("drawn_at_once", [1 << 20, 7])
def test_random_variables_come_from_numpy(backend, monkeypatch, drawn_at_once):
    monkeypatch.setattr(derived, "DRAWN_AT_ONCE", drawn_at_once)
    np.random.seed(5)
    drawn = (
        K.get_value(K.random_uniform_variable((50, 40), 2, 4)),
        K.get_value(K.random_normal_variable((50, 40), 1, 3)),
    )
    np.random.seed(5)
    expected = np.random.uniform(2, 4, (50, 40)), np.random.normal(1, 3, (50, 40))
    assert_each_close(drawn, expected, rtol=1e-6)
    same = [
        K.get_value(K.random_uniform_variable((3,), 0, 1, seed=9)) for _ in range(2)
    ]
    np.testing.assert_array_equal(*same)


# Updates


def test_variables_never_share_memory(backend):
    a, b, c = (K.variable(np.full(4, n)) for n in (1.0, 2.0, 3.0))
    f = K.function([], [], [(a, c), (b, c)])
    f([])
    K.function([], [], [K.update_add(a, 1)])([])
    f([])
    K.function([], [], [K.update_sub(c, 1)])([])
    assert [float(K.get_value(v)[0]) for v in (a, b, c)] == [3, 3, 2]


def test_an_update_of_another_shape_leaves_the_variable_alone(backend):
    x = K.placeholder((None, 3))
    v = K.variable(np.zeros((2, 3)), name="kernel")
    f = K.function([x], [], [(v, x + 1)])
    with pytest.raises(DataError, match=r"\(5, 3\).*\(2, 3\)"):
        f([np.ones((5, 3))])
    np.testing.assert_array_equal(K.get_value(v), np.zeros((2, 3)))
    f([np.ones((2, 3))])
    np.testing.assert_array_equal(K.get_value(v), np.full((2, 3), 2))


def test_value_set_between_calls_is_used(backend):
    v = K.variable(1.0)
    f = K.function([], [v * 2], [K.update_add(v, 1)])
    f([])
    K.set_value(v, 10.0)
    assert f([]) == [20] and K.get_value(v) == 11


def test_no_variable_is_lost_when_a_feed_is_wrong(backend):
    f, variables = network()
    x, y = data()
    f([x, y])
    before = K.batch_get_value(variables)
    with pytest.raises(DataError):
        f([x, y[:5]])
    np.testing.assert_equal(before, K.batch_get_value(variables))
    f([x, y])


# Feeds


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ([np.zeros((4, 3))], r"expected 2 inputs .*x.*y.*not 1"),
        (np.zeros((2, 3)), "expected 2 inputs"),
        ([np.zeros((4, 3)), np.zeros((4, 5))], r"Input 1 \(y\).*\(4, 5\).*\(None, 2\)"),
        ([np.zeros(3), np.zeros((4, 2))], r"Input 0 \(x\).*\(3,\).*\(None, 3\)"),
        ([np.zeros((4, 3)), "text"], r"Input 1 \(y\).*'text'.*numbers"),
        ([[[1, 2, 3], [1]], np.zeros((4, 2))], r"Input 0 \(x\).*numbers"),
        ([None, np.zeros((4, 2))], r"Input 0 \(x\).*None.*numbers"),
    ],
)
def test_wrong_feeds_name_the_input(feeds, message, backend):
    with pytest.raises(DataError, match=message):
        network()[0](feeds)


def test_feeds_are_cast(backend):
    x, i = K.placeholder((None,)), K.placeholder((None,), dtype="int32")
    value, index = K.function([x, i], [x / 2, i])([np.array([1, 2]), [3.0, 4.0]])
    np.testing.assert_array_equal(value, [0.5, 1])
    assert value.dtype == np.float32 and index.dtype == np.int32


def test_missing_input_is_named(backend):
    x = K.placeholder((None,), name="given")
    y = K.placeholder((None, 7), name="forgotten")
    with pytest.raises(ArgumentError, match="forgotten"):
        K.function([x], [K.sum(x) + K.sum(y)])([[1.0]])


def test_shapes_that_dont_meet_are_told_when_data_comes(backend):
    x, y = K.placeholder((None, 3)), K.placeholder((None, 3))
    f = K.function([x, y], [K.mean(x - y)])
    with pytest.raises(DataError, match=r"\(2, 3\), \(4, 3\)") as caught:
        f([np.zeros((2, 3)), np.zeros((4, 3))])
    assert "{{" not in str(caught.value)
    assert f([np.zeros((2, 3)), np.zeros((2, 3))])[0] == 0


def test_an_unknown_argument_is_named(backend):
    with pytest.raises(ArgumentError, match="speed"):
        K.function([], [], speed=11)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"], indirect=True)
def test_arrays_are_copied_when_they_enter_a_graph(backend):
    x = K.placeholder((2,))
    array = np.ones(2, "float32")
    f = K.function([x], [x + array])
    array[:] = 50
    np.testing.assert_array_equal(f([[1, 2]])[0], [2, 3])


@pytest.mark.parametrize("backend", ["tensorflow", "jax"], indirect=True)
def test_graphs_deeper_than_python_recurses(backend):
    x = y = K.placeholder(())
    for _ in range(1100):
        y = y + 1
    assert K.function([x], [y])([1.0])[0] == 1101


def test_functions_of_tensors_in_the_middle(backend):
    x = K.placeholder((None,))
    middle = x * 2
    f = K.function([middle], [middle + 1])
    np.testing.assert_array_equal(f([[1.0]])[0], [2])


def test_sparse_feeds(backend):
    if "sparse" not in K.current().capabilities:
        pytest.skip("not offered")
    from scipy.sparse import csr_matrix

    x = K.placeholder((None, 3), sparse=True)
    w = K.variable(np.arange(6).reshape(3, 2))
    assert K.is_sparse(x) and not K.is_sparse(w)
    matrix = np.array([[0, 2, 0], [1, 0, 0]], "float32")
    assert K.is_sparse(K.variable(csr_matrix(matrix)))
    product, dense = K.function([x], [K.dot(x, w), K.to_dense(x)])([csr_matrix(matrix)])
    np.testing.assert_array_equal(product, matrix @ K.get_value(w))
    np.testing.assert_array_equal(dense, matrix)
    assert K.is_sparse(K.concatenate([x, x]))
    assert not K.is_sparse(K.concatenate([x, K.to_dense(x) * 1.0], axis=0))


def test_an_axis_of_unknown_size_is_squeezed(backend):
    """As losses do that take class numbers, `(samples, steps, 1)`."""
    x = K.placeholder(ndim=3)
    f = K.function([x], [K.squeeze(x, 2) * 2])
    assert f([[[[1.0], [2.0]]]])[0].tolist() == [[2.0, 4.0]]


# The learning phase


def test_phase_chooses_the_branch(backend):
    x = K.placeholder((None, 2))
    y = K.in_train_phase(x * 2, lambda: x * 3)
    z = K.in_test_phase(x, -x)
    assert y._uses_learning_phase
    f = K.function([x, K.learning_phase()], [y, z])
    data = np.ones((1, 2), "float32")
    for phase, factors in [
        (0, (3, 1)),
        (1, (2, -1)),
        (np.array(0), (3, 1)),
        (True, (2, -1)),
    ]:
        for value, factor in zip(f([data, phase]), factors, strict=True):
            np.testing.assert_array_equal(value, data * factor)
    with pytest.raises(DataError, match=r"0 \(test\) or 1 \(train\)"):
        f([data, 2])


def test_phase_may_stand_anywhere_among_the_inputs(backend):
    x = K.placeholder((None,))
    outputs = [K.in_train_phase(x, x * 0), x * K.learning_phase()]
    f = K.function([K.learning_phase(), x], outputs)
    np.testing.assert_array_equal(f([1, [4.0]]), [[4], [4]])
    np.testing.assert_array_equal(f([0, [4.0]]), [[0], [0]])


@pytest.mark.parametrize("backend", ["tensorflow", "jax"], indirect=True)
def test_only_the_branch_of_the_phase_is_compiled(backend):
    x = K.placeholder((2,))
    compiled = []

    def noted(name):
        return K.apply(lambda v: compiled.append(name) or v + 1, x)

    f = K.function(
        [x, K.learning_phase()], [K.in_train_phase(noted("train"), noted("test"))]
    )
    for phase, name in [(1, "train"), (0, "test")]:
        compiled.clear()
        f([[1, 2], phase])
        assert set(compiled) == {name}


def test_forgotten_phase_is_explained(backend):
    x = K.placeholder((None,))
    y = K.in_train_phase(x, x * 2)
    with pytest.raises(ArgumentError, match="learning_phase"):
        K.function([x], [y])([[1.0]])


def test_fixed_phase(backend):
    x = K.placeholder((None,))
    K.set_learning_phase(1)
    try:
        assert K.learning_phase() == 1
        y = K.in_train_phase(x * 2, x)
        f = K.function([x, K.learning_phase()], [y])
    finally:
        K.clear_session()
    np.testing.assert_array_equal(f([[3.0], 1])[0], [6])
    with pytest.raises(DataError, match="fixed"):
        f([[3.0], 0])
    assert not isinstance(K.learning_phase(), int)
    with pytest.raises(ArgumentError, match="set_learning_phase"):
        K.set_learning_phase(2)


def test_gradients_follow_the_phase(backend):
    x = K.placeholder((None, 3))
    w = K.variable([1.0, 2.0, 3.0])
    loss = K.sum(K.in_train_phase(x * w, K.exp(w) * x * x))
    f = K.function([x, K.learning_phase()], K.gradients(loss, [w]))
    data = np.array([[1.0, 2.0, 4.0]], "float32")
    np.testing.assert_allclose(f([data, 1])[0], data[0])
    np.testing.assert_allclose(
        f([data, 0])[0], np.exp([1, 2, 3]) * data[0] ** 2, rtol=1e-5
    )


# Randomness


def test_draws_are_independent(backend):
    ones = K.ones((200, 300))
    makers = (K.random_uniform, K.random_normal, lambda size: K.dropout(ones, 0.25))
    draws = [make((200, 300)) for make in makers for _ in range(2)]
    function = K.function([], draws)
    results = function([]), function([])
    for first, other, again in zip(results[0][::2], results[0][1::2], results[1][::2]):
        for one, another in (
            (first, again),
            (first, other),
            (first[:, 1:], first[:, :-1]),
            (first[1:], first[:-1]),
        ):
            correlation = np.corrcoef(one.ravel(), another.ravel())[0, 1]
            assert abs(correlation) < 5 / first.size**0.5


def test_uniform_fills_its_interval_evenly(backend):
    values = K.eval(K.random_uniform((200000,)))
    counts = np.histogram(values, 64, (0, 1))[0]
    assert counts.sum() == values.size
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 64 + 5 * 128**0.5


def test_normal_draws_of_half_precision_are_finite(backend):
    drawn = K.random_normal((200000,), dtype="float16", seed=1)
    assert np.isfinite(K.eval(drawn)).all()


def test_shapes_of_draws(backend):
    x = K.placeholder((None, 4))
    f = K.function(
        [x],
        [
            K.random_normal(K.shape(x)),
            K.random_uniform((K.shape(x)[0], 2)),
            K.random_binomial((3,)),
        ],
    )
    assert [value.shape for value in f([np.zeros((5, 4))])] == [(5, 4), (5, 2), (3,)]


def test_dropout(backend):
    x = K.placeholder((None, 4, 5))
    rows, undropped = K.dropout(x, 0.5, noise_shape=(None, 1, 5)), K.dropout(x, 0)
    value, same = K.function([x], [rows, undropped])([np.ones((50, 4, 5))])
    assert set(np.unique(value)) == {0, 2}
    np.testing.assert_array_equal(value, value[:, :1].repeat(4, axis=1))
    np.testing.assert_array_equal(same, np.ones((50, 4, 5)))
    with pytest.raises(ArgumentError, match=r"level=1\.5"):
        K.dropout(x, 1.5)


def test_dropout_passes_gradients_through_its_mask(backend):
    x = K.placeholder((None, 6))
    y = K.dropout(x, 0.5)
    value, gradient = K.function([x], [y, *K.gradients(K.sum(y), [x])])(
        [np.ones((20, 6))]
    )
    np.testing.assert_array_equal(value, gradient)


def test_numpys_seed_alone_reproduces_a_run(backend):
    runs = []
    for _ in range(2):
        np.random.seed(11)
        f, variables = network(phase=True)
        losses = [f([*data(), 1])[0] for _ in range(3)]
        runs.append([*losses, *K.batch_get_value(variables)])
    np.testing.assert_equal(*runs)


def test_functions_that_share_a_draw_go_on_where_the_other_stopped(backend):
    drawn, other = K.random_uniform((2,)), K.random_uniform((2,))
    first, second = K.function([], [drawn]), K.function([], [drawn * 1, other])
    values = [first([])[0], first([])[0], second([])[0], first([])[0]]
    assert len(np.unique(values)) == 8


def test_any_whole_number_is_a_seed(backend):
    drawn = [K.random_uniform((2,), seed=seed) for seed in (-1, 2**40, 2**70)]
    assert np.isfinite(K.function([], drawn)([])).all()


# Uploads and loops


@pytest.mark.parametrize("phase", [None, 0, 1])
@pytest.mark.parametrize("steps", [1, 3, 5])
def test_loop_is_step_by_step(phase, steps, backend):
    index = np.random.RandomState(1).randint(0, 12, (steps, 4))
    x, y = data()
    results = []
    for looped in (False, True):
        np.random.seed(2)
        f, variables = network(phase=phase is not None)
        if looped:
            handle = f.upload([x, y])
            outputs = f.loop(handle, index, phase=phase)
            handle.release()
        else:
            extra = [] if phase is None else [phase]
            outputs = [
                np.stack(v)
                for v in zip(*(f([x[i], y[i], *extra]) for i in index), strict=True)
            ]
        results.append([*outputs, *K.batch_get_value(variables)])
    assert results[1][0].shape == (steps,) and results[1][1].shape == (steps, 4)
    assert_each_close(*results, rtol=1e-5, atol=1e-6)


def test_loop_goes_on_where_calls_stopped(backend):
    x, y = data()
    index = np.arange(12).reshape(3, 4)
    np.random.seed(2)
    f, _ = network(phase=True)
    handle = f.upload([x, y])
    mixed = [
        f.loop(handle, index[:1], phase=1)[0][0],
        f([x[4:8], y[4:8], 1])[0],
        f.loop(handle, index[2:], phase=1)[0][0],
    ]
    np.random.seed(2)
    f, _ = network(phase=True)
    np.testing.assert_allclose(
        mixed, f.loop(f.upload([x, y]), index, phase=1)[0], rtol=1e-5
    )


def test_upload_doesnt_follow_the_array(backend):
    x = K.placeholder((None, 2))
    f = K.function([x], [K.sum(x)])
    array = np.ones((4, 2), "float32")
    handle = f.upload([array])
    array[:] = 100
    assert f.loop(handle, [[0, 1]])[0] == [4]
    handle.release()
    for index in ([[0, 1]], np.zeros((2, 0), int)):
        with pytest.raises(ArgumentError, match="released"):
            f.loop(handle, index)


def test_upload_checks_what_it_gets(backend):
    f, _ = network()
    x, y = data()
    with pytest.raises(DataError, match="2 arrays"):
        f.upload([x])
    with pytest.raises(DataError, match=r"Input 1 \(y\)"):
        f.upload([x, x])
    number = K.placeholder(())
    with pytest.raises(DataError, match=r"\(12,\)"):
        K.function([number], [number]).upload([np.ones(12)])
    handle = f.upload([x, y])
    with pytest.raises(DataError, match="12 rows"):
        f.loop(handle, [[12]])
    for index in ([0, 1], [[0.5]], [[-1]]):
        with pytest.raises(DataError):
            f.loop(handle, index)
    with pytest.raises(DataError, match=r"0 \(test\) or 1"):
        network(phase=True)[0].loop(handle, [[0]], phase=3)


def test_loop_keeps_to_a_fixed_batch_size(backend):
    x = K.placeholder((4, 2), name="x")
    f = K.function([x], [K.sum(x)])
    handle = f.upload([np.ones((8, 2))])
    assert f.loop(handle, [[0, 1, 2, 7]])[0] == [8]
    with pytest.raises(
        DataError, match=r"Input 0 \(x\) expected 4 rows at a time, not 2"
    ):
        f.loop(handle, [[0, 1]])


def test_loop_refuses_batches_of_no_rows(backend):
    x = K.placeholder((None, 2))
    f = K.function([x], [K.sum(x)])
    with pytest.raises(DataError, match="can't take 2 rows at a time of 0 rows"):
        f.loop(f.upload([np.ones((0, 2))]), np.zeros((0, 2), int))


def test_loop_without_outputs_or_steps(backend):
    x = K.placeholder((None,))
    total = K.variable(0.0)
    f = K.function([x], [], [K.update_add(total, K.sum(x))])
    for number, index in (4, [[0, 1], [2, 3]]), (4, [[1, 2]]), (6, [[5, 0], [1, 1]]):
        K.set_value(total, 0.0)
        assert f.loop(f.upload([np.arange(number)]), index) == []
        assert K.get_value(total) == np.sum(index)


# Types


def test_float64_everywhere(backend):
    K.set_floatx("float64")
    try:
        f, (w, _) = network(phase=True)
        loss, total = f([*data(), 1])
        assert loss.dtype == total.dtype == K.get_value(w).dtype == np.float64
        drawn = K.eval(K.random_uniform((100,)))
        assert drawn.dtype == np.float64 and not np.array_equal(
            drawn, drawn.astype("float32")
        )
    finally:
        K.set_floatx("float32")
    loss, total = network()[0]([*data()])
    assert loss.dtype == total.dtype == np.float32


def test_float16(backend):
    if "float16" not in K.current().capabilities:
        pytest.skip("not offered")
    K.set_floatx("float16")
    try:
        x = K.placeholder((None, 2))
        f = K.function([x], [x * 0.5, *K.gradients(K.sum(K.exp(x)), [x])])
    finally:
        K.set_floatx("float32")
    value, gradient = f([np.zeros((1, 2))])
    assert value.dtype == gradient.dtype == np.float16
    np.testing.assert_array_equal(gradient, [[1, 1]])


ORDERS = {
    "in order": np.arange(12).reshape(3, 4),
    "a part in order": np.arange(5, 11).reshape(3, 2),
    "mixed": np.array([[3, 1], [0, 11], [2, 2]]),
    "back": np.arange(12)[::-1].reshape(3, 4),
    "nothing": np.zeros((0, 4), int),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("contiguous", [True, False])
def test_borrowed_data_gives_what_uploaded_data_gives(order, contiguous, backend):
    x, y = data()
    if not contiguous:
        x = np.asfortranarray(x)
    results = []
    for take in ("upload", "borrow"):
        np.random.seed(2)
        f, variables = network(phase=True)
        handle = getattr(f, take)([x, y])
        outputs = [
            f.loop(handle, index, phase=1)
            for index in (ORDERS["in order"], ORDERS[order])
        ]
        results.append([*outputs[0], *outputs[1], *K.batch_get_value(variables)])
    np.testing.assert_equal(*results)


def test_borrowed_data_is_read_where_it_is(backend):
    x = K.placeholder((None, 2))
    f = K.function([x], [K.sum(x)])
    array = np.ones((4, 2), "float32")
    handle = f.borrow([array])
    array[:] = 100
    assert f.loop(handle, [[0, 1]])[0] == [400]
    with pytest.raises(DataError, match="1 arrays"):
        f.borrow([])


@pytest.mark.parametrize("writeable", [True, False])
@pytest.mark.parametrize("size", [3, 10_000])
def test_nothing_keeps_the_memory_of_what_it_was_called_with(writeable, size, backend):
    """Engines may compute on an array's own memory.

    Neither results nor variables may stay there.
    """
    x, y = K.placeholder((None,)), K.placeholder((None, size))
    kept, other = K.zeros((size,)), K.zeros((2, size))
    f = K.function([x], [x, K.reshape(x, (1, -1))], [K.update(kept, x)])
    g = K.function([y], [y], [K.update(other, y)])
    space = np.zeros(size * 2 + 16, "float32")
    start = -space.ctypes.data % 64 // 4
    array = space[start : start + size]
    rows = space[start : start + 2 * size].reshape(2, size)
    for number in (1, 2, 3):
        space.flags.writeable = True
        space[:] = number
        for part in (space, array, rows):
            part.flags.writeable = writeable
        results = [*f([array]), *g.loop(g.borrow([rows]), [[0, 1]])]
        space.flags.writeable = True
        space[:] = 7
        assert all(
            (value == number).all()
            for value in [*results, *K.batch_get_value([kept, other])]
        )
        f([np.zeros(size)])
        assert all((value == number).all() for value in [*results, K.get_value(other)])
        for value in results:
            value[...] = 5
        assert (space == 7).all()

"""The JAX backend: what JAX asks for that other engines don't."""

import jax.numpy as jnp
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, ShapeError
from processes import run_python


@pytest.fixture(autouse=True)
def backend():
    with K.use("jax") as backend:
        yield backend


def run(output, *feeds):
    return K.function([x for x, _ in feeds], [output])([value for _, value in feeds])[0]


# Importing


@pytest.mark.parametrize(("setting", "expected"), [(None, "False"), ("1", "True")])
def test_a_cpu_computes_in_the_thread_that_asks(setting, expected):
    code = """
import oneiros_jax_support.jax_import
from jax._src import xla_bridge
print(xla_bridge._CPU_ENABLE_ASYNC_DISPATCH.value)
"""
    variable = "JAX_CPU_ENABLE_ASYNC_DISPATCH"
    chosen = {} if setting is None else {variable: setting}
    done = run_python(code, without=[variable], **chosen)
    assert done.stdout.strip() == expected


def test_a_process_keeps_its_flags_and_draws():
    code = """
import sys, numpy as np
import oneiros
assert "jax" not in sys.modules
np.random.seed(3)
from oneiros import backend as K
K.set_backend("jax")
import jax, jax.numpy as jnp
assert K.eval(K.variable(np.ones(2), "float64") * 2).dtype == "float64"
assert jnp.ones(2).dtype == "float32" and not jax.config.jax_enable_x64
print(np.random.randint(10**9))
"""
    done = run_python(code)
    assert int(done.stdout) == np.random.RandomState(3).randint(10**9)


# Shapes


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda x: K.reshape(x, (K.shape(x)[0] * 2, -1)), (None, 6)),
        (lambda x: K.reshape(x, (-1, 17)), (None, 17)),
        (
            lambda x: K.reshape(K.reshape(x, (-1, 4)), (K.shape(x)[0], 3, 4)),
            (None, 3, 4),
        ),
        (lambda x: K.tile(x, (K.shape(x)[0] // 2, 1)), (None, 12)),
        (lambda x: x[:, : K.shape(x)[1] - 3], (None, 9)),
        (lambda x: x + K.cast(K.arange(K.shape(x)[1]), "float32"), (None, 12)),
        (lambda x: K.concatenate([x, K.zeros_like(x)[:, :1]]), (None, 13)),
        (lambda x: K.dot(x, K.transpose(x)), (None, None)),
    ],
)
def test_shapes_of_shapes(build, shape):
    x = K.placeholder((None, 12))
    y = build(x)
    assert K.int_shape(y) == shape
    for batch in (17, 34):
        actual = run(y, (x, np.ones((batch, 12)))).shape
        assert len(actual) == len(shape)
        assert all(a in (None, b) for a, b in zip(shape, actual, strict=True))


def test_open_sizes_take_those_that_they_meet():
    x = K.placeholder((None, 3))
    y = K.variable(np.ones((4, 3)))
    assert K.int_shape(x + y) == (4, 3)
    np.testing.assert_allclose(run(x + y, (x, np.ones((4, 3)))), 2)
    with pytest.raises(DataError, match=r"\(5, 3\), \(4, 3\)"):
        run(x + y, (x, np.ones((5, 3))))
    with pytest.raises(ShapeError, match=r"\(None, 3\), \(4, 2\)"):
        x + K.variable(np.ones((4, 2)))
    raw = K.apply(lambda a, b: jnp.where(a > 0, a, b), x, y)
    assert K.int_shape(raw) == (4, 3)


@pytest.mark.parametrize(
    "build",
    [
        lambda x: K.reshape(K.variable(np.ones((2, 3))), (-1, 4)),
        lambda x: K.reshape(K.placeholder((30000, 25088)), (-1, 11)),
        lambda x: K.dot(x, K.zeros((4096, 10))),
        lambda x: K.batch_dot(x, K.placeholder((None, 17000)), 1),
        lambda x: x + K.zeros((4096,)),
        lambda x: K.concatenate([x, K.placeholder((None, 20000))], 0),
        lambda x: K.stack([x, K.placeholder((None, 20000))]),
        lambda x: K.squeeze(x, 1),
        lambda x: K.squeeze(K.expand_dims(x, 0), 2),
    ],
)
def test_large_known_sizes_are_not_taken_for_open_ones(build):
    with pytest.raises(ShapeError):
        build(K.placeholder((None, 25088)))


def test_open_sizes_become_large_known_ones():
    x = K.placeholder((None, 25088))
    assert K.int_shape(K.dot(x, K.zeros((25088, 10)))) == (None, 10)
    assert K.int_shape(K.dot(K.transpose(x), K.zeros((20000, 2)))) == (25088, 2)
    assert K.int_shape(x @ K.zeros((25088, 10))) == (None, 10)
    assert K.int_shape(x + K.placeholder((20000, None))) == (20000, 25088)
    assert K.int_shape(x[::50] + K.zeros((300, 1))) == (300, 25088)


def test_a_size_that_depends_on_values_is_refused():
    x = K.placeholder((None,), dtype="int32")
    with pytest.raises((ArgumentError, ShapeError), match="depends on the values"):
        K.reshape(K.variable(np.ones(4)), (x[0], -1))


def test_steps_of_a_loop_know_the_sizes_around_it():
    x = K.placeholder((None, 2, 6))
    merged = K.reshape(x, (-1, 3, 4))
    start = [K.zeros_like(merged[:, 0])]
    _, outputs, _ = K.rnn(
        lambda x, states: (x + states[0], [x + states[0]]), merged, start
    )
    back = K.reshape(outputs, (K.shape(x)[0], 12)) + K.reshape(x, (K.shape(x)[0], 12))
    value = np.arange(24.0).reshape(2, 2, 6)
    expected = value.reshape(2, 3, 4).cumsum(1).reshape(2, 12) + value.reshape(2, 12)
    np.testing.assert_allclose(run(back, (x, value)), expected)


# JAX's own code


def test_a_list_of_places_is_an_index():
    x = K.placeholder((None, 2))
    f = K.function([x], [x[[2, 0]]])
    assert f([[[1, 2], [3, 4], [5, 6]]])[0].tolist() == [[5, 6], [1, 2]]


def test_raw_code_goes_through_apply():
    x = K.placeholder((None, 3))
    with pytest.raises(TypeError):
        jnp.tanh(x)
    y = K.apply(lambda v: jnp.tanh(v) + jnp.ones(3), x)
    assert K.dtype(y) == "float32" and K.int_shape(y) == (None, 3)
    value = np.array([[0.1, 0.2, 0.3]])
    np.testing.assert_allclose(run(y, (x, value)), np.tanh(value) + 1, rtol=1e-6)
    (gradient,) = K.gradients(K.sum(y), [x])
    np.testing.assert_allclose(
        run(gradient, (x, value)), 1 - np.tanh(value) ** 2, rtol=1e-5
    )


# Functions


# Convolutions


def test_a_loop_of_convolutions_is_no_loop_on_a_cpu():
    x = K.placeholder((None, 6, 6, 1))
    w = K.variable(np.ones((3, 3, 1, 2)))
    loss = K.mean(K.square(K.conv2d(x, w, dim_ordering="tf")))
    function = K.function([x], [loss], [(w, w - 0.1 * K.gradients(loss, [w])[0])])
    data = np.random.rand(4, 6, 6, 1)
    losses = function.loop(function.upload([data]), [[0, 1], [2, 3], [0, 1]])[0]
    assert len(function._steps) == 1 and losses[2] < losses[0]


def test_a_loop_of_convolutions_traces_its_step_once():
    x = K.placeholder((1, 3, 6, 6, 1))
    w = K.variable(np.ones((3, 3, 1, 1)))
    traced = []

    def step(x, states):
        x = K.apply(lambda value: traced.append(1) or value, x)
        return K.conv2d(x, w, border_mode="same", dim_ordering="tf"), []

    mean = K.mean(K.rnn(step, x, [])[1])
    function = K.function([x], [mean], [(w, w * mean)])
    traced.clear()
    function([np.ones((1, 3, 6, 6, 1))])
    assert len(traced) == 1


def test_an_upload_is_a_copy_of_its_own_and_no_second_one():
    from oneiros_jax_support.runs import uploaded

    for size in (1, 7, 1000, 100_000):
        array = np.arange(size, dtype="float32")
        held = uploaded(array, "float32")
        array[:] = -1
        assert np.array_equal(np.asarray(held), np.arange(size))
        base = np.asarray(held).__array_interface__["data"][0]
        assert base % 64 == 0

"""What is TensorFlow's own: its code on lazy tensors, XLA, storage, memory, silence."""

import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.errors import DataError, GraphError
from oneiros_backend_tensorflow import compiled_programs as reuse
from oneiros_backend_tensorflow import installed
from processes import run_python
from random_arrays import array

pytestmark = pytest.mark.usefixtures("on_tensorflow")


# Gradients


def test_gradients_by_inputs_and_by_tensors_that_name_the_same_value():
    x = K.placeholder((None,))
    chosen = K.in_train_phase(x, x * 2)
    by_x, by_chosen = K.gradients(K.sum(x * 3) + K.sum(chosen**2), [x, chosen])
    f = K.function([x, K.learning_phase()], [by_x, by_chosen])
    np.testing.assert_allclose(f([[1.0, 2.0], 1]), [[5, 7], [2, 4]])
    np.testing.assert_allclose(f([[1.0, 2.0], 0]), [[11, 19], [4, 8]])


# XLA


@pytest.fixture
def xla_uses(tf, monkeypatch):
    """Collects, per graph function made, whether XLA compiles it.

    Nothing was compiled before.
    """
    monkeypatch.delenv("ONEIROS_TENSORFLOW_XLA", raising=False)
    uses = []
    original = tf.function
    monkeypatch.setattr(reuse, "_made", {})

    def noted(fn, **options):
        uses.append(options.get("jit_compile", False))
        return original(fn, **options)

    monkeypatch.setattr(tf, "function", noted)
    return uses


@pytest.mark.parametrize(
    ("setting", "argument", "expected"),
    [
        ("off", None, [False]),
        ("on", None, [False, True]),
        ("off", True, [False, True]),
        ("on", False, [False]),
    ],
)
def test_xla_is_overridden_by_environment_and_argument(
    setting, argument, expected, xla_uses, monkeypatch
):
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", setting)
    x = K.placeholder((None,))
    np.testing.assert_array_equal(
        K.function([x], [x + 1], jit_compile=argument)([[1.0]])[0], [2]
    )
    assert xla_uses == expected


def random_training(target, seed, factor=2.0, units=3):
    """Returns a function with random numbers, a variable that it updates, and a loop
    inside."""
    np.random.seed(seed)
    x = K.placeholder((None, units))
    total = K.variable(target)
    noisy = K.rnn(
        lambda v, s: (v + s[0], [v + s[0]]), K.repeat(x, 4), [K.zeros_like(x)]
    )[0]
    noise = K.random_uniform((units,), 0, 1)
    return K.function(
        [x], [noisy * factor + noise], [K.update_add(total, K.sum(noisy))]
    ), total


def test_a_graph_that_xla_compiled_before_is_not_compiled_again(xla_uses):
    batch = array(2, 3)
    results = []
    for anew in (False, True):
        for target, seed in ((0.0, 1), (5.0, 2)):
            if anew:
                reuse._made.clear()
            f, total = random_training(target, seed)
            looped = f.loop(f.upload([batch]), [[0, 1], [1, 0]])
            results.append([*f([batch]), *looped, K.get_value(total)])
        assert xla_uses.count(True) == (6 if anew else 2)  # a step and a loop each
    for one, another in zip(results[:2], results[2:], strict=True):
        assert_each_close(one, another, rtol=1e-6)
    assert not np.allclose(results[0][0], results[1][0])


@pytest.mark.parametrize("other", [{"factor": 2.5}, {"units": 4}])
def test_another_graph_is_compiled(xla_uses, other):
    f, _ = random_training(0.0, 1)
    g, _ = random_training(0.0, 1, **other)
    units = other.get("units", 3)
    first = f([np.ones((2, 3))])[0]
    second = g([np.ones((2, units))])[0]
    assert xla_uses.count(True) == 2
    assert first.shape != second.shape or not np.allclose(first, second)


def test_graphs_whose_loops_differ_are_two_whatever_their_values():
    # A quotation mark among the bytes of a value, before the names of functions
    odd = np.frombuffer(b'"\0\x80?\0\0\0@', "<f4")
    steps = {"+": lambda v, s: (v + s[0], [v + s[0]])}
    steps["*"] = lambda v, s: (v * s[0], [v * s[0]])
    results = []
    for step in steps.values():
        x = K.placeholder((1, 3, 2))
        last = K.rnn(step, x * odd, [K.ones_like(x[:, 0])])[0]
        results.append(K.function([x], [last])([np.ones((1, 3, 2))])[0])
    np.testing.assert_allclose(results, [1 + 3 * odd[None], odd[None] ** 3], rtol=1e-6)


def test_what_xla_cant_compile_runs_without_it(tf, xla_uses):
    x = K.placeholder((None,))
    total = K.variable(0.0)
    words = K.apply(lambda v: tf.strings.to_number(tf.strings.as_string(v)), x)
    f = K.function([x], [words], [K.update_add(total, K.sum(words))])
    assert [f([[1.0, 2.5]])[0].tolist(), f([[3.0, 0.5]])[0].tolist()] == [
        [1, 2.5],
        [3, 0.5],
    ]
    assert K.get_value(total) == 7 and True in xla_uses
    handle = f.upload([np.arange(4)])
    np.testing.assert_array_equal(f.loop(handle, [[0, 1], [2, 3]])[0], [[0, 1], [2, 3]])


def test_rows_that_dont_exist_are_never_silently_others():
    index = K.placeholder((None,), dtype="int32")
    rows = K.gather(K.variable(array(5, 2)), index)
    with pytest.raises(DataError, match=r"indices\[1\] = 5 is not in \[0, 5\)"):
        K.function([index], [rows], jit_compile=False)([[0, 5]])
    (taken,) = K.function([index], [rows], jit_compile=True)([[0, 5, -1]])
    assert np.isnan(taken).any(axis=1).tolist() == [False, True, True]


# TensorFlow's own code on lazy tensors


def raw_calls(tf, x, y, w, own):
    """Returns what TensorFlow's functions give of tensors, its own or lazy ones."""
    return {
        "relu": tf.nn.relu(x),
        "matmul": tf.matmul(x, w),
        "add": tf.add(x, 1.0),
        "reduce": tf.reduce_sum(x, axis=1),
        "concat": tf.concat([x, x], 1),
        "stack": tf.stack([x, -x]),
        "split": tf.split(x, 3, axis=1)[2],
        "unstack": tf.unstack(x, axis=1)[1],
        "reshape": tf.reshape(x, (3, 2)),
        "transpose": tf.transpose(x),
        "where": tf.where(x > 0, x, -x),
        "gather": tf.gather(w, y),
        "einsum": tf.einsum("ij,jk->ik", x, w),
        "softmax": tf.nn.softmax(x),
        "moments": tf.nn.moments(x, [0])[1],
        "top_k": tf.nn.top_k(x, 2).values,
        "cast": tf.cast(x, "float64"),
        "clip": tf.clip_by_value(x, 0, 1),
        "one_hot": tf.one_hot(y, 3),
        "pad": tf.pad(x, [[1, 1], [0, 0]]),
        "tile": tf.tile(x, [2, 1]),
        "norm": tf.norm(x),
        "cumsum": tf.cumsum(x),
        "tensordot": tf.tensordot(x, w, 1),
        "shape": tf.shape(x),
        "fill": tf.fill([tf.shape(x)[0], 2], 3.0),
        "eager left": tf.constant([1.0, 2.0, 3.0]) + x,
        "eager right": x * tf.constant([1.0, 2.0, 3.0]),
        "own variable": tf.matmul(x, own),
        "own variable, left": own * w,
        "slice": tf.slice(x, [0, 0], [1, 2]),
        "resize": tf.image.resize(tf.reshape(x, (1, 2, 3, 1)), (4, 6)),
        "scan": tf.scan(lambda a, b: a + b, x),
        "boolean_mask": tf.boolean_mask(x, tf.greater(y, 0)),
        "identity": tf.identity(x),
        "size": tf.size(x),
    }


def test_functions_of_tensorflow_record(tf):
    data = [array(2, 3), np.array([0, 2], "int32")]
    own = tf.Variable(np.full((3, 4), 2.0, "float32"))
    x, y = K.placeholder((2, 3)), K.placeholder((2,), dtype="int32")
    recorded = raw_calls(tf, x, y, K.variable(np.ones((3, 4))), own)
    expected = raw_calls(tf, *map(tf.constant, data), tf.ones((3, 4)), own)
    compute = K.function([x, y], list(recorded.values()), jit_compile=False)
    for (name, node), value in zip(recorded.items(), compute(data), strict=True):
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, err_msg=name)
        assert K.dtype(node) == value.dtype.name and K.ndim(node) == value.ndim


def test_what_cant_be_recorded_says_how_to(tf):
    x = K.placeholder((2, 3))
    variable = tf.Variable(np.ones((2, 3), "float32"))
    for call in (
        lambda: tf.case([(K.sum(x) > 0, lambda: x)], default=lambda: -x),
        lambda: tf.TensorArray("float32", 1).write(0, x).stack(),
        lambda: tf.custom_gradient(lambda v: (v, lambda d: d))(x),
        lambda: variable.assign(x),
        lambda: variable.assign_add(x),
        lambda: tf.Variable(x),
        lambda: tf.function(lambda v: v)(x),
        lambda: tf.constant(x),
    ):
        with pytest.raises((GraphError, TypeError), match=r"K.apply\(fn, x"):
            call()
    with pytest.raises(GraphError, match="no tensor"):
        tf.debugging.assert_positive(x)


def test_tensorflow_itself_is_left_alone(tf):
    assert tf.add(1, 2).numpy() == 3
    with pytest.raises(ValueError):
        tf.convert_to_tensor(object())
    assert (
        float(
            tf.while_loop(lambda v: v < 10, lambda v: (v * 2,), [tf.constant(3.0)])[0]
        )
        == 12
    )


def test_apply(tf):
    @tf.custom_gradient
    def doubled_backwards(v):
        return v, lambda d: 2 * d

    x = K.placeholder((None, 3))
    factor = tf.Variable(3.0)
    low, high = K.apply(lambda v: (tf.reduce_min(v, 1), tf.reduce_max(v, 1)), x)
    looped = K.apply(
        lambda v: tf.while_loop(
            lambda i, s: i < 3, lambda i, s: (i + 1, s * 2), [0, v]
        )[1],
        x,
    )
    y = K.apply(doubled_backwards, x * factor)
    f = K.function([x], [low, high, looped, y, *K.gradients(K.sum(y), [x])])
    data = array(2, 3)
    expected = [data.min(1), data.max(1), data * 8, data * 3, np.full((2, 3), 6)]
    assert_each_close(f([data]), expected, rtol=1e-6)
    factor.assign(5.0)
    np.testing.assert_allclose(f([data])[3], data * 5, rtol=1e-6)


def test_functions_of_k_work_inside_apply(tf):
    x = K.placeholder((None, 3))
    y = K.apply(lambda v: K.relu(v) + K.cast(K.arange(3), "float32"), x)
    np.testing.assert_allclose(K.function([x], [y])([[[-1, 0, 2]]])[0], [[0, 1, 4]])
    for fn in (lambda v: v * K.random_uniform((3,)), lambda v: K.in_train_phase(v, v)):
        with pytest.raises(GraphError, match="pass it as an argument"):
            K.apply(fn, x)


def test_prints_whenever_it_runs(tf, capfd):
    x = K.placeholder((None,))
    y = K.print_tensor(x * 2, message="doubled:")

    def printed_inside(v):
        tf.print("inside", v)
        return v

    z = K.apply(printed_inside, y)
    f = K.function([x], [z])
    f([[1.0, 2.0]])
    f.loop(f.upload([np.arange(4)]), [[0, 1], [2, 3]])
    printed = capfd.readouterr().err
    for text in ("doubled: [2 4]", "inside [2 4]", "inside [0 2]", "doubled: [4 6]"):
        assert printed.count(text) == 1


def test_static_shapes_survive_symbolic_ones():
    x, y = K.placeholder((None, 3, 4)), K.placeholder((None, 12))
    assert K.int_shape(K.reshape(y, (K.shape(x)[0], K.shape(x)[1], -1))) == (
        None,
        3,
        None,
    )
    assert K.int_shape(K.reshape(y, K.shape(x))) == (None, 3, 4)
    assert K.int_shape(K.random_normal((K.shape(x)[0], 7))) == (None, 7)


# Errors


# Storage, memory, threads


@pytest.mark.parametrize(
    ("python", "advice"),
    [
        ((3, 13, 9), "isn't installed. Type: pip install tensorflow"),
        ((3, 14, 0), "no release for Python 3.14 or later. Choose another backend"),
        ((4, 0, 0), "no release for Python 3.14 or later. Choose another backend"),
    ],
)
def test_where_it_is_missing_the_error_says_what_to_do(python, advice, monkeypatch):
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    monkeypatch.setattr(installed, "sys", SimpleNamespace(version_info=python))
    with pytest.raises(ModuleNotFoundError, match=advice):
        installed.check_installed()


def test_import_is_silent_changes_nothing_and_brings_neither_keras_nor_jax():
    script = (
        "import os, sys; before = dict(os.environ); from oneiros import backend as K; "
        "K.load('tensorflow');"
        "assert dict(os.environ) == before; import tensorflow as tf;"
        "assert not {'keras', 'jax'} & set(sys.modules), set(sys.modules);"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    done = run_python(script, without=["TF_CPP_MIN_LOG_LEVEL"])
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize("level", [None, "0", "1", "2"])
def test_log_lines_of_the_import_are_held_back_below_the_level(
    level, monkeypatch, capfd
):
    from oneiros_backend_tensorflow import tensorflow_import

    def line(severity):
        return f"{severity}0000 00:00:1795781569.514474    9923 cudart_stub.cc:31] No"

    lines = ["WARNING: All log messages before absl::InitializeLog() is called are"]
    lines += [line("I"), "no log line", line("W")]
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    if level is not None:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    with tensorflow_import._quiet():
        os.write(2, "".join(f"{text}\n" for text in lines).encode())
    shown = {
        None: ["no log line"],
        "0": lines,
        "1": ["no log line", line("W")],
        "2": ["no log line"],
    }
    assert capfd.readouterr().err.splitlines() == shown[level]
    assert os.environ.get("TF_CPP_MIN_LOG_LEVEL") == level


@pytest.mark.slow
def test_import_leaves_keras_and_jax_importable():
    script = (
        "from oneiros import backend as K; K.load('tensorflow');"
        "import tensorflow as tf; layer = tf.keras.layers.Dense(2); import jax, keras;"
        "print(layer(tf.ones((3, 4))).shape, isinstance(layer, "
        "keras.layers.Layer), jax.numpy.ones(2).shape)"
    )
    assert run_python(script).stdout == "(3, 2) True (2,)\n"


def test_batch_normalization_of_images_is_what_its_formula_says():
    values = [
        np.random.randn(*shape).astype("float32")
        for shape in ((4, 3, 5, 2), (2,), (2,))
    ]
    x, gamma, beta = variables = [K.variable(value) for value in values]
    axes = [0, 1, 2]
    mean = K.mean(x, axes)
    variance = K.mean(K.square(x - mean), axes)
    formula = [(x - mean) / K.sqrt(variance + 0.01) * gamma + beta, mean, variance]
    variants = []
    for results in (formula, K.normalize_batch_in_training(x, gamma, beta, axes, 0.01)):
        first = K.gradients(sum(K.sum(K.sin(part)) for part in results), variables)
        second = K.gradients(K.sum(K.square(first[0])), [x, gamma])
        variants.append(K.function([], [*results, *first, *second])([]))
    assert_each_close(*variants[::-1], rtol=2e-4, atol=2e-5)


def test_a_kernel_of_open_sizes_may_have_strides_and_dilation():
    x = K.placeholder((1, 7, 7, 2))
    kernel = K.placeholder((None, None, 2, 1))
    result = K.conv2d(x, kernel, (2, 2), "valid", "tf", filter_dilation=(2, 2))
    f = K.function([x, kernel], [result])
    values = f([np.ones((1, 7, 7, 2)), np.ones((3, 3, 2, 1))])[0]
    assert values.tolist() == np.full((1, 2, 2, 1), 18.0).tolist()


@pytest.mark.parametrize("shape", [(2,), (1, 1, 1, 2)])
def test_images_normalised_by_given_moments_are_what_the_formula_says(shape):
    x = np.random.randn(4, 3, 5, 2).astype("float32")
    mean, beta, gamma = np.random.randn(3, *shape).astype("float32")
    variance = np.random.rand(*shape).astype("float32")
    x, mean, variance, beta, gamma = variables = [
        K.variable(value) for value in (x, mean, variance, beta, gamma)
    ]
    result = K.batch_normalization(*variables, epsilon=0.01)
    formula = (x - mean) / K.sqrt(variance + 0.01) * gamma + beta
    parts = [[y, *K.gradients(K.sum(K.sin(y)), variables)] for y in (result, formula)]
    (alone,) = K.function([], [result])([])
    values = K.function([], [*parts[0], *parts[1]])([])
    np.testing.assert_allclose(alone, values[0], rtol=1e-5, atol=1e-6)
    assert_each_close(values[:6], values[6:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("stateful", [True, False])
def test_what_a_plain_graph_returns_or_hands_on_is_not_overwritten_by_the_next_batch(
    tf, stateful
):
    image = K.placeholder((None, 4, 4, 1))
    kept = []
    kernel = K.variable(array(2, 2, 1, 3))

    def convolved(a, b):
        return tf.nn.conv2d(a, b, 1, "SAME"), tf.identity(a)

    def handed_on(a, b):
        seen = tf.numpy_function(
            lambda x: kept.append(x) or x, [a], tf.float32, stateful=stateful
        )
        return tf.nn.conv2d(seen, b, 1, "SAME")

    batches = [array(2, 4, 4, 1, seed=seed) for seed in range(4)]
    f = K.function([image], list(K.apply(convolved, image, kernel)), jit_compile=False)
    results = [f([batch])[1] for batch in batches]
    g = K.function([image], [K.apply(handed_on, image, kernel)])
    for batch in batches:
        g([batch])
    for batch, result, held in zip(batches, results, kept, strict=True):
        np.testing.assert_array_equal(result, batch)
        np.testing.assert_array_equal(held, batch)


def test_a_variable_of_tensorflow_in_a_plain_graph_keeps_what_it_is_assigned(tf):
    image = K.placeholder((None, 4, 4, 1))
    kernel = K.variable(array(2, 2, 1, 3))
    last = tf.Variable(tf.zeros((2, 4, 4, 1)))

    def change(a, b):
        difference = a - last.read_value()
        with tf.control_dependencies([difference]):
            last.assign(a)
        return difference + 0 * tf.reduce_sum(tf.nn.conv2d(a, b, 1, "SAME"))

    f = K.function([image], [K.apply(change, image, kernel)])
    changes = [
        f([np.full((2, 4, 4, 1), number, "float32")])[0].max() for number in range(1, 6)
    ]
    assert changes == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("fault", [BufferError("no"), "copies"])
def test_where_tensors_cant_share_memory_they_are_made_anew(tf, monkeypatch, fault):
    def from_dlpack(capsule):
        if isinstance(fault, Exception):
            raise fault
        return tf.identity(original(capsule)) + 0

    original = tf.experimental.dlpack.from_dlpack
    monkeypatch.setattr(tf.experimental.dlpack, "from_dlpack", from_dlpack)
    x = K.placeholder((None, 2))
    total = K.variable(0.0)
    f = K.function([x], [K.sum(x, axis=1)], [K.update_add(total, K.sum(x))])
    batches = [np.full((3, 2), number, "float32") for number in range(4)]
    assert [f([batch])[0].tolist() for batch in batches] == [
        [2.0 * n] * 3 for n in range(4)
    ]
    (sums,) = f.loop(f.borrow([np.concatenate(batches)]), np.arange(12).reshape(4, 3))
    assert (
        sums.tolist() == [[2.0 * n] * 3 for n in range(4)] and K.get_value(total) == 72
    )


def test_threads_that_call_one_function_get_their_own_results(tf):
    x = K.placeholder((None, 64))
    f = K.function([x], [K.sum(K.dot(x, K.ones((64, 64))), axis=1)])
    wrong = []

    def work(number):
        batch = np.full((2, 64), number, "float32")
        wrong.extend(
            are_right
            for _ in range(200)
            if not (are_right := f([batch])[0] == number * 4096).all()
        )

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_choice_by_a_placeholder_never_asks_for_the_learning_phase(tf):
    """Nor after many graphs that depend on it."""
    for _ in range(30):
        x = K.placeholder((None, 3))
        dropped = K.in_train_phase(K.dropout(x, 0.5), x)
        K.function([x, K.learning_phase()], [tf.nn.relu(dropped)])
    flag, x = K.placeholder(shape=(), dtype="int32"), K.placeholder((None, 3))
    f = K.function([flag, x], [K.switch(flag, tf.abs(x), K.zeros_like(x))])
    data = -np.ones((2, 3), "float32")
    assert f([1, data])[0].tolist() == [[1.0] * 3] * 2
    assert f([0, data])[0].tolist() == [[0.0] * 3] * 2

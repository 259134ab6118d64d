"""What code for TensorFlow 1 asks of tensors, and the contexts in which it calls."""

import copy
import importlib
import pickle

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, GraphError, ShapeError
from oneiros.layers import Dense, Input, Lambda, Layer
from oneiros.models import Sequential
from oneiros_backend_tensorflow import older_names
from small_models import compiled_dense


def test_names_and_operations_of_tensorflow(on_tensorflow):
    x = Input((3,), name="pixels")
    layer = Dense(2, name="scores")
    y = layer(x)
    assert x.name == "pixels:0" and x.op.name == "pixels"
    assert [w.name for w in layer.weights] == ["scores_W:0", "scores_b:0"]
    assert y.op.outputs == [y] and list(y.op.inputs) == list(y.parents)
    assert x.get_shape()[1].value == 3


def test_types_of_tensorflow(on_tensorflow, tf):
    x = Input((3,))
    v = K.variable([10], dtype="float16")
    assert x.dtype == "float32" == K.dtype(x) and x.dtype == tf.float32
    assert x.dtype.name == "float32" and x.dtype.is_floating
    assert v.dtype.name == "float16_ref" and v.dtype.base_dtype == tf.float16
    assert np.zeros(2, v.dtype).dtype == v.dtype.as_numpy_dtype
    assert tf.zeros(2, v.dtype).dtype == v.dtype
    assert copy.deepcopy(v.dtype) == pickle.loads(pickle.dumps(v.dtype)) == "float16"


@pytest.mark.parametrize("place", ["session", "graph"])
def test_models_train_inside_of_sessions_and_graphs(on_tensorflow, tf, place):
    v1 = tf.compat.v1
    around = v1.Session() if place == "session" else v1.Graph().as_default()
    x = np.arange(12.0).reshape(4, 3)
    with around as session:
        if place == "session":
            with pytest.warns(UserWarning, match="set_session"):
                K.set_session(session)
        model = compiled_dense(3)
        K.get_session().run(v1.global_variables_initializer())
        before = model.get_weights()
        model.fit(x, x[:, :1], nb_epoch=1, batch_size=2, verbose=0)
        model.set_weights(model.get_weights())
        assert model.predict(x).shape == (4, 1)
    assert not np.array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("K.tf.assign(w, x)", r"K\.update\(variable, value\)"),
        ("K.tf.assign_add(ref=w, value=x)", r"K\.update_add\(variable, value\)"),
        ("K.tf.placeholder('float32')", r"K\.placeholder\(shape\)"),
        ("tf.gradients(x, [w])", r"K\.gradients\(loss, variables\)"),
        ("SGD(0.1).minimize(x, var_list=[w])", r"model\.compile\(TFOptimizer\("),
        ("SGD(0.1).compute_gradients(x)", r"model\.compile\(TFOptimizer\("),
    ],
)
def test_calls_of_older_tensorflow_show_what_to_write(on_tensorflow, tf, code, advice):
    x, w = K.placeholder((None, 2)), K.variable([1.0, 2.0])
    optimizer = tf.compat.v1.train.GradientDescentOptimizer
    with pytest.raises(TypeError, match=advice):
        eval(code, {"tf": tf, "K": K, "x": x, "w": w, "SGD": optimizer})


def test_calls_that_tensorflow_takes_are_left_alone(on_tensorflow, tf):
    v1 = tf.compat.v1
    x = K.placeholder((None, 4))
    outputs = [v1.reduce_sum(x, 1, keepdims=True), tf.concat([x, x], 1)]
    outputs += tf.split(x, 2, 1)
    values = K.function([x], outputs)([[[1, 2, 3, 4]]])
    assert [value.shape for value in values] == [(1, 1), (1, 8), (1, 2), (1, 2)]
    with v1.Graph().as_default():
        assert v1.placeholder("float32", (2,)).shape == (2,)


def test_a_session_of_tensorflow_computes_tensors_of_keras(on_tensorflow, tf):
    x = K.placeholder((2,))
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        own = tf.constant(3.0) + 1.0
        assert session.run(own) == 4.0
        doubled, same = session.run([x * 2, x], {x: [1.0, 2.0]})
    assert doubled.tolist() == [2.0, 4.0] and same.tolist() == [1.0, 2.0]


def test_a_tensor_evaluates_itself_on_what_is_fed(on_tensorflow):
    x = Input((3,))
    y = Dense(2, init="one")(x)
    data = np.arange(6.0).reshape(2, 3)
    fed = y.eval(feed_dict={x: data}, session=K.get_session())
    assert fed.tolist() == [[3.0, 3.0], [12.0, 12.0]] == y.eval({x: data}).tolist()


def test_a_layer_tells_the_shape_of_a_tensor_of_unknown_rank(on_tensorflow, tf):
    def reversed_rows(x):
        return tf.numpy_function(lambda rows: rows[:, ::-1], [x], "float32")

    rows = Lambda(lambda x: K.apply(reversed_rows, x), output_shape=(3,))
    model = Sequential([Lambda(lambda x: x * 2, input_shape=(3,)), rows, Dense(1)])
    assert model.layers[1].output_shape == (None, 3)
    data = np.arange(6.0).reshape(2, 3)
    model.layers[2].set_weights([np.array([[1.0], [10.0], [100.0]]), np.zeros(1)])
    expected = 2 * data[:, ::-1] @ [1, 10, 100]
    np.testing.assert_allclose(model.predict(data)[:, 0], expected)


def test_a_shape_that_is_set_is_that_of_the_tensor(on_tensorflow, tf):
    x = K.placeholder((None, None))
    y = x * 2
    y.set_shape((None, 3))
    assert K.int_shape(y) == (None, 3) and (y + 1).shape == (None, 3)
    with pytest.raises(ShapeError, match=r"can't have the shape \(None, 4\)"):
        y.set_shape((None, 4))
    compute = K.function([x], [y])
    assert compute([[[1, 2, 3]]])[0].tolist() == [[2, 4, 6]]
    with pytest.raises(DataError):
        compute([[[1, 2]]])


def test_variables_of_tensorflow_are_no_weights(on_tensorflow, tf):
    class Scale(Layer):
        def build(self, input_shape):
            self.scale = tf.Variable(np.ones(input_shape[-1], "float32"))
            self.trainable_weights = [self.scale]

        def call(self, x, mask=None):
            return x * self.scale

    model = Sequential([Scale(input_shape=(2,))])
    with pytest.raises(ArgumentError, match=r"tensorflow's own.*K\.variable\(value\)"):
        model.get_weights()
    model.compile("sgd", "mse")
    with pytest.raises(ArgumentError, match=r"tensorflow's own.*K\.variable\(value\)"):
        model.train_on_batch(np.ones((1, 2)), np.ones((1, 2)))


def looped(tf, x, w):
    """Returns what TensorFlow's functions that call functions make of tensors."""

    def left(i, total):
        return i < 3

    def doubled(i, total):
        return [i + 1, total * 2 + w]

    return {
        "while_loop": tf.while_loop(left, doubled, [tf.constant(0), x])[1],
        "scan": tf.scan(lambda total, row: total * w + row, x),
        "foldl": tf.foldl(lambda total, row: total + row * w, x),
        "foldr": tf.foldr(lambda total, row: total * w + row, x, tf.zeros(3)),
        "map_fn": tf.map_fn(lambda row: row * w, x),
        "map_fn of two": tf.map_fn(lambda rows: rows[0] * rows[1], (x, x), "float32"),
        "rows": tf.map_fn(lambda i: x[i] * w, tf.range(2), dtype="float32"),
        "cond": tf.cond(tf.reduce_sum(x) > 0, lambda: x * w, lambda: x),
        "nested cond": tf.cond(tf.reduce_sum(x) < 0, lambda: (w, x), lambda: (x, w))[0],
        "cond in scan": tf.scan(
            lambda total, row: tf.cond(row[0] > 1, lambda: w, lambda: total + row), x
        ),
        "nested": tf.scan(
            lambda total, row: total + tf.map_fn(lambda v: v + row[0], w), x
        ),
        "shape": tf.foldl(
            lambda total, row: total + row / tf.cast(tf.shape(x)[0], "float32"), x
        ),
    }


def test_functions_that_call_functions_take_lazy_tensors(on_tensorflow, tf):
    version = tf.compat.v1
    values = np.arange(6, dtype="float32").reshape(2, 3), np.array([3, 1, 2], "float32")
    x, w = K.placeholder((None, 3)), K.variable(values[1])
    outputs = looped(version, x, w)
    outputs["gradients"], outputs["gradients by w"] = K.gradients(
        K.sum(outputs["while_loop"]) + K.sum(outputs["scan"] ** 2), [x, w]
    )
    own_x, own_w = map(tf.constant, values)
    with tf.GradientTape() as tape:
        tape.watch([own_x, own_w])
        expected = looped(version, own_x, own_w)
        squares = tf.square(expected["scan"])
        loss = tf.reduce_sum(expected["while_loop"]) + tf.reduce_sum(squares)
    gradients = tape.gradient(loss, [own_x, own_w])
    expected["gradients"], expected["gradients by w"] = gradients
    compute = K.function([x], list(outputs.values()), jit_compile=False)
    for name, value in zip(outputs, compute([values[0]]), strict=True):
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, err_msg=name)


def test_advice_doesnt_depend_on_the_order_of_imports(on_tensorflow, tf):
    imported = importlib.import_module("tensorflow.compat.v1")
    assert imported is tf.compat.v1
    with pytest.raises(ArgumentError, match=r"K\.placeholder\(shape\)"):
        imported.placeholder("float32")


OLDER = {
    "tf.select(x > 2, x, x * 0)": [[0, 0], [3, 4]],
    "tf.mul(x, x)": [[1, 4], [9, 16]],
    "tf.sub(x, w)": [[0, 0], [2, 2]],
    "tf.neg(x)": [[-1, -2], [-3, -4]],
    "tf.div(x, tf.inv(w))": [[1, 4], [3, 8]],
    "tf.batch_matmul(tf.expand_dims(x, dim=0), tf.pack([x]))": [[[7, 10], [15, 22]]],
    "tf.argmax(x, dimension=1)": [1, 1],
    "tf.squeeze(tf.pack([x]), squeeze_dims=[0])": [[1, 2], [3, 4]],
    "tf.complex_abs(tf.neg(w))": [1, 2],
    "tf.image.resize_bilinear(tf.reshape(x, (1, 2, 2, 1)), (1, 1))": [[[[1]]]],
    "tf.log(tf.exp(x))": [[1, 2], [3, 4]],
    "tf.to_int32(x / 2)": [[0, 1], [1, 2]],
    "tf.to_float(tf.to_int32(x / 2))": [[0, 1], [1, 2]],
    "tf.reduce_sum(tf.random_shuffle(x), 0)": [4, 6],
    "tf.nn.moments(x, [1], keep_dims=True)[0]": [[1.5], [3.5]],
    "tf.concat(1, [x, x])": [[1, 2, 1, 2], [3, 4, 3, 4]],
    "tf.concat(concat_dim=0, values=[x, x])": [[1, 2], [3, 4], [1, 2], [3, 4]],
    "tf.pack([w, w])": [[1, 2], [1, 2]],
    "tf.unpack(x, num=2)[1]": [3, 4],
    "tf.reduce_mean(x, reduction_indices=1, keep_dims=True)": [[1.5], [3.5]],
    "tf.reduce_max(x, 0, keep_dims=True)": [[3, 4]],
    "tf.extract_image_patches(tf.reshape(x, (1, 2, 2, 1)), [1, 2, 2, 1], "
    "[1, 1, 1, 1], [1, 1, 1, 1], 'VALID')[0, 0]": [[1, 2, 3, 4]],
}
"""Calls of TensorFlow as of 2016, and their values."""


@pytest.mark.parametrize("module", ["tf", "K.tf"])
@pytest.mark.filterwarnings("ignore:The program calls TensorFlow by names")
@pytest.mark.parametrize("code", OLDER)
def test_names_and_arguments_of_2016_work(on_tensorflow, tf, code, module):
    x = K.variable([[1.0, 2.0], [3.0, 4.0]])
    scope = {"x": x, "w": K.variable([1.0, 2.0]), "K": K, "tf": tf}
    value = eval(code.replace("tf.", f"{module}."), scope)
    np.testing.assert_allclose(K.get_value(value), OLDER[code], rtol=1e-6)


@pytest.mark.filterwarnings("ignore:The program calls TensorFlow by names")
def test_a_session_initializes_and_feeds_as_in_2016(on_tensorflow, tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    session = K.get_session()
    session.run(tf.initialize_all_variables())
    assert session.run(x * 2, feed_dict={x: [[1.0, 2.0]]}).tolist() == [[2.0, 4.0]]


def test_names_of_2016_are_told_once(on_tensorflow, tf):
    older_names._tell_once.cache_clear()
    with pytest.warns(UserWarning, match="by names or arguments of 2016") as told:
        tf.mul(2.0, 3.0)
        tf.pack([1.0, 2.0])
    assert len(told) == 1 and told[0].filename == __file__


def test_what_calls_back_into_python_has_the_shape_of_the_input(on_tensorflow, tf):
    def doubled(x):
        return tf.compat.v1.py_func(lambda rows: 2 * rows, [x], tf.float32)

    model = Sequential([Lambda(doubled, input_shape=(3,)), Dense(1, init="one")])
    assert model.layers[0].output_shape == (None, 3)
    assert model.predict(np.ones((2, 3))).tolist() == [[6.0], [6.0]]


def test_variables_are_assigned_to_as_in_tensorflow_1(on_tensorflow):
    w = K.variable([1.0, 2.0])
    run = K.get_session().run
    assert run(w.assign([3, 4])).tolist() == [3.0, 4.0] == K.get_value(w).tolist()
    run([w.assign_add(np.ones(2))])
    assert K.get_value(w).tolist() == [4.0, 5.0]
    run(w.assign_sub(w / 2))
    assert K.get_value(w).tolist() == [2.0, 2.5]
    with w.graph.as_default():
        assert K.eval(w * 2).tolist() == [4.0, 5.0]


def test_savers_of_tensorflow_show_how_weights_are_saved(on_tensorflow, tf):
    saver = tf.compat.v1.train.Saver
    own = tf.Variable(1.0)
    assert saver([own]) and saver(var_list=[own])
    with pytest.raises(ArgumentError, match=r"model\.save_weights\(path\)"):
        saver([K.variable([1.0])])


@pytest.fixture
def dimensions(tf):
    """Makes TensorFlow's sizes `Dimension`s, as `tf.disable_v2_behavior()` does."""
    tf.compat.v1.disable_v2_tensorshape()
    yield
    tf.compat.v1.enable_v2_tensorshape()


def test_sizes_are_ints_where_tensorflow_has_dimensions(on_tensorflow, tf, dimensions):
    own = tf.ones((2, 3))
    y = Dense(4)(own)
    for shape in (K.int_shape(own), K.int_shape(y), y.shape):
        assert {type(size) for size in shape} == {int}
    assert K.eval(y).shape == (2, 4)


def test_placeholders_of_graphs_show_what_to_write(on_tensorflow, tf):
    with tf.Graph().as_default():
        pixels = tf.compat.v1.placeholder("float32", (None, 3), name="pixels")
        with pytest.raises(GraphError, match=r"pixels:0.*Input\(shape\)"):
            Dense(2)(pixels)

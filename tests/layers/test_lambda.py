"""Lambda: shapes found and given, arguments, masks, lists, configurations."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros.layers import Dense, Input, Lambda, Masking
from oneiros.models import Sequential
from oneiros_old_files.stored_functions import function_scope
from oneiros_safe_files import json_text

X = np.arange(6, dtype="float32").reshape(2, 3)


def scaled(x, factor=1.0):
    return factor * x[:, :2]


def value(layer, *arrays):
    inputs = [Input(shape=array.shape[1:], dtype=str(array.dtype)) for array in arrays]
    y = layer(inputs if len(inputs) > 1 else inputs[0])
    return K.function(inputs, [y])(list(arrays))[0], y._keras_shape


@pytest.mark.parametrize(
    "output_shape",
    [None, (2,), [2], lambda shape: (shape[0], 2), lambda shape: [shape[0], 2]],
    ids=["found", "tuple", "list", "function", "function of a list"],
)
def test_output_shape(output_shape):
    y, shape = value(
        Lambda(scaled, output_shape=output_shape, arguments={"factor": 3.0}), X
    )
    np.testing.assert_array_equal(y, 3 * X[:, :2])
    assert shape == (None, 2)


def test_the_shape_is_found_for_the_input_s_type():
    indices = np.array([[1, 0]], "int32")
    y, shape = value(Lambda(lambda x: K.one_hot(x, 3)), indices)
    np.testing.assert_array_equal(y, [[[0, 1, 0], [1, 0, 0]]])
    assert shape == (None, 2, 3)


def test_lists_of_tensors():
    y, shape = value(Lambda(lambda xs: xs[0] * xs[1]), X, X + 1)
    np.testing.assert_array_equal(y, X * (X + 1))
    assert shape == (None, 3)
    layer = Lambda(lambda x: [x, 2 * x])
    first, second = layer(Input(shape=(3,)))
    assert (first._keras_shape, second._keras_shape) == ((None, 3), (None, 3))


def test_masks():
    masked = Masking()(Input(shape=(4, 3)))
    with pytest.raises(TypeError, match=r"Lambda 'lambda.*mask.*support"):
        Lambda(lambda x: x)(masked)
    received = []
    layer = Lambda(lambda x, mask: received.append(mask) or x, output_shape=(4, 3))
    layer(masked)
    assert received[0] is not None
    assert layer.output_mask is None
    passing = Lambda(lambda x: x)
    passing.supports_masking = True
    passing(masked)
    assert passing.output_mask is not None


def test_the_configuration_holds_the_live_function():
    layer = Lambda(
        scaled, output_shape=(2,), arguments={"factor": 2.0}, input_shape=(3,)
    )
    config = layer.get_config()
    assert config["function"] is scaled
    assert (config["function_type"], config["output_shape_type"]) == ("lambda", "raw")
    model = Sequential([layer])
    copy = Sequential.from_config(model.get_config())
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_files_hold_no_code():
    factor = 2
    layer = Lambda(lambda x: x * factor, name="twice", input_shape=(3,))
    text = json_text.dumps(layer.get_config())
    assert "lambda" in text
    with pytest.raises(UnsafeFileError, match=r"'twice'.*load_model"):
        Lambda.from_config(json_text.loads(text))
    with function_scope({"twice": lambda x: x * 2}):
        layer = Lambda.from_config(json_text.loads(text))
    np.testing.assert_array_equal(value(layer, X)[0], 2 * X)


def test_a_named_function_is_found_among_the_custom_objects():
    config = {
        "name": "named",
        "function": "scaled",
        "function_type": "function",
        "output_shape": None,
    }
    layer = Lambda.from_config(config, {"scaled": scaled})
    assert layer.function is scaled
    with configs.custom_object_scope({"scaled": scaled}):
        assert Lambda.from_config(config).function is scaled
    with pytest.raises(UnsafeFileError, match="names the function 'scaled'"):
        Lambda.from_config(config)


def test_a_registered_function_is_found_by_its_name():
    from oneiros import activations

    layer = Lambda(activations.softplus, input_shape=(3,))
    copy = Lambda.from_config(json_text.loads(json_text.dumps(layer.get_config())))
    assert copy.function is activations.softplus


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Lambda("relu"), "function='relu'"),
        (lambda: Lambda(scaled, output_shape=2), "output_shape=2"),
        (
            lambda: Lambda(scaled, output_shape=lambda s: 2)(Input(shape=(3,))),
            "returned 2",
        ),
    ],
)
def test_messages(call, message):
    with pytest.raises(TypeError, match=message):
        call()


ENGINES = {"jax": "jax", "pytensor": "theano", "tensorflow": "tensorflow"}


def engine_function(package, name):
    """Returns a function as one of an engine's, which isn't imported."""

    def function(x):
        return K.relu(x)

    function.__module__ = f"{package}.nn"
    function.__name__ = name
    return function


@pytest.mark.parametrize("package", ENGINES)
def test_functions_of_engines(backend, package):
    x = Input((3,))
    relu = engine_function(package, "relu")
    is_current = ENGINES[package] == backend
    if is_current and package != "jax":
        assert Lambda(relu)(x)._keras_shape == (None, 3)
        assert Dense(2, activation=relu)(x)._keras_shape == (None, 2)
        return
    with pytest.raises(ArgumentError) as of_lambda:
        Lambda(relu)(x)
    with pytest.raises(ArgumentError) as of_activation:
        Dense(2, activation=relu)
    recorded = "lambda x: K.apply(relu, x)"
    assert (f"Lambda({recorded})" in str(of_lambda.value)) == (package == "jax")
    assert (f"activation={recorded}" in str(of_activation.value)) == (package == "jax")
    choice = f"K.set_backend({ENGINES[package]!r})"
    assert (choice in str(of_lambda.value)) == (not is_current)
    assert ("activation='relu'" in str(of_activation.value)) == (not is_current)


def test_only_names_of_activations_are_offered(backend):
    if backend == "theano":
        pytest.skip("it takes PyTensor's functions")
    with pytest.raises(ArgumentError) as caught:
        Dense(2, activation=engine_function("pytensor", "function"))
    assert "'function'" not in str(caught.value)


def test_a_function_of_jax_is_recorded():
    jax = pytest.importorskip("jax")
    with K.use("jax"):
        x = Input((3,))
        y = Lambda(lambda x: K.apply(jax.nn.relu, x))(x)
        y = Dense(3, activation=lambda x: K.apply(jax.nn.relu, x))(y)
        outputs = K.function([x], [y])([X])[0]
        assert outputs.min() >= 0 and outputs.shape == (2, 3)
        with pytest.raises(ArgumentError, match="doesn't take the tensors"):
            Lambda(jax.nn.relu)(x)

"""What code of 2016 reads of `keras.backend` and of the modules below it."""

import importlib
import json

import numpy as np
import pytest
from oneiros import backend as K


def backend_module(name):
    return importlib.import_module(f"oneiros.backend.{name}")


def test_settings_answer_under_the_names_of_variables(backend):
    common = backend_module("common")
    assert K._BACKEND == K._backend == backend
    assert K._EPSILON == common._EPSILON == K.epsilon() == 1e-7
    assert K._FLOATX == common._FLOATX == "float32"
    assert (K.np, K.py_all, K.json) == (np, all, json)
    assert not hasattr(K, "_nothing") and not hasattr(common, "nothing")


ENGINE_NAMES = {"theano": "T", "tensorflow": "tf", "jax": "jnp"}


def test_the_engines_module_is_that_of_the_current_backend(backend):
    x = K.placeholder((None, 2))
    own = getattr(K, ENGINE_NAMES[backend])
    double = own.add if backend == "theano" else own.multiply
    other = x if backend == "theano" else 2.0
    y = K.apply(double, x, other) if backend == "jax" else double(x, other)
    assert K.function([x], [y])([[[1, 2]]])[0].tolist() == [[2.0, 4.0]]
    for engine, name in ENGINE_NAMES.items():
        if engine != backend:
            with pytest.raises(AttributeError, match=f"has no '{name}'"):
                getattr(K, name)


def test_functions_that_keras_1_2_renamed():
    with pytest.warns(UserWarning, match=r"K\.pack is called K\.stack") as warned:
        pack = K.pack
    assert pack == K.stack and warned[0].filename == __file__


@pytest.mark.parametrize("engine", ["theano", "tensorflow"])
def test_a_backends_module_has_its_functions_whatever_is_current(engine):
    functions = backend_module(f"{engine}_backend")
    other = "tensorflow" if engine == "theano" else "theano"
    with K.use(other):
        x = functions.variable([1.0, 2.0])
        assert K.load(engine).owns(x)
        assert functions.eval(functions.square(x)).tolist() == [1.0, 4.0]
        assert engine == functions._BACKEND
        assert functions.epsilon() == K.epsilon()
        assert getattr(functions, ENGINE_NAMES[engine]) is not None
    space = {}
    exec(f"from oneiros.backend.{engine}_backend import *", space)
    wanted = {"dot", "set_session", "floatx", "np", ENGINE_NAMES[engine]}
    assert wanted <= space.keys()
    with pytest.raises(ImportError, match="cannot import name 'dotty'"):
        exec(f"from oneiros.backend.{engine}_backend import dotty")


def test_star_imports_of_k_bring_what_keras_1_brought():
    space = {}
    with K.use("theano"):
        exec("from oneiros.backend import *", space)
    assert {"T", "np", "os", "py_all", "placeholder", "epsilon"} <= space.keys()
    assert "tf" not in space


X = np.arange(2 * 3 * 5 * 4.0).reshape(2, 3, 5, 4)
"""Images with channels first."""


def test_helpers_of_theanos_convolutions():
    helpers = backend_module("theano_backend")
    with K.use("theano"):
        x = K.variable(X)
        last = K.permute_dimensions(x, (0, 2, 3, 1))
        first = helpers._preprocess_conv2d_input(last, "tf")
        np.testing.assert_array_equal(K.eval(first), X)
        assert helpers._preprocess_conv2d_input(x, "th") is x
        kernel = K.variable(X.transpose(2, 3, 1, 0))
        np.testing.assert_array_equal(
            K.eval(helpers._preprocess_conv2d_kernel(kernel, "tf")), X
        )
        cut = helpers._postprocess_conv2d_output(x, x, "same", X, (1, 2), "tf")
        assert K.eval(cut).shape == (2, 5, 2, 3)
    shape = helpers._preprocess_conv2d_image_shape("tf", (None, 5, 4, 3))
    assert shape == (None, 3, 5, 4)
    assert helpers._preprocess_conv2d_filter_shape("tf", (5, 4, 3, 8)) == (8, 3, 5, 4)
    assert helpers._preprocess_border_mode("same") == "half"
    with pytest.raises(ValueError, match=r"Expected .same., .valid. or .full."):
        helpers._preprocess_border_mode("causal")
    assert helpers._on_gpu() is False
    assert helpers._LEARNING_PHASE is K.load("theano").learning_phase()


def test_helpers_of_tensorflows_convolutions():
    helpers = backend_module("tensorflow_backend")
    with K.use("tensorflow"):
        x = K.variable(X)
        moved = K.eval(helpers._preprocess_conv2d_input(x, "th"))
        np.testing.assert_array_equal(moved, X.transpose(0, 2, 3, 1))
        back = helpers._postprocess_conv2d_output(K.variable(moved), "th")
        np.testing.assert_array_equal(K.eval(back), X)
        kernel = helpers._preprocess_conv2d_kernel(x, "th")
        assert K.int_shape(kernel) == (5, 4, 3, 2)
        assert K.dtype(helpers._to_tensor(x, "int32")) == "int32"
    assert helpers._preprocess_border_mode("same") == "SAME"
    assert helpers._convert_string_dtype("float32") == "float32"
    assert helpers._SESSION is K.load("tensorflow").get_session()
    assert hasattr(helpers.tensor_array_ops, "TensorArray")


def test_parts_of_theano_come_from_its_namespace(monkeypatch):
    theano = pytest.importorskip("theano")
    helpers = backend_module("theano_backend")
    assert helpers.pool.pool_2d is theano.tensor.signal.pool.pool_2d
    assert helpers.ifelse is theano.ifelse.ifelse
    assert helpers.RandomStreams(1).uniform((2,)).ndim == 1

    def without_theano(path):
        raise ModuleNotFoundError(name="theano")

    monkeypatch.setattr("oneiros_old_code.backends.import_module", without_theano)
    with pytest.raises(ImportError, match=r"pip install 'oneiros\[theano\]'"):
        helpers.pool

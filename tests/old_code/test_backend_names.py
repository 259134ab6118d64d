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
            with pytest.raises(AttributeError, match=rf"K\.use\('{engine}'\)"):
                getattr(K, name)


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
    with pytest.raises(ImportError, match="has no 'dotty'"):
        exec(f"from oneiros.backend.{engine}_backend import dotty")


def test_star_imports_of_k_bring_what_keras_1_brought():
    space = {}
    with K.use("theano"):
        exec("from oneiros.backend import *", space)
    assert {"T", "np", "os", "py_all", "placeholder", "epsilon"} <= space.keys()
    assert "tf" not in space

"""All functions of K called with every argument by its name of Keras 1.2.2, and with
integers of NumPy."""

import numpy as np
import pytest
from k_arguments import arguments, tensor
from oneiros import backend as K
from oneiros.backend import contract
from oneiros.backend.contract import OPTIONAL_FUNCTIONS

REDUCTIONS = ("max", "min", "sum", "prod", "mean", "var", "std", "any", "all")
VARIADIC = {"apply"}
WITHOUT_VALUE = {"function", "learning_phase", "placeholder", "set_learning_phase"}


def parts_of(result):
    """Returns the tensors of a result, and its other parts."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    parts = [x for part in parts for x in (part if isinstance(part, list) else [part])]
    tensors = [x for x in parts if K.current().owns(x)]
    return tensors, [x for x in parts if not K.current().owns(x)]


def with_numpy_ints(value):
    """Returns an argument with NumPy's integers in the place of Python's."""
    if type(value) is int:
        return np.int64(value)
    if type(value) in (list, tuple):
        return type(value)(map(with_numpy_ints, value))
    return value


def more_calls():
    """Returns further calls, (name, arguments), with other forms of their integers."""
    x = tensor(2, 3)
    return [
        *((name, dict(x=x, axis=[0, 1])) for name in REDUCTIONS),
        *((name, dict(x=x, axis=0)) for name in ("argmax", "argmin", "l2_normalize")),
        ("batch_dot", dict(x=x, y=x, axes=(1, 1))),
        ("batch_dot", dict(x=tensor(2, 3, 4), y=tensor(2, 4, 3), axes=[-1, -2])),
        ("tile", dict(x=x, n=2)),
        ("reverse", dict(x=x, axes=[0, 1])),
        ("reshape", dict(x=x, shape=(-1, 2))),
        ("reshape", dict(x=x, shape=(None, 3))),
        ("concatenate", dict(tensors=[x, x], axis=-1)),
        ("expand_dims", dict(x=x, dim=-1)),
        ("permute_dimensions", dict(x=x, pattern=[-1, 0])),
        ("arange", dict(start=4)),
    ]


def test_every_function_of_k_takes_its_arguments_by_name_and_integers_of_numpy(
    backend, capsys
):
    usual = arguments()
    optional = OPTIONAL_FUNCTIONS["session"]
    assert set(usual) == set(contract.functions()) - set(optional) - VARIADIC
    computed, expected = [], []
    for name, received in [*usual.items(), *more_calls()]:
        function = getattr(K, name)
        plain, others = parts_of(function(**received))
        if name in WITHOUT_VALUE:
            K.clear_session()
            continue
        converted = {key: with_numpy_ints(value) for key, value in received.items()}
        tensors, rest = parts_of(function(**converted))
        assert (name, len(rest)) == (name, len(others))
        computed += tensors
        expected += [(name, K.dtype(x), K.int_shape(x)) for x in plain]
    values = K.function([K.learning_phase()], computed)([0])
    for value, tensor_, (name, dtype, shape) in zip(values, computed, expected):
        declared = name, K.dtype(tensor_), K.int_shape(tensor_)
        assert declared == (name, dtype, shape)
        sizes = zip(shape, value.shape, strict=True)
        assert value.dtype == dtype and all(told in (None, n) for told, n in sizes)


def test_whether_a_shape_is_known_may_be_asked_of_integers_of_numpy():
    assert K.is_explicit_shape(with_numpy_ints((2, 3)))


def test_an_argument_by_another_name_is_refused_by_the_functions_name(backend):
    with pytest.raises(TypeError, match=r"pow.*'?a'?"):
        K.pow(K.zeros((2,)), b=2)

"""All functions of K called with every argument by its name of Keras 1.2.2."""

import inspect

import numpy as np
import pytest
from k_arguments import arguments, tensor
from oneiros import backend as K
from oneiros.backend import contract
from oneiros.backend.contract import OPTIONAL_FUNCTIONS


def parts_of(result):
    """Returns the tensors of a result, and its other parts."""
    parts = result if isinstance(result, (list, tuple)) else [result]
    parts = [x for part in parts for x in (part if isinstance(part, list) else [part])]
    tensors = [x for x in parts if K.current().owns(x)]
    return tensors, [x for x in parts if not K.current().owns(x)]


def assert_same_values(names, tensors, others, rtol):
    values = K.function([K.learning_phase()], tensors + others)([0])
    count = len(names)
    for name, value, other in zip(names, values[:count], values[count:], strict=True):
        np.testing.assert_allclose(value, other, rtol, err_msg=name)


WITHOUT_VALUE = {"function", "learning_phase", "placeholder", "set_learning_phase"}
VARIADIC = {"apply"}


def test_every_function_of_k_takes_its_arguments_by_name(backend, capsys):
    named = arguments()
    expected = set(contract.functions()) - set(OPTIONAL_FUNCTIONS["session"]) - VARIADIC
    assert set(named) == expected
    names = []
    by_name = []
    by_place = []
    for name, by_argument in named.items():
        function = getattr(K, name)
        parameters = inspect.signature(function).parameters.values()
        order = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert order == list(dict.fromkeys([*order, *by_argument])), name
        tensors, rest = parts_of(function(**by_argument))
        if name in WITHOUT_VALUE:
            K.clear_session()
            continue
        same, others = parts_of(function(*[by_argument[key] for key in order]))
        assert len(tensors) == len(same) and len(rest) == len(others), name
        names += [name] * len(tensors)
        by_name += tensors
        by_place += same
    assert_same_values(names, by_name, by_place, rtol=0)


def with_numpy_ints(value):
    """Returns an argument with NumPy's integers in the place of Python's."""
    if type(value) is int:
        return np.int64(value)
    if type(value) in (list, tuple):
        return type(value)(map(with_numpy_ints, value))
    return value


def more_arguments():
    """Returns further calls, (name, arguments), with other forms of their integers."""
    x = tensor(2, 3)
    reductions = ["max", "min", "sum", "prod", "mean", "var", "std", "any", "all"]
    return [
        *((name, dict(x=x, axis=[0, 1])) for name in reductions),
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
        ("is_explicit_shape", dict(shape=(2, 3))),
    ]


def test_every_function_of_k_takes_integers_of_numpy(backend, capsys):
    calls = [item for item in arguments().items() if item[0] not in WITHOUT_VALUE]
    names = []
    with_numpy = []
    plain = []
    for name, by_argument in [*calls, *more_arguments()]:
        converted = {key: with_numpy_ints(value) for key, value in by_argument.items()}
        tensors, rest = parts_of(getattr(K, name)(**converted))
        expected, others = parts_of(getattr(K, name)(**by_argument))
        assert len(tensors) == len(expected), name
        assert not rest or len(rest) == len(others), name
        if rest and name == "is_explicit_shape":
            assert rest == others == [True]
        shapes = [K.int_shape(x) for x in tensors]
        assert (name, shapes) == (name, [K.int_shape(x) for x in expected])
        names += [name] * len(tensors)
        with_numpy += tensors
        plain += expected
    assert_same_values(names, with_numpy, plain, rtol=1e-6)


def test_an_argument_by_another_name_is_refused_by_the_functions_name(backend):
    with pytest.raises(TypeError, match=r"pow.*'?a'?"):
        K.pow(K.zeros((2,)), b=2)

"""The contract itself.

Names and signatures of K, what a backend may leave out, what the kernel supplies.
"""

import ast
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from backends import BACKENDS
from oneiros import backend as K
from oneiros import registry
from oneiros.backend import common, contract
from oneiros.backend.contract import CAPABILITIES, FLAGS, OPTIONAL_FUNCTIONS, Backend
from oneiros.errors import ArgumentError, BackendMissingError, CapabilityError
from oneiros_backend_toolkit.derived import Derived

REFERENCE = Path(__file__).parents[1] / "data" / "keras1_api.md"
OPTIONAL_NAMES = sorted(name for names in OPTIONAL_FUNCTIONS.values() for name in names)

WITHOUT_SHAPE = {
    "apply",
    "count_params",
    "dtype",
    "function",
    "get_session",
    "is_explicit_shape",
    "is_sparse",
    "moving_average_update",
    "ndim",
    "update",
    "update_add",
    "update_sub",
}
"""Functions whose results are no tensors, or those of a user's code."""
SHAPE_WORDS = r"shape|`\(|scalar|vector|axis|axes|windows|steps|size"
"""One of which a section on results holds."""


def reference_signatures():
    """Returns name -> the signatures that Keras 1 has for it, one or one per
    backend."""
    section = REFERENCE.read_text(encoding="utf-8").split("## keras.backend (K)")[1]
    rows = {}
    for line in section.splitlines()[1:]:
        if both := re.match(r"- `(\w+)` theano: `(.*?)` · tensorflow: `(.*?)`", line):
            rows[both[1]] = [text for text in both.groups()[1:] if text != "None"] or [
                "()"
            ]
        elif one := re.match(r"- `(\w+)(\(.*\))`", line):
            rows[one[1]] = [one[2]]
    return rows


SIGNATURES = reference_signatures()


def arguments(text):
    """Returns [(name, default as a value or `...`)] of a signature given as text."""
    tree = ast.parse(f"def f{text}: pass").body[0].args
    values = [...] * (len(tree.args) - len(tree.defaults)) + [
        ast.literal_eval(d) for d in tree.defaults
    ]
    return [(a.arg, v) for a, v in zip(tree.args, values, strict=True)]


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signature_is_that_of_keras_1(name):
    function = getattr(K, name)
    parameters = inspect.signature(function).parameters.values()
    ours = [
        (p.name, ... if p.default is p.empty else p.default)
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"
    ]
    assert ours in [arguments(text) for text in SIGNATURES[name]]
    assert function.__module__ == "oneiros.backend"
    assert name in K.__all__


def test_every_name_of_the_common_module_is_there():
    of_old_code = ["legacy_weight_ordering", "set_legacy_weight_ordering"]
    names = [*common.__all__, *of_old_code]
    assert len(names) == 12
    assert all(getattr(K, name) is getattr(common, name) for name in names)


def test_a_backend_offers_all_optional_functions(backend):
    assert type(K.current()).capabilities == CAPABILITIES
    assert [n for n in OPTIONAL_NAMES if not hasattr(K.current(), n)] == []


@pytest.mark.parametrize("name", OPTIONAL_NAMES)
def test_what_a_backend_lacks_says_so(name):
    with K.use(Numbers()) as numbers:
        assert not hasattr(numbers, name)
        assert name not in K.__all__
        with pytest.raises(
            CapabilityError, match=rf"'numbers' doesn't offer K.{name}: it lacks"
        ):
            getattr(K, name)()


def test_what_a_backend_lacks_is_done_by_the_owner_of_the_tensors(backend):
    class Bare(Numbers):
        def owns(self, x):
            return False

    owner, x = K.current(), K.zeros((1, 2, 3))
    with K.use(Bare()):
        assert owner.owns(K.temporal_padding(x))


def test_an_unfinished_backend_says_what_it_lacks():
    assert not hasattr(Unfinished(), "exp")
    message = "'unfinished' doesn't offer K.exp: it lacks what every backend must"
    with K.use(Unfinished()), pytest.raises(CapabilityError, match=message):
        K.current().exp(1)


def test_a_backend_with_sessions_is_seen_to_have_them():
    class WithSession(Numbers):
        def get_session(self):
            return "the session"

        def set_session(self, session):
            pass

    assert "session" in WithSession.capabilities - Numbers.capabilities
    with K.use(WithSession()):
        assert hasattr(K, "get_session")
        assert K.get_session() == "the session"


def test_all_of_k_is_what_the_current_backend_has():
    names = {}
    with K.use(Numbers()):
        exec("from oneiros.backend import *", names)
    assert names["function"] is K.function
    assert not names.keys() & set(OPTIONAL_NAMES)
    assert set(OPTIONAL_NAMES) <= set(dir(K))


def test_every_public_function_in_the_namespace_belongs_to_k(backend):
    public = {
        name
        for name, value in vars(K).items()
        if inspect.isroutine(value) and not name.startswith("_")
    }
    assert public
    assert public <= set(K.__all__)


def test_every_capability_is_explained_or_brings_functions():
    assert all(FLAGS.get(name) or OPTIONAL_FUNCTIONS[name] for name in CAPABILITIES)


def implementations():
    """Returns (class, name, method) of what implements the contract on any backend."""
    names = {*contract.functions(), "owns", "is_learning_phase", "uses_learning_phase"}
    classes = {
        cls
        for name in BACKENDS
        for cls in type(K.load(name)).__mro__
        if issubclass(cls, Backend) and cls.__module__.startswith("oneiros_")
    }
    return [
        (cls, name, method)
        for cls in classes
        for name, method in vars(cls).items()
        if name in names
    ]


def test_the_contract_alone_explains_the_functions():
    for cls, name, method in implementations():
        text = getattr(Backend, name).__doc__
        assert method.__doc__ in (None, text), (cls, name)
        assert inspect.getdoc(getattr(cls, name)) == inspect.cleandoc(text)


@pytest.mark.parametrize("name", sorted(contract.functions()))
def test_docstring_explains_each_argument(name):
    function = contract.functions()[name]
    text = inspect.cleandoc(function.__doc__)
    arguments = text.partition("# Arguments\n")[2].partition("\n\n")[0]
    explained = re.findall(r"^    (\*{0,2}\w+): ", arguments, re.MULTILINE)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    assert explained == [str(p).split("=")[0] for p in parameters]
    assert ("# Arguments\n" in text) == bool(parameters)
    # What returns nothing says so by its annotation.
    returns = inspect.signature(function).return_annotation is not None
    assert ("# Returns\n" in text) == returns
    assert getattr(K, name).__doc__ == function.__doc__


@pytest.mark.parametrize("name", sorted(set(contract.functions()) - WITHOUT_SHAPE))
def test_docstring_tells_the_shape_of_what_is_returned(name):
    text = inspect.cleandoc(contract.functions()[name].__doc__)
    result = text.partition("# Returns\n")[2].partition("\n\n")[0]
    assert re.search(SHAPE_WORDS, result) or not result, (name, result)


# A backend of a third party


class Unfinished(Backend):
    name = "unfinished"


def test_incomplete_backend_is_refused_by_name():
    with (
        registry.register("backend", "unfinished", Unfinished),
        pytest.raises(BackendMissingError, match="lacks requ"),
    ):
        K.load("unfinished")


def test_unknown_backend_names_what_to_install_or_near_names():
    with pytest.raises(BackendMissingError, match="teano"):
        K.load("teano")


def test_what_must_be_there_is_not_what_may_be_there():
    required = contract.missing(Unfinished)
    assert not set(required) & set(OPTIONAL_NAMES)
    assert "owns" in required and "dot" in required
    assert set(required) | set(OPTIONAL_NAMES) > set(contract.functions())


class Numbers(Derived):
    """A backend that has what is derived from other functions alone."""

    name = "numbers"


# Settings that all backends share


def test_settings_reject_what_they_dont_know():
    for setter in (
        K.set_floatx,
        K.set_image_dim_ordering,
        K.set_legacy_weight_ordering,
    ):
        with pytest.raises(ArgumentError, match="strange"):
            setter("strange")


def test_uids_count_per_prefix():
    K.reset_uids()
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")] == [1, 2, 1]
    K.reset_uids()
    assert K.get_uid("a") == 1


def test_private_names_of_2016_are_answered(backend):
    assert (backend, 1e-7, "float32") == (K._BACKEND, K._EPSILON, K._FLOATX)
    with pytest.raises(AttributeError, match="_NOTHING"):
        _ = K._NOTHING


def test_cast_to_floatx_returns_an_array():
    array = K.cast_to_floatx([1, 2])
    assert isinstance(array, np.ndarray) and array.dtype == np.float32


def test_is_keras_tensor_asks_for_the_shape_of_keras(backend):
    x = K.placeholder((None, 2))
    assert (
        K.is_keras_tensor(x)
        and not K.is_keras_tensor(x * 2)
        and not K.is_keras_tensor(3)
    )

"""Two backends in one process, and how one of them is chosen."""

import sys
import threading
from weakref import WeakSet

import numpy as np
import pytest
from backends import OTHER
from numpy_backend.backend import NumpyBackend
from oneiros import backend as K
from oneiros import registry
from oneiros.backend import bound, dispatch, dot
from oneiros.errors import BackendMissingError, BackendMixError
from oneiros_backend_toolkit.derived import Derived
from processes import run_python


@pytest.fixture
def both():
    for name in OTHER:
        K.load(name)
    return tuple(OTHER)


def test_use_is_undone_even_after_an_error(both):
    before = K.backend()
    with pytest.raises(KeyError), K.use(OTHER[before]) as inner:
        assert K.backend() == inner.name == OTHER[before]
        raise KeyError
    assert K.backend() == before


def test_tensors_keep_their_backend_under_another_one(both):
    with K.use("theano"):
        x = K.placeholder((None, 3), name="x")
    with K.use("tensorflow"):
        y = dot(x, K.transpose(x))
        assert K.load("theano").owns(y)
        stacked = K.concatenate([x, x])
        assert K.load("theano").owns(stacked)
        assert K.load("tensorflow").owns(K.zeros((2,)))


def test_imported_function_survives_a_switch(both):
    for name in both:
        with K.use(name):
            assert K.current().owns(dot(K.placeholder((2, 2)), K.placeholder((2, 2))))


@pytest.mark.parametrize(
    "wrap", [lambda a, b: (a, b), lambda a, b: ([a, b],)], ids=["arguments", "list"]
)
def test_mixing_names_both(wrap, both):
    tensors = []
    for name in both[:2]:
        with K.use(name):
            tensors.append(K.variable(np.eye(2)))
    call = K.dot if len(wrap(*tensors)) == 2 else K.concatenate
    with pytest.raises(BackendMixError, match="'tensorflow' and 'theano'"):
        call(*wrap(*tensors))
    with pytest.raises(BackendMixError, match="tensors of one backend"):
        tensors[1] + tensors[0]
    with pytest.raises(BackendMixError, match=r"K\.function"):
        K.function([], [tensors[0]], [(tensors[1], tensors[0])])


def test_bound_methods_run_on_their_objects_backend(both):
    class Thing:
        def __init__(self):
            self._backend = K.current()

        @bound
        def where(self, fail=False):
            """Returns the backend's name."""
            if fail:
                raise KeyError
            return K.backend()

    things = []
    for name in both:
        with K.use(name):
            things.append(Thing())
    with K.use("theano"):
        assert [thing.where() for thing in things] == list(both)
        for thing in things:
            with pytest.raises(KeyError):
                thing.where(fail=True)
        assert K.backend() == "theano"
    assert Thing.where.__doc__ == "Returns the backend's name."


def test_set_backend_changes_the_default_of_the_process(both):
    before = K.backend()
    try:
        K.set_backend(OTHER[before])
        assert K.backend() == OTHER[before]
        with K.use(before):
            assert K.backend() == before
        assert K.backend() == OTHER[before]
    finally:
        K.set_backend(before)


def test_unknown_backend_says_what_there_is():
    for call in (K.set_backend, K.use, K.load):
        with pytest.raises(BackendMissingError, match="caffe"):
            call("caffe")


@pytest.fixture
def undecided(monkeypatch):
    """No backend is chosen or known, as in a new process."""
    chosen = {"_default": None, "_only": None, "_known": WeakSet()}
    for name, value in chosen.items():
        monkeypatch.setattr(dispatch, name, value)
    for name in ("KERAS_BACKEND", "ONEIROS_BACKEND"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "chosen"),
    [
        ({}, "theano"),
        ({"KERAS_BACKEND": "jax"}, "jax"),
        ({"KERAS_BACKEND": "jax", "ONEIROS_BACKEND": "theano"}, "theano"),
    ],
)
def test_variables_choose_in_order(undecided, monkeypatch, variables, chosen):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert K.backend() == chosen


def test_meaningless_keras_backend_gets_one_line_and_is_passed_over(
    undecided, monkeypatch, capsys
):
    monkeypatch.setenv("KERAS_BACKEND", "cntk9")
    assert K.backend() == K.backend() == "theano"
    (line,) = capsys.readouterr().err.splitlines()
    assert "KERAS_BACKEND='cntk9'" in line


def test_wrong_oneiros_backend_is_an_error(undecided, monkeypatch):
    monkeypatch.setenv("ONEIROS_BACKEND", "cntk9")
    with pytest.raises(BackendMissingError, match="cntk9"):
        K.backend()


def test_nothing_is_imported_before_it_is_needed():
    code = """
import sys
from oneiros import backend as K

def imported():
    support = "oneiros_jax_support"
    names = ["pytensor", "jax", "tensorflow", "numba", f"{support}.convolutions"]
    return [name for name in names if name in sys.modules]

K.set_floatx("float32"), K.get_uid("a"), K.epsilon(), K.image_dim_ordering()
print(imported())
K.set_backend("theano")
x = K.placeholder((None, 2))
K.get_value(K.zeros((2,)))
print(imported())
K.function([x], [K.sum(x)])([[[1, 2]]])
print(imported())
"""
    lines = run_python(code).stdout.splitlines()
    assert lines == ["[]", "['pytensor']", "['pytensor', 'jax']"]


class Named(Derived):
    """A backend whose one tensor is a set, and whose `abs` is its name."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def owns(self, x):
        return x is self or x == {"a tensor"}

    def abs(self, x):
        return self.name


def test_a_backend_passed_as_an_object_is_not_current_after_its_block(undecided):
    default, other = Named("default"), Named("other")
    for _ in range(2):
        with K.use(other):
            assert K.abs(1) == K.backend() == "other"
        K.set_backend(default)
        assert K.abs(1) == K.backend() == "default"
    assert K.abs(other) == "other"
    del other
    assert K.abs(1) == "default"


def test_two_objects_of_one_engine_share_its_tensors(undecided):
    first, second = Named("shared"), Named("shared")
    second.abs = lambda x: "second"
    K.set_backend(first)
    assert K.abs({"a tensor"}) == "shared"
    with K.use(second):
        assert K.abs({"a tensor"}) == "second"
    assert K.abs({"a tensor"}) == "shared"


def test_threads_that_need_a_backend_at_once_get_the_same_one(monkeypatch):
    made = []
    found = []
    second = threading.Thread(target=lambda: found.append(K.current()))

    class Slow(NumpyBackend):
        name = "slow"

        def __init__(self):
            super().__init__()
            made.append(self)
            if len(made) == 1:
                second.start()
                second.join(0.1)

    monkeypatch.setattr(dispatch, "_default", None)
    monkeypatch.setattr(dispatch, "_loaded", {})
    monkeypatch.setenv("ONEIROS_BACKEND", "slow")
    with registry.register("backend", "slow", Slow):
        found.append(K.current())
        second.join()
    assert len(made) == 1 and found == made * 2


class Own(Derived):
    """Owns itself."""

    def owns(self, x):
        return x is self

    def abs(self, x):
        return self


def test_a_backend_can_join_while_a_call_looks_for_its_own(monkeypatch):
    monkeypatch.setattr(dispatch, "_known", dispatch._known.copy())
    backends = [Own(), Own()]
    joining = Own()

    def as_another_thread(frame, event, argument):
        """In the middle of going through the backends."""
        if frame.f_code is WeakSet.__iter__.__code__ and event == "return":
            K.use(joining)

    for each in backends:
        K.use(each)
    sys.setprofile(as_another_thread)
    try:
        assert K.abs(backends[0]) is backends[0]
    finally:
        sys.setprofile(None)
    assert K.abs(joining) is joining

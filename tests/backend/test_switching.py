"""Two backends in one process, and how one of them is chosen."""

import numpy as np
import pytest
from backends import OTHER
from oneiros import backend as K
from oneiros.backend import bound, dot
from oneiros.errors import BackendMissingError, BackendMixError
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


def run(code, **variables):
    unset = ["KERAS_BACKEND", "ONEIROS_BACKEND"]
    return run_python(code, check=False, without=unset, **variables)


def test_meaningless_keras_backend_gets_one_line_and_is_passed_over():
    done = run(
        "from oneiros import backend as K; print(K.backend(), K.backend())",
        KERAS_BACKEND="cntk9",
    )
    assert done.returncode == 0 and done.stdout.split() == ["theano", "theano"]
    assert len(done.stderr.strip().splitlines()) == 1
    assert "KERAS_BACKEND" in done.stderr and "cntk9" in done.stderr


def test_variables_choose_in_order():
    code = (
        "from oneiros import backend as K, registry\n"
        "class Fake(type(K.load('theano'))): name = 'fake'\n"
        "registry.register('backend', 'fake', Fake)\n"
        "print(K.backend())"
    )
    assert run(code).stdout.strip() == "theano"
    assert run(code, KERAS_BACKEND="fake").stdout.strip() == "fake"
    assert (
        run(code, KERAS_BACKEND="fake", ONEIROS_BACKEND="theano").stdout.strip()
        == "theano"
    )


def test_wrong_oneiros_backend_is_an_error():
    done = run("from oneiros import backend as K; K.backend()", ONEIROS_BACKEND="cntk9")
    assert (
        done.returncode
        and "BackendMissingError" in done.stderr
        and "cntk9" in done.stderr
    )


def test_theano_is_chosen_and_no_engine_is_imported_before_it_is_needed():
    code = (
        "import sys\n"
        "from oneiros import backend as K\n"
        "K.set_floatx('float32'); K.get_uid('a'); K.epsilon(); K.image_dim_ordering()\n"
        "print([m for m in ('pytensor', 'jax', 'tensorflow') if m in sys.modules])\n"
        "x = K.placeholder((None, 2)); K.get_value(K.zeros((2,)))\n"
        "print([m for m in ('pytensor', 'jax', 'tensorflow') if m in sys.modules], "
        "K.backend())\n"
    )
    assert run(code).stdout.split("\n")[:2] == ["[]", "['pytensor'] theano"]


def test_a_backend_passed_as_an_object_is_not_current_after_its_block():
    code = """
from oneiros import backend as K
from oneiros_backend_toolkit.derived import Derived

class Named(Derived):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def owns(self, x):
        return x is self

    def abs(self, x):
        return self.name

default, other = Named("default"), Named("other")
with K.use(other):
    assert K.abs(1) == K.backend() == "other"
K.set_backend(default)
assert K.abs(1) == K.backend() == "default"
with K.use(other):
    assert K.abs(1) == K.backend() == "other"
assert K.abs(1) == K.backend() == "default"
assert K.abs(other) == "other"
del other
assert K.abs(1) == "default"
"""
    run_python(code)


def test_two_objects_of_one_engine_share_its_tensors():
    code = """
from oneiros import backend as K
from oneiros_backend_toolkit.derived import Derived

class Shared(Derived):
    name = "shared"

    def owns(self, x):
        return x == {"a tensor"}

    def abs(self, x):
        return id(self)

first, second = Shared(), Shared()
K.set_backend(first)
assert K.abs({"a tensor"}) == id(first)
with K.use(second):
    assert K.abs({"a tensor"}) == id(second)
assert K.abs({"a tensor"}) == id(first)
"""
    run_python(code)

"""Python's search for garbage while an engine is imported."""

import gc

import pytest
from oneiros_backend_toolkit.imports import engine_import


def test_it_pauses_also_where_the_import_fails():
    assert gc.isenabled()
    with pytest.raises(ImportError), engine_import():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()


class Node:
    """An object that refers to itself, so that only the search for garbage finds it."""

    deleted = 0

    def __init__(self):
        self.itself = self

    def __del__(self):
        Node.deleted += 1


@pytest.fixture
def nothing_exempt():
    """Nothing is exempt from the search, as in a new process."""
    gc.unfreeze()
    yield
    gc.collect()


def test_what_the_first_engine_makes_is_exempt(nothing_exempt):
    deleted = Node.deleted
    with engine_import():
        Node()
    Node()
    gc.collect()
    assert Node.deleted == deleted + 1


def test_what_users_made_before_a_second_engine_isnt(nothing_exempt):
    deleted = Node.deleted
    with engine_import():
        pass
    Node()
    with engine_import():
        pass
    gc.collect()
    assert Node.deleted == deleted + 1


def test_a_program_that_switched_it_off_keeps_that():
    gc.disable()
    try:
        with engine_import():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

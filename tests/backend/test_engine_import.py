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
    assert not gc.get_freeze_count()


def test_what_is_made_meanwhile_can_become_garbage():
    class Node:
        deleted = 0

        def __del__(self):
            Node.deleted += 1

    with engine_import():
        node = Node()
        node.itself = node
    del node
    gc.collect()
    assert Node.deleted == 1


def test_a_program_that_switched_it_off_or_froze_objects_keeps_that():
    gc.disable()
    try:
        with engine_import():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    gc.freeze()
    try:
        with engine_import():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()

"""The one context of a load: what it supplies, what it may cost, and where it holds."""

import threading
from types import SimpleNamespace

import pytest
from oneiros import config, load_context, settings
from oneiros.errors import UnknownNameError
from oneiros.layers import Dense
from oneiros.load_context import BuildLimits
from oneiros.models import Sequential, model_from_json
from oneiros.plugins import manager


def in_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_a_load_s_objects_are_its_own_thread_s():
    with load_context.changed(custom_objects={"Mine": 1}):
        assert config.known_objects()["Mine"] == 1
        assert "Mine" not in in_thread(config.known_objects)
        assert config.get_custom_objects()["Mine"] == 1
        assert "Mine" not in in_thread(config.get_custom_objects)
    assert "Mine" not in config.known_objects()


def test_the_innermost_scope_wins():
    with (
        load_context.changed(custom_objects={"A": 1}, limits=BuildLimits()),
        config.custom_object_scope({"A": 2}),
    ):
        assert config.known_objects()["A"] == 2
        assert config.known_objects({"A": 3})["A"] == 3


def test_ctrl_c_leaves_no_load_s_objects(monkeypatch):
    """It comes when a call ends, such as that which enters a context."""
    genuine = load_context._current
    before = load_context.current()
    calls = []

    def interrupted(context):
        genuine.set(context)
        calls.append(context)
        if len(calls) == 1:
            raise KeyboardInterrupt

    stand_in = SimpleNamespace(get=genuine.get, set=interrupted)
    monkeypatch.setattr(load_context, "_current", stand_in)
    with (
        pytest.raises(KeyboardInterrupt),
        load_context.changed(custom_objects={"Mine": 1}),
    ):
        pass
    assert load_context.current() == before


def test_what_was_added_for_good_comes_after_a_load_s_objects():
    config.get_custom_objects()["A"] = 1
    try:
        with load_context.changed(custom_objects={"A": 2}):
            assert config.known_objects()["A"] == 2
        assert config.known_objects()["A"] == 1
    finally:
        del config.get_custom_objects()["A"]


def test_a_warning_that_is_an_error_stays_a_warning():
    with pytest.raises(UserWarning, match="odd"), config.building("layer", "Dense"):
        raise UserWarning("odd")


def test_settings_are_read_once_however_many_layers_are_built(monkeypatch):
    read = []
    get = settings.get
    monkeypatch.setattr(settings, "get", lambda key: read.append(key) or get(key))
    layers = [Dense(2, input_dim=2), *(Dense(2, activation="relu") for _ in range(5))]
    text = Sequential(layers).to_json()
    read.clear()
    model_from_json(text)
    assert [read.count(key) for key in ("disable", "prefer")] == [1, 1]


def test_settings_that_hold_when_building_begins_hold_for_all_of_it():
    text = Sequential([Dense(2, input_dim=2)]).to_json()
    with (
        settings.override(disable=["oneiros-layers-core"]),
        pytest.raises(UnknownNameError, match="oneiros-layers-core, which is disabled"),
    ):
        model_from_json(text)
    with config.building("layer", "Dense"):
        before = manager()
        with settings.override(disable=["oneiros-layers-core"]):
            assert manager() is before
    with settings.override(disable=["oneiros-layers-core"]):
        assert manager() is not before

"""Which tests belong to the test command, and which to the exhaustive run.

Property tests, all golden data and what is marked `exhaustive` belong to both; with
`exhaustive(only=True)` a test belongs to the exhaustive run alone.

The functions of `K`, what happens in use (threads, Ctrl-C, copies, seeds), and golden
functions, layers and optimizers run on each backend. What is left depends less on the
engine, and runs on all backends in the exhaustive run. In the test command any of it
runs on Theano or on TensorFlow: half of the tests on each.

Golden layers of a class run at users' settings on one backend in the test command, in
`test_golden_users_settings.py`, and as fast as they compile on the others.
"""

import zlib
from collections import defaultdict

import pytest
from backends import BACKENDS

ON_ALL_BACKENDS = ("backend", "robust")
"""The folders of which each test runs on each backend."""
GOLDEN_ON_ALL_BACKENDS = ("functions", "layers", "optimizers")
"""The folders of which golden data does."""

GOLDEN_LAYERS = "test_golden_layers.py"


def mark(items):
    """Marks what the exhaustive run takes.

    Returns the set of items that the test command leaves to it.
    """
    left = _spared(items)
    for item in items:
        markers = item.iter_markers("exhaustive")
        if any(marker.kwargs.get("only") for marker in markers):
            left.add(item)
        if item in left or _is_golden(item) or _is_property(item):
            item.add_marker(pytest.mark.exhaustive)
    return left


def is_on(backend, item):
    """Tells whether a test runs on a backend."""
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    return any(isinstance(value, str) and value == backend for value in parameters)


def _spared(items):
    """Returns the items on backends whose turn it isn't."""
    spared = set()
    twins = defaultdict(dict)
    for item in items:
        if _is_at_users_settings(item):
            spared.add(item)
        if _runs_on_all(item):
            continue
        if is_on(BACKENDS[-1], item):
            spared.add(item)
            continue
        for backend in BACKENDS[:-1]:
            if is_on(backend, item):
                twins[item.nodeid.replace(backend, "")][backend] = item
    for name, by_backend in twins.items():
        if len(by_backend) == 2:
            other = BACKENDS[zlib.crc32(name.encode()) % 2]
            spared.add(by_backend[other])
    return spared


def _is_at_users_settings(item):
    """Tells whether a class of golden layers is left to users' settings."""
    if item.originalname != "test_numbers" or item.path.name != GOLDEN_LAYERS:
        return False
    name = item.callspec.params["name"]
    return is_on(users_backend(name), item)


def users_backend(name):
    """Returns the backend that a class of golden layers runs on at users' settings."""
    return BACKENDS[zlib.crc32(name.encode()) % len(BACKENDS)]


def _runs_on_all(item):
    folder = item.path.parent.name
    if folder in ON_ALL_BACKENDS:
        return True
    return _is_golden(item) and folder in GOLDEN_ON_ALL_BACKENDS


def _is_golden(item):
    return item.path.name.startswith("test_golden")


def _is_property(item):
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)

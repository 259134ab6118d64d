"""Which tests belong to the test command, and which to the exhaustive run.

Property tests, all golden data and what is marked `exhaustive` belong to both; with
`exhaustive(only=True)` a test belongs to the exhaustive run alone.

The exhaustive run has each test on all backends. In the test command

- the functions of `K`, what happens in use (threads, copies, memory), and golden
  functions and optimizers run on each backend, too;
- what takes long and is marked `spread` runs on one: a third of the cases on each;
- a recurrent class of golden layers, and every fourth other one, runs at users'
  settings on one backend, in `test_golden_users_settings.py`; the others run as fast as
  they compile on one;
- what runs on a backend that only predicts does so in both runs;
- what is left depends less on the engine, and runs on Theano or on TensorFlow: half of
  the tests on each.
"""

import zlib
from collections import defaultdict

import pytest
from backends import BACKENDS, PREDICTING

ONLY_PREDICTING = set(PREDICTING) - set(BACKENDS)
"""The backends without gradients: what runs on them is quick."""
ON_ALL_BACKENDS = ("backend", "robust")
"""The folders of which each test runs on each backend."""
GOLDEN_ON_ALL_BACKENDS = ("functions", "layers", "optimizers")
"""The folders of which golden data does."""

GOLDEN_LAYERS = "test_golden_layers.py"
RECURRENT = ("Bidirectional", "ConvLSTM2D", "GRU", "LSTM", "SimpleRNN")
"""Golden layers that take 5 to 9 seconds each, as fast as they compile."""
ONE_OF = 4
"""Of so many other classes, one runs at users' settings."""


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
        if any(is_on(each, item) for each in ONLY_PREDICTING):
            continue
        if _is_golden_layer(item):
            name = item.callspec.params["name"]
            if runs_at_users_settings(name) or not is_on(fast_backend(name), item):
                spared.add(item)
            continue
        if item.get_closest_marker("spread"):
            if not _is_its_turn(item):
                spared.add(item)
            continue
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


def _is_golden_layer(item):
    """Tells whether an item computes a class of golden layers."""
    return item.path.name == GOLDEN_LAYERS and item.originalname == "test_numbers"


def runs_at_users_settings(name):
    """Tells whether the test command computes a class of golden layers so."""
    return name in RECURRENT or zlib.crc32(name.encode()) % ONE_OF == 0


def users_backend(name):
    """Returns the backend that a class of golden layers runs on at users' settings."""
    return _chosen(name, 0)


def fast_backend(name):
    """Returns the one that it runs on as fast as it compiles."""
    return _chosen(name, 1)


def _is_its_turn(item):
    """Tells whether a test that is spread over the backends runs on this one."""
    backend = next(each for each in BACKENDS if is_on(each, item))
    return backend == _chosen(item.nodeid.replace(backend, ""), 0)


def _chosen(name, place):
    """Returns one of the backends, by a name; another one for each of three places."""
    return BACKENDS[(zlib.crc32(name.encode()) + place) % len(BACKENDS)]


def _runs_on_all(item):
    folder = item.path.parent.name
    if folder in ON_ALL_BACKENDS:
        return True
    return _is_golden(item) and folder in GOLDEN_ON_ALL_BACKENDS


def _is_golden(item):
    return item.path.name.startswith("test_golden")


def _is_property(item):
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)

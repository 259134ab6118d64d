"""Which tests belong to the test command, and which to the exhaustive run.

Property tests, all golden data and what is marked `exhaustive` belong to both; with
`exhaustive(only=True)` a test belongs to the exhaustive run alone.

The exhaustive run has each test on all backends. In the test command

- what is in the folders `backend`, `kit` and `robust`, and golden functions and
  optimizers, run on each backend, too;
- the cases of what is marked `spread` take turns on all backends;
- golden layers of the classes in `AT_USERS_SETTINGS` run so in
  `test_golden_users_settings.py`, each on one backend, and the others as fast as they
  compile;
- what runs on a backend that only predicts does so in both runs;
- the cases of what is left depend less on the engine, and take turns on Theano and
  TensorFlow.
"""

from collections import defaultdict

import pytest
from backends import BACKENDS

ON_ALL_BACKENDS = ("backend", "kit", "robust")
"""The folders of which each test runs on each backend."""
GOLDEN_ON_ALL_BACKENDS = ("functions", "layers", "optimizers")
"""The folders of which golden data does."""

AT_USERS_SETTINGS = ("Convolution2D", "Dense", "GRU")
"""Golden layers that are compiled as users have them, one on each backend."""


def mark(items):
    """Marks what the exhaustive run takes.

    Returns the set of items that the test command leaves to it.
    """
    left = _waiting(items)
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


def _waiting(items):
    """Returns the items on backends whose turn it isn't: the cases of a file that run
    on several backends take turns on them."""
    waiting = set()
    cases = defaultdict(lambda: defaultdict(dict))
    for item in items:
        on = next((each for each in BACKENDS if is_on(each, item)), None)
        if on is None or _runs_on_all(item):
            continue
        if _runs_at_users_settings(item):
            waiting.add(item)
            continue
        cases[item.path][item.nodeid.replace(on, "")][on] = item
    for of_file in cases.values():
        for number, by_backend in enumerate(of_file.values()):
            waiting.update(_without_turn(number, by_backend))
    return waiting


def _without_turn(number, by_backend):
    """Returns the items of a case that are left to the exhaustive run."""
    first = next(iter(by_backend.values()))
    is_spread = first.get_closest_marker("spread")
    turns = BACKENDS if is_spread else BACKENDS[:-1]
    chosen = turns[number % len(turns)]
    if not is_spread and len(by_backend.keys() & set(turns)) < len(turns):
        return [item for on, item in by_backend.items() if on not in turns]
    return [item for on, item in by_backend.items() if on != chosen]


def _runs_at_users_settings(item):
    is_of_layers = item.path.name == "test_golden_layers.py"
    return is_of_layers and item.callspec.params.get("name") in AT_USERS_SETTINGS


def _runs_on_all(item):
    if item.get_closest_marker("spread"):
        return False
    folder = item.path.parent.name
    if folder in ON_ALL_BACKENDS:
        return True
    return _is_golden(item) and folder in GOLDEN_ON_ALL_BACKENDS


def _is_golden(item):
    return item.path.name.startswith("test_golden")


def _is_property(item):
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)

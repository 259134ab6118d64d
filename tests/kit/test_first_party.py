"""The plugins of this repository pass their own kit.

The kernel's layers are the inputs of models, which have none themselves.
"""

import pytest
from backends import BACKENDS
from oneiros.plugins import manager
from oneiros.testing import check_plugin

FAST = ("oneiros-constraints", "oneiros-metrics")
"""Those that the test command checks, on one backend."""
EXPECTED = {}
"""What is expected to fail, by distribution."""
CHECKED = [
    pytest.param(
        name,
        backend,
        marks=()
        if name in FAST and backend == BACKENDS[0]
        else pytest.mark.exhaustive(only=True),
        id=f"{name}-{backend}",
    )
    for name, record in manager().records.items()
    if name.startswith("oneiros-") and name != "oneiros-kernel"
    for backend in BACKENDS
]


@pytest.mark.parametrize(("name", "backend"), CHECKED)
def test_a_plugin_of_this_repository_passes(name, backend):
    report = check_plugin(name, EXPECTED.get(name), [backend])
    assert report.ok, report

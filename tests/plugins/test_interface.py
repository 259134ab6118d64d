"""What a plugin may import, and what the check of it finds."""

import pytest
from oneiros.plugins import manager
from oneiros_testing.checks.package import excess_imports
from oneiros_testing.imports import faulty_imports

RECORDS = [record for record in manager().records.values() if record.entry_point]


def test_no_manifest_of_this_repository_imports_too_much():
    modules = ", ".join(record.module for record in RECORDS)
    own = {record.module.partition(".")[0] for record in RECORDS}
    assert set(excess_imports(modules)) - own <= {"oneiros.manifest"}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from oneiros.layers import Dense", None),
        ("from oneiros.engine.layer import Layer", None),
        ("from oneiros.errors import *", None),
        ("from oneiros.backend.contract import nothing", "oneiros.backend.contract."),
        ("from oneiros.config import _private", "oneiros.config._private isn't publ"),
        ("def f():\n from oneiros import _x", "oneiros._x isn't published."),
        ("import oneiros_optimizers.optimizer", "belongs to oneiros-optimizers, which"),
    ],
)
def test_what_is_not_published_or_not_required_is_found(
    source, fault, installed, request
):
    name = f"lab-{request.node.callspec.indices['source']}"
    installed(name, {"layer.py": source})
    problems = faulty_imports(name, name.replace("-", "_"))
    assert len(problems) == (fault is not None)
    assert not fault or (
        fault in problems[0] and f"{name[-1]}/layer.py:" in problems[0]
    )

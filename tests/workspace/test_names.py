"""Names of classes: a class is found by its name, so no package has two of one."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [ROOT / "kernel", *sorted((ROOT / "plugins").iterdir())]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_two_classes_of_a_package_share_a_name(package):
    names = Counter(
        node.name
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []

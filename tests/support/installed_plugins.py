"""Plugins of third parties that Python finds for the length of a test."""

import pytest

EMPTY = dict.fromkeys(("__init__.py", "manifest.py", "py.typed"), "")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a plugin of a third party where Python finds it; returns its name."""

    def install(name, files, requirements=("oneiros-kernel>=0.1,<1",)):
        package = name.replace("-", "_")
        folder = tmp_path / package
        folder.mkdir()
        for file, text in {**EMPTY, **files}.items():
            (folder / file).write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0"]
        lines += ["Summary: a plugin", "License-Expression: MIT"]
        lines += ["Requires-Python: >=3.11"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
        (info / "METADATA").write_text("\n".join([*lines, "", "# A plugin"]))
        points = f"[oneiros.v1]\na = {package}.manifest\n"
        (info / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(tmp_path)
        # A disabled plugin that isn't there makes for a manager of its own.
        absent = f"absent-{name}-{tmp_path.parent.name}-{tmp_path.name}"
        monkeypatch.setenv("ONEIROS_DISABLE", f"oneiros-keras-namespace,{absent}")
        return name

    return install

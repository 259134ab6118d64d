"""The examples in the README files of the function plugins print what their comments
say."""

import re
import runpy
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
NAMES = (
    "activations",
    "initializations",
    "regularizers",
    "constraints",
    "objectives",
    "metrics",
)


@pytest.mark.parametrize("name", [*NAMES, "optimizers", "utils", "callbacks"])
def test_example(name, tmp_path, capsys):
    code = re.search(
        r"```python\n(.*?)```", (PLUGINS / name / "README.md").read_text(), re.DOTALL
    )[1]
    (tmp_path / "example.py").write_text(code)
    runpy.run_path(str(tmp_path / "example.py"))
    promised = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.split() == " ".join(promised).split()

"""The examples in the README files of the plugins for files print what their comments
say."""

import re
import runpy

import pytest
from fresh import ROOT


@pytest.mark.parametrize(
    "name",
    ["safe_files", "format_hdf5", "format_safetensors", "format_yaml", "migrations"],
)
def test_example(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.search(
        r"```python\n(.*?)```",
        (ROOT / "plugins" / name / "README.md").read_text(),
        re.DOTALL,
    )[1]
    (tmp_path / "example.py").write_text(code)
    runpy.run_path(str(tmp_path / "example.py"))
    promised = re.findall(r"^ *print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert len(promised) > 0 and capsys.readouterr().out == "\n".join(promised) + "\n"

"""The example in docs/resume.md prints what its last lines say."""

import re
import runpy

from fresh import ROOT


def test_example(tmp_path, monkeypatch, capsys):
    code = re.search(
        r"```python\n(.*?)```", (ROOT / "docs" / "resume.md").read_text(), re.DOTALL
    )[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(code)
    runpy.run_path(str(tmp_path / "example.py"))
    promised = re.findall(r"^# (.*)$", code, re.MULTILINE)
    assert len(promised) == 2 and capsys.readouterr().out.splitlines() == promised

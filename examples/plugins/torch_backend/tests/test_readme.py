"""The README's code runs, and prints what it says."""

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_readme(capsys):
    blocks = re.findall(r"```python.*?\n(.*?)```", README.read_text(), re.DOTALL)
    code = "\n".join(blocks)
    exec(compile(code, str(README), "exec"), {})
    printed = capsys.readouterr().out
    promised = re.findall(r"^ *print.* # (.*)", code, re.MULTILINE)
    assert promised == printed.splitlines()

"""Every attack of the list is refused, cheaply and without a trace.

What resembles one and is none loads.

The attacks are in the modules `attacks_*.py`; each module runs in a process of its own,
under limits.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import CALLS, MIB, MODULES, attacks

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
ATTACKS = attacks()


def run(module):
    """Runs a module's attacks.

    Returns what became of each action, and what the process left behind.
    """
    command = [
        sys.executable,
        "-W",
        "error::UserWarning",
        str(SUPPORT / "hostile.py"),
        module,
    ]
    paths = {"PYTHONPATH": os.pathsep.join([str(SUPPORT), str(HERE)])}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, **paths},
    )
    lines = [
        json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")
    ]
    return lines, f"exit status {done.returncode}\n{done.stderr[-3000:]}"


def test_every_case_of_the_list_has_an_attack():
    assert {attack.number for attack in ATTACKS if not attack.loads} == set(
        range(1, 54)
    )
    assert {attack.build.__module__ for attack in ATTACKS} == set(MODULES)
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_the_readme_lists_them():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    for attack in ATTACKS:
        assert (
            f"- `{attack.name}`"
            if attack.loads
            else f"| {attack.number} | `{attack.name}` |"
        ) in text


@pytest.mark.parametrize("module", MODULES)
def test_attacks_are_refused_and_harmless_files_load(module):
    lines, end = run(module)
    known = {
        attack.name: attack for attack in ATTACKS if attack.build.__module__ == module
    }
    wrong = [line for line in lines if not as_it_should_be(line, known[line["name"]])]
    assert wrong == []
    assert {line["name"] for line in lines} == set(known), (
        f"the process ended early: {end}"
    )


def as_it_should_be(line, attack):
    clean = not (line["changed"] or line["events"] or line["threads"])
    if line["calls"] > CALLS:
        return False
    expected = set(line["expected"] or attack.refusal)
    if attack.loads:
        return line["error"] is None and (
            clean or (attack.writes and not line["threads"])
        )
    return (
        expected & set(line["bases"])
        and line["message"]
        and clean
        and line["mib"] < MIB
    )

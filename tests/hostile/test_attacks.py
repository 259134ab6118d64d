"""Every attack of the list is refused, cheaply and without a trace; what resembles one and is none loads.

The attacks are in the modules `attacks_*.py`; each module runs in a process of its own, under limits.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import MIB, MODULES, attacks

SUPPORT = Path(__file__).parents[1] / "support"
ATTACKS = attacks()


@pytest.fixture(scope="session")
def outcomes():
    """A function that runs an attack's module, once, and returns what became of the attack's actions."""
    done = {}

    def of(attack):
        module = attack.build.__module__
        if module not in done:
            done[module] = run(module)
        lines, failure = done[module]
        found = [line for line in lines if line["name"] == attack.name]
        assert found, f"the process ended before this attack: {failure}"
        return found

    return of


def run(module):
    paths = os.pathsep.join([str(SUPPORT), str(Path(__file__).parent)])
    command = [sys.executable, "-W", "error::UserWarning", str(SUPPORT / "hostile.py"), module]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=400, env={**os.environ, "PYTHONPATH": paths}
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return lines, f"exit status {done.returncode}\n{done.stderr[-3000:]}"


def test_every_case_of_the_list_has_an_attack():
    assert {attack.number for attack in ATTACKS if not attack.loads} == set(range(1, 50))
    assert {attack.build.__module__ for attack in ATTACKS} == set(MODULES)
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_the_readme_lists_them():
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    for attack in ATTACKS:
        assert (f"- `{attack.name}`" if attack.loads else f"| {attack.number} | `{attack.name}` |") in text


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.number:02}-{attack.name}")
def test_attack(attack, outcomes):
    wrong = [line for line in outcomes(attack) if not as_it_should_be(line, attack)]
    assert wrong == []


def as_it_should_be(line, attack):
    clean = not (line["changed"] or line["events"] or line["threads"])
    expected = set(line["expected"] or attack.refusal)
    if attack.loads:
        return line["error"] is None and (clean or (attack.writes and not line["threads"]))
    return expected & set(line["bases"]) and line["message"] and clean and line["mib"] < MIB

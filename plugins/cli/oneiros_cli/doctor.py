"""`oneiros doctor`: what is wrong in an environment, and what to type."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from typing import Annotated, Any

import oneiros
import typer
from oneiros import settings
from oneiros.discovery import KERNEL
from oneiros.plugins import manager

from oneiros_cli import distributions, engines, manifests
from oneiros_cli.broken_settings import set_aside, settings_file
from oneiros_cli.distributions import pythons_of
from oneiros_cli.engines import Engine
from oneiros_cli.faults import Fault
from oneiros_cli.text import one_line, printable

SLOW = 50.0
"""Milliseconds of the processor that importing a manifest may take."""
VARIABLES = ("ONEIROS_", "KERAS_")
"""How environment variables begin that may change what Oneiros does."""


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for machines.")
    ] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds that each engine has to answer.")
    ] = 60.0,
) -> None:
    """Say what is wrong in this environment, and what to type.

    It looks at the settings, Python, the engines and their devices, and all plugins.
    The exit status is 1 if something is wrong.
    """
    found = engines.engines()
    engines.ask(found, patience)
    faults = [
        *set_aside(),
        *_faults(),
        *manifests.faults(),
        *distributions.faults(),
        *engines.faults(found),
    ]
    if as_json:
        print(json.dumps(_report(found, faults), indent=2))
    else:
        _print(found, faults)
    if any(fault.serious for fault in faults):
        raise typer.Exit(1)


def _faults() -> Iterator[Fault]:
    """Yields the faults that discovery recorded."""
    for name, record in manager().records.items():
        for phase, message, _ in record.problems:
            remedy = f"oneiros plugins {name} shows more. Without it: "
            remedy += f"ONEIROS_DISABLE={name}, or pip uninstall {name}"
            if record.state == "conflict":
                remedy = "Choose one, as the message says"
            yield Fault(name, f"{phase}: {message}", remedy)
        if record.import_ms > SLOW:
            yield Fault(
                name,
                f"Importing its manifest takes {record.import_ms:.0f} ms, in every "
                "program.",
                "Its author lets the manifest import nothing but oneiros.hookimpl",
                serious=False,
            )
        if record.state == "disabled":
            source = settings.candidates("disable")[0][1]
            yield Fault(
                name,
                f"It is disabled by {source}.",
                "Remove it from `disable` to use it",
                serious=False,
            )


def settings_in_force() -> Iterator[dict[str, Any]]:
    """Yields the settings that something sets, with their values and sources."""
    for key in settings.SETTINGS:
        for value, source in settings.candidates(key)[:-1]:
            if source != "settings.override":  # of what would harm this process
                yield {"setting": key, "value": value, "source": source}
                break


def _report(found: list[Engine], faults: list[Fault]) -> dict[str, Any]:
    variables = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(VARIABLES)
    }
    return {
        "kernel": oneiros.__version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "pythons": pythons_of(metadata.distribution(KERNEL)),
        "platform": platform.platform(),
        "engines": [asdict(engine) for engine in found],
        "backends_not_installed": list(engines.absent()),
        "settings_file": settings_file(),
        "settings": list(settings_in_force()),
        "variables": variables,
        "faults": [asdict(fault) for fault in faults],
    }


def _print(found: list[Engine], faults: list[Fault]) -> None:
    report = _report(found, faults)
    typer.echo(
        f"Oneiros {report['kernel']} (Python {report['pythons']}), Python "
        f"{report['python']} ({report['executable']}), {report['platform']}"
    )
    for engine in found:
        _print_engine(engine)
    for distribution in report["backends_not_installed"]:
        typer.echo(f"not installed: {distribution}. Type: pip install {distribution}")
    for row in report["settings"]:
        typer.echo(f"{row['setting']} = {row['value']!r}, from {row['source']}")
    for name, value in report["variables"].items():
        typer.echo(one_line(f"{name}={value}"))
    for fault in faults:
        colour = "red" if fault.serious else "yellow"
        typer.echo(one_line(f"{fault.subject}: {fault.text}", fg=colour))
        typer.echo(f"  → {printable(fault.remedy)}")
    serious = sum(fault.serious for fault in faults)
    counted = f"{serious} fault{'s' * (serious > 1)}"
    typer.echo(counted if serious else "Nothing is wrong.")


def _print_engine(engine: Engine) -> None:
    name = one_line(engine.backend, bold=True)
    versions = ", ".join(
        f"{requirement} {version or 'missing'} (tested: {engine.tested[requirement]}; "
        f"Python {engine.pythons.get(requirement) or 'unknown'})"
        for requirement, version in engine.versions.items()
    )
    answer = engine.fault or f"{', '.join(engine.devices)}, {engine.seconds} s"
    typer.echo(f"{name}: {versions or 'no engine'}: {printable(answer)}")

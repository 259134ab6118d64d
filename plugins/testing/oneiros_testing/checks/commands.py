"""Checks of commands of `oneiros`."""

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from oneiros.errors import OneirosError
from typer.testing import CliRunner

from oneiros_testing.checks import THIS_PROCESS, Subject, check
from oneiros_testing.fixtures import folder

ABSENT = "no-such-file.h5"
RUN = "import sys; from oneiros_cli.main import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    # Properties
        status: int, the exit status.
        out, err: str, what it printed.
    """

    status: int
    out: str
    err: str


def application(subject: Subject) -> typer.Typer:
    """Returns an application with this command alone."""
    if isinstance(subject.component, typer.Typer):
        return subject.component
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(subject.name)(subject.component)
    return app


def help_of(subject: Subject) -> str:
    """Returns what `--help` prints."""
    result = CliRunner().invoke(application(subject), ["--help"])
    assert result.exit_code == 0, (
        f"--help ends with {result.exit_code}: {result.output}"
    )
    return " ".join(result.output.split())


@check("command")
def check_is_a_command(subject: Subject) -> None:
    """It is a function or a typer application, and its `--help` works."""
    assert callable(subject.component), f"It is {subject.component!r:.80}."
    help_of(subject)


@check("command", after="check_is_a_command")
def check_command_is_described(subject: Subject) -> None:
    """Its help says in a sentence what it does."""
    component = subject.component
    text = (inspect.getdoc(component) or "").strip()
    if isinstance(component, typer.Typer):
        texts = [component.info.help, *(c.help for c in component.registered_commands)]
        callbacks = [c.callback for c in component.registered_commands]
        texts += [inspect.getdoc(callback) for callback in callbacks if callback]
        text = next((each for each in texts if isinstance(each, str)), "")
    assert len(text.split()) > 1, "Its function has no docstring, so its help is empty."


@check("command", after="check_is_a_command")
def check_options_are_described(subject: Subject) -> None:
    """Each option has a text that says what it is for."""
    for path, options in _options(typer.main.get_command(application(subject))):
        for option in options:
            assert getattr(option, "help", None), (
                f"The option {option.opts[-1]} of {path} has no help. Write: "
                "Annotated[…, typer.Option(help='…')]"
            )


@check("command", after="check_is_a_command")
def check_wrong_usage_is_told(subject: Subject) -> None:
    """An option that doesn't exist ends with the exit status 2."""
    result = CliRunner().invoke(application(subject), ["--no-such-option"])
    assert result.exit_code == 2, (
        f"--no-such-option ends with {result.exit_code}, expected 2, which means wrong "
        f"usage: {result.output:.200}"
    )


@check("command", after="check_is_a_command")
def check_missing_file_is_told(subject: Subject) -> None:
    """If it takes a file that isn't there, it ends with the exit status 1 or 2 and says
    so, without a traceback."""
    command = typer.main.get_command(application(subject))
    needed = [
        each
        for each in command.params
        if each.required and each.param_type_name == "argument"
    ]
    if not needed:
        return
    with folder() as here:
        found = _run(subject, [ABSENT] * len(needed), here)
    said = found.out + found.err
    assert "Traceback" not in said, f"It prints a traceback: …{said[-300:]}"
    assert found.status in (1, 2), (
        f"For the file {ABSENT}, which doesn't exist, it ends with "
        f"{found.status}. Raise an error of oneiros.errors, or typer.Exit(1)."
    )


@check("command", after="check_is_a_command")
def check_help_in_a_process(subject: Subject) -> None:
    """`oneiros NAME --help` works and prints nothing but the help."""
    with folder() as here:
        found = _run(subject, ["--help"], here)
    assert found.status == 0, f"It ends with {found.status}: {found.err}"
    printed = " ".join(found.out.split())
    assert printed.startswith("Usage:"), f"Importing it prints {printed[:80]!r}."
    assert not found.err, f"It prints to stderr: {found.err:.300}"


def _run(subject: Subject, arguments: list[str], here: Path) -> Ended:
    """Runs the command in a process of its own, or here if no plugin has it."""
    if subject.distribution == THIS_PROCESS:
        return _run_here(subject, arguments)
    paths = filter(None, sys.path)
    done = subprocess.run(
        [sys.executable, "-c", RUN, subject.name, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=here,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _run_here(subject: Subject, arguments: list[str]) -> Ended:
    result = CliRunner().invoke(application(subject), arguments)
    error = result.exception
    if isinstance(error, OneirosError):
        return Ended(1, result.stdout, str(error))
    if isinstance(error, Exception):
        return Ended(1, result.stdout, f"Traceback: {error!r}")
    return Ended(result.exit_code, result.stdout, "")


def _options(command: Any, path: str = "it") -> Iterator[tuple[str, list[Any]]]:
    """Yields each command in an application, with its options."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _options(inner, name)
    own = [each for each in command.params if each.param_type_name == "option"]
    yield path, [each for each in own if each.name != "help"]

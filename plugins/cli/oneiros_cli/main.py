"""The `oneiros` command: its options, and the commands that plugins add through the
hook `oneiros_commands`."""

import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from typing import Annotated

import oneiros
import typer
from oneiros import registry
from oneiros.errors import OneirosError, PluginLoadError
from oneiros.plugins import manager

from oneiros_cli.broken_settings import set_aside
from oneiros_cli.isolation import isolated
from oneiros_cli.manifest import COMMANDS
from oneiros_cli.text import printable

ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Settings of a command that gets its arguments as they are."""
LISTING = (["plugins"], ["check"], ["doctor"])
"""The commands that survive plugins which end the process."""
OWN = {name: f"oneiros-cli:{name}" for name in COMMANDS}
"""The commands of this plugin, which no other plugin replaces."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with 0, with 1 after an error of Oneiros, or with
    2 after wrong usage."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments[:1] == ["doctor"]:
            set_aside()
        with isolated() if arguments[:1] in LISTING else nullcontext():
            with redirect_stdout(sys.stderr):  # what manifests print
                manager()
            application(arguments)(args=arguments, prog_name="oneiros")
    except OneirosError as error:
        print(f"oneiros: {printable(str(error))}", file=sys.stderr)
        sys.exit(1)


def application(arguments: list[str]) -> typer.Typer:
    """Returns the application for these arguments. If they name a command, only that
    command is imported."""
    app = typer.Typer(
        help="Oneiros: Keras 1 as a plugin-based microkernel.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    names = registry.names("command")
    for name in arguments[:1] if arguments[:1] and arguments[0] in names else names:
        _add(app, name)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"oneiros {oneiros.__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Accepts the options before a command; `--version` is already handled."""


def _add(app: typer.Typer, name: str) -> None:
    """Adds a command: a typer application or a function."""
    try:
        command = registry.resolve("command", OWN.get(name, name))
        if not callable(command):
            raise PluginLoadError(
                f"The command {name!r} is {command!r:.80}, no function. `oneiros "
                "plugins` shows which plugin has it."
            )
    except OneirosError as error:
        app.command(name, context_settings=ANY_ARGUMENTS)(_broken(error))
        return
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        settings = getattr(command, "context_settings", None)
        app.command(name, context_settings=settings)(command)


def _broken(error: OneirosError) -> Callable[[], None]:
    def run() -> None:
        raise error

    run.__doc__ = f"Doesn't work: {error}"
    return run

"""`oneiros stubs`: what type checkers and editors read of the installed plugins."""

import shutil
import sysconfig
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import oneiros
import typer
from oneiros.discovery import Entry
from oneiros.errors import NameConflictError
from oneiros.plugins import manager

from oneiros_cli.stub_files import BY_KIND, stub_files, tables, write


def stubs(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Write below this folder, such as `typings`; by default into the "
            "environment, where type checkers look."
        ),
    ] = None,
) -> None:
    """Write stubs of the modules that plugins make.

    mypy, pyright and editors then know the names that the installed plugins provide,
    and their arguments. The stubs of Oneiros' own plugins come with Oneiros; run this
    after installing or removing others.
    """
    place = Path(sysconfig.get_path("purelib"), "oneiros-stubs")
    if folder:
        place = folder / "oneiros"
    by_kind = {kind: _chosen(manager().entries[kind]) for kind in BY_KIND}
    modules = {path: _chosen(names) for path, names in manager().modules.items()}
    files = stub_files(tables(by_kind, modules), Path(oneiros.__file__).parent)
    shutil.rmtree(place, ignore_errors=True)
    write(files, place)
    typer.echo(f"{len(files)} stubs in {place}")


def _chosen(names: dict[str, list[Entry]]) -> dict[str, str]:
    """Returns the references of names, without those on which plugins disagree."""
    references = {}
    for name, providers in names.items():
        with suppress(NameConflictError):
            references[name] = manager().choose(providers).reference
    return references

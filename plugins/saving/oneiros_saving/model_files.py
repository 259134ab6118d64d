"""Model files on disk: selects the format that reads or writes a file; writing leaves
either the old file or the new one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oneiros import registry
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros_safe_files import file_access
from oneiros_safe_files.atomic_files import replacing
from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.model_format import Format
from oneiros_safe_files.model_state import ModelState

from oneiros_saving import installed_formats

PathLike = str | os.PathLike[str]
YAML_SUFFIXES = (".yaml", ".yml")
TEXTS = (".json", *YAML_SUFFIXES)
"""Suffixes of configurations, which hold no weights."""
FILES_SHOWN = 5
"""The maximum number of files to list if a folder is passed instead of a file."""


def path_of(filepath: PathLike) -> Path:
    """Returns a path, or raises ArgumentError if it isn't one."""
    path = None
    with suppress(TypeError):  # no path, or one that says it is none
        path = os.fspath(filepath)
    if not isinstance(path, str) or not path or "\0" in path:
        raise ArgumentError(
            f"filepath must be a path, such as 'model.h5'; received {filepath!r:.80}."
        )
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise ArgumentError(
            f"filepath is {path!r:.80}, which holds half of a character. Pass a name "
            "of whole characters."
        ) from None
    return Path(path)


def resolved(filepath: PathLike) -> Path:
    """Returns the path of a file that may not exist yet, with links followed.

    # Raises
        ArgumentError: if it isn't a path, or the system can have no file there.
    """
    path = path_of(filepath)
    try:
        real_path = Path(os.path.realpath(path))
        with suppress(FileNotFoundError, NotADirectoryError):
            real_path.stat()
    except OSError as error:
        raise ArgumentError(
            f"Can't save to {path!s:.300}: {error.strerror}. Choose another path."
        ) from error
    return real_path


def existing(filepath: PathLike) -> Path:
    """Returns the path of an existing file, or raises FileMissingError."""
    path = path_of(filepath)
    is_file = False
    is_folder = False
    with suppress(OSError):  # a name that is too long for the system
        is_file = path.is_file()
        is_folder = path.is_dir()
    if is_file:
        return path
    if is_folder:
        files = sorted(file.name for file in path.iterdir() if file.is_file())
        listed = ", ".join(files[:FILES_SHOWN]) or "none"
        raise FileMissingError(
            f"{path!s:.300} is a folder. Pass the path of a model file; it contains: "
            f"{listed}."
        )
    raise FileMissingError(
        f"There is no file at {path!s:.300} (in {Path.cwd()}). Only local files are "
        "opened."
    )


def read(filepath: PathLike, budget: Budget | None = None) -> tuple[Format, ModelState]:
    """Returns the format that recognises a file by its first bytes, and the
    contents."""
    path = existing(filepath)
    form = installed_formats.recognising(path)
    if form is None:
        raise _unrecognised(path)
    with file_access.loading(path), naming(path):
        state = form.read(path, checked(budget))
    check_extent(state, budget, path)
    return form, state


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Context manager in which a refusal of a text names the file that has it."""
    try:
        yield
    except (ConfigError, UnsafeFileError) as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


def _unrecognised(path: Path) -> FileFormatError:
    head = installed_formats.read_head(path)
    if not registry.names("format"):
        installed_formats.hdf5()  # raises the error that says what to install
    sentences = [
        f"{path} isn't a model file: it begins with {head[:16]!r}.",
        f"Installed formats: {', '.join(registry.names('format'))}.",
        *installed_formats.faults(head),
    ]
    if path.suffix in TEXTS or head.lstrip().startswith((b"{", b'"')):
        sentences.append(
            "For the text of a configuration, use model_from_json or model_from_yaml."
        )
    return FileFormatError(" ".join(sentences))


def target(filepath: PathLike, overwrite: bool = True) -> Path | None:
    """Returns the path to write to, with links followed; None if the user wants to keep
    the existing file.

    # Raises
        FileMissingError, ArgumentError: if the file can't be written.
    """
    path = resolved(filepath)
    if not path.parent.is_dir():
        raise FileMissingError(
            f"Can't save to {path}: there is no folder {path.parent}. Create it first."
        )
    if path.exists() and not path.is_file():
        raise ArgumentError(f"Can't save to {path}: it exists but isn't a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise ArgumentError(
            f"Can't save to {path}: it is read-only. Save elsewhere, or `chmod u+w` it."
        )
    if overwrite or not os.path.lexists(filepath) or _user_agrees(path):
        return path
    return None


def write(path: Path, state: ModelState) -> None:
    """Writes a file in the format of its suffix; the old file stays until the new one
    is complete.

    # Raises
        FileAccessError: if the disk is full, or writing isn't permitted.
    """
    form = installed_formats.for_suffix(path)
    with replacing(path) as draft:
        form.write(draft, state)


def write_text(path: Path, text: str) -> None:
    """Writes a text, like `write` for a model."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def _user_agrees(path: Path) -> bool:
    """Asks whether to replace a file; raises ArgumentError if nobody can answer."""
    if not sys.stdin or not sys.stdin.isatty():
        raise ArgumentError(
            f"{path} exists, and overwrite=False. Pass overwrite=True, or another path."
        )
    answer = input(f"{path} exists. Overwrite it? [y/n] ")
    return answer.strip().lower() in ("y", "yes")

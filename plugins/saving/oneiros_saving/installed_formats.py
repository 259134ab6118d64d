"""The installed file formats, and which one reads or writes a file.

If a format doesn't work, the failure is recorded for its plugin (`oneiros plugins`
shows it), and the other formats are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from oneiros import plugins, registry
from oneiros.errors import NameConflictError, PluginLoadError
from oneiros_safe_files import file_access
from oneiros_safe_files.model_format import Format

HEAD_BYTES = 512
"""The number of bytes by which a format recognises a file."""


def recognising(path: Path) -> Format | None:
    """Returns the format that recognises a file by its first bytes, if one does."""
    head = read_head(path)
    for name, cls in classes():
        with _isolated(name):
            candidate: Format = cls()
            if candidate.recognises(head):
                return candidate
    return None


def for_suffix(path: Path) -> Format:
    """Returns the format of a path's suffix, HDF5 by default.

    # Raises
        PluginLoadError: if the format of that suffix doesn't work.
    """
    for name, cls in classes():
        if path.suffix in suffixes_of(cls):
            return _made(name, cls)
    fallback: Format = hdf5()
    return fallback


def has_suffix(suffix: str) -> bool:
    """Returns whether a format has this suffix."""
    return any(suffix in suffixes_of(cls) for _, cls in classes())


def hdf5() -> Any:
    """Returns the format `hdf5`."""
    return registry.resolve("format", "hdf5")()


def suffixes_of(cls: type[Format]) -> tuple[str, ...]:
    """Returns a format's suffixes; none if its declaration is invalid."""
    suffixes = getattr(cls, "suffixes", ())
    return suffixes if isinstance(suffixes, tuple) else ()


def classes() -> Iterator[tuple[str, type[Format]]]:
    """Yields the names and classes of all formats that can be imported."""
    for name in registry.names("format"):
        with suppress(PluginLoadError, NameConflictError):
            yield name, registry.resolve("format", name)


def read_head(path: Path) -> bytes:
    """Returns a file's first bytes.

    # Raises
        FileAccessError: if the system doesn't let it be read.
    """
    with file_access.loading(path), file_access.open_regular(path) as file:
        return file.read(HEAD_BYTES)


def faults(head: bytes) -> list[str]:
    """Returns a sentence for each format that fails to check whether it recognises a
    file that begins with `head`."""
    sentences = []
    for name in registry.names("format"):
        try:
            registry.resolve("format", name)().recognises(head)
        except Exception as error:
            sentences.append(_sentence(name, error))
    return sentences


def _made(name: str, cls: type[Format]) -> Format:
    try:
        return cls()
    except MemoryError:
        raise  # isn't the plugin's fault
    except Exception as error:
        raise PluginLoadError(_sentence(name, error)) from error


@contextmanager
def _isolated(name: str) -> Iterator[None]:
    """Context manager under which an error is recorded as the plugin's."""
    try:
        yield
    except MemoryError:
        raise  # isn't the plugin's fault
    except Exception as error:
        entry = registry.find("format", name)
        record = plugins.manager().records.get(entry.distribution if entry else "")
        if record is not None:
            record.report("oneiros_formats", error)


def _sentence(name: str, error: Exception) -> str:
    entry = None
    with suppress(NameConflictError):
        entry = registry.find("format", name)
    owner = f" of {entry.distribution}" if entry else ""
    return (
        f"The format {name!r}{owner} doesn't work: {type(error).__name__}: {error}. "
        f"Disable or repair its plugin; `oneiros plugins` shows more."
    )

"""The objects and permissions of the caller of a load, active while a model is
built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import load_context
from oneiros.errors import ArgumentError, ConfigError, OneirosError
from oneiros.load_context import BuildLimits
from oneiros.plugins import Entry, manager
from oneiros_safe_files import file_access
from oneiros_safe_files.clock import check_time

from oneiros_saving.config_references import layers
from oneiros_saving.import_permission import Permission

MAX_MESSAGE = 10_000
"""The number of characters in an error's message above which it is cut."""
MESSAGE_START = 1_000
MESSAGE_END = 300
"""The number of characters that remain of its start, and of its end, the advice."""
Objects = dict[str, Any] | None
Plugins = str | Iterable[str]


class CallerChoices:
    """The caller's own objects, functions that files can't hold, and the plugins that
    may be imported.

    # Arguments
        custom_objects, functions, plugins: as for `load_model`.

    # Raises
        ArgumentError: if the first two aren't dicts, or `plugins` is invalid.
    """

    def __init__(
        self, custom_objects: Objects, functions: Objects, plugins: Plugins
    ) -> None:
        self._permission = Permission(plugins)
        self.custom_objects = _checked("custom_objects", custom_objects)
        self.functions = _checked("functions", functions)

    @contextmanager
    def in_force(self, limits: BuildLimits | None, source: Any) -> Iterator[None]:
        """Context manager that activates them, in addition to those of an outer load.

        # Arguments
            limits: `BuildLimits`, limits for what is built.
            source: the file or text, for the log.
        """
        outer = load_context.current()
        context = load_context.changed(
            custom_objects={**outer.custom_objects, **self.custom_objects},
            functions={**outer.functions, **self.functions},
            limits=limits,
            permit=self._permit,
            manager=manager(),
        )
        with (
            context,
            self._permission.logged(source),
            _enough_memory(source),
            _short_messages(),
        ):
            yield

    def _permit(self, entry: Entry) -> None:
        check_time()
        self._permission.check(entry)

    def check_functions(self, config: Any) -> None:
        """Raises ArgumentError if the caller supplied a function for a layer that isn't
        in a configuration."""
        parts = [
            part.config for part in layers(config) if isinstance(part.config, dict)
        ]
        names = [part["name"] for part in parts if isinstance(part.get("name"), str)]
        unknown = [name for name in self.functions if name not in names]
        if unknown:
            raise ArgumentError(
                f"functions has {', '.join(map(repr, unknown)):.200}, but the file has "
                f"no layer of that name. Its layers: {', '.join(names):.300}."
            )


@contextmanager
def _enough_memory(source: Any) -> Iterator[None]:
    """Context manager under which short memory isn't a mistake in a configuration."""
    try:
        yield
    except ConfigError as error:
        if isinstance(error.__cause__, MemoryError):
            raise file_access.unreadable(source, error.__cause__) from error
        raise


@contextmanager
def _short_messages() -> Iterator[None]:
    """Context manager under which an error quotes no more of a configuration than
    anyone reads."""
    try:
        yield
    except OneirosError as error:
        if error.args == (str(error),):  # not one of the system's, with its number
            error.args = (_shortened(str(error)),)
        notes = getattr(error, "__notes__", [])
        notes[:] = map(_shortened, notes)
        raise


def _shortened(message: str) -> str:
    if len(message) <= MAX_MESSAGE:
        return message
    omitted = len(message) - MESSAGE_START - MESSAGE_END
    return (
        f"{message[:MESSAGE_START]}… ({omitted:,} characters more) "
        f"…{message[-MESSAGE_END:]}"
    )


def _checked(argument: str, supplied: Objects) -> dict[str, Any]:
    if isinstance(supplied, dict):
        return supplied
    is_empty = isinstance(supplied, (list, tuple)) and not supplied
    if supplied is None or is_empty:
        return {}
    raise ArgumentError(
        f"{argument} must be a dict from names to objects; received {supplied!r:.80}."
    )

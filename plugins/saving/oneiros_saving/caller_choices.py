"""The caller's objects and the plugins that a file may import, active while a model is
built."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from oneiros import load_context, registry
from oneiros.discovery import Entry
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    OneirosError,
    UnknownNameError,
    UnsafeFileError,
)
from oneiros.load_context import BuildLimits
from oneiros.plugins import KINDS, manager
from oneiros.settings import distribution_name
from oneiros_safe_files import file_access
from oneiros_safe_files.budget import check_time

from oneiros_saving.config_references import layers
from oneiros_saving.provenance import NAMED_KINDS, chosen_by, first_party

LOGGER = logging.getLogger("oneiros")
INSTALLED = "installed"
LOADED = "loaded"
"""The choices other than a list: all plugins, and those that are already imported."""
GUARDED_KINDS = (*NAMED_KINDS, "migration")
"""Kinds of objects that a file may import: objects that it names, and migrations of
their older arguments."""
MAX_MESSAGE = 10_000
"""The number of characters in an error's message above which it is cut."""
MESSAGE_START = 1_000
MESSAGE_END = 300
"""The number of characters that remain of its start, and of its end, the advice."""
Objects = dict[str, Any] | None
Plugins = str | Iterable[str]
_kept: dict[str, Any] = {}
"""The objects of earlier loads that stay known, but not to the files of strangers."""


class CallerChoices:
    """The caller's own objects, functions that files can't hold, and the plugins that
    may be imported.

    # Arguments
        custom_objects, functions, plugins: as for `load_model`.

    # Raises
        ArgumentError: if the first two aren't dicts, or `plugins` is invalid.
    """

    def __init__(self, custom_objects: Objects, functions: Objects, plugins: Plugins):
        self.custom_objects = _checked("custom_objects", custom_objects)
        self.functions = _checked("functions", functions)
        self._plugins = plugins
        self._allowed = first_party() | _listed(plugins)
        self._imported: set[str] = set()

    @contextmanager
    def in_force(
        self, limits: BuildLimits | None, source, recorded=None
    ) -> Iterator[None]:
        """Context manager that activates them, in addition to those of an outer load;
        logs at its end which plugins were imported.

        # Arguments
            limits: `BuildLimits`, limits for what is built.
            source: the file or text, for the log.
            recorded: the origins of objects that the file records.
        """
        outer = load_context.current()
        known = outer.custom_objects
        if self._plugins == LOADED:
            known = {
                name: value
                for name, value in known.items()
                if _kept.get(name) is not value
            }
        context = load_context.changed(
            custom_objects={**known, **self.custom_objects},
            functions={**outer.functions, **self.functions},
            limits=limits,
            permit=self._permit,
            manager=chosen_by(recorded),
        )
        try:
            with context, _readable_errors(source):
                yield
            self._keep(outer.custom_objects)
        finally:
            if self._imported:
                plugins = ", ".join(sorted(self._imported))
                LOGGER.info("%s imported these plugins: %s", source, plugins)

    def _keep(self, known: dict[str, Any]) -> None:
        """Adds the caller's objects to those that stay known, as in Keras 1, unless
        something else has their name."""
        if self._plugins == LOADED:
            return
        for name, value in self.custom_objects.items():
            is_ours = any(registry.find(kind, name) for kind in KINDS)
            if not is_ours and name not in known:
                known[name] = _kept[name] = value

    def _permit(self, entry: Entry) -> None:
        """Raises UnsafeFileError if an entry may not be imported."""
        check_time()
        if not _is_new(entry):
            return
        version = manager().records[entry.distribution].version
        owner = f"{entry.distribution} {version}"
        if self._plugins != INSTALLED and entry.distribution not in self._allowed:
            module = entry.module
            raise UnsafeFileError(
                f"The file needs the {entry.kind} {entry.name!r}, which is in {module} "
                f"of {owner}. It isn't imported yet, and "
                f"plugins={self._plugins!r} doesn't let a file import it. To permit "
                f"it: plugins=[{entry.distribution!r}], or `import {module}` first."
            )
        self._imported.add(owner)

    def check_functions(self, config) -> None:
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
def _readable_errors(source) -> Iterator[None]:
    """Context manager under which short memory isn't a mistake in a configuration, and
    an error quotes no more of it than anyone reads."""
    try:
        yield
    except OneirosError as error:
        if isinstance(error, ConfigError) and isinstance(error.__cause__, MemoryError):
            raise file_access.unreadable(source, error.__cause__) from error
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


def nothing_foreign() -> AbstractContextManager[Any]:
    """Returns a context manager under which names of third-party plugins count as
    unknown unless they are already imported."""
    own = first_party()

    def check(entry: Entry) -> None:
        if _is_new(entry) and entry.distribution not in own:
            raise UnknownNameError(
                f"The {entry.kind} {entry.name!r} of {entry.distribution} isn't "
                f"imported."
            )

    return load_context.changed(permit=check)


def _is_new(entry: Entry) -> bool:
    """Returns whether using an entry imports something."""
    is_here = entry in registry.registered or entry.module in sys.modules
    return entry.kind in GUARDED_KINDS and not is_here


def _listed(plugins) -> set[str]:
    """Returns the distributions that a caller lists.

    # Raises
        ArgumentError: if `plugins` is neither a list of names nor a choice.
    """
    if isinstance(plugins, str) and plugins in (INSTALLED, LOADED):
        return set()
    if isinstance(plugins, (list, tuple, set, frozenset)):
        names = list(plugins)
        if all(isinstance(name, str) for name in names):
            return {distribution_name(name) for name in names}
    expected = "a list of distributions' names"
    if isinstance(plugins, str):
        expected = f"a list: plugins=[{plugins!r}]"
    raise ArgumentError(
        f"plugins={plugins!r} is neither one of {(INSTALLED, LOADED)} nor {expected}."
    )

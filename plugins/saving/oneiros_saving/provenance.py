"""The origin of objects: the distribution of an object, the record in a saved file of
every part of its model, and the names that no installed plugin provides, reported
before anything is built or imported."""

import copy
import inspect
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from oneiros import config as configs
from oneiros import load_context, modules, registry, settings
from oneiros.backend.dispatch import backend_of
from oneiros.discovery import Entry, PluginRecord
from oneiros.engine.layer import Layer
from oneiros.errors import ConfigError, NameConflictError, UnknownNameError
from oneiros.plugins import PluginManager, manager
from oneiros.user_warnings import warn
from oneiros_constraints.constraint import Constraint
from oneiros_optimizers.optimizer import Optimizer
from oneiros_regularizers.regularizer import Regularizer
from oneiros_safe_files import json_text
from oneiros_safe_files.functions import FUNCTION_KINDS
from oneiros_safe_files.model_state import ModelState
from oneiros_training.parts import items_of, parts_of

from oneiros_saving.config_references import Reference, find, references

Origins = dict[str, dict[str, Any]]
KEY = "oneiros_provenance"
BASES = {
    "layer": Layer,
    "optimizer": Optimizer,
    "regularizer": Regularizer,
    "constraint": Constraint,
}
NAMED_KINDS = (*BASES, *FUNCTION_KINDS)
"""Kinds of objects that a file may name."""
MAX_MISSING = 1_000
"""The number of missing names after which no more are looked for."""
SHOWN_NAMES = 20
"""The maximum number of missing names that an error explains."""
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]{0,49}")


def provenance(obj) -> dict[str, Any] | None:
    """Returns the `distribution` and `version` of an object, class or function.

    None if no plugin has it, or if several plugins share its package.
    """
    target = obj if hasattr(obj, "__qualname__") else type(obj)
    module = str(target.__module__)
    registered = [
        entry for entry, value in registry.registered.items() if value is target
    ]
    origin = (
        next(iter(registered), None)
        or _nearest(module, manager().records.values())
        or _nearest(module, _entries())
    )
    return _released(origin) if origin else None


def _released(origin: Entry | PluginRecord) -> dict[str, Any]:
    """Returns the distribution of an entry or a record, with its version if it's
    installed."""
    record = manager().records.get(origin.distribution)
    version = record.version if record else ""
    return {"distribution": origin.distribution, "version": version}


def origins_of(model, model_config, training_config) -> Origins:
    """Returns, by `kind:name`, the distribution and version of every part of a
    model."""
    named = references(*json.loads(json_text.dumps([model_config, training_config])))
    record: dict[str, Any] = {each.key: _origin(each.kind, each.name) for each in named}
    backend = backend_of(model).name
    record[f"backend:{backend}"] = _origin("backend", backend)
    for _, part in parts_of(model):
        for used in (type(part), *used_by(part)):
            record.update(dict.fromkeys(keys_of(used), provenance(used)))
    return {key: origin for key, origin in sorted(record.items()) if origin}


def stated(origin) -> str:
    """Returns a sentence about an origin that a file records; empty if the record is
    invalid. It may be meant to deceive, so it never advises to install what only a file
    names."""
    distribution, version = _stated({"": origin}, "")
    if not distribution:
        return ""
    source = f"{distribution} {version}".strip()
    if distribution in manager().records:
        return (
            f"The file says that it is of '{source}'. {registry.absence(distribution)}"
        )
    return (
        f"The file claims that it came from '{source}'. Anyone can write that: ask the "
        "file's author before you install anything."
    )


def recorded_in(state: ModelState) -> dict[str, Any]:
    """Returns the origins of objects that a file records, or a configuration without a
    file, such as JSON, under the key `oneiros_provenance`."""
    config = state.model_config if isinstance(state.model_config, dict) else {}
    recorded = state.provenance or config.get(KEY)
    return recorded if isinstance(recorded, dict) else {}


def chosen_by(recorded) -> PluginManager:
    """Returns the plugins for a load: of several that provide a name, that counts which
    the file records, if it is there."""
    plugins = copy.copy(manager())
    decided = {
        key: entry.distribution
        for key in recorded or {}
        if (entry := _recorded_entry(key, recorded))
    }
    plugins.prefer = {**plugins.prefer, **decided}
    return plugins


def _recorded_entry(key: str, recorded) -> Entry | None:
    """Returns what the distribution that a file records for a `kind:name` provides
    here."""
    kind, _, name = key.partition(":")
    distribution, _ = _stated(recorded, key)
    if not distribution or kind not in NAMED_KINDS:
        return None
    return registry.find(kind, f"{distribution}:{name}")


def _stated(recorded, key: str) -> tuple[str, str]:
    """Returns the distribution and the version that a file records for a `kind:name`;
    empty texts for what isn't valid."""
    origin = recorded.get(key)
    fields = origin if isinstance(origin, dict) else {}
    distribution = _matched(_DISTRIBUTION, fields.get("distribution"))
    return distribution, _matched(_VERSION, fields.get("version"))


def first_party() -> set[str]:
    """Returns the distributions that belong to Oneiros."""
    return set(registry.owners()["package"].values())


def _matched(pattern: re.Pattern[str], text) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    return ""


def provider_of(kind: str, name: str) -> Entry | None:
    """Returns the entry of a name, if exactly one plugin provides it."""
    for each in FUNCTION_KINDS if kind == "function" else (kind,):
        providers = [entry for entry in registry.registered if _is(entry, each, name)]
        providers += manager().entries[each].get(name, ())
        if providers:
            entry, conflict = manager().settle(providers)
            return None if conflict else entry
    with suppress(NameConflictError):
        return find(kind, name)
    return None


def _is(entry: Entry, kind: str, name: str) -> bool:
    return (entry.kind, entry.name) == (kind, name)


def _origin(kind: str, name: str) -> dict[str, Any] | None:
    entry = provider_of(kind, name)
    return _released(entry) if entry else None


def keys_of(used) -> list[str]:
    """Returns the `kind:name` under which a class or a function appears in a
    configuration."""
    if isinstance(used, type):
        kinds = [kind for kind, base in BASES.items() if issubclass(used, base)]
    else:
        reference = f"{used.__module__}:{used.__qualname__}"
        entries = [(kind, provider_of(kind, used.__name__)) for kind in FUNCTION_KINDS]
        kinds = [
            kind for kind, entry in entries if entry and entry.reference == reference
        ] or ["function"]
    return [f"{kind}:{used.__name__}" for kind in kinds]


def _entries() -> Iterator[Entry]:
    """Gives all that plugins provide."""
    plugins = manager()
    for table in (*plugins.entries.values(), *plugins.modules.values()):
        for providers in table.values():
            yield from providers


def _nearest(module: str, origins: Iterable[Any]):
    """Returns the entry or record with the innermost package that holds a module; None
    if there is none, or if several distributions share that package."""
    around = [x for x in origins if f"{module}.".startswith(f"{_package(x)}.")]
    depth = max((len(_package(origin)) for origin in around), default=0)
    nearest = [origin for origin in around if len(_package(origin)) == depth]
    distributions = {origin.distribution for origin in nearest}
    return nearest[0] if len(distributions) == 1 else None


def _package(origin) -> str:
    """Returns the package of an entry's or a record's module; a module in none is its
    own."""
    module: str = origin.module
    return module.rpartition(".")[0] or module


def used_by(layer) -> Iterator[Any]:
    """Yields the functions and classes that a layer's configuration names."""
    config = layer.get_config()
    arguments = config.values() if isinstance(config, dict) else ()
    names = [value for value in arguments if isinstance(value, str)]
    for _, _, value in items_of(vars(layer)):
        if inspect.isfunction(value) and value.__name__ in names:
            yield value
            continue
        is_other = isinstance(value, (type, Layer, Optimizer))
        if hasattr(value, "get_config") and not is_other:  # as regularizers
            yield type(value)


# Missing names


@dataclass(frozen=True)
class Missing:
    """A name in a file that no installed plugin provides.

    # Properties
        advice: str, what to install or to do.
        origin: str, a sentence about its origin as recorded in the file; may be empty.
    """

    kind: str
    name: str
    where: list[str]
    advice: str
    origin: str


def missing(named: Iterable[Reference], provenance=None) -> list[Missing]:
    """Returns the names that no installed plugin provides, each once, with their
    recorded origin; at most `MAX_MISSING`.

    # Arguments
        named: references of a configuration.
        provenance: the record in the file; it may be anything, because the file is
            untrusted.
    """
    recorded_origins = provenance if isinstance(provenance, dict) else {}
    places: dict[tuple[str, str], dict[str, None]] = {}
    for reference in named:
        if len(places) == MAX_MISSING:
            break
        if _known(reference):
            continue
        is_owned = reference.name in registry.owners().get(reference.kind, {})
        if reference.certain or reference.key in recorded_origins or is_owned:
            where = places.setdefault((reference.kind, reference.name), {})
            where[reference.where] = None
    return [
        Missing(
            kind,
            name,
            list(where),
            advice=_advice(kind, name),
            origin=stated(recorded_origins.get(f"{kind}:{name}")),
        )
        for (kind, name), where in places.items()
    ]


def check(model_config, training_config=None, provenance=None) -> None:
    """Checks all names of a configuration, before anything is built or imported.

    # Raises
        UnknownNameError: lists what is missing.
        UnsafeFileError: if something may not be imported.
        ConfigError: with `ONEIROS_STRICT=1`, if a name is of another plugin than the
            file records; otherwise that is a warning.
    """
    named = list(references(model_config, training_config))
    missing_names = missing(named, provenance)
    if not missing_names:
        for reference in named:
            entry = provider_of(reference.kind, reference.name)
            is_custom = reference.name in configs.known_objects()
            if entry and reference.certain and not is_custom:
                load_context.current().permit(entry)
                _check_rival(entry, reference.key, provenance or {})
        return
    shown = missing_names[:SHOWN_NAMES]
    lines = [f"{each.advice} {each.origin}".strip() for each in shown]
    count = len(missing_names)
    if count > 1:
        at_least = "At least " if count == MAX_MISSING else ""
        first = f" The first {SHOWN_NAMES}:" if count > SHOWN_NAMES else ""
        lines = [f"{at_least}{count:,} names are unknown here.{first}", *lines]
    raise UnknownNameError("\n".join(lines) + " Nothing was built.")


def _check_rival(entry: Entry, key: str, recorded: dict[str, Any]) -> None:
    """Warns, or refuses, if a name isn't of the plugin that a file records."""
    distribution, version = _stated(recorded, key)
    used = entry.distribution
    if distribution in ("", used) or {distribution, used} <= first_party():
        return
    record = manager().records.get(distribution)
    state = "isn't installed here"
    if record:
        state = "is disabled here" if record.state == "disabled" else "lacks it here"
    source = f"{distribution} {version}".strip()
    text = (
        f"The file says that its {entry.kind} {entry.name!r} is of {source}, which "
        f"{state}. That of {used} has the same name and may compute something else."
    )
    if settings.get("strict"):
        raise ConfigError(f"{text} Nothing was built, as `strict` is set.")
    warn(f"{text} It is used; ONEIROS_STRICT=1 refuses it.")


@contextmanager
def versions_named(recorded: dict[str, Any]) -> Iterator[None]:
    """Context manager in which an error about a class names the versions of its plugin,
    if that isn't the file's."""
    try:
        yield
    except ConfigError as error:
        named = dict.fromkeys(_other_versions(str(error), recorded))
        error.args = (" ".join([str(error), *named]),)
        raise


def _other_versions(message: str, recorded: dict[str, Any]) -> Iterator[str]:
    """Yields sentences about the versions of what an error mentions."""
    for key in recorded:
        name = key.partition(":")[2]
        if not re.search(rf"\b{re.escape(name)}\b", message):
            continue
        entry = _recorded_entry(key, recorded)
        record = manager().records.get(entry.distribution) if entry else None
        _, version = _stated(recorded, key)
        if record and version not in ("", record.version):
            yield (
                f"The file was saved with {record.distribution} {version}; here is "
                f"{record.version}."
            )


def _known(reference: Reference) -> bool:
    custom = configs.known_objects()
    if reference.name in custom or reference.name.rpartition(".")[2] in custom:
        return True
    if modules.patched(reference.kind, reference.name) is not None:
        return True
    try:
        return find(reference.kind, reference.name) is not None
    except NameConflictError:
        return True


def _advice(kind: str, name: str) -> str:
    try:
        configs.get_object("metric" if kind == "function" else kind, name)
    except UnknownNameError as error:
        return str(error)
    return f"Unknown {kind} {name!r}."

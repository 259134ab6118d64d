"""Where objects come from: what a saved file says of it, and what is missing where the
file is loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from oneiros import config as configs
from oneiros import load_context, modules, plugins, registry
from oneiros.backend.dispatch import backend_of
from oneiros.engine.layer import Layer
from oneiros.errors import NameConflictError, UnknownNameError
from oneiros_constraints.constraint import Constraint
from oneiros_optimizers.optimizer import Optimizer
from oneiros_regularizers.regularizer import Regularizer
from oneiros_safe_files import json_text

from oneiros_saving.parts import parts_of, used_by
from oneiros_saving.references import Reference, find, references

Origins = dict[str, dict[str, Any]]
KEY = "oneiros_provenance"
FIELDS = ("distribution", "version", "api_level")
BASES = {
    "layer": Layer,
    "optimizer": Optimizer,
    "regularizer": Regularizer,
    "constraint": Constraint,
}
NAMED_KINDS = (*BASES, *configs.FUNCTION_KINDS)
"""Kinds of objects that a file may name."""
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]{0,49}")


@dataclass(frozen=True)
class Missing:
    """A name of a file that nothing here provides.

    # Properties
        advice: str, what to install or to do.
        origin: str, what the file says of where it came from; empty if it says nothing.
    """

    kind: str
    name: str
    where: list[str]
    advice: str
    origin: str


def recorded(model: Any, model_config: Any, training_config: Any) -> Origins:
    """Returns, by `kind:name`, the distribution, version and API level of all that a
    model is made of."""
    named = references(*json.loads(json_text.dumps([model_config, training_config])))
    record: dict[str, Any] = {each.key: _origin(each.kind, each.name) for each in named}
    backend = backend_of(model).name
    record[f"backend:{backend}"] = _origin("backend", backend)
    for _, part in parts_of(model):
        for used in (type(part), *used_by(part)):
            record.update(dict.fromkeys(_keys(used), registry.provenance(used)))
    return {key: origin for key, origin in sorted(record.items()) if origin}


def missing(named: Iterable[Reference], provenance: Any = None) -> list[Missing]:
    """Returns which of the names nothing here provides, each once, with what the file
    says of their origin.

    # Arguments
        named: references of a configuration.
        provenance: what the file holds of it; it may be anything, since a stranger may
            have written it.
    """
    recorded_origins = provenance if isinstance(provenance, dict) else {}
    places: dict[tuple[str, str], dict[str, None]] = {}
    for reference in named:
        if _known(reference):
            continue
        if reference.certain or reference.key in recorded_origins or _owned(reference):
            where = places.setdefault((reference.kind, reference.name), {})
            where[reference.where] = None
    return [
        Missing(
            kind=kind,
            name=name,
            where=list(where),
            advice=_advice(kind, name),
            origin=stated(recorded_origins.get(f"{kind}:{name}")),
        )
        for (kind, name), where in places.items()
    ]


def check(
    model_config: Any, training_config: Any = None, provenance: Any = None
) -> None:
    """Checks all names of a configuration, before anything is built or imported.

    A model's configuration alone, such as JSON, may hold its provenance under the key
    `oneiros_provenance`.

    # Raises
        UnknownNameError: that tells of all that is missing.
        UnsafeFileError: if something may not be imported.
    """
    if provenance is None and isinstance(model_config, dict):
        provenance = model_config.get(KEY)
    named = list(references(model_config, training_config))
    missing_names = missing(named, provenance)
    if not missing_names:
        return _check_permitted(named)
    lines = [f"{each.advice} {each.origin}".strip() for each in missing_names]
    if len(lines) > 1:
        lines = [f"{len(lines)} names are unknown here.", *lines]
    raise UnknownNameError("\n".join(lines) + " Nothing was built.")


def _check_permitted(named: Iterable[Reference]) -> None:
    for reference in named:
        entry = _provider(reference.kind, reference.name)
        if (
            entry
            and reference.certain
            and reference.name not in configs.known_objects()
        ):
            load_context.current().permit(entry)


def stated(origin: Any) -> str:
    """Returns a sentence about an origin that a file states; empty unless it has the
    form of one."""
    fields = origin if isinstance(origin, dict) else {}
    source = str(fields.get("distribution", ""))
    version = str(fields.get("version", ""))
    if not _DISTRIBUTION.fullmatch(source):
        return ""
    if _VERSION.fullmatch(version):
        source = f"{source} {version}"
    return (
        f"The file says that it came from {source}: install that if you trust the file."
    )


def _origin(kind: str, name: str) -> dict[str, Any] | None:
    entry = _provider(kind, name)
    return {key: getattr(entry, key) for key in FIELDS} if entry else None


def _provider(kind: str, name: str) -> plugins.Entry | None:
    """Returns who provides a name, if one does and no more."""
    with suppress(NameConflictError):
        return find(kind, name)
    return None


def _keys(used: Any) -> list[str]:
    """Returns the `kind:name` under which a class or a function appears in a
    configuration."""
    if isinstance(used, type):
        kinds = [kind for kind, base in BASES.items() if issubclass(used, base)]
    else:
        reference = f"{used.__module__}:{used.__qualname__}"
        entries = [
            (kind, _provider(kind, used.__name__)) for kind in configs.FUNCTION_KINDS
        ]
        kinds = [
            kind for kind, entry in entries if entry and entry.reference == reference
        ] or ["function"]
    return [f"{kind}:{used.__name__}" for kind in kinds]


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


def _owned(reference: Reference) -> bool:
    return reference.name in registry.owners().get(reference.kind, {})


def _advice(kind: str, name: str) -> str:
    try:
        configs.get_object("metric" if kind == "function" else kind, name)
    except UnknownNameError as error:
        return str(error)
    return f"Unknown {kind} {name!r}."

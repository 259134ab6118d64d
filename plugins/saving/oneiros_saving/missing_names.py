"""Names of a configuration that no installed plugin provides, reported before anything
is built or imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oneiros import config as configs
from oneiros import load_context, modules, registry
from oneiros.errors import NameConflictError, UnknownNameError

from oneiros_saving.config_references import Reference, find, references
from oneiros_saving.provenance import KEY, provider_of, stated

MAX_MISSING = 1_000
"""The number of missing names after which no more are looked for."""
SHOWN_NAMES = 20
"""The maximum number of missing names that an error explains."""


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


def missing(named: Iterable[Reference], provenance: Any = None) -> list[Missing]:
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

    A model's configuration without a file, such as JSON, may hold its provenance under
    the key `oneiros_provenance`.

    # Raises
        UnknownNameError: lists what is missing.
        UnsafeFileError: if something may not be imported.
    """
    if provenance is None and isinstance(model_config, dict):
        provenance = model_config.get(KEY)
    named = list(references(model_config, training_config))
    missing_names = missing(named, provenance)
    if not missing_names:
        return _check_permitted(named)
    shown = missing_names[:SHOWN_NAMES]
    lines = [f"{each.advice} {each.origin}".strip() for each in shown]
    count = len(missing_names)
    if count > 1:
        at_least = "At least " if count == MAX_MISSING else ""
        first = f" The first {SHOWN_NAMES}:" if count > SHOWN_NAMES else ""
        lines = [f"{at_least}{count:,} names are unknown here.{first}", *lines]
    raise UnknownNameError("\n".join(lines) + " Nothing was built.")


def _check_permitted(named: Iterable[Reference]) -> None:
    for reference in named:
        entry = provider_of(reference.kind, reference.name)
        if (
            entry
            and reference.certain
            and reference.name not in configs.known_objects()
        ):
            load_context.current().permit(entry)


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

"""Warnings of what a model's file will lack, as its authors' classes describe
themselves: Keras 1 saved such files, too."""

from collections.abc import Iterator
from typing import Any

from oneiros import registry
from oneiros.arguments import label
from oneiros.user_warnings import warn
from oneiros_training.parts import parts_of

from oneiros_saving.configurations import describes_itself, received, receives_unnamed
from oneiros_saving.provenance import keys_of, provider_of, used_by


def warn_of_losses(model) -> None:
    """Warns of each object of a model that its file doesn't describe."""
    optimizer = getattr(model, "optimizer", None)
    layers = [layer for _, layer in parts_of(model)]
    losses: dict[str, None] = {}
    for obj in (*layers, optimizer):
        if hasattr(obj, "get_config"):
            losses |= dict.fromkeys(_losses(obj))
    for loss in losses:
        warn(loss)


def _losses(obj) -> Iterator[str]:
    """Yields what is wrong with an object's description of itself."""
    if describes_itself(obj):
        yield from _forgotten(obj)
    for used in (type(obj), *used_by(obj)):
        yield from _not_loadable(used)


def _forgotten(obj) -> Iterator[str]:
    """Yields what an author's `get_config` forgets."""
    config: Any = obj.get_config()
    if not isinstance(config, (dict, list)):
        yield (
            f"{label(obj)} can't be loaded from this file: its get_config() returned "
            f"{config!r:.80}. Return a dict of the constructor's arguments."
        )
        return
    lost = [name for name in received(obj) if name not in config]
    if receives_unnamed(obj):
        lost.append("*args")
    # A from_config of the author's may know an argument by another name.
    if lost and not describes_itself(obj, "from_config"):
        yield (
            f"A model loaded from this file will lack what {label(obj)} received as "
            f"{', '.join(lost)}: its get_config() doesn't return it. Add it there."
        )


def _not_loadable(used) -> Iterator[str]:
    """Yields that a plugin's class may not be used by files."""
    if not isinstance(used, type) or vars(used).get("loadable"):
        return
    for key in keys_of(used):
        kind, _, name = key.partition(":")
        entry = provider_of(kind, name)
        if entry and registry.load(entry) is used:
            yield (
                f"The {kind} {name!r} of {entry.distribution} can't be loaded from "
                f"this file: its class lacks the line `loadable = True`. Without it, "
                f"pass custom_objects={{{name!r}: {name}}} to load_model."
            )

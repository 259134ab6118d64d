"""Lets plugins change the arguments of `compile`."""

from __future__ import annotations

from typing import Any

from oneiros import plugins


def consult(model: Any, arguments: dict[str, Any]) -> None:
    """Lets plugins change the values of `compile`'s arguments, and nothing else."""
    names = dict(arguments)
    plugins.call(
        "oneiros_before_compile",
        lambda _: _restore_names(arguments, names),
        model=model,
        arguments=arguments,
    )
    _restore_names(arguments, names)


def _restore_names(arguments: dict[str, Any], names: dict[str, Any]) -> str | None:
    """Undoes what a hook did to the names of arguments, and returns a message."""
    changed = sorted(map(str, arguments.keys() ^ names.keys()))
    values = {name: arguments.get(name, value) for name, value in names.items()}
    arguments.clear()
    arguments.update(values)
    if changed:
        return f"It added or removed arguments: {', '.join(changed)}"
    return None

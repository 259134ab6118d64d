"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = {
    "base": ("Migration", "Origin"),
    "keras2": ("Keras2Layer",),
    "configs": ("migrated",),
}
MIGRATIONS = {
    name: f"oneiros_old_files.{file}:{name}"
    for file, names in _NAMES.items()
    for name in names
}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.migrations`."""
    return {"migrations": MIGRATIONS}

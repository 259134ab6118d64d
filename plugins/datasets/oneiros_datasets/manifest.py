"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

CONTENTS = {
    "mnist": ("load_data",),
    "cifar": ("load_batch",),
    "cifar10": ("load_data",),
    "cifar100": ("load_data",),
    "imdb": ("load_data", "get_word_index"),
    "reuters": ("load_data", "get_word_index"),
    "digits": ("load_data",),
    "tables": ("load_data",),
}
"""The functions in each module of `oneiros.datasets`."""


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """A module for each data set."""
    return {
        f"datasets.{module}": {
            name: f"oneiros_datasets.{module}:{name}" for name in names
        }
        for module, names in CONTENTS.items()
    }

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


DOWNLOADS = {
    name: f"oneiros_datasets.downloads.data_utils:{name}"
    for name in ("get_file", "validate_file")
}


@hookimpl
def oneiros_modules():
    """A module for each data set, and `oneiros.utils.data_utils`."""
    datasets = {
        f"datasets.{module}": {
            name: f"oneiros_datasets.{module}:{name}" for name in names
        }
        for module, names in CONTENTS.items()
    }
    return {**datasets, "utils.data_utils": DOWNLOADS}

"""Shuffles data sets of other packages, and splits them into training and test data."""

from importlib import import_module

import numpy as np
from oneiros.arguments import check_fraction
from oneiros.errors import PluginLoadError
from oneiros.typing import Array

from oneiros_datasets.sources import Part


def split(
    owner: str, x: Array, y: Array, test_split: float, seed: int
) -> tuple[Part, Part]:
    """Returns `(x_train, y_train), (x_test, y_test)`.

    # Arguments
        owner: str, the calling function, for messages.
        test_split: float, the fraction of the samples to use for testing.
        seed: int, seed of their order. NumPy's global generator doesn't change.
    """
    check_fraction(owner, "test_split", test_split)
    order = np.random.RandomState(seed).permutation(len(x))
    cut = int(len(x) * (1 - test_split))
    train, test = order[:cut], order[cut:]
    return (x[train], y[train]), (x[test], y[test])


def optional(module: str, package: str, purpose: str):
    """Returns a module of a package that may be missing.

    # Arguments
        module: str, path of the module.
        package: str, the package to install.
        purpose: str, the data that it provides.

    # Raises
        PluginLoadError: if it isn't installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise PluginLoadError(
            f"{purpose} come with the package {package}, which can't be imported "
            f"({error}). Type: pip install {package}"
        ) from error

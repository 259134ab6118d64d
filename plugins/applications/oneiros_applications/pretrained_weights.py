"""Weights: published ones, which it downloads, and your own files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from oneiros.utils.data_utils import get_file

RELEASES = "https://github.com/fchollet/deep-learning-models/releases/download"
"""Where the author of Keras published the weights."""
THEANO_KERNELS = "th_kernels"
"""Part of a file's name if its kernels were trained on Theano."""

Weights = str | os.PathLike[str] | None


@dataclass(frozen=True)
class PublishedFile:
    """A published weights file.

    # Arguments
        url: str, its URL.
        md5: str, its MD5; None if it isn't known for certain. Even then, the file is
            read only as numbers, and they must have the network's shapes.
    """

    url: str
    md5: str | None = None

    @property
    def trained_on(self) -> str:
        """The backend on which its kernels were trained, according to its name."""
        return "theano" if THEANO_KERNELS in self.url else "tensorflow"

    def fetch(self) -> str:
        """Returns its path; downloads it unless a cache of Keras has it."""
        name = PurePosixPath(self.url).name
        path: str = get_file(name, self.url, md5_hash=self.md5, cache_subdir="models")
        return path


def check_weights(
    network: str, weights: Weights, published: str, classes: int, top_classes: int
) -> None:
    """Checks a network's arguments before building it.

    # Arguments
        network: str, its name.
        weights: the argument.
        published: str, the name of the published weights.
        classes: int, the number of classes of the top; `top_classes` if there is no
            top.
        top_classes: int, the number of classes of the published weights.

    # Raises
        ValueError: if the weights don't exist, or have another number of classes.
    """
    if weights == published and classes != top_classes:
        raise ValueError(
            f"{network}: the weights {published!r} have {top_classes} classes, "
            f"but classes={classes}. Remove classes, or pass weights=None or "
            "include_top=False."
        )
    is_path = isinstance(weights, os.PathLike) or (
        isinstance(weights, str) and os.path.exists(weights)
    )
    if weights is not None and weights != published and not is_path:
        raise ValueError(
            f"{network}: weights={weights!r} is neither {published!r} nor None, and "
            "there is no such file either."
        )


def load_weights(
    model: Any, weights: Weights, published: str, file: PublishedFile, **kwargs: Any
) -> None:
    """Loads weights into a network.

    # Arguments
        model: the network.
        weights: None for none, a path, or the name of the published weights. A file at
            a path must itself say on which backend its kernels were trained.
        published: str, that name.
        file: the published file for the network.
        kwargs: arguments of `model.load_weights`.
    """
    if weights is None:
        return
    if weights == published:
        kwargs["trained_on"] = file.trained_on
        weights = file.fetch()
    model.load_weights(weights, **kwargs)

"""Weights: published ones, which are downloaded, and files of one's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from oneiros.utils.data_utils import get_file

RELEASES = "https://github.com/fchollet/deep-learning-models/releases/download"
"""Where the author of Keras published the weights."""
THEANO_KERNELS = "th_kernels"
"""In the name of a file whose kernels were trained on Theano."""

Weights = str | os.PathLike[str] | None


@dataclass(frozen=True)
class PublishedFile:
    """A file of weights.

    # Arguments
        url: str, its address.
        md5: str, its MD5; None if it isn't known for certain. What such a file holds is
            still only read as numbers, and must have the network's shapes.
    """

    url: str
    md5: str | None = None

    @property
    def trained_on(self) -> str:
        """The backend on which its kernels were trained, which its name tells."""
        return "theano" if THEANO_KERNELS in self.url else "tensorflow"

    def fetch(self) -> str:
        """Returns its path, downloading it if no cache of Keras has it."""
        name = PurePosixPath(self.url).name
        path: str = get_file(name, self.url, md5_hash=self.md5, cache_subdir="models")
        return path


def check_weights(
    network: str, weights: Weights, published: str, classes: int, top_classes: int
) -> None:
    """Checks a network's arguments before it is built.

    # Arguments
        network: str, its name.
        weights: the argument.
        published: str, the name of the published weights.
        classes: int, how many classes are wanted of the top; `top_classes` if there is
            no top.
        top_classes: int, how many the published weights tell apart.

    # Raises
        ValueError: weights that don't exist, or that have other classes.
    """
    if weights == published and classes != top_classes:
        raise ValueError(
            f"{network}: the weights {published!r} tell {top_classes} classes apart, "
            f"but classes={classes}. Leave classes out, or take weights=None or "
            "include_top=False."
        )
    is_path = isinstance(weights, os.PathLike) or (
        isinstance(weights, str) and os.path.exists(weights)
    )
    if weights is not None and weights != published and not is_path:
        raise ValueError(
            f"{network}: weights={weights!r} is neither {published!r} nor None, and "
            "there is no such file."
        )


def load_weights(
    model: Any, weights: Weights, published: str, file: PublishedFile, **kwargs: Any
) -> None:
    """Loads weights into a network.

    # Arguments
        model: the network.
        weights: None for none, a path, or the name of the published weights. A path's
            file tells itself on which backend its kernels were trained.
        published: str, that name.
        file: the published file that suits the network.
        kwargs: arguments of `model.load_weights`.
    """
    if weights is None:
        return
    if weights == published:
        kwargs["trained_on"] = file.trained_on
        weights = file.fetch()
    model.load_weights(weights, **kwargs)

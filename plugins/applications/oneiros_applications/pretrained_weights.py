"""Weights: published ones, which it downloads, and your own files."""

import os
from pathlib import PurePosixPath

from oneiros.utils.data_utils import get_file

RELEASES = "https://github.com/fchollet/deep-learning-models/releases/download"
"""Where the author of Keras published the weights."""
THEANO_KERNELS = "th_kernels"
"""Part of a file's name if its kernels were trained on Theano."""

Weights = str | os.PathLike[str] | None


MD5 = {
    "resnet50_weights_th_dim_ordering_th_kernels.h5": (
        "1c1f8f5b0c8ee28fe9d950625a230e1c"
    ),
    "resnet50_weights_tf_dim_ordering_tf_kernels.h5": (
        "a7b3fe01876f51b976af0dea6bc144eb"
    ),
    "resnet50_weights_th_dim_ordering_th_kernels_notop.h5": (
        "f64f049c92468c9affcd44b0976cdafe"
    ),
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "a268eb855778b3df3c7506639542a6af"
    ),
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5": "64373286793e3c8b2b4e3219cbf3544b",
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "6d6bbae143d832006294945121d1f1fc"
    ),
    "xception_weights_tf_dim_ordering_tf_kernels.h5": (
        "0a58e3b7378bc2990ea3b43d5981f1f6"
    ),
    "xception_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "b0042744bf5b25fce3cb969f33bebb97"
    ),
}
"""The MD5 of files, where it is known for certain. Even without it, a file is read only
as numbers, and they must have the network's shapes."""


def published_weights(release: str, network: str) -> tuple[str, ...]:
    """Returns the URLs of a network's weights: with the top for `dim_ordering` "th" and
    "tf", then without it."""
    return tuple(
        f"{RELEASES}/{release}/{network}_weights_{order}_dim_ordering_{order}_kernels"
        f"{suffix}.h5"
        for suffix in ("", "_notop")
        for order in ("th", "tf")
    )


def check_weights(
    network: str, weights: Weights, published: str, classes: int, own_classes: int
) -> None:
    """Checks a network's arguments before building it.

    # Arguments
        network: str, its name.
        weights: the argument.
        published: str, the name of the published weights.
        classes: int, the number of classes of the top; `own_classes` if there is no
            top.
        own_classes: int, the number of classes of the published weights.

    # Raises
        ValueError: if the weights don't exist, or have another number of classes.
    """
    if weights == published and classes != own_classes:
        raise ValueError(
            f"{network}: the weights {published!r} have {own_classes} classes, "
            f"but classes={classes}. Remove classes, or pass weights=None or "
            "include_top=False."
        )
    is_known = weights in (None, published) or isinstance(weights, os.PathLike)
    is_path = isinstance(weights, str) and os.path.exists(weights)
    if not is_known and not is_path:
        raise ValueError(
            f"{network}: weights={weights!r} is neither {published!r} nor None, and "
            "there is no such file either."
        )


def load_weights(model, weights: Weights, published: str, url: str, **kwargs) -> None:
    """Loads weights into a network.

    # Arguments
        model: the network.
        weights: None for none, a path, or the name of the published weights. A file at
            a path must itself say on which backend its kernels were trained.
        published: str, that name.
        url: str, where the published weights are, unless a cache of Keras has them.
        kwargs: arguments of `model.load_weights`.
    """
    if weights is None:
        return
    if weights == published:
        name = PurePosixPath(url).name
        kwargs["trained_on"] = "theano" if THEANO_KERNELS in name else "tensorflow"
        weights = get_file(name, url, md5_hash=MD5.get(name), cache_subdir="models")
    model.load_weights(weights, **kwargs)

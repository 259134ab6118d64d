"""Arguments that other versions of Keras have: ignored with a warning if Keras 1.2
removed them, otherwise an error with their names in Keras 1."""

import difflib
from collections.abc import Collection
from typing import Any

from oneiros.user_warnings import warn

REMOVED = {
    "accuracy": "Write compile(…, metrics=['accuracy'])",
    "class_mode": "Remove it: the loss determines it",
    "ignore_border": "Remove it",
    "nb_val_worker": "Remove it",
    "show_accuracy": "Write compile(…, metrics=['accuracy'])",
    "test_split": "Remove it: the data comes in two parts",
    "theano_mode": "Remove it: the backend chooses",
    "transform_bias": "Remove it",
    "truncate_gradient": "Remove it",
}
"""Arguments of earlier versions, and what to do about them."""

RENAMED = {
    "W_constraint": "depthwise_constraint pointwise_constraint",
    "W_regularizer": "depthwise_regularizer pointwise_regularizer",
    "alpha_initializer": "init",
    "axis": "concat_axis mode",
    "beta_initializer": "beta_init",
    "bias_constraint": "b_constraint",
    "bias_regularizer": "b_regularizer",
    "data_format": "dim_ordering",
    "depthwise_initializer": "init",
    "dilation_rate": "atrous_rate",
    "dropout": "dropout_W",
    "embeddings_constraint": "W_constraint",
    "embeddings_initializer": "init",
    "embeddings_regularizer": "W_regularizer",
    "epochs": "nb_epoch",
    "gamma_initializer": "gamma_init",
    "global_clipnorm": "clipnorm",
    "inputs": "input",
    "kernel_constraint": "W_constraint",
    "kernel_initializer": "init",
    "kernel_regularizer": "W_regularizer",
    "learning_rate": "lr",
    "max_queue_size": "max_q_size",
    "max_value": "m",
    "min_delta": "epsilon",
    "num_classes": "nb_classes",
    "num_words": "nb_words",
    "outputs": "output",
    "pad": "padding",
    "padding": "border_mode",
    "poolsize": "pool_size",
    "recurrent_activation": "inner_activation",
    "recurrent_dropout": "dropout_U",
    "recurrent_initializer": "inner_init",
    "recurrent_regularizer": "U_regularizer",
    "size": "length",
    "steps": "val_samples",
    "steps_per_epoch": "samples_per_epoch",
    "stride": "strides",
    "strides": "subsample subsample_length stride",
    "use_bias": "bias",
    "use_multiprocessing": "pickle_safe",
    "validation_steps": "nb_val_samples",
    "vocab_size": "vocabulary_size",
    "workers": "nb_worker",
}
"""Arguments of other versions, and the names that they may have in Keras 1. Arguments
that a constructor requires aren't here: Python itself says that they are missing."""

STEPS = ("steps", "steps_per_epoch", "validation_steps")
"""Arguments that count batches, where Keras 1 counts samples."""


def without_removed(where: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns arguments without those that Keras removed, and warns about these.

    # Arguments
        where: str, the function or class that received them.
        arguments: dict.
    """
    for name in arguments.keys() & REMOVED.keys():
        warn(
            f"{where} received {name}={arguments[name]!r:.40}, which Keras 1.2 "
            f"removed. It has no effect. {REMOVED[name]}."
        )
    return {name: arguments[name] for name in arguments if name not in REMOVED}


def known_arguments(
    where: str,
    arguments: dict[str, Any],
    accepted: Collection[str],
    names: Collection[str],
) -> dict[str, Any]:
    """Returns arguments without those that Keras removed, and warns about these.

    # Arguments
        where: str, the function or class that received them.
        arguments: dict.
        accepted: the names that it accepts.
        names: the names that an error may suggest.

    # Raises
        TypeError: for another argument that isn't accepted.
    """
    known = without_removed(where, arguments)
    for name in known:
        if name not in accepted:
            raise unknown_argument(where, name, names)
    return known


def unknown_argument(where: str, name: str, names: Collection[str]) -> TypeError:
    """Returns the error for an argument that a function doesn't accept.

    # Arguments
        where: str, the function or class that received it.
        name: str, the argument.
        names: the arguments that it accepts.
    """
    near = [each for each in RENAMED.get(name, "").split() if each in names]
    if name not in RENAMED:
        near = difflib.get_close_matches(name, names, n=1)
    counts = ", which counts samples" if name in STEPS else ""
    own = ", ".join(each for each in names if each not in ("self", "kwargs"))
    hint = f"It takes: {own}."
    if near:
        hint = f"Did you mean {' and '.join(map(repr, near))}{counts}?"
    return TypeError(f"{where} received the unknown argument {name!r}. {hint}")

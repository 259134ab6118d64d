"""Helpers that other versions had in `keras.engine.training`, under their names
there."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import engine


def masked_objective(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function `(y_true, y_pred, mask=None)` that returns the loss `fn` as
    one number and ignores masked steps."""

    def masked(y_true, y_pred, mask=None):
        score = fn(y_true, y_pred)
        if mask is not None:
            mask = K.cast(mask, K.floatx())
            score = score * mask / K.mean(mask)
        return K.mean(score)

    return masked


def collect_trainable_weights(layer) -> list[Any]:
    """Returns a model's trainable weights by name, as optimizers receive them."""
    weights = layer.trainable_weights
    return sorted(weights, key=lambda weight: str(weight.name).removesuffix(":0"))


def standardize_X(X) -> list[Any]:  # noqa: N802  Keras' name
    """Returns inputs as a list of arrays."""
    return X if isinstance(X, list) else [X]


def standardize_y(y):
    """Returns targets as an array of at least two axes."""
    targets = np.asarray(y)
    return targets[:, None] if targets.ndim == 1 else targets


def generator_queue(
    generator,
    max_q_size: int = 10,
    wait_time: float = 0.05,
    nb_worker: int = 1,
    pickle_safe: bool = False,
) -> tuple[Any, Any]:
    """Starts workers that fill a queue from a generator.

    # Arguments
        generator: yields items forever.
        max_q_size: int, the maximum number of items in the queue.
        wait_time: ignored; workers wait until the queue has room.
        nb_worker: int, the number of workers.
        pickle_safe: bool, whether the workers are processes.

    # Returns
        The queue, and an object with a method `set()` that stops the workers.
    """
    enqueuer = engine.training.GeneratorEnqueuer(generator, pickle_safe)
    enqueuer.start(nb_worker, max_q_size, wait_time)
    return enqueuer.queue, SimpleNamespace(set=enqueuer.stop)

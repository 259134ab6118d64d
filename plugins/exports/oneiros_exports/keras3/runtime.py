"""Computes the outputs of files with Keras and the functions that are registered for
it, on JAX, whichever engine was chosen before; nothing else of Oneiros is imported."""

import os
from pathlib import Path

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"

import keras as keras
import oneiros_keras3 as oneiros_keras3

Arrays = dict[str, np.ndarray]


def run(path: Path, cases: list[Arrays]) -> tuple[str, list[Arrays]]:
    """Returns Keras's version, and the outputs of a file."""
    model = keras.models.load_model(path)
    outputs = []
    for arrays in cases:
        inputs = [arrays[x.name] for x in model.inputs]
        results = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        if not isinstance(results, (list, tuple)):
            results = [results]
        values = map(np.asarray, results)
        names = output_names(model)
        outputs.append(dict(zip(names, values)))
    return f"Keras {keras.__version__}", outputs


def output_names(model) -> list[str]:
    """Returns the names of the layers that compute the outputs; numbers if a layer has
    several."""
    names = list(model.output_names)
    if len(set(names)) == len(names):
        return names
    return [str(place) for place in range(len(names))]

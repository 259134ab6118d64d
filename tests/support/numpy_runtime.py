"""A destination for tests: dense layers, computed by NumPy in the replay's process."""

import json

import numpy as np

ACTIVATIONS = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "hard_sigmoid of Keras 3": lambda x: np.clip(x + 3, 0, 6) / 6,
}


def run(path, cases):
    """Returns the library's name, and the outputs of each layer for each case."""
    with np.load(path) as stored:
        names = json.loads(str(stored["activations"]))
        layers = [
            (stored[f"W{i}"], stored[f"b{i}"], ACTIVATIONS[name])
            for i, name in enumerate(names)
        ]
    outputs = []
    for case in cases:
        (x,) = case.values()
        results = {}
        for i, (kernel, bias, activation) in enumerate(layers):
            x = activation(x @ kernel + bias)
            results[f"y{i}"] = x.astype("float32")
        outputs.append(results)
    return f"NumPy {np.__version__}", outputs


def fail(path, cases):
    """A library that can't compute."""
    raise RuntimeError("no such operation: Frobnicate")


def transposed(path, cases):
    """A library that returns outputs of another shape."""
    name, outputs = run(path, cases)
    return name, [{key: y.T for key, y in case.items()} for case in outputs]

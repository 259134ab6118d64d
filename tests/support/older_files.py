"""Files as older releases of Keras wrote them, made of the newer ones."""

import h5py
import numpy as np


def as_theano_wrote(path):
    """Takes the `:0` off the names of weights, which is how Theano's look."""
    with h5py.File(path, "r+") as file:
        root = file.get("model_weights", file)
        for group in root.values():
            names = [name.decode() for name in group.attrs["weight_names"]]
            for name in names:
                group.move(name, name.removesuffix(":0"))
            if names:
                group.attrs["weight_names"] = np.array(
                    [name.removesuffix(":0").encode() for name in names]
                )

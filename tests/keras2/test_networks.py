"""Networks for images of Keras 2.15, `weights=None`: what each of their layers gives.

The folder `networks` has their configurations, and for the weights and images below the
mean size and the standard deviation of each layer's output in Keras.
"""

import gzip
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.models import Model, model_from_json

FOLDER = Path(__file__).with_name("networks")
NETWORKS = sorted(path.stem for path in FOLDER.glob("*.npz"))
IMAGES = np.random.default_rng(1).uniform(-1, 1, (3, 32, 32, 3)).astype("float32")


def drawn_weights(shapes):
    """Returns kernels that keep the size of what passes, and vectors.

    Of four vectors in a row, which are a batch normalization's, the first and the last
    are about 1, the others small.
    """
    rng = np.random.default_rng(0)
    place = 0
    weights = []
    for shape in shapes:
        if len(shape) > 1:
            place = 0
            bound = np.sqrt(6 / np.prod(shape[:-1]))
            weights.append(rng.uniform(-1, 1, shape) * bound)
        else:
            low, high = (0.5, 1.0) if place % 4 in (0, 3) and shape else (0.0, 0.1)
            place += 1
            weights.append(rng.uniform(low, high, shape))
    return weights


@pytest.mark.parametrize("name", NETWORKS)
def test_each_layer_gives_what_it_gives_in_keras(name):
    with K.use("onnx"):
        model = model_from_json(gzip.decompress(read(f"{name}.json.gz")).decode())
        shapes = [np.shape(weight) for weight in model.get_weights()]
        model.set_weights(drawn_weights(shapes))
        layers = model.layers[1:]
        outputs = Model(model.input, [layer.output for layer in layers])
        images = IMAGES if name != "EfficientNetB0" else 127.5 * (IMAGES + 1)
        values = outputs.predict(images)
    with np.load(FOLDER / f"{name}.npz") as there:
        sizes = [np.abs(value).mean() for value in values]
        np.testing.assert_allclose(sizes, there["sizes"], rtol=1e-4)
        spreads = [value.std() for value in values]
        np.testing.assert_allclose(spreads, there["spreads"], rtol=1e-3)


def read(name):
    return (FOLDER / name).read_bytes()

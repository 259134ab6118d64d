"""Networks drawn by hypothesis predict the same in ONNX as on a backend that trains,
and in a file."""

from random import Random

import numpy as np
from drawn_networks import batch_for, network_for_any_sizes
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.models import Model
from oneiros_backend_onnx.conversion import model_proto
from onnxruntime import InferenceSession


def predictions(model, batch):
    predicted = model.predict_on_batch(batch)
    return predicted if isinstance(predicted, list) else [predicted]


@given(st.integers(0, 2**32 - 1), st.integers(3, 8), st.integers(0, 99))
def test_drawn_networks_predict_the_same_as_jax_and_in_a_file(
    seed, nb_layers, seed_of_batch
):
    with K.use("onnx"):
        model = network_for_any_sizes(Random(seed), nb_layers)
    try:
        session = InferenceSession(model_proto(model).SerializeToString())
    except CapabilityError:
        session = None
    with K.use("jax"):
        other = Model.from_config(model.get_config())
        other.set_weights(model.get_weights())
    batch = batch_for(model, seed_of_batch)
    expected = predictions(other, batch)
    computed = [predictions(model, batch)]
    if session:
        names = [each.name for each in session.get_inputs()]
        computed.append(session.run(None, dict(zip(names, batch, strict=True))))
    for values in computed:
        for value, wanted in zip(values, expected, strict=True):
            tolerance = 1e-5 * max(1, np.abs(wanted).max())
            np.testing.assert_allclose(value, wanted, rtol=1e-4, atol=tolerance)

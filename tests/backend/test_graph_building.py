"""What it costs to add a layer to a graph doesn't grow with the graph."""

import pytensor.tensor.basic
import pytest
from oneiros import backend as K
from oneiros import layers

LAYERS = {
    "ZeroPadding1D": (layers.ZeroPadding1D(2), (6, 3)),
    "ZeroPadding2D": (layers.ZeroPadding2D((1, 2)), (6, 6, 3)),
    "ZeroPadding3D": (layers.ZeroPadding3D((1, 1, 1)), (4, 4, 4, 3)),
    "UpSampling1D": (layers.UpSampling1D(2), (6, 3)),
    "UpSampling2D": (layers.UpSampling2D((2, 3)), (6, 6, 3)),
    "UpSampling3D": (layers.UpSampling3D((2, 2, 2)), (4, 4, 4, 3)),
    "RepeatVector": (layers.RepeatVector(4), (3,)),
    "ConvLSTM2D": (layers.ConvLSTM2D(2, 3, 3), (2, 6, 6, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_on_theano_looks_at_no_other_layers(name, monkeypatch):
    """PyTensor would look for sizes in all of the graph behind a tensor: it copies it
    for each tensor that its `alloc` makes."""
    layer, shape = LAYERS[name]

    def copied(*_, **__):
        pytest.fail("the graph is copied")

    with K.use("theano"):
        monkeypatch.setattr(pytensor.tensor.basic, "FunctionGraph", copied)
        output = layer(layers.Input(shape))
    assert None not in output._keras_shape[1:]

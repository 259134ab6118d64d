"""What it costs to add a layer to a graph doesn't grow with the graph."""

import pathlib

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import layers

LAYERS = {
    layers.ZeroPadding1D: ((2,), (6, 3)),
    layers.ZeroPadding2D: (((1, 2),), (6, 6, 3)),
    layers.ZeroPadding3D: (((1, 1, 1),), (4, 4, 4, 3)),
    layers.UpSampling1D: ((2,), (6, 3)),
    layers.UpSampling2D: (((2, 3),), (6, 6, 3)),
    layers.UpSampling3D: (((2, 2, 2),), (4, 4, 4, 3)),
    layers.RepeatVector: ((4,), (3,)),
    layers.ConvLSTM2D: ((2, 3, 3), (2, 6, 6, 3)),
}
"""Arguments, and the shape of a sample."""


def fail(*_, **__):
    pytest.fail("it looks elsewhere")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_on_theano_looks_at_no_other_layers(theano, layer, monkeypatch):
    """PyTensor would look for sizes in all of the graph behind a tensor: it copies it
    for each tensor that its `alloc` makes."""
    monkeypatch.setattr("pytensor.tensor.basic.FunctionGraph", fail)
    arguments, shape = LAYERS[layer]
    output = layer(*arguments)(layers.Input(shape))
    assert None not in output._keras_shape[1:]


def test_theano_reads_no_file_for_a_tensor(theano, pt, monkeypatch):
    monkeypatch.setattr(pathlib.Path, "read_text", fail)
    scaled = K.variable([1.0, 2.0]) * K.variable(2.0)
    assert isinstance(scaled.owner.inputs[1].owner.op, pt.elemwise.DimShuffle)


@pytest.mark.parametrize(("limit", "kept"), [(8, 0), (20, 20)])
def test_theano_keeps_as_many_lines_of_the_stack_as_the_user_has_set(
    theano, limit, kept
):
    from oneiros_backend_theano import graph_building
    from pytensor import config

    with config.change_flags(traceback__limit=limit):
        graph_building.install()
        assert config.traceback__limit == kept


def test_theano_traces_nothing_for_the_shapes_of_a_rectifiers_zeros(
    theano, monkeypatch
):
    x = K.placeholder((None, 3))
    y = K.relu(K.dot(x, K.variable(np.eye(3))))
    function = K.function([x], K.gradients(K.sum(y * y), [x]))
    monkeypatch.delattr("jax.eval_shape")
    assert function([[[-1.0, 0.0, 2.0]]])[0].tolist() == [[0.0, 0.0, 4.0]]


def test_control_edges_on_tensorflow_grow_in_proportion_to_the_updates(
    on_tensorflow, monkeypatch
):
    """Each assignment waited for each new value."""
    from oneiros_backend_tensorflow import compiled

    counts = []
    original = compiled.kinds_in

    def counted(graph):
        edges = [len(node.control_inputs) for node in graph.get_operations()]
        counts.append(sum(edges))
        return original(graph)

    monkeypatch.setattr(compiled, "kinds_in", counted)
    for size in (20, 40):
        variables = [K.variable(0.0) for _ in range(size)]
        K.function([], [], [(x, x + 1) for x in variables])([])
    few, many = counts
    assert many - few < few + 10

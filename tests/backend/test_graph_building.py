"""What it costs to add a layer to a graph doesn't grow with the graph."""

import pathlib

import jax
import numpy as np
import pytensor.tensor.basic
import pytest
from oneiros import backend as K
from oneiros import layers
from oneiros_backend_tensorflow import compiled
from oneiros_backend_theano import graph_building
from pytensor.tensor.elemwise import DimShuffle

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


def test_theano_reads_no_file_for_a_tensor(monkeypatch):
    def read(*_, **__):
        pytest.fail("a file is read")

    with K.use("theano"):
        monkeypatch.setattr(pathlib.Path, "read_text", read)
        scaled = K.variable([1.0, 2.0]) * K.variable(2.0)
        assert isinstance(scaled.owner.inputs[1].owner.op, DimShuffle)


@pytest.mark.parametrize(("limit", "kept"), [(8, 0), (20, 20)])
def test_theano_keeps_as_many_lines_of_the_stack_as_the_user_has_set(limit, kept):
    with pytensor.config.change_flags(traceback__limit=limit):
        graph_building.install()
        assert pytensor.config.traceback__limit == kept


def test_theano_traces_nothing_for_the_shapes_of_a_rectifiers_zeros(monkeypatch):
    with K.use("theano"):
        x = K.placeholder((None, 3))
        y = K.relu(K.dot(x, K.variable(np.eye(3))))
        (slope,) = K.gradients(K.sum(y * y), [x])
        function = K.function([x], [slope])
        monkeypatch.delattr(jax, "eval_shape")
        (result,) = function([[[-1.0, 0.0, 2.0]]])
    assert result.tolist() == [[0.0, 0.0, 4.0]]


def test_control_edges_on_tensorflow_grow_in_proportion_to_the_updates(monkeypatch):
    """Each assignment waited for each new value."""
    counts = []
    original = compiled.kinds_in

    def counted(graph):
        operations = graph.get_operations()
        edges = [len(operation.control_inputs) for operation in operations]
        counts.append(sum(edges))
        return original(graph)

    monkeypatch.setattr(compiled, "kinds_in", counted)
    with K.use("tensorflow"):
        for size in (20, 40):
            variables = [K.variable(0.0) for _ in range(size)]
            updates = [(x, x + 1) for x in variables]
            K.function([], [], updates)([])
    few, many = counts
    assert many - few < few + 10

"""Random graphs, with shared layers, several inputs and outputs, nested in one another,
against NumPy."""

import numpy as np
import pytest
from comparison import assert_each_close
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.engine.layer import Input
from oneiros.models import Model, Sequential
from oneiros.saving import model_from_json
from tiny_layers import OBJECTS, Both, Scale, Shift, Total

SIZE = 3


@pytest.fixture(autouse=True, scope="module")
def loaded():
    """PyTensor changes the recursion limit when imported, which Hypothesis doesn't like
    to see."""
    K.load("theano")


class Graph:
    """A model under construction, and for each of its tensors what NumPy says its value
    is."""

    def __init__(self, draw, depth=0):
        self.draw = draw
        self.depth = depth
        self.inputs = [Input((SIZE,)) for _ in range(draw(st.integers(1, 2)))]
        self.tensors = [
            (x, lambda feed, index=i: feed[index]) for i, x in enumerate(self.inputs)
        ]
        self.layers = []
        for _ in range(draw(st.integers(1, 5))):
            self.grow()
        outputs = draw(
            st.lists(
                st.integers(0, len(self.tensors) - 1),
                min_size=1,
                max_size=3,
                unique=True,
            )
        )
        self.outputs = [self.tensors[i] for i in outputs]
        self.model = Model(self.inputs, [tensor for tensor, _ in self.outputs])

    def pick(self):
        return self.tensors[self.draw(st.integers(0, len(self.tensors) - 1))]

    def grow(self):
        kinds = ["shift", "scale", "total", "both", "again"]
        if self.depth < 2:
            kinds += ["nested", "chain"]
        getattr(self, f"add_{self.draw(st.sampled_from(kinds))}")()

    def call(self, layer, meaning):
        x, value = self.pick()
        self.layers.append((layer, meaning))
        self.tensors.append((layer(x), lambda feed: meaning(value(feed))))

    def add_shift(self):
        by = float(self.draw(st.integers(-3, 3)))
        self.call(Shift(by), lambda x: x + by)

    def add_scale(self):
        layer = Scale()
        self.call(layer, lambda x: x * layer.get_weights()[0])

    def add_total(self):
        parts = [self.pick() for _ in range(self.draw(st.integers(2, 3)))]
        result = Total()([tensor for tensor, _ in parts])
        self.tensors.append(
            (result, lambda feed: sum(value(feed) for _, value in parts))
        )

    def add_both(self):
        x, value = self.pick()
        plus, minus = Both()(x)
        self.tensors += [(plus, value), (minus, lambda feed: -value(feed))]

    def add_again(self):
        if self.layers:
            self.call(*self.layers[self.draw(st.integers(0, len(self.layers) - 1))])

    def add_nested(self):
        inner = Graph(self.draw, self.depth + 1)
        given_ = [self.pick() for _ in inner.inputs]
        results = inner.model(
            [tensor for tensor, _ in given_] if len(given_) > 1 else given_[0][0]
        )
        for result, (_, meaning) in zip(
            results if isinstance(results, list) else [results],
            inner.outputs,
            strict=True,
        ):
            self.tensors.append(
                (
                    result,
                    lambda feed, meaning=meaning: meaning(
                        [value(feed) for _, value in given_]
                    ),
                )
            )

    def add_chain(self):
        scale = Scale(input_shape=(SIZE,))
        self.call(
            Sequential([scale, Shift(2.0)]), lambda x: x * scale.get_weights()[0] + 2.0
        )


graphs = st.composite(lambda draw: Graph(draw))


def feed_of(model, seed=0):
    random = np.random.RandomState(seed)
    return [random.uniform(-1, 1, (2, SIZE)).astype("float32") for _ in model.inputs]


def predictions(model, feed):
    predictions = model.predict(feed)
    return predictions if isinstance(predictions, list) else [predictions]


@given(graphs())
def test_order_and_depth(graph):
    model = graph.model
    depth = {
        node: level for level, nodes in model.nodes_by_depth.items() for node in nodes
    }
    assert (
        len(depth)
        == len(model.container_nodes)
        == sum(map(len, model.nodes_by_depth.values()))
    )
    for node, level in depth.items():
        for layer, index in zip(node.inbound_layers, node.node_indices, strict=True):
            assert depth[layer.inbound_nodes[index]] > level
    farthest = [
        max(level for node, level in depth.items() if node.outbound_layer is layer)
        for layer in model.layers
    ]
    assert farthest == sorted(farthest, reverse=True)
    assert (
        len(set(map(id, model.layers)))
        == len({layer.name for layer in model.layers})
        == len(model.layers)
    )
    ends = [
        layer.inbound_nodes[index]
        for layer, index in zip(
            model.output_layers, model.output_layers_node_indices, strict=True
        )
    ]
    users = {
        parent: [node for node in depth if parent in node.parents] for parent in depth
    }
    for node, level in depth.items():
        levels = [depth[user] + 1 for user in users[node]]
        if node in ends or not users[node]:
            levels.append(0)
        assert level == max(levels)


@given(graphs())
def test_configuration_round_trip(graph):
    model = graph.model
    again = model_from_json(model.to_json(), OBJECTS)
    assert again.to_json() == model.to_json()
    assert [layer.name for layer in again.layers] == [
        layer.name for layer in model.layers
    ]
    assert [w.shape for w in again.get_weights()] == [
        w.shape for w in model.get_weights()
    ]


@given(graphs())
def test_predictions_are_those_of_numpy_also_after_a_round_trip(graph):
    model = graph.model
    random = np.random.RandomState(1)
    model.set_weights([random.uniform(-1, 1, w.shape) for w in model.get_weights()])
    feed = feed_of(model)
    outputs = predictions(model, feed)
    for one, (_, meaning) in zip(outputs, graph.outputs, strict=True):
        np.testing.assert_allclose(one, meaning(feed), rtol=1e-4, atol=1e-4)
    again = model_from_json(model.to_json(), OBJECTS)
    again.set_weights(model.get_weights())
    assert_each_close(outputs, predictions(again, feed), rtol=1e-6, atol=1e-6)


@given(graphs())
def test_a_model_called_on_other_inputs_computes_the_same(graph):
    inner = graph.model
    inputs = [Input((SIZE,)) for _ in inner.inputs]
    outputs = inner(inputs if len(inputs) > 1 else inputs[0])
    outer = Container(inputs, outputs)
    assert outer.weights == inner.weights
    feed = feed_of(inner, 2)
    for one, (_, meaning) in zip(
        predictions(Model(inputs, outputs), feed), graph.outputs, strict=True
    ):
        np.testing.assert_allclose(one, meaning(feed), rtol=1e-4, atol=1e-4)

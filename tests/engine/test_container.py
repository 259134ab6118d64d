"""Container: the graph, its depth and order, running it on other tensors, what it
collects, its messages."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.container import get_source_inputs
from oneiros.engine.layer import Input, Layer
from oneiros.engine.node import Node
from oneiros.errors import ArgumentError, GraphError, ShapeError
from oneiros.models import Model, Sequential
from tiny_layers import Average, Counter, Marker, Scale, Shift, Total


def names(layers):
    return [layer.name for layer in layers]


def values(*shape):
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def run(inputs, outputs, *arrays):
    return K.function(inputs, outputs)(list(arrays))


def two_by_two():
    """Two inputs, a shared layer, two outputs at different depths."""
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = Shift(1.0, name="shared")
    left, right = shared(a), shared(b)
    total = Total(name="total")([left, right])
    return Model(input=[a, b], output=[Scale(name="scale")(total), right], name="net")


def test_attributes():
    model = two_by_two()
    assert names(model.layers) == ["a", "b", "shared", "total", "scale"]
    assert names(model.input_layers) == model.input_names == ["a", "b"]
    assert names(model.output_layers) == model.output_names == ["scale", "shared"]
    assert (
        model.input_layers_node_indices == model.input_layers_tensor_indices == [0, 0]
    )
    assert model.output_layers_node_indices == [
        0,
        1,
    ] and model.output_layers_tensor_indices == [0, 0]
    assert (
        model.internal_input_shapes == [(None, 3)] * 2 == model.internal_output_shapes
    )
    assert model.container_nodes == {
        "a_ib-0",
        "b_ib-0",
        "shared_ib-0",
        "shared_ib-1",
        "total_ib-0",
        "scale_ib-0",
    }
    by_depth = {depth: names(layers) for depth, layers in model.layers_by_depth.items()}
    assert by_depth == {3: ["a", "b"], 2: ["shared"], 1: ["total"], 0: ["scale"]}
    assert list(model.nodes_by_depth) == [3, 2, 1, 0]
    assert [len(nodes) for nodes in model.nodes_by_depth.values()] == [2, 2, 1, 1]
    assert (
        model.built
        and not model.supports_masking
        and model.name == "net"
        and model.trainable
    )
    assert model.input == model.inputs and model.output == model.outputs
    assert model.input_shape == model.output_shape == [(None, 3)] * 2
    assert len(model.inbound_nodes) == 1 and model.inbound_nodes[0].inbound_layers == []


def test_an_input_that_nothing_uses_stays_an_input():
    a, b = Input((3,), name="used"), Input((2,), name="unused")
    model = Model([a, b], Shift(name="s")(a))
    assert names(model.layers) == ["used", "s", "unused"]
    again = Model.from_config(model.get_config(), {"Shift": Shift})
    assert again.input_names == ["used", "unused"]
    x = Input((3,)), Input((2,))
    np.testing.assert_array_equal(
        run(x, [again(list(x))], values(1, 3), values(1, 2))[0], values(1, 3) + 1.0
    )


def test_only_what_leads_to_the_outputs_belongs_to_the_model():
    x = Input((3,))
    middle = Shift(name="middle")(x)
    Scale(name="elsewhere")(middle)
    assert names(Model(x, middle).layers)[1:] == ["middle"]


def test_a_very_deep_graph_and_a_diamond_of_many_paths():
    x = y = Input((2,))
    for _ in range(1200):
        y = Shift(0.5)(y)
    deep = Model(x, y)
    assert len(deep.layers) == 1201 and max(deep.nodes_by_depth) == 1200
    y = x
    for _ in range(60):
        y = Total()([Shift()(y), Shift()(y)])
    model = Model(x, y)
    assert len(model.layers) == 181 and get_source_inputs(y) == [x]


# Calling a model


def test_shapes_of_other_inputs():
    x = Input((None, 4))
    model = Model(x, Shift()(Shift()(x)))
    assert model.get_output_shape_for((None, 7, 4)) == (None, 7, 4)
    assert model(Input((9, 4)))._keras_shape == (None, 9, 4)
    assert two_by_two().get_output_shape_for([(2, 3), (2, 3)]) == [(2, 3), (2, 3)]


def test_calling_a_model_twice_on_one_tensor_gives_two_tensors():
    x = Input((3,))
    inner = Model(x, Shift(2.0)(x))
    p = Input((3,))
    y, z = inner(p), inner(p)
    assert (
        y is not z and y._keras_history[1:] == (1, 0) and z._keras_history[1:] == (2, 0)
    )
    np.testing.assert_array_equal(run([p], [y, z], values(1, 3))[1], values(1, 3) + 2.0)
    assert inner(x)._keras_history[1:] == (3, 0)


def test_running_the_graph_gives_outputs_masks_and_shapes():
    x = Input((4, 2))
    model = Model(x, Shift()(Marker()(x)))
    p = K.placeholder((None, 4, 2))
    outputs, masks, shapes = model.run_internal_graph([p])
    assert len(outputs) == len(masks) == 1 and shapes == [(None, 4, 2)]
    assert masks[0] is not None and not hasattr(outputs[0], "_keras_history")


def test_masks_pass_through_models():
    x = Input((2, 2))
    marking = Model(x, Marker()(x))
    assert (
        marking.compute_mask(marking.inputs, mask=None)
        is marking.output_layers[0].output_mask
    )
    p = Input((2, 2))
    y = marking(p)
    mask = y._keras_history[0].get_output_mask_at(1)
    data = np.array([[[0.0, 0.0], [0.0, 3.0]]], "float32")
    np.testing.assert_array_equal(
        run([p], [K.cast(mask, "float32")], data)[0], [[0.0, 1.0]]
    )
    assert Shift()(y)._keras_history[0].output_mask is mask
    with pytest.raises(TypeError, match="received a mask"):
        Scale()(y)


def test_an_inner_layer_checks_its_input():
    class Narrow(Layer):
        def build(self, input_shape):
            from oneiros.engine.layer import InputSpec

            self.input_spec = [InputSpec(shape=(None, input_shape[-1]))]

    x = Input((3,))
    inner = Model(x, Narrow(name="narrow")(x), name="inner")
    with pytest.raises(
        ShapeError, match=r"Narrow 'narrow' received input 0 of shape \(None, 4\)"
    ):
        inner(Input((4,)))
    with pytest.raises(
        ShapeError, match=r"Model 'inner' received input 0 .* must have 2 axes"
    ):
        inner(Input((4, 3)))
    with pytest.raises(
        ShapeError, match=r"Model 'inner' received 2 tensors\. Call it on one tensor"
    ):
        inner([x, x])


# Weights


def test_weights_layer_by_layer():
    x = Input((2,))
    average = Average()
    scale = Scale()
    model = Model(x, scale(average(x)))
    assert model.trainable_weights == [
        scale.factor
    ] and model.non_trainable_weights == [average.mean]
    assert model.weights == [scale.factor, average.mean]
    assert [w.tolist() for w in model.get_weights()] == [[0.0, 0.0], [0.5, 1.5]]
    model.set_weights([np.array([1.0, 2.0]), np.array([3.0, 4.0])])
    assert average.get_weights()[0].tolist() == [1.0, 2.0] and scale.get_weights()[
        0
    ].tolist() == [3.0, 4.0]


# What a model collects from its layers


def penalty(weight):
    return K.sum(weight)


def test_losses_of_weights_count_once_and_those_of_calls_per_call():
    x = Input((2,))
    layer = Scale(regularizer=penalty)
    layer.activity_regularizer = penalty
    inner = Model(x, layer(x))
    p, q = Input((2,)), Input((2,))
    outer = Model([p, q], Total()([inner(p), inner(q)]))
    assert len(inner.losses) == 2 and len(outer.losses) == 3
    a = np.ones((1, 2), "float32")
    b = np.full((1, 2), 3.0, "float32")
    losses = sorted(float(value) for value in run([p, q], outer.losses, a, b))
    np.testing.assert_allclose(losses, [2.0, 2.0, 6.0])
    assert inner.get_losses_for(p) == [
        loss for loss in outer.losses if loss in inner.get_losses_for([p])
    ]
    assert inner.get_losses_for(None) == layer.get_losses_for(None)


def test_updates_depend_on_the_inputs_of_the_model_that_makes_them():
    x = Input((2,))
    average = Average()
    inner = Model(x, average(x))
    p = Input((2,))
    outer = Model(p, inner(p))
    assert (
        len(inner.updates) == len(outer.updates) == 1 and inner.updates != outer.updates
    )
    K.function([p], outer.outputs, updates=outer.updates)([np.ones((1, 2))])
    np.testing.assert_array_equal(average.get_weights()[0], [0.5, 0.5])
    assert not outer.stateful and outer.state_updates == []


def test_only_stateful_layers_update_their_state_while_predicting():
    x = Input((2,))
    counter = Counter()
    average = Average()
    inner = Model(x, average(counter(x)))
    p = Input((2,))
    outer = Model(p, Average()(inner(p)))
    assert inner.stateful and outer.stateful
    assert [variable for variable, _ in outer.state_updates] == [counter.count]
    assert len(outer.updates) == 3
    f = K.function([p], outer.outputs, updates=outer.state_updates)
    zeros = np.zeros((1, 2), "float32")
    assert [f([zeros])[0][0, 0] for _ in range(3)] == [0.0, 1.0, 2.0]
    np.testing.assert_array_equal(average.get_weights()[0], [0.0, 0.0])
    outer.reset_states()
    assert f([zeros])[0][0, 0] == 0.0


def test_constraints():
    x = Input((2,))
    first, second = Scale(constraint="one"), Scale(constraint="two")
    model = Model(x, second(first(x)))
    assert model.constraints == {first.factor: "one", second.factor: "two"}


# Looking things up


def test_get_layer():
    model = two_by_two()
    assert (
        model.get_layer("total").name == "total"
        and model.get_layer(index=2).name == "shared"
    )
    assert model.get_layer(index=-1).name == "scale"
    with pytest.raises(
        ArgumentError,
        match=r"Model 'net' has no layer named 'totel'\. Did you mean 'total'",
    ):
        model.get_layer("totel")
    with pytest.raises(
        ArgumentError,
        match=r"no layer named None\. It has 5: a, b, shared, total, scale",
    ):
        model.get_layer()
    with pytest.raises(ArgumentError, match=r"no layer with index 5\. It has 5"):
        model.get_layer(index=5)


def test_source_inputs():
    model = two_by_two()
    assert get_source_inputs(model.outputs[0]) == model.inputs
    assert get_source_inputs(model.outputs[1]) == [model.inputs[1]]
    assert get_source_inputs(None, model.get_layer("shared"), 0) == [None]
    tensor = model.outputs[0]
    assert get_source_inputs(tensor, model.get_layer("shared"), 0) == [model.inputs[0]]
    plain = K.placeholder((None, 2))
    assert get_source_inputs(plain) == [plain]


# Messages


def test_a_missing_input_is_named_with_the_layer_that_needs_it():
    a, b = Input((3,), name="given"), Input((3,), name="missing")
    y = Total(name="total")([a, Shift(name="middle")(b)])
    with pytest.raises(GraphError) as caught:
        Model(a, y, name="m")
    message = str(caught.value)
    assert (
        "Model 'm' is disconnected: Shift 'middle' depends on InputLayer 'missing'"
        in message
    )
    assert "['given']" in message and "Model(input=[…]" in message
    with pytest.raises(
        GraphError, match="InputLayer 'missing' depends on InputLayer 'missing'"
    ):
        Model(a, b)


@pytest.mark.parametrize("end", ["input", "output"])
def test_an_end_that_no_layer_returned(end):
    x = Input((3,))
    ends = {"input": x, "output": Shift()(x), end: K.placeholder((None, 3))}
    with pytest.raises(
        GraphError, match=rf"no layer returned {end} 0.*Lambda\(function\)"
    ):
        Model(**ends)
    with pytest.raises(GraphError, match=rf"no layer returned {end} 1, str 'x'"):
        Model(**{**ends, end: [x, "x"]})
    with pytest.raises(GraphError, match=rf"no layer returned {end} 0, NoneType"):
        Model(**{**ends, end: []})


def test_a_model_starts_at_inputs():
    x = Input((3,))
    y = Shift(name="first")(x)
    with pytest.raises(
        GraphError, match=r"input 0 is an output of Shift 'first'.*a new Input"
    ):
        Model(y, Shift()(y))
    with pytest.raises(
        GraphError, match=r"input 1 is an output of InputLayer 'x'.*each listed once"
    ):
        z = Input((3,), name="x")
        Model([z, z], Shift()(z))


def test_two_layers_of_one_name():
    x = Input((3,))
    with pytest.raises(
        GraphError,
        match=r"two layers with the same name: Shift 'same' and Scale 'same'",
    ):
        Model(x, Scale(name="same")(Shift(name="same")(x)))


def test_nodes_can_be_made_by_hand():
    x = Input((3,))
    layer = Shift()
    layer.build((None, 3))
    node = Node.create_node(layer, [x._keras_history[0]])
    assert layer.inbound_nodes == [node] and node.output_tensors[0]._keras_history == (
        layer,
        0,
        0,
    )
    other = Shift()
    other.add_inbound_node(layer, [0], [0])
    assert other.input is node.output_tensors[0] and other.built
    assert Model(x, other.output).layers[-1] is other


def test_connecting_to_a_model_connects_to_its_last_layer():
    branch = Sequential([Shift(input_shape=(3,), name="inside")])
    layer = Shift()
    layer.add_inbound_node(branch)
    assert names(layer.inbound_nodes[0].inbound_layers) == ["inside"]
    assert Model(branch.input, layer.output).count_params() == 0

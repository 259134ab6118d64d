"""Layer: names, arguments, weights, calls, what a call records, and messages when
something doesn't fit."""

import re
import sys

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.layer import Input, InputSpec, Layer
from oneiros.engine.node import Node, object_list_uid, shape_list, to_list
from oneiros.errors import (
    ArgumentError,
    BackendMixError,
    ConfigError,
    DataError,
    GraphError,
    NodeError,
    ShapeError,
)
from oneiros.layers import Dense, Keras2SimpleRNN, Lambda
from oneiros.models import Model
from tiny_layers import Average, Both, Marker, Scale, Shift, Total


def test_without_the_plugin_for_old_code_layers_still_work(monkeypatch):
    monkeypatch.setenv("ONEIROS_DISABLE", "oneiros-old-code")
    layer = Layer()
    assert not hasattr(layer, "get_input")
    assert K.int_shape(layer(Input((2,)))) == (None, 2)


def test_names_are_the_class_in_lower_case_and_a_number():
    K.reset_uids()
    assert [
        Scale().name,
        Scale().name,
        Shift().name,
        Scale(name="mine").name,
        Scale().name,
    ] == ["scale_1", "scale_2", "shift_1", "mine", "scale_3"]


def test_unknown_argument_is_named_with_the_nearest_or_all_that_are_accepted():
    with pytest.raises(
        TypeError,
        match=r"Shift received the unknown argument 'inputshape'.*'input_shape'",
    ):
        Shift(inputshape=(3,))
    with pytest.raises(TypeError) as caught:
        Shift(zzz=1)
    for accepted in (
        "by",
        "input_shape",
        "batch_input_shape",
        "input_dtype",
        "name",
        "trainable",
    ):
        assert accepted in str(caught.value)


def test_input_shape_arguments():
    assert Shift(input_shape=(3, None)).batch_input_shape == (None, 3, None)
    assert Shift(batch_input_shape=[7, 3]).batch_input_shape == (7, 3)
    assert Shift(input_shape=(3,)).input_dtype == "float32"
    assert (
        Shift(input_shape=(3,), input_dtype="int32").get_config()["input_dtype"]
        == "int32"
    )
    assert not hasattr(Shift(), "batch_input_shape")
    layer = Shift(input_shape=(3,), create_input_layer=True)
    assert layer.input_shape == layer.output_shape == (None, 3)
    assert re.fullmatch(
        r"shift_input_\d+", layer.inbound_nodes[0].inbound_layers[0].name
    )


@pytest.mark.parametrize("shape", [3, "ab", (3.5,), (-1,), (0,), ("3",)])
def test_a_shape_that_is_none_is_refused(shape):
    with pytest.raises(ShapeError, match="A shape is a tuple of positive"):
        Shift(input_shape=shape)


def test_weights_are_trained_only_while_trainable():
    layer = Average()
    x = Input((3,))
    layer(x)
    scale = Scale()
    scale(x)
    assert (
        scale.trainable_weights == [scale.factor] and scale.non_trainable_weights == []
    )
    assert layer.trainable_weights == [] and layer.non_trainable_weights == [layer.mean]
    scale.trainable = False
    assert scale.trainable_weights == [] and scale.non_trainable_weights == [
        scale.factor
    ]
    assert scale.weights == [scale.factor]


def test_a_layer_in_the_manner_of_keras_1_0():
    class Old(Layer):
        def __init__(self, **kwargs):
            self.supports_masking = True
            self.input_spec = [InputSpec(ndim=2)]
            super().__init__(**kwargs)

        def build(self, input_shape):
            self.W = K.variable(np.full(input_shape[1:], 3.0), name=f"{self.name}_W")
            self.steps = K.variable(np.zeros(1))
            self.trainable_weights = [self.W]
            self.non_trainable_weights = [self.steps]
            self.updates = [(self.steps, self.steps + 1)]
            self.constraints = {self.W: "positive"}

        def call(self, x, mask=None):
            return x * self.W

    layer = Old()
    layer(Input((2,)))
    assert layer.supports_masking and layer.input_spec[0].ndim == 2
    assert layer.weights == [layer.W, layer.steps]
    assert layer.get_updates_for(None) == layer.updates and len(layer.updates) == 1
    np.testing.assert_array_equal(layer.get_weights()[0], [3.0, 3.0])


def test_get_weights_returns_copies():
    layer = Scale(input_shape=(3,), create_input_layer=True)
    layer.get_weights()[0][:] = 99.0
    np.testing.assert_allclose(layer.get_weights()[0], [0.5, 1.0, 1.5])
    value = np.ones(3, "float32")
    layer.set_weights([value])
    value[:] = 5.0
    np.testing.assert_array_equal(layer.get_weights()[0], [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], r"received 0 arrays.*index 0: the weight has \(3,\), the array missing"),
        (
            [np.ones(3), np.ones(2)],
            r"received 2 arrays.*index 1: the weight has missing, the array \(2,\)",
        ),
        (
            [np.ones((3, 1))],
            r"received 1 arrays.*index 0: the weight has \(3,\), the array \(3, 1\)",
        ),
    ],
)
def test_set_weights_names_both_sides(values, expected):
    layer = Scale(input_shape=(3,), create_input_layer=True, name="m")
    with pytest.raises(DataError, match="Scale 'm' has 1 weights and " + expected):
        layer.set_weights(values)
    np.testing.assert_allclose(layer.get_weights()[0], [0.5, 1.0, 1.5])


def test_counting_weights_before_there_are_any():
    layer = Scale(name="m")
    with pytest.raises(
        NodeError, match="Scale 'm' has no weights before its first call"
    ):
        layer.count_params()
    layer(Input((3,)))
    assert layer.count_params() == 3


def test_an_initializer_that_returns_an_array_is_explained():
    class Wrong(Layer):
        def build(self, input_shape):
            self.add_weight((2,), lambda shape, name=None: np.zeros(shape))

    with pytest.raises(
        ArgumentError, match=r"returned ndarray; it must return a variable.*K\.variable"
    ):
        Wrong()(Input((2,)))


# What a layer accepts


def strict(spec, **kwargs):
    layer = Shift(**kwargs)
    layer.input_spec = [spec] if isinstance(spec, InputSpec) else spec
    return layer


@pytest.mark.parametrize(
    ("spec", "shape", "expected"),
    [
        (InputSpec(ndim=2), (4, 5), r"must have 2 axes\. Put Flatten\(\) or Reshape"),
        (InputSpec(ndim=3), (4,), r"must have 3 axes\. Put Reshape"),
        (InputSpec(ndim="3+"), (4,), r"must have 3\+ axes\. Put Reshape"),
        (InputSpec(shape=(None, 7)), (4,), r"must have the shape \(None, 7\)"),
        (
            InputSpec(shape=(None, None, 7)),
            (4,),
            r"must have 3 axes, as in \(None, None, 7\)",
        ),
        (
            InputSpec(dtype="int32"),
            (4,),
            r"must be 'int32', not 'float32'.*Input\(dtype='int32'\)",
        ),
    ],
)
def test_input_that_does_not_fit_is_described_with_its_origin_and_a_remedy(
    spec, shape, expected
):
    x = Shift(name="before")(Input(shape))
    with pytest.raises(ShapeError, match=expected) as caught:
        strict(spec, name="picky")(x)
    message = str(caught.value)
    assert "Shift 'picky' received input 0" in message
    assert f"of shape {(None, *shape)} from Shift 'before'" in message


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (InputSpec(ndim="2+"), (4, 5, 6)),
        (InputSpec(shape=(None, 7)), (None,)),
        (InputSpec(shape=(None, None)), (7,)),
        ([None], (4, 5)),
    ],
)
def test_an_unknown_size_fits(spec, shape):
    assert strict(spec)(Input(shape))._keras_shape == (None, *shape)


def test_number_of_inputs():
    a, b = Input((2,)), Input((2,))
    layer = Total()
    layer.input_spec = [InputSpec(ndim=2), InputSpec(ndim=2)]
    with pytest.raises(
        ShapeError, match=r"received 1 tensors\. Call it on a list of 2 tensors"
    ):
        layer(a)

    built = Dense(2, name="built")
    built(a)
    for dense in (Dense(2), built):
        message = f"{dense.name}' received 2 tensors. Call it on one tensor"
        with pytest.raises(ShapeError, match=message):
            dense([a, b])


def test_an_error_of_a_layer_that_takes_a_list_stays_as_it_is():
    class Failing(Layer):
        input_spec = [InputSpec(ndim=2)]

        def call(self, x, mask=None):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        Failing()([Input((2,)), Input((2,))])
    too_wide = Input((5,))
    with pytest.raises(ShapeError, match="U of shape"):
        Keras2SimpleRNN(3)([Input((4, 2)), too_wide])


@pytest.mark.parametrize("is_loadable", [False, True])
def test_what_files_may_use_does_not_decide_which_inputs_fit(is_loadable):
    class Second(Layer):
        loadable = is_loadable

        def call(self, x, mask=None):
            return x[1]

    layer = Second()
    layer.input_spec = [InputSpec(ndim=2)]
    assert layer([Input((2,)), Input((2,))])._keras_shape == (None, 2)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (np.ones((2, 3)), r"was called on ndarray of shape \(2, 3\)"),
        (None, "was called on None"),
        ([], r"was called on \[\]"),
        (3.5, "was called on 3.5"),
    ],
)
def test_a_layer_called_on_no_tensor(thing, expected):
    with pytest.raises(ArgumentError, match=expected) as caught:
        Shift(name="s")(thing)
    assert "Shift 's'" in str(caught.value) and "Input(" in str(caught.value)


def test_a_layer_called_on_a_layer():
    with pytest.raises(
        ArgumentError,
        match=r"Shift 's' was called on <Scale 'forgotten', .*Call it on a",
    ):
        Shift(name="s")(Scale(name="forgotten"))


# What a call gives and records


def test_a_call_is_recorded_on_both_layers_and_on_the_tensor():
    x = Input((3,), name="start")
    layer = Shift()
    y = layer(x)
    (node,) = layer.inbound_nodes
    source = x._keras_history[0]
    assert isinstance(node, Node) and source.outbound_nodes == [node]
    assert node.get_config() == {
        "outbound_layer": layer.name,
        "inbound_layers": ["start"],
        "node_indices": [0],
        "tensor_indices": [0],
    }
    assert y._keras_history == (layer, 0, 0) and y._keras_shape == (None, 3)
    assert not y._uses_learning_phase
    assert (layer.input is x) and (layer.output is y)
    assert layer.input_shape == layer.output_shape == (None, 3)
    assert layer.input_mask is None and layer.output_mask is None


def test_several_calls_must_be_told_apart():
    layer = Shift(name="twice")
    a, b = Input((3,)), Input((5,))
    ya, yb = layer(a), layer(b)
    assert (
        layer.get_input_at(1) is b
        and layer.get_output_at(0) is ya
        and layer.get_output_at(-1) is yb
    )
    assert layer.get_input_shape_at(0) == (None, 3) and layer.get_output_shape_at(
        1
    ) == (None, 5)
    assert layer.get_input_mask_at(0) is None and layer.get_output_mask_at(1) is None
    for attribute, getter in (
        ("output", "get_output_at"),
        ("input_mask", "get_input_mask_at"),
    ):
        with pytest.raises(
            NodeError, match=rf"'twice' was called 2 times.*layer\.{getter}\(0\)"
        ):
            getattr(layer, attribute)
    with pytest.raises(NodeError, match=r"get_output_shape_at\(0\)"):
        _ = layer.output_shape
    with pytest.raises(NodeError, match=r"no output of call 2 of 2"):
        layer.get_output_at(2)


def test_before_the_first_call_there_is_no_output():
    layer = Shift(name="idle")
    with pytest.raises(
        NodeError,
        match=r"Shift 'idle' has no output of call 0 of 0\. Call it on a tensor",
    ):
        _ = layer.output
    assert not hasattr(layer, "output_shape")
    with pytest.raises(RuntimeError):
        layer.get_input_at(0)


def test_several_outputs():
    layer = Both()
    y, z = layer(Input((3,)))
    assert y._keras_history == (layer, 0, 0) and z._keras_history == (layer, 0, 1)
    assert layer.output == [y, z] and layer.output_shape == [(None, 3), (None, 3)]
    assert layer.inbound_nodes[0].output_masks == [None, None]
    assert Shift()(z)._keras_history[0].inbound_nodes[0].tensor_indices == [1]


def test_a_layer_that_returns_its_input_still_has_an_output_of_its_own():
    x = Input((3,))
    y = Layer()(x)
    assert y is not x
    assert x._keras_history[0].inbound_nodes[0].output_tensors == [x]
    assert y._keras_history[0].name.startswith("layer_")
    values = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(K.function([x], [y])([values])[0], values)


def test_a_tensor_of_no_layer_is_computed_on_without_a_record():
    layer = Shift(2.0)
    y = layer(K.variable(np.zeros((1, 2))))
    assert layer.inbound_nodes == [] and not hasattr(y, "_keras_history")
    np.testing.assert_array_equal(K.eval(y), [[2.0, 2.0]])


def test_a_call_without_a_result_is_explained():
    class Forgetful(Layer):
        def call(self, x, mask=None):
            x * 2

    with pytest.raises(
        GraphError, match=r"returned NoneType from `call`.*Is a `return` missing"
    ):
        Forgetful()(Input((2,)))


def test_as_many_tensors_as_shapes():
    class Unequal(Layer):
        def call(self, x, mask=None):
            return [x * 1.0, x * 2.0]

    with pytest.raises(GraphError, match=r"2 tensors from `call`, 2 masks .* 1 shapes"):
        Unequal()(Input((2,)))


def test_masks_go_where_they_are_supported():
    x = Marker()(Input((4, 3)))
    assert (
        Shift()(x)._keras_history[0].output_mask
        is x._keras_history[0].output_mask
        is not None
    )
    with pytest.raises(
        TypeError, match=r"Scale 'blind' received a mask.*Embedding\(mask_zero=True\)"
    ):
        Scale(name="blind")(x)
    with pytest.raises(TypeError, match="received a mask"):
        Total()([x, Input((4, 3))])


def test_learning_phase_is_passed_on():
    class Train(Layer):
        def call(self, x, mask=None):
            return K.in_train_phase(x * 2.0, x)

    class Declared(Layer):
        uses_learning_phase = True

    x = Input((2,))
    assert Train()(x)._uses_learning_phase and Shift()(Train()(x))._uses_learning_phase
    assert Declared()(x)._uses_learning_phase and not Shift()(x)._uses_learning_phase


# Losses and updates


def test_a_regularizer_adds_to_the_loss_once_however_often_the_layer_is_called():
    layer = Scale(regularizer=lambda w: K.sum(w) * 10.0, constraint="kept")
    layer(Input((3,)))
    layer(Input((3,)))
    assert len(layer.losses) == 1 and layer.get_losses_for(None) == layer.losses
    assert layer.constraints == {layer.factor: "kept"}
    np.testing.assert_allclose(K.eval(layer.losses[0]), 30.0)


def test_an_activity_regularizer_adds_to_the_loss_per_call():
    layer = Shift()
    layer.activity_regularizer = lambda y: K.sum(y)
    a, b = Input((3,)), Input((3,))
    layer(a)
    layer(b)
    assert len(layer.losses) == 2
    assert (
        layer.get_losses_for(a) == layer.losses[:1]
        and layer.get_losses_for([b]) == layer.losses[1:]
    )
    assert layer.get_losses_for(None) == []


def test_updates_are_told_apart_by_input():
    layer = Average()
    a = Input((3,))
    b = Input((3,))
    layer(a)
    layer(b)
    layer.add_update((layer.mean, layer.mean * 0.0))
    layer.add_update(None)
    assert len(layer.updates) == 3
    assert layer.get_updates_for(a) == layer.updates[:1]
    assert layer.get_updates_for(None) == layer.updates[2:]
    assert layer.get_updates_for(Input((3,))) == []


# Backends


def test_a_layer_stays_on_its_backend():
    with K.use("theano"):
        layer = Scale()
        x = Input((3,))
    with K.use("tensorflow"):
        y = layer(x)
        assert layer.count_params() == 3
        layer.set_weights([np.ones(3)])
        np.testing.assert_array_equal(layer.get_weights()[0], np.ones(3))
    assert K.load("theano").owns(y)


def test_a_tensor_of_another_backend_is_refused_naming_both():
    with K.use("theano"):
        layer = Scale(name="mine")
    with K.use("tensorflow"):
        x = Input((3,))
    with pytest.raises(
        BackendMixError,
        match=r"Scale 'mine' was made on the backend 'theano'.*'tensorflow'",
    ):
        layer(x)


# Small helpers that Keras 1 had in the same place


def test_helpers():
    a, b = object(), object()
    assert to_list(a) == [a] and to_list([a, b]) == [a, b]
    assert object_list_uid([a, b]) == f"{id(a)}, {id(b)}" and object_list_uid(a) == str(
        id(a)
    )
    assert shape_list((None, 3)) == shape_list([None, 3]) == [(None, 3)]
    assert shape_list([(1, 2), [3]]) == [(1, 2), (3,)]


def test_unbuildable_config_is_a_config_error():
    from oneiros.config import layer_from_config

    with pytest.raises(
        ConfigError, match=r"'Scale' can't be built.*unknown argument 'depth'"
    ):
        layer_from_config(
            {"class_name": "Scale", "config": {"depth": 3}}, {"Scale": Scale}
        )


def test_a_layer_may_say_that_its_declared_shape_is_not_the_tensors():
    class Wrong(Layer):
        keeps_declared_shape = True

        def call(self, x, mask=None):
            return K.sum(x, axis=1, keepdims=True)

    assert Wrong()(Input((3,)))._keras_shape == (None, 3)


def test_the_declared_shape_of_a_programs_layer_wins():
    class Zeros(Layer):
        def call(self, x, mask=None):
            return K.zeros((10, 10))

        def get_output_shape_for(self, input_shape):
            return (None, 4)

    assert Zeros()(Input((3,)))._keras_shape == (None, 4)


def test_a_declared_size_that_is_no_int_is_the_tensors():
    class Half(Layer):
        def call(self, x, mask=None):
            return x[:, :2]

        def get_output_shape_for(self, input_shape):
            return (input_shape[0], input_shape[1] / 2)

    assert repr(Half()(Input((4,)))._keras_shape) == "(None, 2)"


def test_a_layer_may_change_the_number_of_samples():
    x = Input((3,))
    doubled = Lambda(lambda x: K.concatenate([x, x], axis=0))(x)
    assert Model(x, doubled).predict(np.ones((5, 3)), batch_size=2).shape == (10, 3)


def test_a_layer_that_sets_its_name_first_gets_the_default_one():
    class Named(Layer):
        def __init__(self, name=None):
            self.name = name
            super().__init__()

    assert Named().name.startswith("named_")


def test_names_are_interned():
    names = [f"block{number}_pool" for number in (5, 5)]
    layers = [Layer(name=name) for name in names]
    assert layers[0].name is layers[1].name is sys.intern("block5_pool")

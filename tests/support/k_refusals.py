"""Calls that functions of K refuse: what brings each error that they document."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from k_arguments import integers, tensor
from oneiros import backend as K
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    DataError,
    GraphError,
    ShapeError,
)

ALL = ("theano", "tensorflow", "jax")


def _names(text):
    return text.split()


REDUCTIONS = _names("max min sum prod mean var std any all argmax argmin l2_normalize")
SHAPED = _names("""
    random_uniform random_normal random_binomial zeros ones random_uniform_variable
    random_normal_variable
""")
BORDERED = _names("""
    conv1d conv2d deconv2d atrous_conv2d separable_conv2d conv3d pool2d pool3d
""")
NO_SHAPE = {"shape": None, "ndim": None}
COMPUTED = ("update", "update_add", "update_sub", "set_value")


@dataclass(frozen=True)
class Refused:
    """A call that is refused.

    # Properties
        function: name of the function of K.
        changes: the arguments that differ from those of `k_arguments`.
        kind: class of the error.
        on: the backends that refuse it.
    """

    function: str
    changes: dict[str, Any] = field(default_factory=dict)
    kind: type[Exception] = ArgumentError
    on: tuple[str, ...] = ALL


def refused_calls():
    """Returns calls that are refused, with tensors of the current backend."""
    return [
        *_other_values(),
        *_other_shapes(),
        *_of_variables(),
        *_of_graphs(),
        *_of_sequences(),
    ]


def _other_values():
    axes = [Refused(name, {"axis": 7}) for name in REDUCTIONS]
    shapes = [Refused(name, {"shape": (None, 3)}) for name in SHAPED]
    empty = tensor(2, 0)
    extremes = [
        Refused(name, {"x": empty, "axis": 1})
        for name in ("max", "min", "argmax", "argmin")
    ]
    return [
        *axes,
        *shapes,
        *extremes,
        Refused("eye", {"size": None}),
        Refused("arange", {"step": 0}),
        Refused("arange", {"step": 0.0}),
        Refused("one_hot", {"nb_classes": 2.5}),
        Refused("repeat", {"n": 1.5}),
        Refused("repeat", {"x": tensor(2, 3, 4)}),
        Refused("repeat_elements", {"rep": 1.5}),
        Refused("repeat_elements", {"axis": 7}),
        Refused("tile", {"n": 1.5}),
        Refused("expand_dims", {"dim": 9}),
        Refused("squeeze", {"axis": 7}),
        Refused("reverse", {"axes": 7}),
        Refused("permute_dimensions", {"pattern": (0, 0)}),
        Refused("permute_dimensions", {"pattern": (0,)}),
        Refused("concatenate", {"axis": 7}),
        Refused("softmax", {"x": tensor(3)}),
        Refused("dropout", {"level": 1.0}),
        Refused("pattern_broadcast", {"broatcastable": [True]}),
        Refused("set_learning_phase", {"value": 3}),
        Refused("placeholder", NO_SHAPE, on=("theano", "jax")),
        Refused("variable", {"value": tensor(2)}),
        Refused("batch_dot", {"x": tensor(3)}),
        Refused("batch_dot", {"axes": 7}),
        Refused("batch_dot", {"axes": 0}, on=("theano", "jax")),
        Refused("pool2d", {"pool_mode": "min"}),
        Refused("pool3d", {"pool_mode": "min"}),
        Refused("temporal_padding", {"padding": -1}),
        Refused("asymmetric_temporal_padding", {"left_pad": 0.5}),
        Refused("ctc_decode", {"greedy": False}, CapabilityError, on=("theano",)),
        Refused("conv2d", {"strides": (1, 0)}),
        Refused("conv2d", {"strides": (1, 1, 1)}),
        Refused("conv2d", {"filter_dilation": 1.5}),
        Refused("atrous_conv2d", {"rate": 0}),
        Refused("conv1d", {"stride": True}),
        Refused("pool2d", {"border_mode": "full"}),
        Refused("resize_images", {"height_factor": 0}),
        Refused("resize_images", {"width_factor": 0.5}),
        Refused("spatial_2d_padding", {"padding": (1, 1, 1)}),
        Refused("arange", {"start": None}),
        Refused("lstm", {"activation": "elu"}),
        Refused("lstm", {"initial_states": [tensor(2, 4)]}),
        Refused("lstm", {"W": tensor(3, 16)}),
    ]


def _other_shapes():
    wrong = tensor(7, 11)
    ranks = [
        Refused(name, {"x": tensor(2, 3)}, ShapeError)
        for name in [
            *BORDERED,
            "spatial_2d_padding",
            "asymmetric_spatial_2d_padding",
            "spatial_3d_padding",
            "temporal_padding",
            "asymmetric_temporal_padding",
        ]
    ]
    channels = [
        Refused("conv1d", {"kernel": tensor(2, 7, 5)}, ShapeError),
        Refused("conv2d", {"kernel": tensor(2, 2, 7, 5)}, ShapeError),
        Refused("deconv2d", {"kernel": tensor(2, 2, 7, 5)}, ShapeError),
        Refused("atrous_conv2d", {"kernel": tensor(2, 2, 7, 5)}, ShapeError),
        Refused("conv3d", {"kernel": tensor(2, 2, 2, 7, 2)}, ShapeError),
        Refused(
            "separable_conv2d", {"depthwise_kernel": tensor(2, 2, 7, 2)}, ShapeError
        ),
        Refused(
            "separable_conv2d", {"pointwise_kernel": tensor(1, 1, 7, 2)}, ShapeError
        ),
    ]
    windows = [
        Refused(
            "conv2d", {"kernel": tensor(5, 5, 3, 5), "border_mode": "valid"}, ShapeError
        ),
        Refused("pool2d", {"pool_size": (5, 5)}, ShapeError),
        Refused("pool3d", {"pool_size": (5, 5, 5)}, ShapeError),
        Refused("deconv2d", {"output_shape": (2, 9, 4, 5)}, ShapeError),
    ]
    return [
        *ranks,
        *channels,
        *windows,
        Refused("resize_images", {"X": tensor(2, 3)}, ShapeError),
        Refused("clip", {"min_value": wrong}, ShapeError),
        Refused("relu", {"alpha": wrong}, ShapeError),
        Refused("relu", {"max_value": wrong}, ShapeError),
        Refused("elu", {"alpha": wrong}, ShapeError),
        Refused("pow", {"a": wrong}, ShapeError),
        Refused("resize_volumes", {"X": tensor(2, 3)}, ShapeError),
        Refused("batch_dot", {"y": tensor(2, 4)}, ShapeError),
        Refused("in_top_k", {"predictions": tensor(3)}, ShapeError),
        Refused("in_top_k", {"targets": integers(5)}, ShapeError),
        Refused("dropout", {"noise_shape": (5, 7)}, ShapeError),
        Refused("normalize_batch_in_training", {"gamma": tensor(2)}, ShapeError),
        Refused("normalize_batch_in_training", {"beta": tensor(2)}, ShapeError),
        Refused("sparse_categorical_crossentropy", {"target": integers(5)}, ShapeError),
        Refused("reshape", {"shape": (4, 2)}, ShapeError),
        Refused("stack", {"x": []}, ShapeError),
        Refused("squeeze", {"x": tensor(2, 3)}, ShapeError),
        Refused("batch_flatten", {"x": K.variable(3.0)}, ShapeError),
        Refused("ctc_batch_cost", {"y_pred": tensor(3, 4)}, ShapeError),
        Refused("ctc_batch_cost", {"y_true": integers(3, 2)}, ShapeError),
        Refused("ctc_decode", {"y_pred": tensor(5, 4)}, ShapeError),
        Refused("ctc_decode", {"input_length": integers(3)}, ShapeError),
        Refused(
            "ctc_label_dense_to_sparse", {"label_lengths": integers(3)}, ShapeError
        ),
        Refused("ctc_cost", {"predict": tensor(3)}, ShapeError),
        Refused("ctc_interleave_blanks", {"Y": integers(2, 3)}, ShapeError),
        Refused("ctc_create_skip_idxs", {"Y": integers(2, 3)}, ShapeError),
        Refused("ctc_path_probs", {"predict": tensor(3)}, ShapeError),
        Refused("ctc_update_log_p", {"log_p_prev": tensor(7)}, ShapeError),
        Refused("conv2d", {"kernel": tensor(2, 3, 5)}, ShapeError),
        Refused("deconv2d", {"output_shape": (None, None, 4, 5)}, ShapeError),
        Refused("deconv2d", {"output_shape": (None, 4, 4, 6)}, ShapeError),
        Refused("concatenate", {"tensors": [tensor(2, 3), wrong]}, ShapeError),
        Refused("stack", {"x": [tensor(2, 3), wrong]}, ShapeError),
        Refused("maximum", {"y": wrong}, ShapeError),
        Refused("lstm", {"mask": K.placeholder((None,))}, ShapeError),
        Refused("lstm", {"W": tensor(3, 7), "b": tensor(7)}, ShapeError),
    ]


def _of_variables():
    computed = tensor(2, 3) * 2
    of_computed = [Refused(name, {"x": computed}) for name in COMPUTED]
    placeholder = K.placeholder((2, 3))
    return [
        *of_computed,
        Refused("moving_average_update", {"variable": computed}),
        Refused("batch_set_value", {"tuples": [(computed, 3)]}),
        Refused("set_value", {"value": np.ones(7)}, DataError),
        Refused("batch_set_value", {"tuples": [(tensor(2), np.ones(7))]}, DataError),
        Refused("eval", {"x": placeholder}),
        Refused("eval", {"x": placeholder * 2}),
        Refused("get_value", {"x": placeholder * 2}),
        Refused("batch_get_value", {"xs": [placeholder * 2]}),
        Refused("count_params", {"x": K.placeholder((None, 3))}),
        *(
            Refused(name, {"x": np.ones(2)})
            for name in ("int_shape", "get_variable_shape", "count_params")
        ),
        Refused("int_shape", {"x": of_open_rank()}, on=("tensorflow",)),
    ]


def of_open_rank():
    """Returns a tensor of open rank where there are such: on TensorFlow."""
    return K.placeholder() if K.backend() == "tensorflow" else None


def _of_graphs():
    x = tensor(2, 3)
    computed = x * 2
    wholes = integers(2)
    return [
        Refused("function", {"updates": [(computed, x)]}),
        Refused("function", {"updates": [3]}),
        Refused("gradients", {"loss": K.sum(wholes)}),
        Refused(
            "gradients", {"loss": K.cast(wholes, "float32"), "variables": [wholes]}
        ),
        Refused("gradients", {"variables": [tensor(2)]}, GraphError),
        Refused("gradients", {"loss": x, "upstream": tensor(7, 11)}, ShapeError),
        Refused("function", {"updates": [(x, tensor(7, 11))]}, ShapeError),
        Refused("function", {"updates": [(x, tensor(2, 3, 1))]}, ShapeError),
    ]


def _of_sequences():
    folds = [call for name in ("foldl", "foldr") for call in _of_fold(name)]
    weights = {"simple_rnn": (4, 5), "gru": (4, 13), "lstm": (4, 17)}
    fused = [
        call
        for name, shape in weights.items()
        for call in (
            Refused(name, {"U": tensor(*shape)}, ShapeError),
            Refused(name, {"x": tensor(2, 3)}, ShapeError),
        )
    ]
    return [
        *folds,
        *fused,
        Refused("map_fn", {"elems": 3}),
        Refused("map_fn", {"fn": min_of, "elems": unequal()}, ShapeError),
        Refused("rnn", {"step_function": lambda x, states: x}),
        Refused("rnn", {"step_function": lambda x, states: (x, [])}),
        Refused("rnn", open_steps()),
        Refused("rnn", {"inputs": tensor(2, 3)}, ShapeError),
        Refused("rnn", {"mask": tensor(2, 7)}, ShapeError),
        Refused("rnn", {"mask": tensor(2, 3, 2)}, ShapeError),
        Refused("rnn", {"inputs": tensor(2, 0, 4), "step_function": anew}, ShapeError),
        Refused("rnn", {"step_function": growing}, ShapeError),
    ]


def _of_fold(name):
    return [
        Refused(name, {"elems": 3}),
        Refused(name, {"fn": lambda so_far, x: (so_far, x)}),
        Refused(name, {"fn": longer}, ShapeError),
        Refused(name, {"fn": first_of, "elems": unequal()}, ShapeError),
        Refused(name, {"elems": tensor(0, 3)}, ShapeError),
    ]


def unequal():
    return [tensor(4, 3), tensor(3, 3)]


def min_of(elements):
    return K.minimum(*elements)


def first_of(so_far, elements):
    return so_far


def longer(so_far, element):
    return K.concatenate([so_far, element])


def growing(x, states):
    return x, [longer(states[0], x)]


def anew(x, states):
    return x * 2, states


def open_steps():
    return {"inputs": K.placeholder((2, None, 4)), "unroll": True}

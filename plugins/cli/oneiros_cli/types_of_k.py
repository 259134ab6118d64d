"""The types of the functions of `K` in stubs: their contract has the signatures of
Keras 1, without types.

Most arguments mean the same in all functions, so their name tells their type, or their
default does. What neither tells is a tensor, an array or a number.
"""

IMPORTS = """\
from collections.abc import Callable, Iterable
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from oneiros.backend.common import *
from oneiros.backend.contract import Backend as Backend
from oneiros.backend.dispatch import *
from oneiros.typing import Array, Shape, Tensor, Tensors

_Int = SupportsIndex
_Float = SupportsFloat
_Ints = SupportsIndex | Iterable[SupportsIndex]
_List = list[Any] | tuple[Any, ...]
_Sizes = list[Any] | tuple[Any, ...] | Array
_DType = str | type[Any] | np.dtype[Any]

"""
"""How the stub of `K` starts. Integers and floats may be NumPy's, too; a size may be a
tensor."""

BY_DEFAULT = {bool: "bool", str: "str"}
"""The type of an argument by that of its default."""

ARGUMENTS = {
    "axes": "_Ints | None",
    "axis": "_Ints | None",
    "beam_width": "_Int",
    "border_mode": "str",
    "bottom_pad": "_Int",
    "broatcastable": "Iterable[int]",
    "constants": "_List | None",
    "depth_factor": "_Int",
    "dim": "_Int",
    "dim_ordering": "str",
    "dtype": "_DType | None",
    "epsilon": "_Float",
    "filter_dilation": "_Ints",
    "filter_shape": "_Sizes | None",
    "fn": "Callable[..., Any]",
    "height_factor": "_Int",
    "high": "_Float",
    "image_shape": "_Sizes | None",
    "initial_states": "_List",
    "k": "_Int",
    "kwargs": "Any",
    "left_pad": "_Int",
    "level": "_Float",
    "low": "_Float",
    "momentum": "_Float",
    "n": "_Ints",
    "name": "str | None",
    "nb_classes": "_Int",
    "ndim": "_Int | None",
    "noise_shape": "_Sizes | None",
    "output_shape": "_Sizes",
    "p": "_Float",
    "padding": "_Ints",
    "pattern": "Iterable[_Int]",
    "pool_size": "_Ints",
    "rate": "_Ints",
    "reduction_axes": "Iterable[_Int]",
    "rep": "_Int",
    "right_pad": "_Int",
    "scale": "_Float",
    "seed": "_Int | None",
    "shape": "_Sizes",
    "size": "_Int",
    "start": "_Float",
    "std": "_Float",
    "step": "_Float",
    "step_function": "Callable[..., Any]",
    "stop": "_Float | None",
    "stride": "_Int",
    "strides": "_Ints",
    "tensors": "Iterable[Tensor]",
    "top_pad": "_Int",
    "top_paths": "_Int",
    "tuples": "Iterable[tuple[Tensor, Any] | list[Any]]",
    "updates": "_List",
    "volume_shape": "_Sizes | None",
    "width_factor": "_Int",
    "xs": "Iterable[Tensor]",
}
"""The types of arguments by their names, in all functions."""

FUNCTIONS = {
    "apply": {"tensors": "Tensor"},
    "argmax": {"axis": "_Int"},
    "argmin": {"axis": "_Int"},
    "cast": {"dtype": "_DType"},
    "concatenate": {"axis": "_Int"},
    "elu": {"alpha": "_Float"},
    "function": {"inputs": "Iterable[Tensor]"},
    "is_explicit_shape": {"shape": "Any"},
    "manual_variable_initialization": {"value": "bool"},
    "ones": {"shape": "_Int | _Sizes"},
    "placeholder": {"shape": "_Sizes | None"},
    "random_normal": {"mean": "_Float"},
    "random_normal_variable": {"mean": "_Float"},
    "relu": {"alpha": "_Float", "max_value": "_Float | None"},
    "repeat": {"n": "_Int"},
    "repeat_elements": {"axis": "_Int"},
    "reverse": {"axes": "_Ints"},
    "rnn": {"input_length": "_Int | None"},
    "set_learning_phase": {"value": "int"},
    "squeeze": {"axis": "_Ints"},
    "stack": {"x": "Iterable[Tensor]"},
    "temporal_padding": {"padding": "_Int"},
    "zeros": {"shape": "_Int | _Sizes"},
}
"""The types of arguments that mean something else in a function."""

RESULTS = {
    "batch_get_value": "list[Array]",
    "count_params": "int",
    "ctc_decode": "tuple[Tensors, Tensor]",
    "dtype": "str",
    "eval": "Array",
    "function": "Callable[..., Any]",
    "get_value": "Array",
    "get_variable_shape": "Shape",
    "gradients": "Tensors",
    "int_shape": "Shape",
    "is_explicit_shape": "bool",
    "is_sparse": "bool",
    "ndim": "int",
    "normalize_batch_in_training": "tuple[Tensor, Tensor, Tensor]",
    "rnn": "tuple[Tensor, Tensor, Tensors]",
}
"""What functions return, if it isn't a tensor."""

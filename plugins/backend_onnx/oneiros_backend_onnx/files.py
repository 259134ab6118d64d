"""Files of ONNX; weights that don't fit into one have a file of their own beside it."""

import math
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, helper
from onnx.external_data_helper import set_external_data

DATA_SUFFIX = ".data"
"""What the name of a file of weights has in addition."""
LARGEST_FILE = 2**31 - 2**24
"""Bytes of weights in one file. It can have 2 GiB in all, the nodes included."""
SMALLEST_OUTSIDE = 1024
"""Bytes of the smallest weights in a file of their own; shapes must stay inside."""


def is_too_large(model: ModelProto) -> bool:
    """Returns whether a model's weights don't fit into its file."""
    sizes = map(_byte_count, model.graph.initializer)
    return sum(sizes) > LARGEST_FILE


def save(model: ModelProto, path: Path) -> None:
    """Writes a model, and checks what was written.

    Weights that it can't hold go to a file beside it, `new.onnx.data` for `new.onnx`,
    and out of the model.

    # Arguments
        model: ModelProto.
        path: path of the new file.
    """
    if is_too_large(model):
        data_path = path.with_name(path.name + DATA_SUFFIX)
        data_path.unlink(missing_ok=True)
        for weights in model.graph.initializer:
            if _byte_count(weights) >= SMALLEST_OUTSIDE:
                set_external_data(weights, data_path.name)
    location = str(path)
    onnx.save(model, location)
    onnx.checker.check_model(location, full_check=True)


def _byte_count(weights: TensorProto) -> int:
    dtype = helper.tensor_dtype_to_np_dtype(weights.data_type)
    count: int = math.prod(weights.dims)
    return count * int(dtype.itemsize)

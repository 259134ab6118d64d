"""Files of ONNX; weights that don't fit into one have a file of their own beside it."""

from __future__ import annotations

import math
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, helper
from onnx.external_data_helper import set_external_data

DATA_SUFFIX = ".data"
"""What the name of a file of weights has in addition."""
LARGEST_FILE = 2**31 - 2**24
"""Bytes of weights in one file. A file can have 2 GiB in all, the nodes included."""
SMALLEST_OUTSIDE = 1024
"""Bytes of the smallest weights in a file of their own; shapes must stay inside."""


def save(model: ModelProto, path: Path) -> None:
    """Writes a model, and checks what was written.

    If its weights have 2 GB or more, they go to a file beside it: `new.onnx.data` for
    `new.onnx`. The model then holds them no more.

    # Arguments
        model: ModelProto.
        path: path of the new file; there must be no file of weights yet.
    """
    if is_large(model):
        for tensor in model.graph.initializer:
            if _size(tensor) >= SMALLEST_OUTSIDE:
                set_external_data(tensor, path.name + DATA_SUFFIX)
    onnx.save(model, str(path))
    onnx.checker.check_model(str(path), full_check=True)


def is_large(model: ModelProto) -> bool:
    """Returns whether a model's weights don't fit into one file."""
    return sum(map(_size, model.graph.initializer)) > LARGEST_FILE


def _size(tensor: TensorProto) -> int:
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    count: int = math.prod(tensor.dims)
    return count * dtype.itemsize

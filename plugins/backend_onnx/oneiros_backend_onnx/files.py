"""Files of ONNX; weights that don't fit into one have a file of their own beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto, helper

from oneiros_backend_onnx.tensors import Array

DATA_SUFFIX = ".data"
"""What the name of a file of weights has in addition."""
LARGEST_FILE = 2**31 - 2**24
"""Bytes of weights in one file. It can have 2 GiB in all, the nodes included."""
SMALLEST_OUTSIDE = 1024
"""Bytes of the smallest weights in a file of their own; shapes must stay inside."""


@dataclass
class OnnxModel:
    """A model of ONNX, and weights that it can't hold.

    # Properties
        proto: ModelProto.
        outside: dict of arrays by the names of its initializers; empty for a model of
            less than 2 GB.
    """

    proto: ModelProto
    outside: dict[str, Array]


def outside_of(arrays: dict[str, Array]) -> dict[str, Array]:
    """Returns the arrays that go to a file of their own, by name."""
    if sum(array.nbytes for array in arrays.values()) <= LARGEST_FILE:
        return {}
    return {
        name: array
        for name, array in arrays.items()
        if array.nbytes >= SMALLEST_OUTSIDE
    }


def without_values(name: str, array: Array) -> TensorProto:
    """Returns an initializer whose values `save` writes to another file."""
    return TensorProto(
        name=name,
        dims=array.shape,
        data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
        data_location=TensorProto.EXTERNAL,
    )


def save(model: OnnxModel, path: Path) -> None:
    """Writes a model, and checks what was written.

    Weights that it can't hold go to a file beside it: `new.onnx.data` for `new.onnx`.

    # Arguments
        model: OnnxModel.
        path: path of the new file.
    """
    if model.outside:
        data_path = path.with_name(path.name + DATA_SUFFIX)
        with data_path.open("wb") as file:
            for tensor in model.proto.graph.initializer:
                if tensor.name in model.outside:
                    offset = file.tell()
                    model.outside[tensor.name].tofile(file)
                    _refer(tensor, data_path.name, offset, file.tell() - offset)
    onnx.save(model.proto, str(path))
    onnx.checker.check_model(str(path), full_check=True)


def _refer(tensor: TensorProto, location: str, offset: int, length: int) -> None:
    """Says where the values of an initializer are."""
    del tensor.external_data[:]
    entries = {"location": location, "offset": offset, "length": length}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=str(value))

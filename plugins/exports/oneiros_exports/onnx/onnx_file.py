"""ONNX: a file that many runtimes compute."""

from pathlib import Path

import onnx
from oneiros_backend_onnx import files
from oneiros_backend_onnx.conversion import (
    check_opset,
    names_of_states,
    onnx_model,
    rounded_operators,
)
from oneiros_backend_onnx.graphs import OPSET

from oneiros_exports.destination import Export, Port, State, Written
from oneiros_exports.predictor import left_out


class OnnxExport(Export):
    """A file for ONNX Runtime and others, with an open batch size.

    Each recurrent layer is one node; nodes have their layers' names, and weights their
    own.

    # Arguments
        opset, fills_missing_rows: as for `oneiros_backend_onnx.conversion.model_proto`.
    """

    title = "ONNX"
    backend = "onnx"
    runtime = "oneiros_exports.onnx.runtime:run"
    companions: tuple[str, ...] = (files.DATA_SUFFIX,)

    def __init__(self, *, opset: int = OPSET, fills_missing_rows: bool = False):
        self.opset = check_opset("export", opset)
        self.fills_missing_rows = fills_missing_rows

    def write(self, model, path: Path) -> Written:
        """Writes the file."""
        proto = onnx_model(model, self.opset, self.fills_missing_rows)
        files.save(proto, path)
        opset = proto.opset_import[0].version
        summary = f"opset {opset}, {len(proto.graph.node)} nodes"
        if files.is_too_large(proto):
            summary += f"; weights in {path.name}{files.DATA_SUFFIX}"
        inputs = {value.name: _port(value) for value in proto.graph.input}
        outputs = {value.name: _port(value) for value in proto.graph.output}
        states = [
            State(inputs.pop(before), outputs.pop(after))
            for before, after in names_of_states(proto).items()
        ]
        rounded = ", ".join(rounded_operators(proto))
        notes = []
        if rounded:
            notes = [f"float32 in {rounded}: ONNX Runtime lacks float64 there"]
        return Written(
            summary=summary,
            inputs=list(inputs.values()),
            outputs=list(outputs.values()),
            left_out=left_out(model),
            states=states,
            notes=notes,
        )


def _port(value: onnx.ValueInfoProto) -> Port:
    tensor = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    shape = tuple(size.dim_param or size.dim_value for size in tensor.shape.dim)
    return Port(value.name, str(dtype), shape)

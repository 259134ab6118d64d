"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_exports() -> dict[str, str]:
    """The destination `onnx`."""
    return {"onnx": "oneiros_export_onnx.onnx_file:OnnxExport"}

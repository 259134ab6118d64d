"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_exports() -> dict[str, str]:
    """The destinations `saved_model` and `tflite`."""
    return {
        "saved_model": "oneiros_export_tensorflow.saved_model:SavedModelExport",
        "tflite": "oneiros_export_tensorflow.tflite:TFLiteExport",
    }

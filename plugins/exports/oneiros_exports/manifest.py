"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

EXPORT = "oneiros_exports.exporting:export"


@hookimpl
def oneiros_modules():
    """The function `oneiros.export`, and the module `oneiros.exports`."""
    return {
        "": {"export": EXPORT},
        "exports": {
            "export": EXPORT,
            "Export": "oneiros_exports.destination:Export",
            "ExportError": "oneiros_exports.destination:ExportError",
            "Port": "oneiros_exports.destination:Port",
            "Refusal": "oneiros_exports.destination:Refusal",
            "Written": "oneiros_exports.destination:Written",
            "Report": "oneiros_exports.replay:Report",
            "shared_processes": "oneiros_exports.processes:shared_processes",
        },
    }


@hookimpl
def oneiros_exports():
    """The destinations; each needs the extra of its library."""
    return {
        "keras": "oneiros_exports.keras3.keras_file:KerasExport",
        "onnx": "oneiros_exports.onnx.onnx_file:OnnxExport",
        "saved_model": "oneiros_exports.tensorflow.saved_model:SavedModelExport",
        "stablehlo": "oneiros_exports.jax.stablehlo:StableHLOExport",
        "tflite": "oneiros_exports.tensorflow.tflite:TFLiteExport",
    }

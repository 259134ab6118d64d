"""StableHLO: what XLA's compilers take, as `jax.export` writes it."""

from pathlib import Path
from typing import Any

from jax import export
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros_jax_support.jax_import import jax

from oneiros_exports.destination import ExportError
from oneiros_exports.predictor import Predictor, PredictorExport

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


class StableHLOExport(PredictorExport):
    """A file that `jax.export.deserialize` reads, with an open batch size.

    Its function takes a dict of the inputs by their names, and returns a dict of the
    outputs.
    """

    title = "JAX"
    backend = "jax"
    runtime = "oneiros_exports.jax.runtime:run"

    def write_predictor(self, predictor: Predictor, path: Path) -> str:
        """Writes the file."""
        weights = K.batch_get_value(predictor.variables)
        names = predictor.input_names

        def predict(inputs: dict[str, Any]) -> dict[str, Any]:
            values = [inputs[name] for name in names]
            outputs = predictor.outputs(values, weights)
            return dict(zip(predictor.output_names, outputs, strict=True))

        exporting = export.export(jax.jit(predict), platforms=PLATFORMS)
        inputs, _ = predictor.ports()
        # Open sizes are symbols, the same for all inputs.
        scope = export.SymbolicScope()
        arguments = {}
        for port in inputs:
            sizes = export.symbolic_shape(", ".join(map(str, port.shape)), scope=scope)
            arguments[port.name] = jax.ShapeDtypeStruct(sizes, port.dtype)
        try:
            exported = exporting(arguments)
        except (jax.errors.InconclusiveDimensionOperation, OneirosError) as error:
            raise ExportError(
                f"JAX can't leave the batch size, or another size, of this model open: "
                f"{str(error).splitlines()[0]} Export it to ONNX or to a SavedModel."
            ) from error
        path.write_bytes(exported.serialize())
        return f"StableHLO for {', '.join(PLATFORMS)}"

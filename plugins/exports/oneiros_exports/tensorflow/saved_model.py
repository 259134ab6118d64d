"""SavedModel: TensorFlow's format for serving."""

from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros_backend_tensorflow.tensorflow_import import tf

from oneiros_exports.predictor import Predictor, PredictorExport

SIGNATURE = "serving_default"


class SavedModelExport(PredictorExport):
    """A folder that TensorFlow loads without Oneiros, with an open batch size.

    The signature `serving_default` takes the model's inputs by their names and returns
    a dict of its outputs.
    """

    title = "TensorFlow"
    backend = "tensorflow"
    runtime = "oneiros_exports.tensorflow.runtime:run_saved_model"
    main_file = "saved_model.pb"

    def write_predictor(self, predictor: Predictor, path: Path) -> str:
        """Writes the folder."""
        write_saved_model(predictor, path)
        return f"a SavedModel with the signature {SIGNATURE!r}"


def write_saved_model(
    predictor: Predictor, path: Path, batch_size: int | None = None
) -> None:
    """Writes a folder for TensorFlow.

    # Arguments
        predictor: what to write.
        path: where.
        batch_size: int, a fixed batch size; None leaves it open.
    """
    module = tf.Module(name="model")
    values = K.batch_get_value(predictor.variables)
    names = predictor.variable_names
    module.weights = [
        tf.Variable(value, name=name, trainable=False)
        for name, value in zip(names, values)
    ]
    signature = []
    ports, _ = predictor.ports()
    for port in ports:
        sizes = [size if isinstance(size, int) else None for size in port.shape]
        shape = [sizes[0] or batch_size, *sizes[1:]]
        signature.append(tf.TensorSpec(shape, port.dtype, port.name))

    def predict(*inputs) -> dict[str, Any]:
        weights = map(tf.convert_to_tensor, module.weights)
        outputs = predictor.outputs(inputs, list(weights))
        return dict(zip(predictor.output_names, outputs, strict=True))

    function = tf.function(predict, input_signature=signature, autograph=False)
    tf.saved_model.save(module, str(path), signatures={SIGNATURE: function})

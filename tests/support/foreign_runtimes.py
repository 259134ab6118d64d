"""Computes what a model's file predicts, with the library that it was written for and
nothing of Oneiros.

    python foreign_runtimes.py onnx|keras|saved_model|stablehlo|tflite

Each line of the standard input names a file, a file with the inputs in the model's
order, and where to write the outputs in the model's order. The standard output answers
each with an empty line.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np


def onnx(path, inputs, outputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [value.name for value in session.get_inputs()]
    assert names == inputs
    return lambda arrays: session.run(outputs, dict(zip(names, arrays, strict=True)))


def saved_model(path, inputs, outputs):
    tf = plain_tensorflow()
    predict = tf.saved_model.load(path).signatures["serving_default"]

    def run(arrays):
        named = zip(inputs, map(tf.constant, arrays), strict=True)
        results = predict(**dict(named))
        return [results[name].numpy() for name in outputs]

    return run


def tflite(path, inputs, outputs):
    tf = plain_tensorflow()
    interpreter = tf.lite.Interpreter(model_path=path)
    predict = interpreter.get_signature_runner()
    details = interpreter.get_input_details()
    by_row = all(detail["shape_signature"][0] == 1 for detail in details)

    def run(arrays):
        nb_rows = len(arrays[0])
        parts = range(nb_rows) if by_row else [slice(None)]
        results = []
        for part in parts:
            rows = [array[part].reshape(-1, *array.shape[1:]) for array in arrays]
            results.append(predict(**dict(zip(inputs, rows, strict=True))))
        return [
            np.concatenate([result[name] for result in results]) for name in outputs
        ]

    return run


def stablehlo(path, inputs, outputs):
    from jax import export

    exported = export.deserialize(bytearray(Path(path).read_bytes()))

    def run(arrays):
        results = exported.call(dict(zip(inputs, arrays, strict=True)))
        return [np.asarray(results[name]) for name in outputs]

    return run


def keras(path, inputs, outputs):
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    import oneiros_keras3

    assert oneiros_keras3.hard_sigmoid(-2.9) == 0
    model = keras.models.load_model(path)
    names = [x.name for x in model.inputs]

    def run(arrays):
        named = dict(zip(inputs, arrays, strict=True))
        values = [named[name] for name in names]
        results = model(values if len(values) > 1 else values[0], training=False)
        results = results if isinstance(results, list) else [results]
        return list(map(np.asarray, results))

    return run


def plain_tensorflow():
    """Returns TensorFlow, imported without Keras and JAX, which would take as long
    again."""
    sys.modules["keras"] = None
    sys.modules["jax"] = None
    import tensorflow

    return tensorflow


RUNTIMES = {
    function.__name__: function
    for function in (onnx, saved_model, tflite, stablehlo, keras)
}


def main():
    """Answers requests until there are no more."""
    runtime = RUNTIMES[sys.argv[1]]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        run = runtime(request["path"], request["inputs"], request["outputs"])
        with np.load(request["arrays"]) as stored:
            arrays = [stored[name] for name in stored.files]
        np.savez(request["results"], *run(arrays))
        assert "oneiros" not in sys.modules
        print(file=answers, flush=True)


if __name__ == "__main__":
    main()

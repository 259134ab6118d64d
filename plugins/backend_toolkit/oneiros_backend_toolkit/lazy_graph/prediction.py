"""What a model predicts, as a program."""

from oneiros.arguments import label, refusal
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.errors import CapabilityError

from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.lazy_graph.program import Program


def prediction(model) -> Program:
    """Returns the program that a model's `predict` computes.

    Call it with phase 0: `program(feeds, state, 0, 0)` returns the outputs, and the new
    values of the states of stateful layers. `feeds` are the engine's tensors for
    `model.inputs`, `state` those for `program.variables`.

    # Arguments
        model: Model or Sequential, on a backend of lazy tensors, such as `"tensorflow"`
            or `"jax"`.

    # Returns
        The Program. Its `inputs` are in the order of the model's `input_names`, its
        `outputs` in that of `output_names`;
        `written` is empty unless a layer is stateful.

    # Raises
        ArgumentError: for anything but a model.
        CapabilityError: if the model's backend has no lazy tensors.

    # Example
        ```python
        import jax
        import numpy as np
        from oneiros import backend as K
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros_backend_toolkit.lazy_graph.prediction import prediction

        with K.use("jax"):
            model = Sequential([Dense(2, input_dim=3)])
            program = prediction(model)
            weights = K.batch_get_value(program.variables)

        def predict(x):
            outputs, _ = program([x], weights, 0, 0)
            return outputs[0]

        x = np.ones((5, 3), "float32")
        y = jax.jit(predict)(x)
        print(np.allclose(y, model.predict(x)))  # True
        ```
    """
    if not isinstance(model, Container):
        raise refusal("prediction", "model", model, "a Model or a Sequential")
    backend = backend_of(model)
    if not isinstance(backend, RecordedBackend):
        raise CapabilityError(
            f"{label(model)} is on the backend {backend.name!r}, which has no lazy "
            f"tensors. Build or load it on another one: with K.use('jax'): "
            f"model = load_model(path)."
        )
    phase = backend.learning_phase()
    inputs = [*model.inputs, phase]
    return backend.function(inputs, model.outputs, model.state_updates).program

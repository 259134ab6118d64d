"""Models of Oneiros as models of ONNX."""

import json

import onnx
from oneiros.arguments import check_int, label
from oneiros.errors import ArgumentError, CapabilityError
from oneiros_backend_toolkit.lazy_graph.names import BATCH, distinct, named_shapes
from oneiros_backend_toolkit.lazy_graph.prediction import prediction
from oneiros_backend_toolkit.lazy_graph.program import Program
from onnx import ModelProto, TensorProto, helper

from oneiros_backend_onnx.files import is_too_large
from oneiros_backend_onnx.graphs import OPSET, operators_of
from oneiros_backend_onnx.program_models import End, ProgramModel
from oneiros_backend_onnx.promotion import IN_SINGLE_PRECISION

AFTER = "_after"
"""What the name of a state's new value has in addition."""
STATES = "oneiros_states"
"""The key of the names of states in the metadata of a model."""


def model_proto(
    model, opset: int = OPSET, fills_missing_rows: bool = False
) -> ModelProto:
    """Returns what a model's `predict` computes as a model of ONNX.

    Inputs and outputs have the names of their layers, weights those that they have in
    files of Oneiros. The number of samples stays open and is called `batch`, and an
    open number of steps `steps`. The learning phase is 0.

    The states of stateful layers are further inputs, such as `lstm_1_state_0`, and
    further outputs: `lstm_1_state_0_after`. Zeros begin a sequence. The model's
    metadata has these names under `oneiros_states`, as a dict in JSON.

    # Arguments
        model: Model or Sequential, built or loaded on the backend `"onnx"`.
        opset: int, the version of ONNX's operators, 18 or higher.
        fills_missing_rows: bool, whether an index that an Embedding has no row for
            gives NaN, as in `predict`; otherwise it takes the nearest row, which needs
            fewer nodes.

    # Returns
        An `onnx.ModelProto` that passes `onnx.checker.check_model(full_check=True)`.

    # Raises
        CapabilityError: if the model is on another backend, has weights of 2 GB or
            more, or ONNX can't hold what it computes: random draws in predictions,
            `K.apply`.
        ArgumentError: for an older opset, or one that the installed onnx doesn't know.

    # Example
        ```python
        import onnxruntime
        import numpy as np
        from oneiros import backend as K
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros_backend_onnx.conversion import model_proto

        with K.use("onnx"):
            model = Sequential([Dense(2, input_dim=3, name="scores")])
        proto = model_proto(model)
        session = onnxruntime.InferenceSession(proto.SerializeToString())
        x = np.ones((5, 3), "float32")
        (y,) = session.run(["scores"], {session.get_inputs()[0].name: x})
        print(np.allclose(y, model.predict(x)))  # True
        ```
    """
    check_opset("model_proto", opset)
    made = onnx_model(model, opset, fills_missing_rows)
    if is_too_large(made):
        raise CapabilityError(
            f"The weights of {label(model)} have 2 GB or more, which a ModelProto "
            f"can't hold. oneiros.export(model, 'new.onnx') puts them into a second "
            f"file."
        )
    onnx.checker.check_model(made, full_check=True)
    return made


def onnx_model(
    model, opset: int = OPSET, fills_missing_rows: bool = False
) -> ModelProto:
    """Returns the same as `model_proto`, unchecked, for models of any size.

    `oneiros_backend_onnx.files.save` checks and writes it.

    # Arguments
        model, opset, fills_missing_rows: as for `model_proto`.
    """
    program = prediction(model)
    _check_backend(model, program)
    shapes = [node.shape or () for node in program.inputs]
    sizes = named_shapes(model.input_names, shapes)
    inputs = list(map(End, model.input_names, sizes))
    state_names = [node.name for node in program.written]
    states = distinct(state_names, model.input_names)
    state_shapes = [node.shape or () for node in program.written]
    inputs += map(End, states, state_shapes)
    used = [end.name for end in inputs]
    later_states = [f"{name}{AFTER}" for name in states]
    outputs = distinct([*model.output_names, *later_states], used)
    whole = ProgramModel(
        program, phase=0, opset=opset, fills=fills_missing_rows, checks_steps=False
    )
    made = whole.with_ends(inputs, outputs)
    _name_batches(made)
    if states:
        count = len(model.output_names)
        pairs = dict(zip(states, outputs[count:]))
        text = json.dumps(pairs)
        helper.set_model_props(made, {STATES: text})
    return made


def names_of_states(model: ModelProto) -> dict[str, str]:
    """Returns the outputs with new states by the inputs that take states."""
    properties = {x.key: x.value for x in model.metadata_props}
    text = properties.get(STATES, "{}")
    names: dict[str, str] = json.loads(text)
    return names


def rounded_operators(model: ModelProto) -> list[str]:
    """Returns the operators that compute with float32 in a model of float64."""
    ends = [*model.graph.input, *model.graph.output]
    types = {end.type.tensor_type.elem_type for end in ends}
    if TensorProto.DOUBLE not in types:
        return []
    operators = set(operators_of(model.graph.node))
    return sorted(operators.intersection(IN_SINGLE_PRECISION))


def check_opset(owner: str, opset: int) -> int:
    """Returns a version of ONNX's operators, if the installed onnx knows it.

    # Arguments
        owner: str, what received it, for the message.
        opset: int.

    # Raises
        ArgumentError: for one that is too old or unknown.
    """
    newest = onnx.defs.onnx_opset_version()
    if check_int(owner, "opset", opset, OPSET) > newest:
        raise ArgumentError(
            f"{owner} received opset={opset}. onnx {onnx.__version__} knows those up "
            f"to {newest}."
        )
    return opset


def _check_backend(model, program: Program) -> None:
    """Refuses a model of another engine's tensors."""
    engine = program.recorder.engine.name
    if engine != "onnx":
        raise CapabilityError(
            f"model_proto received {label(model)}, which is on the backend {engine!r}. "
            f"Build or load it on 'onnx': with K.use('onnx'): model = load_model(path)."
        )


def _name_batches(proto: ModelProto) -> None:
    """Names the first size of each output, where ONNX doesn't know that it is the
    number of samples."""
    for output in proto.graph.output:
        sizes = output.type.tensor_type.shape.dim
        if not sizes:
            continue
        first = sizes[0]
        if not first.dim_value and not first.dim_param:
            first.dim_param = BATCH

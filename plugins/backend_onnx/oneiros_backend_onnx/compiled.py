"""Programs computed by ONNX Runtime."""

import threading
from typing import Any, NoReturn

from oneiros.backend.contract import LOCK
from oneiros.errors import DataError
from oneiros.typing import Array
from oneiros_backend_toolkit.lazy_graph.program import Program
from onnx import ModelProto

from oneiros_backend_onnx.program_models import ProgramModel
from oneiros_backend_onnx.runtime import RUN_ERRORS, session_of

FAIL_ON_NOTHING = ("GRU", "LSTM")
"""Operators for which ONNX Runtime ends the process if there is nothing to compute."""


class CompiledProgram:
    """One step of a program.

    Variables that the program writes are inputs of its graph. Those that it only reads
    are constants, so that ONNX Runtime prepares them once; after `set_value` there is
    a new graph.

    # Arguments
        program: what to compute.
        phase: the learning phase, 0 or 1.
    """

    def __init__(self, program: Program, phase: int):
        self._program = program
        self._model = ProgramModel(program, phase)
        storages = [node.source.storage for node in program.variables]
        written_count = len(program.written)
        self._written = storages[:written_count]
        self._read = storages[written_count:]
        self._lock = threading.Lock()
        self._versions: list[int] | None = None
        self._session: Any = None

    def __call__(self, arrays: list[Array], counter: int) -> list[Array]:
        """Runs one step; alone, if it stores values of variables."""
        if not self._written:
            return self._step(arrays)
        with LOCK:
            written = [storage.array for storage in self._written]
            return self._step([*arrays, *written])

    def _step(self, values: list[Array]) -> list[Array]:
        session = self._current_session()
        if 0 in [value.size for value in values]:
            self._check_empty(values)
        feeds = {f"input_{i}": value for i, value in enumerate(values)}
        try:
            results: list[Array] = session.run(None, feeds)
        except RUN_ERRORS as error:
            self._explain(values, error)
        count = len(self._program.outputs)
        new = results[count:]
        for storage, value in zip(self._written, new):
            storage.set(value)
        return results[:count]

    def _explain(self, values: list[Array], error: Exception) -> NoReturn:
        """Builds the graph once more for the sizes of the data, so that what doesn't
        fit is named.

        # Raises
            OneirosError: always.
        """
        self._model_for(values)
        raise DataError(f"ONNX Runtime can't compute this: {error}") from error

    def _check_empty(self, values: list[Array]) -> None:
        """Refuses arrays without rows or steps for which ONNX Runtime would end the
        process."""
        nodes = self._model_for(values).graph.node
        operators = {node.op_type for node in nodes}
        names = operators.intersection(FAIL_ON_NOTHING)
        if names:
            shapes = [str(value.shape) for value in values]
            raise DataError(
                f"The backend 'onnx' can't compute {', '.join(sorted(names))} of "
                f"nothing; it received arrays of shapes {', '.join(shapes)}. Leave out "
                f"batches without rows or steps."
            )

    def _model_for(self, values: list[Array]) -> ModelProto:
        """Builds the graph for the sizes of the data alone; layers check them."""
        shapes = [value.shape for value in values]
        return self._model.for_sessions(shapes)

    def _current_session(self):
        versions = [storage.version for storage in self._read]
        with self._lock:
            if self._session is None or versions != self._versions:
                model = self._model.for_sessions()
                self._session = session_of(model)
                self._versions = versions
            return self._session

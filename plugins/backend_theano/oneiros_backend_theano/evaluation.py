"""`x.eval({y: 3})` by the backend.

PyTensor's own evaluation compiles with numba, which is slow, and can't read variables
that JAX wrote. It is only used for types that the backend doesn't know: sparse matrices
and PyTensor's own random generators.
"""

from collections.abc import Mapping
from typing import Any

from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.sessions import Session
from pytensor.graph.basic import Variable
from pytensor.graph.traversal import ancestors, graph_inputs
from pytensor.sparse.type import SparseTensorType
from pytensor.tensor.random.type import RandomType
from pytensor.tensor.variable import _tensor_py_operators

Feeds = Mapping[Any, Any]
FOR_PYTENSOR = (SparseTensorType, RandomType)
"""Types of variables that the backend doesn't support."""


def install(session: Session) -> None:
    """Gives tensors a method `eval` that computes in a session."""

    def evaluate(tensor, inputs_to_values: Feeds | None = None, **options):
        """Computes the tensor.

        # Arguments
            inputs_to_values: values by variable, or by name.
            options: not used.

        # Raises
            ArgumentError: for a name that no variable has.
        """
        values = inputs_to_values or {}
        if is_for_pytensor([tensor]):
            return Variable.eval(tensor, values, **options)
        inputs = _inputs(tensor, values)
        pairs = zip(inputs, values.values(), strict=True)
        feeds = dict(pairs)
        return session.run(tensor, feeds)

    _tensor_py_operators.eval = evaluate


def is_for_pytensor(variables) -> bool:
    """Returns whether variables depend on types that the backend doesn't know."""
    return any(isinstance(x.type, FOR_PYTENSOR) for x in ancestors(variables))


def _inputs(tensor, values: Feeds) -> list[Any]:
    """Returns the variables that get values."""
    inputs = graph_inputs([tensor])
    by_name = {x.name: x for x in inputs if x.name}
    for name in values:
        if isinstance(name, str) and name not in by_name:
            names = ", ".join(map(repr, by_name)) or "none"
            raise ArgumentError(
                f"eval received a value for {name!r}. Inputs of {tensor} with names: "
                f"{names}."
            )
    return [by_name.get(key, key) for key in values]

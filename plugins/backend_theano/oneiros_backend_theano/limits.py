"""What the JAX linker can't compile, but PyTensor's other modes can, and values that
it must know while tracing: sizes and the learning phase."""

import numpy as np
from oneiros.errors import CapabilityError

ANOTHER_MODE = "mode='NUMBA' in K.function or compile has PyTensor compile it."
CONCRETE = (np.ndarray, np.generic, bool, int, float)


class LinkerError(CapabilityError):
    """An operation without a JAX version, or a shape that depends on values.

    `K.function` without `mode` doesn't raise it: the function then runs in another
    mode, see `fallback`.

    # Arguments
        problem: str, a sentence about what can't be compiled.
    """

    def __init__(self, problem: str):
        super().__init__(f"{problem} {ANOTHER_MODE}")
        self.problem = problem


def is_concrete(value) -> bool:
    """Returns whether a value is known while tracing."""
    return isinstance(value, CONCRETE)


def concrete_sizes(shape, label) -> tuple[int, ...]:
    """Returns a shape as ints.

    # Arguments
        shape: a vector, or a sequence of scalars.
        label: what the message calls the operation.

    # Raises
        LinkerError: if it depends on the values of a tensor.
    """
    is_sequence = isinstance(shape, (list, tuple))
    sizes = shape if is_sequence else [shape]
    if not all(map(is_concrete, sizes)):
        raise LinkerError(
            f"The shape in {label} depends on the values of a tensor, which the JAX "
            "linker can't compile. Derive it from other shapes."
        )
    array = np.asarray(sizes)
    vector = array.ravel()
    return tuple(map(int, vector))

"""Values that are known during tracing: sizes and the learning phase."""

import numpy as np

from oneiros_backend_theano.limits import LinkerError

CONCRETE = (np.ndarray, np.generic, bool, int, float)


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
    vector = np.ravel(np.asarray(sizes))
    return tuple(map(int, vector))

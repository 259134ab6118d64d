"""Functions that the JAX linker can't compile, but PyTensor's other modes can."""

from oneiros.errors import CapabilityError

ANOTHER_MODE = "mode='NUMBA' in K.function or compile has PyTensor compile it."


class LinkerError(CapabilityError):
    """An operation without a JAX version, or a shape that depends on values.

    `K.function` without `mode` doesn't raise it: the function then runs in another
    mode, see `fallback`.

    # Arguments
        problem: str, a sentence about what can't be compiled.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem} {ANOTHER_MODE}")
        self.problem = problem

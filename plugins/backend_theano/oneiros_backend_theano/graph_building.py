"""Makes PyTensor build graphs faster.

PyTensor reads a file of C code for each `DimShuffle`, and with each tensor it keeps
eight lines of the stack, which are this backend's. With these, building 50 dense layers
and their training function takes 1.5 times as long (`benchmarks/mechanisms.py
graph_building`).
"""

from pytensor import config
from pytensor.tensor.elemwise import DimShuffle

DEFAULT_LIMIT = 8
"""The lines that PyTensor keeps unless it is told otherwise."""


def install() -> None:
    """Makes DimShuffles share their C code, and tensors keep no lines of the stack.

    A limit that the user has set remains.
    """
    if config.traceback__limit == DEFAULT_LIMIT:
        config.traceback__limit = 0
    if "load_c_code" not in vars(DimShuffle):
        first = DimShuffle(input_ndim=0, new_order=())

        def share_c_code(op, files) -> None:
            op.func_codes = first.func_codes
            op.code_sections = first.code_sections

        DimShuffle.load_c_code = share_c_code

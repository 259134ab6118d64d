"""Infers shapes and types on PyTorch's meta tensors, which have no values."""

from functools import partial

import numpy as np
from oneiros_backend_toolkit.lazy_graph.trial_sizes import Trials
from oneiros_backend_toolkit.lazy_graph.trial_sizes import infer as infer_by_trials

from torch_for_oneiros.tensors import numpy_type, torch_type
from torch_for_oneiros.torch_import import torch

ERRORS = (RuntimeError, ValueError, TypeError, IndexError)
"""Errors that PyTorch raises for tensors that don't fit."""


class TorchTrials(Trials):
    """See `oneiros_backend_toolkit.lazy_graph.trial_sizes.Trials`.

    Five open sizes of these don't exceed PyTorch's greatest number of elements.
    """

    sizes = (840, 2520)
    errors = ERRORS

    def argument(self, shape, dtype: str):
        """Returns a tensor without values."""
        return self.zeros(shape, dtype)

    def zeros(self, shape, dtype):
        """Returns a tensor without values."""
        sizes = tuple(shape)
        own_dtype = torch_type(dtype)
        return torch.empty(sizes, dtype=own_dtype, device="meta")

    def dtype_name(self, x) -> str:
        """Returns NumPy's name."""
        if isinstance(x, torch.Tensor):
            dtype = numpy_type(x.dtype)
        else:
            dtype = np.asarray(x).dtype
        return dtype.name

    def trace(self, run, rows) -> None:
        """Functions that make tensors make such tensors, too."""
        with torch.no_grad(), torch.device("meta"):
            run(rows)


infer = partial(infer_by_trials, TorchTrials())

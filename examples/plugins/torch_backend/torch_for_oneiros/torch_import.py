"""Imports PyTorch in one piece, when the backend is first used.

If Ctrl-C interrupted the import, this process couldn't use PyTorch any more. The import
changes the filters of warnings, which are the program's. Every module that computes
with PyTorch imports `torch` from here.
"""

import warnings

from oneiros_backend_toolkit.interrupts import deferred_interrupts

with deferred_interrupts(), warnings.catch_warnings():
    import torch

__all__ = ["torch"]

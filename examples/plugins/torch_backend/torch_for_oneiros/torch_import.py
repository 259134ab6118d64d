"""Imports PyTorch in one piece, when the backend is first used.

If Ctrl-C interrupted the import, this process couldn't use PyTorch any more. Every
module that computes with PyTorch imports `torch` from here.
"""

from oneiros_backend_toolkit.interrupts import deferred_interrupts

with deferred_interrupts():
    import torch

__all__ = ["torch"]

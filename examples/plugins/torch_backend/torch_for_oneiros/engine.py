"""PyTorch as an engine of the lazy graph."""

from oneiros.typing import Tensors
from oneiros_backend_toolkit.lazy_graph.engine import EagerEngine
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction

from torch_for_oneiros import random_functions
from torch_for_oneiros.functions import FUNCTIONS
from torch_for_oneiros.inference import ERRORS, infer
from torch_for_oneiros.recurrence import KERNELS
from torch_for_oneiros.tensors import to_tensor, torch_type
from torch_for_oneiros.torch_import import torch


class TorchEngine(EagerEngine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "torch"
    errors = ERRORS
    key_spec = Spec((), "int64")
    functions = FUNCTIONS
    infer = staticmethod(infer)
    key = staticmethod(random_functions.key_of)
    fold = staticmethod(random_functions.folded)

    def convert(self, value, dtype: str | None):
        """Returns a tensor, which others may share: nothing changes tensors."""
        if not self.functions.is_tensor(value):
            value = self.functions.tensor(value)
        tensor = to_tensor(value)
        if dtype is None:
            return tensor
        return tensor.to(torch_type(dtype))

    def gradients(
        self, forward: AnyFunction, values: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Runs the program with derivatives, by tensors of its own.

        If derivatives are recorded already, these gradients are differentiated, too.
        """
        is_inner = torch.is_grad_enabled()
        with torch.enable_grad(), KERNELS.left_out(when=is_inner):
            own = [_own(value, is_inner) for value in values]
            loss, computed = forward(own)
            gradients = _gradients(loss, own, is_inner)
        if is_inner:
            return gradients, computed
        return _detached(gradients), _detached(computed)


def _own(value, is_inner: bool):
    """Returns a tensor of the same values by which to differentiate."""
    tensor = to_tensor(value)
    if is_inner and tensor.requires_grad:
        return tensor.view_as(tensor)
    own = tensor.detach()
    return own.requires_grad_()


def _gradients(loss, values: Tensors, is_inner: bool) -> Tensors:
    if not loss.requires_grad:
        return list(map(torch.zeros_like, values))
    total = loss.sum()
    gradients = torch.autograd.grad(
        total, values, create_graph=is_inner, materialize_grads=True
    )
    return list(gradients)


def _detached(values: Tensors) -> Tensors:
    return [_detached_parts(value) for value in values]


def _detached_parts(value):
    """Returns a value, or one of several parts, without its derivatives."""
    if isinstance(value, (list, tuple)):
        return [_detached_parts(part) for part in value]
    if isinstance(value, torch.Tensor):
        return value.detach()
    return value

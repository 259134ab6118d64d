"""Whole recurrent layers as one operation on lazy tensors.

An LSTM of sigmoid gates and without a mask is PyTorch's own operation, `torch.lstm`.
The others are loops over `oneiros_backend_toolkit.recurrent_cells`: Keras 1's gates are
hard sigmoids by default, and its GRU resets the state before the product with the
recurrent weights, `(r h) U`, where PyTorch's resets the product, `r (h U)`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from oneiros_backend_toolkit.fused_recurrence import FusedLayer
from oneiros_backend_toolkit.lazy_graph.recurrence import RecordedRecurrence
from oneiros_backend_toolkit.recurrent_cells import LstmCell

from torch_for_oneiros.tensors import to_tensor
from torch_for_oneiros.torch_import import torch

OWN_CELL = LstmCell("tanh", "sigmoid")
"""What `torch.lstm` computes."""


class TorchMath:
    """See `oneiros_backend_toolkit.recurrent_cells`: what steps forward need."""

    tanh = staticmethod(torch.tanh)
    sigmoid = staticmethod(torch.sigmoid)

    def clip(self, x):
        """Bounds by 0 and 1."""
        return x.clamp(0, 1)

    def where(self, condition, x):
        """Returns `x` where the condition holds, else 0."""
        return torch.where(condition, x, 0)

    def split(self, x, sizes):
        """Cuts the last axis into parts of these sizes."""
        return torch.split(x, list(sizes), -1)


MATH = TorchMath()


class Kernels(threading.local):
    """Whether this thread may use PyTorch's own operation, which has no second
    derivatives and can't be traced."""

    are_used = True

    @contextmanager
    def left_out(self, when: bool = True) -> Iterator[None]:
        """Context in which it isn't used."""
        before = self.are_used
        self.are_used = before and not when
        try:
            yield
        finally:
            self.are_used = before


KERNELS = Kernels()


def run(layer: FusedLayer, x, U, mask, projection, *initial):
    """Returns the outputs in the order of processing, and the last states."""
    if layer.backwards:
        x = x.flip(1)
    steps = x.shape[1]
    is_own = layer.cell == OWN_CELL and mask is None and projection
    if is_own and steps and KERNELS.are_used:
        return _own_lstm(x, U, projection, initial)
    if projection:
        W, b = projection
        product = torch.matmul(x, W)
        x = product + b
    weights = layer.cell.split_weights(MATH, U)
    is_seen = [None] * steps
    if mask is not None:
        is_seen = _by_step(mask, layer.backwards)
    rows = x.unbind(1)
    states = initial
    outputs = []
    for row, is_seen_now in zip(rows, is_seen):
        after, _ = layer.cell.forward(MATH, row, states, weights)
        if is_seen_now is not None:
            pairs = zip(after, states)
            after = [torch.where(is_seen_now, *pair) for pair in pairs]
        output, *_ = after
        outputs.append(output)
        states = after
    if outputs:
        return torch.stack(outputs, 1), *states
    shape = (len(x), 0, len(U))
    return x.new_zeros(shape), *states


def _by_step(mask, backwards: bool):
    """Returns for each step which samples take part, (samples, 1)."""
    mask = to_tensor(mask)
    is_seen = mask.bool()
    if backwards:
        is_seen = is_seen.flip(1)
    columns = is_seen.unsqueeze(-1)
    return columns.unbind(1)


def _own_lstm(x, U, projection, initial):
    W, b = projection
    # There are two biases, which are added
    no_bias = torch.zeros_like(b)
    of_input = W.t().contiguous()
    of_state = U.t().contiguous()
    weights = (of_input, of_state, b, no_bias)
    first = []
    for state in initial:
        of_layer = state.unsqueeze(0)
        first.append(of_layer.contiguous())
    is_trained = torch.is_grad_enabled()
    outputs, h, c = torch.lstm(
        x, first, weights, True, 1, 0.0, is_trained, False, batch_first=True
    )
    return outputs, h[0], c[0]


class RecurrentLayers(RecordedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors of PyTorch."""

    _run = staticmethod(run)

"""Shared code of the CTC functions of `K`.

A labelling of n labels has 2n + 1 positions: the labels, with blanks around them.
Probabilities of positions are logarithms along a last axis; `LOG_OF_ZERO` represents
the logarithm of 0, so that gradients stay finite.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import math

from oneiros.errors import ShapeError

from oneiros_backend_toolkit.folds import Folds
from oneiros_backend_toolkit.tensors import Tensor

LOG_OF_ZERO = -1e30
LEAST_PROBABILITY = 1e-8
"""Added to probabilities before the logarithm, as in Keras 1."""


class CtcMath(Folds):
    """Probabilities of positions, built on other functions of `K`."""

    def _tensor(self, x) -> Tensor:
        """Returns a tensor; other values, such as predictions, become variables."""
        return x if self.owns(x) else self.variable(x)

    def _positive(self, y_pred) -> Tensor:
        """Returns probabilities above 0; half precision can't represent numbers as
        small as that."""
        if self.dtype(y_pred) == "float16":
            y_pred = self.cast(y_pred, "float32")
        return y_pred + LEAST_PROBABILITY

    def _log_sum_exp(self, log_p) -> Tensor:
        """Returns the logarithm of the sum of a row's probabilities, (batch, 1)."""
        peak = self.stop_gradient(self.max(log_p, 1, keepdims=True))
        total = self.sum(self.exp(log_p - peak), 1, keepdims=True)
        return peak + self.log(total)

    def _log_of_indicator(self, indicator, dtype: str) -> Tensor:
        """Returns 0 for ones and LOG_OF_ZERO for zeros."""
        return (1.0 - self.cast(indicator, dtype)) * LOG_OF_ZERO

    def _interleaved(self, labels, blank) -> Tensor:
        """Puts blanks before, between and after the labels along the last axis of a
        matrix."""
        twice = self.repeat_elements(labels, 2, 1)
        end = self.zeros_like(twice[:, :1])
        with_end = self.concatenate([twice, end], 1)
        is_label = self.equal(self._places(with_end, 1) % 2, 1)
        return self.switch(is_label, with_end, blank)

    def _advanced(self, log_p, log_skip) -> Tensor:
        """Returns the probabilities after one transition: staying, moving by one, or by
        two where allowed."""
        impossible = self.zeros_like(log_p[:, :1]) + LOG_OF_ZERO
        by_one = self.concatenate([impossible, log_p[:, :-1]], 1)
        by_two = self.concatenate([impossible, by_one[:, :-1]], 1) + log_skip
        peak = self.maximum(log_p, by_one)
        peak = self.stop_gradient(self.maximum(peak, by_two))
        total = self.exp(log_p - peak)
        total = total + self.exp(by_one - peak)
        total = total + self.exp(by_two - peak)
        return peak + self.log(total)

    def _column(self, lengths, batches) -> Tensor:
        """Returns one length for each sample of a tensor of batches, (batch, 1)."""
        lengths = self.cast(lengths, "int32")
        sizes = self.int_shape(lengths)
        samples = self.int_shape(batches)[0]
        if None not in (samples, *sizes) and math.prod(sizes) != samples:
            raise ValueError("there isn't one length for each sample")
        return self.reshape(lengths, (-1, 1))

    def _places(self, x, axis: int) -> Tensor:
        """Returns the numbers 0, 1, … of the places along an axis."""
        return self.arange(self._size(x, axis))

    def _is_before(self, x, lengths) -> Tensor:
        """Tells of the places along axis 1 whether they come before each sample's
        length, (batch, places)."""
        return self.lesser(self._places(x, 1), lengths)

    def _within(self, lengths, most) -> Tensor:
        is_valid = self.greater_equal(lengths, 0)
        return is_valid & self.lesser_equal(lengths, most)

    def _size(self, x, axis: int) -> Tensor:
        """Returns a size: an int if it is known, else a scalar tensor."""
        static_size = self.int_shape(x)[axis]
        if static_size is not None:
            return static_size
        return self.cast(self.shape(x)[axis], "int32")

    def _check_rank(self, name: str, argument: str, x, rank: int, reading: str) -> None:
        if self.ndim(x) != rank:
            raise ShapeError(
                f"{name} expected {argument} of rank {rank}, {reading}; received "
                f"one of shape {self.int_shape(x)}."
            )

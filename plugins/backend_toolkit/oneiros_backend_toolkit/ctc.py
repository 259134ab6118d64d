"""Connectionist temporal classification, built on other functions of `K` and the
engine's loop.

# References
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal
    classification", ICML 2006.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import numpy as np

from oneiros_backend_toolkit.ctc_decoding import CtcDecoding
from oneiros_backend_toolkit.ctc_math import LOG_OF_ZERO
from oneiros_backend_toolkit.ctc_paths import CtcPaths
from oneiros_backend_toolkit.tensors import Tensor


class Ctc(CtcPaths, CtcDecoding):
    """The CTC functions of the contract; the blank is the last class."""

    def ctc_batch_cost(
        self, y_true, y_pred, input_length, label_length: Tensor
    ) -> Tensor:
        y_pred = self._tensor(y_pred)
        self._check_rank(
            "ctc_batch_cost", "y_pred", y_pred, 3, "(batch, steps, classes)"
        )
        (y_pred,) = self.as_floats(y_pred)
        labels = self.cast(y_true, "int32")
        blank = self._size(y_pred, 2) - 1
        step_counts = self._column(input_length, y_pred)
        listed_counts = self._column(label_length, labels)
        label_counts = self._counts_before_blanks(labels, listed_counts, blank)
        is_used = self._is_before(labels, label_counts)
        is_class = self.greater_equal(labels, 0) & self.lesser(labels, blank)
        log_likelihood = self._log_likelihood(
            self._log_probabilities(y_pred),
            self.switch(is_used & is_class, labels, blank),
            step_counts,
            label_counts,
        )
        is_possible = self.greater(log_likelihood, LOG_OF_ZERO / 2)
        cost = self.switch(is_possible, -log_likelihood, np.inf)
        has_classes = self.all(is_class | ~is_used, 1, keepdims=True)
        has_steps = self._within(step_counts, self._size(y_pred, 1))
        has_labels = self._within(listed_counts, self._size(labels, 1))
        is_valid = has_classes & has_steps & has_labels
        cost = self.switch(is_valid, cost, np.nan)
        return self.cast(cost, self.dtype(y_pred))

    def _counts_before_blanks(self, labels, counts, blank) -> Tensor:
        """Returns the numbers of labels without trailing blanks, (batch, 1)."""
        is_label = self._is_before(labels, counts) & self.not_equal(labels, blank)
        return self.sum(self.cast(is_label, "int32"), 1, keepdims=True)

    def _log_probabilities(self, y_pred) -> Tensor:
        positive = self._positive(y_pred)
        return self.log(positive / self.sum(positive, 2, keepdims=True))

    def _log_likelihood(self, log_p, labels, step_counts, label_counts) -> Tensor:
        """Returns the logarithm of the labels' probability, (batch, 1)."""
        classes = self._interleaved(labels, self._size(log_p, 2) - 1)
        log_emitted = self._log_emitted(log_p, classes)
        log_skip = self._log_skip(classes, self.dtype(log_p))
        position = self._places(classes, 1)
        is_first = self.equal(position, 0)
        certain = self.zeros_like(log_emitted[0])
        start = self.switch(is_first, certain, LOG_OF_ZERO)

        def step(
            slices: list[Tensor], states: list[Tensor]
        ) -> tuple[list[Tensor], list[Tensor]]:
            log_emitted_now, time = slices
            (log_before,) = states
            log_reached = self._advanced(log_before, log_skip) + log_emitted_now
            is_running = self.lesser(time, step_counts)
            return [], [self.switch(is_running, log_reached, log_before)]

        times = self._places(log_emitted, 0)
        (log_reached,), _ = self._scan(step, [log_emitted, times], [start])
        is_last_blank = self.equal(position, 2 * label_counts)
        is_last_label = self.equal(position, 2 * label_counts - 1)
        is_end = is_last_blank | is_last_label
        return self._log_sum_exp(self.switch(is_end, log_reached, LOG_OF_ZERO))

    def _log_emitted(self, log_p, classes) -> Tensor:
        """Returns the log-probabilities of the positions' classes, (steps, batch,
        positions)."""
        class_count = self._size(log_p, 2)
        step_count = self._size(log_p, 1)
        by_class = self.permute_dimensions(log_p, (0, 2, 1))
        rows = self.reshape(by_class, (-1, step_count))
        sample = self.expand_dims(self._places(log_p, 0), 1)
        emitted = self.gather(rows, sample * class_count + classes)
        return self.permute_dimensions(emitted, (2, 0, 1))

    def _log_skip(self, classes, dtype: str) -> Tensor:
        """Returns 0 where a position can be reached from the last but one, with a
        different label; otherwise LOG_OF_ZERO."""
        differs = self.not_equal(classes[:, 2:], classes[:, :-2])
        differs = self.cast(differs, "int32")
        first_two = self.zeros_like(classes[:, :2])
        is_allowed = self.concatenate([first_two, differs], 1)
        return self._log_of_indicator(is_allowed, dtype)

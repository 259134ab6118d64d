"""Connectionist temporal classification, in terms of other functions of `K` and of the
engine's loop.

A labelling of n labels has 2n + 1 positions: the labels, with blanks around them.
Probabilities of positions are kept as logarithms along a last axis; `LOG_OF_ZERO`
stands for that of 0, so that derivatives stay finite.

# References
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal
    classification", ICML 2006.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import CapabilityError, ShapeError

from oneiros_backend_toolkit.folds import Folds

T = Any
LOG_OF_ZERO = -1e30
LEAST_PROBABILITY = 1e-8
"""Added to probabilities before their logarithm is taken, as in Keras 1."""


class Ctc(Folds):
    """The CTC functions of `K`; the blank is the last class."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length: T) -> T:
        self._check_rank(
            "ctc_batch_cost", "y_pred", y_pred, 3, "(batch, steps, classes)"
        )
        labels = self.cast(y_true, "int32")
        blank = self._size(y_pred, 2) - 1
        step_counts = self._column(input_length)
        label_counts = self._column(label_length)
        is_used = self.lesser(self.arange(self._size(labels, 1)), label_counts)
        is_class = self.greater_equal(labels, 0) & self.lesser(labels, blank)
        log_likelihood = self._log_likelihood(
            self._log_probabilities(y_pred),
            self.switch(is_used & is_class, labels, blank),
            step_counts,
            label_counts,
        )
        is_possible = self.greater(log_likelihood, LOG_OF_ZERO / 2)
        cost = self.switch(is_possible, -log_likelihood, np.inf)
        is_valid = self.all(is_class | ~is_used, 1, keepdims=True)
        is_valid = is_valid & self._within(step_counts, self._size(y_pred, 1))
        is_valid = is_valid & self._within(label_counts, self._size(labels, 1))
        cost = self.switch(is_valid, cost, np.nan)
        return self.cast(cost, self.dtype(y_pred))

    def _log_probabilities(self, y_pred) -> T:
        positive = self._positive(y_pred)
        return self.log(positive / self.sum(positive, 2, keepdims=True))

    def _positive(self, y_pred) -> T:
        """Returns probabilities above 0; half precision has none as small as that."""
        if self.dtype(y_pred) == "float16":
            y_pred = self.cast(y_pred, "float32")
        return y_pred + LEAST_PROBABILITY

    def _log_likelihood(self, log_p, labels, step_counts, label_counts) -> T:
        """Returns the logarithm of the labels' probability, (batch, 1)."""
        classes = self._interleaved(labels, self._size(log_p, 2) - 1)
        log_emitted = self._log_emitted(log_p, classes)
        log_skip = self._log_skip(classes, self.dtype(log_p))
        position = self.arange(self._size(classes, 1))
        is_first = self.equal(position, 0)
        start = self.switch(is_first, self.zeros_like(log_emitted[0]), LOG_OF_ZERO)

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            log_emitted_now, time = slices
            (log_before,) = states
            log_reached = self._advanced(log_before, log_skip) + log_emitted_now
            is_running = self.lesser(time, step_counts)
            return [], [self.switch(is_running, log_reached, log_before)]

        times = self.arange(self._size(log_emitted, 0))
        (log_reached,), _ = self._scan(step, [log_emitted, times], [start])
        is_last_blank = self.equal(position, 2 * label_counts)
        is_last_label = self.equal(position, 2 * label_counts - 1)
        is_end = is_last_blank | is_last_label
        return self._log_sum_exp(self.switch(is_end, log_reached, LOG_OF_ZERO))

    def _log_emitted(self, log_p, classes) -> T:
        """Returns the log-probabilities of the positions' classes, (steps, batch,
        positions)."""
        class_count = self._size(log_p, 2)
        step_count = self._size(log_p, 1)
        by_class = self.permute_dimensions(log_p, (0, 2, 1))
        rows = self.reshape(by_class, (-1, step_count))
        sample = self.expand_dims(self.arange(self._size(log_p, 0)), 1)
        emitted = self.gather(rows, sample * class_count + classes)
        return self.permute_dimensions(emitted, (2, 0, 1))

    def _interleaved(self, labels, blank) -> T:
        """Puts blanks before, between and behind the labels along the last axis of a
        matrix."""
        twice = self.repeat_elements(labels, 2, 1)
        end = self.zeros_like(twice[:, :1])
        with_end = self.concatenate([twice, end], 1)
        is_label = self.equal(self.arange(self._size(with_end, 1)) % 2, 1)
        return self.switch(is_label, with_end, blank)

    def _log_skip(self, classes, dtype: str) -> T:
        """Returns 0 where a position can be reached from the last but one, a different
        label, else LOG_OF_ZERO."""
        differs = self.not_equal(classes[:, 2:], classes[:, :-2])
        first_two = self.zeros_like(classes[:, :2])
        is_allowed = self.concatenate([first_two, self.cast(differs, "int32")], 1)
        return self._log_of_indicator(is_allowed, dtype)

    def _log_of_indicator(self, indicator, dtype: str) -> T:
        """Returns 0 for ones, LOG_OF_ZERO for zeros."""
        return (1.0 - self.cast(indicator, dtype)) * LOG_OF_ZERO

    def _advanced(self, log_p, log_skip) -> T:
        """Returns the probabilities after one transition: staying, moving by one, or by
        two where allowed."""
        impossible = self.zeros_like(log_p[:, :1]) + LOG_OF_ZERO
        by_one = self.concatenate([impossible, log_p[:, :-1]], 1)
        by_two = self.concatenate([impossible, by_one[:, :-1]], 1) + log_skip
        peak = self.maximum(self.maximum(log_p, by_one), by_two)
        peak = self.stop_gradient(peak)
        total = self.exp(log_p - peak)
        total = total + self.exp(by_one - peak)
        total = total + self.exp(by_two - peak)
        return peak + self.log(total)

    def _log_sum_exp(self, log_p) -> T:
        """Returns the logarithm of the sum of a row's probabilities, (batch, 1)."""
        peak = self.stop_gradient(self.max(log_p, 1, keepdims=True))
        total = self.sum(self.exp(log_p - peak), 1, keepdims=True)
        return peak + self.log(total)

    # One sequence

    def ctc_cost(self, predict, Y) -> T:
        self._check_rank(
            "ctc_cost",
            "predict",
            predict,
            2,
            "(steps, classes); ctc_batch_cost takes batches",
        )
        self._check_rank("ctc_cost", "Y", Y, 1, "(labels,)")
        log_probs, mask = self.ctc_path_probs(predict, self.ctc_interleave_blanks(Y))
        flat = self.reshape(self.switch(mask, log_probs, LOG_OF_ZERO), (1, -1))
        return -self._log_sum_exp(flat)[0, 0]

    def ctc_interleave_blanks(self, Y) -> T:
        self._check_rank("ctc_interleave_blanks", "Y", Y, 1, "(labels,)")
        return self._interleaved(self.expand_dims(Y, 0), -1)[0]

    def ctc_create_skip_idxs(self, Y) -> T:
        self._check_rank("ctc_create_skip_idxs", "Y", Y, 1, "(positions,)")
        size = self._size(Y, 0)
        labels_but_last = self.arange((size - 3) // 2) * 2 + 1
        differs_from_next = self.not_equal(Y[1:-2:2], Y[3::2])
        return self.switch(differs_from_next, labels_but_last, size)

    def ctc_path_probs(self, predict, Y, alpha=0.0001) -> T:
        self._check_rank("ctc_path_probs", "predict", predict, 2, "(steps, classes)")
        self._check_rank("ctc_path_probs", "Y", Y, 1, "(positions,)")
        log_p = self._log_smoothed(predict, Y, alpha)
        forward, is_reached = self._path_probs_so_far(log_p, Y)
        flipped_log_p = self.reverse(log_p, [0, 1])
        flipped_labels = self.reverse(Y, 0)
        backward, is_left = self._path_probs_so_far(flipped_log_p, flipped_labels)
        log_probs = forward + self.reverse(backward, [0, 1]) - log_p
        mask = is_reached & self.reverse(is_left, [0, 1])
        return log_probs, mask

    def _log_smoothed(self, predict, labels, alpha: float) -> T:
        """Returns the log-probabilities of the labels, (steps, positions), mixed with
        `alpha` of a uniform distribution."""
        class_count = self._size(predict, 1)
        classes = self.switch(self.lesser(labels, 0), labels + class_count, labels)
        probabilities = self.transpose(self.gather(self.transpose(predict), classes))
        position_count = self.cast(self._size(labels, 0), self.dtype(predict))
        return self.log((1 - alpha) * probabilities + alpha / position_count)

    def _path_probs_so_far(self, log_p, labels) -> tuple[T, T]:
        """Returns the log-probabilities of the paths that end at a position at each
        step, and whether a path can have reached it: (steps, positions)."""
        skip_idxs = self.ctc_create_skip_idxs(labels)
        zeros = self.zeros_like(log_p[0])

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            (log_p_now,) = slices
            active, log_before = states
            active, log_after = self.ctc_update_log_p(
                skip_idxs, zeros, active, log_p_now, log_before
            )
            return [log_after, active], [active, log_after]

        initial = [self.cast(1, "int32"), zeros]
        _, (log_probs, active) = self._scan(step, [log_p], initial)
        position = self.arange(self._size(labels, 0))
        return log_probs, self.lesser(position, self.expand_dims(active, 1))

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev) -> T:
        size = self._size(log_p_curr, 0)
        position = self.arange(size)
        can_skip = self._skip_targets(skip_idxs, active, position, size)
        log_skip = self._log_of_indicator(can_skip, self.dtype(log_p_curr))
        was_active = self.lesser(position, active)
        log_p_prev = self.switch(was_active, log_p_prev, LOG_OF_ZERO)
        reached = self._advanced(self.expand_dims(log_p_prev, 0), log_skip)
        log_next = log_p_curr + reached[0]
        active = self._active_after(can_skip[0], active, position, size)
        is_active = self.lesser(position, active)
        return active, self.switch(is_active, log_next, zeros)

    def _skip_targets(self, skip_idxs, active, position, size) -> T:
        """Tells of each position whether a skip from an active one leads there, (1,
        positions)."""
        is_usable = self.lesser(skip_idxs, active)
        target = self.switch(is_usable, skip_idxs + 2, size)
        is_target = self.equal(self.expand_dims(target, 1), position)
        return self.any(is_target, 0, keepdims=True)

    def _active_after(self, can_skip, active, position, size) -> T:
        """Returns how many positions paths can have reached after one more step."""
        by_skips = self.max(self.cast(can_skip, "int32") * (position + 1))
        active = self.maximum(active + 1, by_skips)
        return self.cast(self.minimum(active, size), "int32")

    # Decoding, labels

    def ctc_decode(
        self,
        y_pred,
        input_length,
        greedy=True,
        beam_width=100,
        top_paths=1,
    ) -> T:
        self._check_rank("ctc_decode", "y_pred", y_pred, 3, "(batch, steps, classes)")
        lengths = self._column(input_length)
        logits = self.log(self._positive(y_pred))
        if not greedy:
            return self._beam_search(
                logits, lengths[:, 0], int(beam_width), int(top_paths)
            )
        is_used = self.lesser(self.arange(self._size(y_pred, 1)), lengths)
        best = self.cast(self.argmax(y_pred, 2), "int32")
        labels = self._packed(best, is_used & self._begins_label(best, y_pred))
        log_p = self.switch(is_used, self.max(logits, 2), 0.0)
        score = -self.sum(log_p, 1, keepdims=True)
        return [labels], self.cast(score, self.dtype(y_pred))

    def _begins_label(self, best, y_pred) -> T:
        """Tells of each step whether its class is a label other than the step's
        before."""
        blank = self._size(y_pred, 2) - 1
        start = self.zeros_like(best[:, :1]) + blank
        before = self.concatenate([start, best[:, :-1]], 1)
        return self.not_equal(best, blank) & self.not_equal(best, before)

    def _beam_search(self, logits, lengths, beam_width: int, top_paths: int) -> T:
        """Returns what `ctc_decode` does; `logits` is (batch, steps, classes),
        `lengths` (batch,)."""
        raise CapabilityError(
            f"The backend {self.name!r} has no beam search for ctc_decode. Use "
            f"greedy=True, or the TensorFlow backend."
        )

    def _packed(self, labels, is_kept) -> T:
        """Moves the labels that are kept to the left of their rows, and fills up with
        -1."""
        column = self.arange(self._size(labels, 1))
        is_kept = self.cast(is_kept, "int32")

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            label, keeps = (self.expand_dims(x, 1) for x in slices)
            row, count = states
            is_place = self.equal(column, count) & self.equal(keeps, 1)
            return [], [self.switch(is_place, label, row), count + keeps]

        sequences = [self.permute_dimensions(x, (1, 0)) for x in (labels, is_kept)]
        empty_rows = self.zeros_like(labels) - 1
        no_labels = self.zeros_like(is_kept[:, :1])
        (rows, _), _ = self._scan(step, sequences, [empty_rows, no_labels])
        return self.cast(rows, "int64")

    def ctc_label_dense_to_sparse(self, labels, label_lengths) -> T:
        labels = self.cast(labels, "int32")
        column = self.arange(self._size(labels, 1))
        is_used = self.lesser(column, self._column(label_lengths))
        return self.switch(is_used, labels, -1)

    # Small parts

    def _column(self, lengths) -> T:
        return self.reshape(self.cast(lengths, "int32"), (-1, 1))

    def _within(self, lengths, most) -> T:
        return self.greater_equal(lengths, 0) & self.lesser_equal(lengths, most)

    def _size(self, x, axis: int) -> T:
        """Returns a size: an int if it is known, else a scalar tensor."""
        known = self.int_shape(x)[axis]
        if known is not None:
            return known
        return self.cast(self.shape(x)[axis], "int32")

    def _check_rank(self, name: str, argument: str, x, rank: int, reading: str) -> None:
        if self.ndim(x) != rank:
            raise ShapeError(
                f"{name} takes {argument} of rank {rank}, {reading}; it received one "
                f"of shape {self.int_shape(x)}."
            )

"""Connectionist temporal classification, in terms of other functions of `K` and of the
engine's loop.

A labelling of n labels has 2n + 1 positions: the labels, with blanks around them.
Probabilities of positions are kept as logarithms along a last axis; `NEVER` stands for
that of 0, so that derivatives stay finite.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import CapabilityError, ShapeError

from oneiros_backend_toolkit.folds import Folds

T = Any
NEVER = -1e30
SMALLEST = 1e-8
"""Added to probabilities before their logarithm is taken, as in Keras 1."""


class Ctc(Folds):
    """The CTC functions of `K`; the blank is the last class."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length: T) -> T:
        self._check_rank(
            "ctc_batch_cost", "y_pred", y_pred, 3, "(batch, steps, classes)"
        )
        labels = self.cast(y_true, "int32")
        blank = self._size(y_pred, 2) - 1
        steps = self._column(input_length)
        count = self._column(label_length)
        places = self.arange(self._size(labels, 1))
        counts = self.lesser(places, count)
        is_class = self.greater_equal(labels, 0) & self.lesser(labels, blank)
        log_likelihood = self._log_likelihood(
            self._log_probabilities(y_pred),
            self.switch(counts & is_class, labels, blank),
            steps,
            count,
        )
        possible = self.greater(log_likelihood, NEVER / 2)
        cost = self.switch(possible, -log_likelihood, np.inf)
        in_range = self.all(is_class | ~counts, 1, keepdims=True)
        in_range = in_range & self._within(steps, self._size(y_pred, 1))
        in_range = in_range & self._within(count, self._size(labels, 1))
        cost = self.switch(in_range, cost, np.nan)
        return self.cast(cost, self.dtype(y_pred))

    def _log_probabilities(self, y_pred) -> T:
        positive = self._positive(y_pred)
        return self.log(positive / self.sum(positive, 2, keepdims=True))

    def _positive(self, y_pred) -> T:
        """Returns probabilities above 0; half precision has none as small as that."""
        if self.dtype(y_pred) == "float16":
            y_pred = self.cast(y_pred, "float32")
        return y_pred + SMALLEST

    def _log_likelihood(self, log_p, labels, steps, count) -> T:
        """Returns the logarithm of the labels' probability, (batch, 1)."""
        filled = self._interleaved(labels, self._size(log_p, 2) - 1)
        position = self.arange(self._size(filled, 1))
        emitted = self._emitted(log_p, filled)
        skip = self._skip(filled, self.dtype(log_p))
        start = self.switch(self.equal(position, 0), self.zeros_like(emitted[0]), NEVER)

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            log_emitted, time = slices
            reached = self._advanced(states[0], skip) + log_emitted
            return [], [self.switch(self.lesser(time, steps), reached, states[0])]

        times = self.arange(self._size(emitted, 0))
        states, _ = self._scan(step, [emitted, times], [start])
        last_blank = self.equal(position, 2 * count)
        last_label = self.equal(position, 2 * count - 1)
        final = self.switch(last_blank | last_label, states[0], NEVER)
        return self._log_sum_exp(final)

    def _emitted(self, log_p, filled) -> T:
        """Returns the log-probabilities of the classes of the positions, (steps, batch,
        positions)."""
        classes = self._size(log_p, 2)
        steps = self._size(log_p, 1)
        rows = self.permute_dimensions(log_p, (0, 2, 1))
        rows = self.reshape(rows, (-1, steps))
        sample = self.expand_dims(self.arange(self._size(log_p, 0)), 1)
        chosen = self.gather(rows, sample * classes + filled)
        return self.permute_dimensions(chosen, (2, 0, 1))

    def _interleaved(self, labels, blank) -> T:
        """Puts blanks before, between and behind the labels along the last axis of a
        matrix."""
        twice = self.repeat_elements(labels, 2, 1)
        end = self.zeros_like(twice[:, :1])
        twice = self.concatenate([twice, end], 1)
        odd = self.equal(self.arange(self._size(twice, 1)) % 2, 1)
        return self.switch(odd, twice, blank)

    def _skip(self, filled, dtype: str) -> T:
        """Returns 0 where a position can be reached from the last but one, a different
        label, else NEVER."""
        differs = self.not_equal(filled[:, 2:], filled[:, :-2])
        first_two = self.zeros_like(filled[:, :2])
        allowed = self.concatenate([first_two, self.cast(differs, "int32")], 1)
        return (1.0 - self.cast(allowed, dtype)) * NEVER

    def _advanced(self, log_p, skip) -> T:
        """Returns the probabilities after one transition: staying, moving by one, or by
        two where allowed."""
        never = self.zeros_like(log_p[:, :1]) + NEVER
        one = self.concatenate([never, log_p[:, :-1]], 1)
        two = self.concatenate([never, one[:, :-1]], 1) + skip
        peak = self.maximum(self.maximum(log_p, one), two)
        peak = self.stop_gradient(peak)
        total = self.exp(log_p - peak)
        total = total + self.exp(one - peak)
        total = total + self.exp(two - peak)
        return peak + self.log(total)

    def _log_sum_exp(self, log_p) -> T:
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
        flat = self.reshape(self.switch(mask, log_probs, NEVER), (1, -1))
        return -self._log_sum_exp(flat)[0, 0]

    def ctc_interleave_blanks(self, Y) -> T:
        self._check_rank("ctc_interleave_blanks", "Y", Y, 1, "(labels,)")
        return self._interleaved(self.expand_dims(Y, 0), -1)[0]

    def ctc_create_skip_idxs(self, Y) -> T:
        self._check_rank("ctc_create_skip_idxs", "Y", Y, 1, "(positions,)")
        size = self._size(Y, 0)
        index = self.arange((size - 3) // 2) * 2 + 1
        return self.switch(self.not_equal(Y[1:-2:2], Y[3::2]), index, size)

    def ctc_path_probs(self, predict, Y, alpha=0.0001) -> T:
        self._check_rank("ctc_path_probs", "predict", predict, 2, "(steps, classes)")
        self._check_rank("ctc_path_probs", "Y", Y, 1, "(positions,)")
        classes = self._size(predict, 1)
        chosen = self.switch(self.lesser(Y, 0), Y + classes, Y)
        columns = self.transpose(self.gather(self.transpose(predict), chosen))
        uniform = alpha / self.cast(self._size(Y, 0), self.dtype(predict))
        log_p = self.log((1 - alpha) * columns + uniform)
        position = self.arange(self._size(Y, 0))
        forward, active = self._active_paths(log_p, Y)
        reached = self.lesser(position, self.expand_dims(active, 1))
        backward, active = self._active_paths(
            self.reverse(log_p, [0, 1]),
            self.reverse(Y, 0),
        )
        ends = self.lesser(position, self.expand_dims(active, 1))
        mask = reached & self.reverse(ends, [0, 1])
        return forward + self.reverse(backward, [0, 1]) - log_p, mask

    def _active_paths(self, log_p, Y) -> tuple[T, T]:
        skip_idxs = self.ctc_create_skip_idxs(Y)
        zeros = self.zeros_like(log_p[0])

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            active, log_prev = states
            active, log_next = self.ctc_update_log_p(
                skip_idxs, zeros, active, slices[0], log_prev
            )
            return [log_next, active], [active, log_next]

        initial = [self.cast(1, "int32"), zeros]
        _, outputs = self._scan(step, [log_p], initial)
        log_probs, active = outputs
        return log_probs, active

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev) -> T:
        size = self._size(log_p_curr, 0)
        position = self.arange(size)
        usable = self.lesser(skip_idxs, active)
        target = self.switch(usable, skip_idxs + 2, size)
        target = self.expand_dims(target, 1)
        allowed = self.any(self.equal(target, position), 0, keepdims=True)
        skip = (1.0 - self.cast(allowed, self.dtype(log_p_curr))) * NEVER
        is_active = self.lesser(position, active)
        log_p_prev = self.switch(is_active, log_p_prev, NEVER)
        reached = self._advanced(self.expand_dims(log_p_prev, 0), skip)
        log_next = log_p_curr + reached[0]
        farthest = self.max(self.cast(allowed[0], "int32") * (position + 1))
        active = self.maximum(active + 1, farthest)
        active = self.minimum(active, size)
        active = self.cast(active, "int32")
        is_active = self.lesser(position, active)
        return active, self.switch(is_active, log_next, zeros)

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
                logits,
                lengths[:, 0],
                int(beam_width),
                int(top_paths),
            )
        time = self.arange(self._size(y_pred, 1))
        counts = self.lesser(time, lengths)
        best = self.cast(self.argmax(y_pred, 2), "int32")
        blank = self._size(y_pred, 2) - 1
        start = self.zeros_like(best[:, :1]) + blank
        before = self.concatenate([start, best[:, :-1]], 1)
        is_label = self.not_equal(best, blank)
        is_new = self.not_equal(best, before)
        labels = self._packed(best, counts & is_label & is_new)
        log_p = self.switch(counts, self.max(logits, 2), 0.0)
        score = -self.sum(log_p, 1, keepdims=True)
        return [labels], self.cast(score, self.dtype(y_pred))

    def _beam_search(self, logits, lengths, beam_width: int, top_paths: int) -> T:
        """Returns what `ctc_decode` does; `logits` is (batch, steps, classes),
        `lengths` (batch,)."""
        raise CapabilityError(
            f"The backend {self.name!r} has no beam search for ctc_decode. Use "
            f"greedy=True, or the TensorFlow backend."
        )

    def _packed(self, labels, kept) -> T:
        """Moves the labels that are kept to the left of their rows, and fills up with
        -1."""
        column = self.arange(self._size(labels, 1))
        kept = self.cast(kept, "int32")

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            label, keep = (self.expand_dims(x, 1) for x in slices)
            row, count = states
            here = self.equal(column, count) & self.equal(keep, 1)
            return [], [self.switch(here, label, row), count + keep]

        sequences = [self.permute_dimensions(x, (1, 0)) for x in (labels, kept)]
        empty = self.zeros_like(labels) - 1
        none = self.zeros_like(kept[:, :1])
        states, _ = self._scan(step, sequences, [empty, none])
        return self.cast(states[0], "int64")

    def ctc_label_dense_to_sparse(self, labels, label_lengths) -> T:
        labels = self.cast(labels, "int32")
        column = self.arange(self._size(labels, 1))
        counts = self.lesser(column, self._column(label_lengths))
        return self.switch(counts, labels, -1)

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

"""CTC functions for one sequence, which Keras 1 has on Theano."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros_backend_toolkit.ctc_math import LOG_OF_ZERO, CtcMath
from oneiros_backend_toolkit.tensors import Tensor


class CtcPaths(CtcMath):
    """The CTC functions of `K` for one sequence; the blank is the last class."""

    def ctc_cost(self, predict, Y) -> Tensor:
        self._check_rank(
            "ctc_cost",
            "predict",
            predict,
            2,
            "(steps, classes); for batches, call ctc_batch_cost",
        )
        self._check_rank("ctc_cost", "Y", Y, 1, "(labels,)")
        labels = self.ctc_interleave_blanks(Y)
        log_probs, mask = self.ctc_path_probs(predict, labels)
        log_probs = self.switch(mask, log_probs, LOG_OF_ZERO)
        row = self.reshape(log_probs, (1, -1))
        return -self._log_sum_exp(row)[0, 0]

    def ctc_interleave_blanks(self, Y) -> Tensor:
        self._check_rank("ctc_interleave_blanks", "Y", Y, 1, "(labels,)")
        labels = self.cast(Y, "int32")
        return self._interleaved(self.expand_dims(labels, 0), -1)[0]

    def ctc_create_skip_idxs(self, Y) -> Tensor:
        self._check_rank("ctc_create_skip_idxs", "Y", Y, 1, "(positions,)")
        size = self._size(Y, 0)
        labels_but_last = self.arange((size - 3) // 2) * 2 + 1
        differs_from_next = self.not_equal(Y[1:-2:2], Y[3::2])
        return self.switch(differs_from_next, labels_but_last, size)

    def ctc_path_probs(self, predict, Y, alpha=0.0001) -> Tensor:
        self._check_rank("ctc_path_probs", "predict", predict, 2, "(steps, classes)")
        self._check_rank("ctc_path_probs", "Y", Y, 1, "(positions,)")
        (predict,) = self.as_floats(predict)
        log_p = self._log_smoothed(predict, Y, alpha)
        forward, is_reached = self._path_probs_so_far(log_p, Y)
        flipped_log_p = self.reverse(log_p, [0, 1])
        flipped_labels = self.reverse(Y, 0)
        backward, is_left = self._path_probs_so_far(flipped_log_p, flipped_labels)
        log_probs = forward + self.reverse(backward, [0, 1]) - log_p
        mask = is_reached & self.reverse(is_left, [0, 1])
        return log_probs, mask

    def _log_smoothed(self, predict, labels, alpha: float) -> Tensor:
        """Returns the log-probabilities of the labels, (steps, positions), mixed with
        `alpha` of a uniform distribution."""
        class_count = self._size(predict, 1)
        is_from_end = self.lesser(labels, 0)
        classes = self.switch(is_from_end, labels + class_count, labels)
        by_class = self.transpose(predict)
        probabilities = self.transpose(self.gather(by_class, classes))
        position_count = self.cast(self._size(labels, 0), self.dtype(predict))
        uniform = alpha / position_count
        return self.log((1 - alpha) * probabilities + uniform)

    def _path_probs_so_far(self, log_p, labels) -> tuple[Tensor, Tensor]:
        """Returns the log-probabilities of the paths that end at each position at each
        step, and whether a path can reach it: (steps, positions)."""
        skip_idxs = self.ctc_create_skip_idxs(labels)
        zeros = self.zeros_like(log_p[0])

        def step(
            slices: list[Tensor], states: list[Tensor]
        ) -> tuple[list[Tensor], list[Tensor]]:
            (log_p_now,) = slices
            active, log_before = states
            active, log_after = self.ctc_update_log_p(
                skip_idxs, zeros, active, log_p_now, log_before
            )
            return [log_after, active], [active, log_after]

        initial = [self.cast(1, "int32"), zeros]
        _, (log_probs, active) = self._scan(step, [log_p], initial)
        position = self._places(labels, 0)
        is_reached = self.lesser(position, self.expand_dims(active, 1))
        return log_probs, is_reached

    def ctc_update_log_p(
        self, skip_idxs, zeros, active, log_p_curr, log_p_prev
    ) -> Tensor:
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

    def _skip_targets(self, skip_idxs, active, position, size) -> Tensor:
        """Returns, for each position, whether a skip from an active position leads
        there, (1, positions)."""
        is_usable = self.lesser(skip_idxs, active)
        target = self.switch(is_usable, skip_idxs + 2, size)
        is_target = self.equal(self.expand_dims(target, 1), position)
        return self.any(is_target, 0, keepdims=True)

    def _active_after(self, can_skip, active, position, size) -> Tensor:
        """Returns how many positions paths can reach after another step."""
        by_skips = self.max(self.cast(can_skip, "int32") * (position + 1))
        active = self.maximum(active + 1, by_skips)
        return self.cast(self.minimum(active, size), "int32")

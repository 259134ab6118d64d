"""Connectionist temporal classification, built on other functions of `K` and the
engine's loop.

A labelling of n labels has 2n + 1 positions: the labels, with blanks around them. The
blank is the last class. Probabilities of positions are logarithms along a last axis;
`LOG_OF_ZERO` represents the logarithm of 0, so that gradients stay finite.

# References
    A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal
    classification", ICML 2006.
"""

import math
from contextlib import suppress

import numpy as np
from oneiros.errors import CapabilityError

from oneiros_backend_toolkit.derived import PADDED
from oneiros_backend_toolkit.folds import Folds

LOG_OF_ZERO = -1e30
LEAST_PROBABILITY = 1e-8
"""Added to probabilities before the logarithm, as in Keras 1."""


class Ctc(Folds):
    """The CTC functions of the contract: for batches, and for one sequence as Keras 1
    has them on Theano."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length):
        y_pred = self._probabilities(y_pred)
        labels = self.cast(y_true, "int32")
        blank = self._size(y_pred, 2) - 1
        step_counts = self._column(input_length, y_pred)
        listed_counts = self._column(label_length, labels)
        is_listed = self._is_before(labels, listed_counts)
        is_label = is_listed & self.not_equal(labels, blank)
        # Trailing blanks don't count
        label_counts = self.sum(is_label, 1, keepdims=True)
        is_used = self._is_before(labels, label_counts)
        is_class = (labels >= 0) & (labels < blank)
        positive = self._positive(y_pred)
        total = self.sum(positive, 2, keepdims=True)
        log_p = self.log(positive / total)
        used_labels = self.switch(is_used & is_class, labels, blank)
        log_likelihood = self._log_likelihood(
            log_p, used_labels, step_counts, label_counts
        )
        is_possible = log_likelihood > LOG_OF_ZERO / 2
        cost = self.switch(is_possible, -log_likelihood, np.inf)
        has_classes = self.all(is_class | ~is_used, 1, keepdims=True)
        has_steps = self._is_size(step_counts, y_pred)
        has_labels = self._is_size(listed_counts, labels)
        is_valid = has_classes & has_steps & has_labels
        cost = self.switch(is_valid, cost, np.nan)
        return self.cast(cost, self.dtype(y_pred))

    def ctc_decode(
        self, y_pred, input_length, greedy=True, beam_width=100, top_paths=1
    ):
        y_pred = self._probabilities(y_pred)
        lengths = self._column(input_length, y_pred)
        logits = self.log(self._positive(y_pred))
        if not greedy:
            width = int(beam_width)
            count = int(top_paths)
            lengths = lengths[:, 0]
            paths, scores = self._beam_search(logits, lengths, width, count)
            return [_padded(path) for path in paths], scores
        is_used = self._is_before(y_pred, lengths)
        best = self.argmax(y_pred, 2)
        best = self.cast(best, "int32")
        class_count = self._size(y_pred, 2)
        blank = class_count - 1
        before = self._moved_on(best, blank)
        is_label = self.not_equal(best, blank)
        is_new = self.not_equal(best, before)
        labels = self._packed(best, is_used & is_label & is_new)
        log_p = self.max(logits, 2)
        log_p = self.switch(is_used, log_p, 0.0)
        score = self.sum(log_p, 1, keepdims=True)
        score = self.cast(-score, self.dtype(y_pred))
        return [_padded(labels)], score

    def _beam_search(self, logits, lengths, beam_width: int, top_paths: int):
        """Returns the result of `ctc_decode`; `logits` is (batch, steps, classes),
        `lengths` (batch,)."""
        raise CapabilityError(
            f"The backend {self.name!r} has no beam search for ctc_decode. Use "
            f"greedy=True, or the TensorFlow backend."
        )

    def ctc_label_dense_to_sparse(self, labels, label_lengths):
        labels = self.cast(labels, "int32")
        lengths = self._column(label_lengths, labels)
        is_used = self._is_before(labels, lengths)
        return self.switch(is_used, labels, -1)

    # One sequence

    def ctc_cost(self, predict, Y):
        self._check_rank(predict, 2)
        self._check_rank(Y, 1)
        labels = self.ctc_interleave_blanks(Y)
        log_probs, mask = self.ctc_path_probs(predict, labels)
        log_probs = self.switch(mask, log_probs, LOG_OF_ZERO)
        row = self.reshape(log_probs, (1, -1))
        return -self._log_sum_exp(row)[0, 0]

    def ctc_interleave_blanks(self, Y):
        self._check_rank(Y, 1)
        labels = self.cast(Y, "int32")
        row = self.expand_dims(labels, 0)
        return self._interleaved(row, -1)[0]

    def ctc_create_skip_idxs(self, Y):
        self._check_rank(Y, 1)
        size = self._size(Y, 0)
        count = (size - 3) // 2
        labels_but_last = self.arange(count) * 2 + 1
        label = Y[1:-2:2]
        next_label = Y[3::2]
        differs_from_next = self.not_equal(label, next_label)
        return self.switch(differs_from_next, labels_but_last, size)

    def ctc_path_probs(self, predict, Y, alpha=0.0001):
        self._check_rank(predict, 2)
        self._check_rank(Y, 1)
        (predict,) = self.floats_alike(predict)
        log_p = self._log_smoothed(predict, Y, alpha)
        forward, is_reached = self._path_probs_so_far(log_p, Y)
        flipped_log_p = self.reverse(log_p, [0, 1])
        flipped_labels = self.reverse(Y, 0)
        backward, is_left = self._path_probs_so_far(flipped_log_p, flipped_labels)
        backward = self.reverse(backward, [0, 1])
        is_left = self.reverse(is_left, [0, 1])
        return forward + backward - log_p, is_reached & is_left

    def _log_smoothed(self, predict, labels, alpha: float):
        """Returns the log-probabilities of the labels, (steps, positions), mixed with
        `alpha` of a uniform distribution."""
        class_count = self._size(predict, 1)
        from_start = labels + class_count
        classes = self.switch(labels < 0, from_start, labels)
        by_class = self.transpose(predict)
        emitted = self.gather(by_class, classes)
        probabilities = self.transpose(emitted)
        position_count = self._size(labels, 0)
        position_count = self.cast(position_count, self.dtype(predict))
        uniform = alpha / position_count
        smoothed = (1 - alpha) * probabilities + uniform
        return self.log(smoothed)

    def _path_probs_so_far(self, log_p, labels):
        """Returns the log-probabilities of the paths that end at each position at each
        step, and whether a path can reach it: (steps, positions)."""
        skip_idxs = self.ctc_create_skip_idxs(labels)
        zeros = self.zeros_like(log_p[0])

        def step(slices, states):
            active, log_before = states
            active, log_after = self.ctc_update_log_p(
                skip_idxs, zeros, active, slices[0], log_before
            )
            return [log_after, active], [active, log_after]

        one = self.cast(1, "int32")
        _, outputs = self._scan(step, [log_p], [one, zeros])
        log_probs, active = outputs
        position = self._places(labels, 0)
        active_count = self.expand_dims(active, 1)
        return log_probs, position < active_count

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev):
        size = self._size(log_p_curr, 0)
        position = self.arange(size)
        is_usable = self.lesser(skip_idxs, active)
        target = self.switch(is_usable, skip_idxs + 2, size)
        target = self.expand_dims(target, 1)
        is_target = self.equal(target, position)
        can_skip = self.any(is_target, 0)
        log_skip = self.switch(can_skip, zeros, LOG_OF_ZERO)
        log_before = self.switch(position < active, log_p_prev, LOG_OF_ZERO)
        log_before = self.expand_dims(log_before, 0)
        reached = self._advanced(log_before, log_skip)
        log_next = log_p_curr + reached[0]
        skipped_to = self.switch(can_skip, position + 1, 0)
        by_skips = self.max(skipped_to)
        active = self.maximum(active + 1, by_skips)
        active = self.minimum(active, size)
        active = self.cast(active, "int32")
        return active, self.switch(position < active, log_next, zeros)

    # Labellings of batches

    def _log_likelihood(self, log_p, labels, step_counts, label_counts):
        """Returns the logarithm of the labels' probability, (batch, 1)."""
        blank = self._size(log_p, 2) - 1
        classes = self._interleaved(labels, blank)
        log_emitted = self._log_emitted(log_p, classes)
        from_third = classes[:, 2:]
        two_before = classes[:, :-2]
        differs = self.not_equal(from_third, two_before)
        first_two = self.zeros_like(classes[:, :2], "bool")
        can_skip = self.concatenate([first_two, differs], 1)
        position = self._places(classes, 1)
        certain = self.zeros_like(log_emitted[0])
        log_skip = self.switch(can_skip, certain, LOG_OF_ZERO)
        is_first = self.equal(position, 0)
        start = self.switch(is_first, certain, LOG_OF_ZERO)

        def step(slices, states):
            log_emitted_now, time = slices
            (log_before,) = states
            log_reached = self._advanced(log_before, log_skip) + log_emitted_now
            is_running = time < step_counts
            return [], [self.switch(is_running, log_reached, log_before)]

        times = self._places(log_emitted, 0)
        sequences = [log_emitted, times]
        states, _ = self._scan(step, sequences, [start])
        (log_reached,) = states
        last_blank = 2 * label_counts
        is_last_blank = self.equal(position, last_blank)
        is_last_label = self.equal(position, last_blank - 1)
        is_end = is_last_blank | is_last_label
        log_ended = self.switch(is_end, log_reached, LOG_OF_ZERO)
        return self._log_sum_exp(log_ended)

    def _log_emitted(self, log_p, classes):
        """Returns the log-probabilities of the positions' classes, (steps, batch,
        positions)."""
        by_class = self.permute_dimensions(log_p, (0, 2, 1))
        step_count = self._size(log_p, 1)
        class_count = self._size(log_p, 2)
        rows = self.reshape(by_class, (-1, step_count))
        sample = self._places(log_p, 0)
        sample = self.expand_dims(sample, 1)
        row = sample * class_count + classes
        emitted = self.gather(rows, row)
        return self.permute_dimensions(emitted, (2, 0, 1))

    def _packed(self, labels, is_kept):
        """Moves the kept labels to the left of their rows, and pads with -1."""
        column = self._places(labels, 1)
        is_kept = self.cast(is_kept, "int32")

        def step(slices, states):
            label, keeps = slices
            label = self.expand_dims(label, 1)
            keeps = self.expand_dims(keeps, 1)
            row, count = states
            is_next = self.equal(column, count)
            is_kept_now = self.equal(keeps, 1)
            is_place = is_next & is_kept_now
            row = self.switch(is_place, label, row)
            new_count = count + keeps
            return [], [row, new_count]

        label_by_step = self.transpose(labels)
        keeps_by_step = self.transpose(is_kept)
        sequences = [label_by_step, keeps_by_step]
        zeros = self.zeros_like(labels)
        empty_rows = zeros - 1
        first_column = is_kept[:, :1]
        no_labels = self.zeros_like(first_column)
        initial = [empty_rows, no_labels]
        (rows, _), _ = self._scan(step, sequences, initial)
        return self.cast(rows, "int64")

    def _interleaved(self, labels, blank):
        """Puts blanks before, between and after the labels along the last axis of a
        matrix."""
        twice = self.repeat_elements(labels, 2, 1)
        first = twice[:, :1]
        end = self.zeros_like(first)
        with_end = self.concatenate([twice, end], 1)
        position = self._places(with_end, 1)
        remainder = position % 2
        is_label = self.equal(remainder, 1)
        return self.switch(is_label, with_end, blank)

    # Probabilities

    def _probabilities(self, y_pred):
        """Returns predictions as a tensor of floats."""
        if not self.owns(y_pred):
            y_pred = self.variable(y_pred)
        self._check_rank(y_pred, 3)
        (floats,) = self.floats_alike(y_pred)
        return floats

    def _positive(self, y_pred):
        """Returns probabilities above 0; half precision can't represent numbers as
        small as that."""
        if self.dtype(y_pred) == "float16":
            y_pred = self.cast(y_pred, "float32")
        return y_pred + LEAST_PROBABILITY

    def _log_sum_exp(self, log_p):
        """Returns the logarithm of the sum of a row's probabilities, (batch, 1)."""
        peak = self.max(log_p, 1, keepdims=True)
        peak = self.stop_gradient(peak)
        scaled = self.exp(log_p - peak)
        total = self.sum(scaled, 1, keepdims=True)
        log_total = self.log(total)
        return peak + log_total

    def _advanced(self, log_p, log_skip):
        """Returns the probabilities after one transition: staying, moving by one, or by
        two where allowed."""
        by_one = self._moved_on(log_p, LOG_OF_ZERO)
        by_two = self._moved_on(by_one, LOG_OF_ZERO)
        by_two = by_two + log_skip
        peak = self.maximum(log_p, by_one)
        peak = self.maximum(peak, by_two)
        peak = self.stop_gradient(peak)
        staying = self.exp(log_p - peak)
        moving = self.exp(by_one - peak)
        skipping = self.exp(by_two - peak)
        total = staying + moving + skipping
        log_total = self.log(total)
        return peak + log_total

    def _moved_on(self, x, filler):
        """Returns what stands before each place along axis 1, and a filler before the
        first."""
        first_column = x[:, :1]
        zeros = self.zeros_like(first_column)
        first = zeros + filler
        but_last = x[:, :-1]
        return self.concatenate([first, but_last], 1)

    # Sizes

    def _column(self, lengths, batches):
        """Returns one length for each sample of a tensor of batches, (batch, 1)."""
        lengths = self.cast(lengths, "int32")
        sizes = self.int_shape(lengths)
        samples = self.int_shape(batches)[0]
        is_known = None not in (samples, *sizes)
        if is_known and math.prod(sizes) != samples:
            raise ValueError("there isn't one length for each sample")
        return self.reshape(lengths, (-1, 1))

    def _places(self, x, axis: int):
        """Returns the numbers 0, 1, … of the places along an axis."""
        return self.arange(self._size(x, axis))

    def _is_before(self, x, lengths):
        """Tells of the places along axis 1 whether they come before each sample's
        length, (batch, places)."""
        return self._places(x, 1) < lengths

    def _is_size(self, counts, x):
        """Tells of counts whether there are as many places along axis 1."""
        return (counts >= 0) & (counts <= self._size(x, 1))


def _padded(tensor):
    """Marks a tensor whose rows are filled up, and returns it."""
    # An engine's own tensor, which is computed at once, may take no marks.
    with suppress(AttributeError):
        PADDED.set(tensor, True)
    return tensor

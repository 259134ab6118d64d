"""CTC functions that decode probabilities to labels."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.errors import CapabilityError

from oneiros_backend_toolkit.ctc_math import CtcMath
from oneiros_backend_toolkit.filled_rows import padded
from oneiros_backend_toolkit.tensors import Tensor


class CtcDecoding(CtcMath):
    """The CTC functions of `K` that decode; the blank is the last class."""

    def ctc_decode(
        self, y_pred, input_length, greedy=True, beam_width=100, top_paths=1
    ) -> Tensor:
        y_pred = self._tensor(y_pred)
        self._check_rank("ctc_decode", "y_pred", y_pred, 3, "(batch, steps, classes)")
        (y_pred,) = self.as_floats(y_pred)
        lengths = self._column(input_length, y_pred)
        logits = self.log(self._positive(y_pred))
        if not greedy:
            paths, scores = self._beam_search(
                logits, lengths[:, 0], int(beam_width), int(top_paths)
            )
            return [padded(path) for path in paths], scores
        is_used = self._is_before(y_pred, lengths)
        best = self.cast(self.argmax(y_pred, 2), "int32")
        begins_label = self._begins_label(best, y_pred)
        labels = self._packed(best, is_used & begins_label)
        log_p = self.switch(is_used, self.max(logits, 2), 0.0)
        score = -self.sum(log_p, 1, keepdims=True)
        return [padded(labels)], self.cast(score, self.dtype(y_pred))

    def _begins_label(self, best, y_pred) -> Tensor:
        """Returns, for each step, whether its class is a label that differs from the
        previous step's."""
        blank = self._size(y_pred, 2) - 1
        start = self.zeros_like(best[:, :1]) + blank
        before = self.concatenate([start, best[:, :-1]], 1)
        is_label = self.not_equal(best, blank)
        return is_label & self.not_equal(best, before)

    def _beam_search(self, logits, lengths, beam_width: int, top_paths: int) -> Tensor:
        """Returns the result of `ctc_decode`; `logits` is (batch, steps, classes),
        `lengths` (batch,)."""
        raise CapabilityError(
            f"The backend {self.name!r} has no beam search for ctc_decode. Use "
            f"greedy=True, or the TensorFlow backend."
        )

    def _packed(self, labels, is_kept) -> Tensor:
        """Moves the kept labels to the left of their rows, and pads with -1."""
        column = self._places(labels, 1)
        is_kept = self.cast(is_kept, "int32")

        def step(
            slices: list[Tensor], states: list[Tensor]
        ) -> tuple[list[Tensor], list[Tensor]]:
            label, keeps = (self.expand_dims(x, 1) for x in slices)
            row, count = states
            is_place = self.equal(column, count) & self.equal(keeps, 1)
            row = self.switch(is_place, label, row)
            return [], [row, count + keeps]

        sequences = [self.transpose(labels), self.transpose(is_kept)]
        empty_rows = self.zeros_like(labels) - 1
        no_labels = self.zeros_like(is_kept[:, :1])
        (rows, _), _ = self._scan(step, sequences, [empty_rows, no_labels])
        return self.cast(rows, "int64")

    def ctc_label_dense_to_sparse(self, labels, label_lengths) -> Tensor:
        labels = self.cast(labels, "int32")
        is_used = self._is_before(labels, self._column(label_lengths, labels))
        return self.switch(is_used, labels, -1)

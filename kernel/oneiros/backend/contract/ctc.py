"""The contract of `K`: connectionist temporal classification (CTC)."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.backend.contract.capabilities import Optional


class Ctc(Optional, capability="ctc"):
    """CTC, in the variants of Keras 1 on TensorFlow and on Theano. The blank is the
    last class."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length):
        """Returns the CTC loss of each sample.

        # Arguments
            y_true: tensor `(batch, labels)` of classes from 0 to classes - 2. The last
                class is the blank, which ends the labels; a sample that starts with it
                has no labels.
            y_pred: tensor `(batch, steps, classes)` of probabilities, such as the
                outputs of a softmax.
            input_length: tensor `(batch, 1)`, the number of steps of each sample to
                use.
            label_length: tensor `(batch, 1)`, the number of labels of each sample to
                use.

        # Returns
            A tensor `(batch, 1)`. The loss is infinite, with a gradient of 0, if a
            sample has too few steps for its labels, and NaN if a label or a length is
            out of range.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.

        # References
            - [Connectionist temporal classification](
              https://www.cs.toronto.edu/~graves/icml_2006.pdf)
        """

    def ctc_decode(
        self, y_pred, input_length, greedy=True, beam_width=100, top_paths=1
    ):
        """Decodes the outputs of a network trained with CTC.

        # Arguments
            y_pred: tensor or array `(batch, steps, classes)` of probabilities; the last
                class is the blank.
            input_length: tensor or array `(batch,)`, the number of steps of each sample
                to use.
            greedy: whether to use the best class of each step; otherwise, a beam search
                finds the best paths.
            beam_width: int, the number of partial paths that the search keeps.
            top_paths: int, the number of paths that the search returns.

        # Returns
            A list of tensors `(batch, steps)` of classes, padded with -1 at the end:
            one tensor if `greedy`, otherwise `top_paths` of them, the best first.
            `K.eval` and `K.get_value` remove columns that only contain -1. And a tensor
            with the scores of the paths: `(batch, 1)` if `greedy`, the sum of -log of
            the best probabilities; otherwise `(batch, top_paths)`, the logarithms of
            their probabilities.

        # Raises
            CapabilityError: for `greedy=False`, if the engine has no beam search.
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_label_dense_to_sparse(self, labels, label_lengths):
        """Marks the end of each row of labels.

        Keras 1 returned a sparse tensor of TensorFlow. Here the tensor is dense, with
        -1 where the sparse one has no value, as in the results of `ctc_decode`.

        # Arguments
            labels: tensor `(batch, labels)`.
            label_lengths: tensor `(batch,)`, the number of labels of each row to use.

        # Returns
            A tensor `(batch, labels)` of int32.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_cost(self, predict, Y):
        """Returns the CTC loss of one sequence, as Keras 1 computed it on Theano: from
        slightly smoothed probabilities, minus a constant, the logarithm of the number
        of steps.

        # Arguments
            predict: tensor `(steps, classes)` of probabilities; the last class is the
                blank.
            Y: tensor `(labels,)` of classes, without blanks.

        # Returns
            A scalar tensor.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def ctc_interleave_blanks(self, Y):
        """Inserts the blank, written -1, before, between and after the labels.

        # Arguments
            Y: tensor `(labels,)`.

        # Returns
            A tensor `(2 * labels + 1,)`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if `Y` isn't a vector.
        """

    def ctc_create_skip_idxs(self, Y):
        """Returns the indices of labels whose blank may be skipped: those that differ
        from the next label.

        # Arguments
            Y: tensor `(positions,)` of labels with blanks around them, see
                `ctc_interleave_blanks`.

        # Returns
            A vector with one index per pair of neighbouring labels; for equal labels,
            it is the length of `Y`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if `Y` isn't a vector.
        """

    def ctc_path_probs(self, predict, Y, alpha=0.0001):
        """Returns the probabilities of the paths through each position at each step.

        # Arguments
            predict: tensor `(steps, classes)` of probabilities.
            Y: tensor `(positions,)` of labels with blanks around them, see
                `ctc_interleave_blanks`.
            alpha: float, the weight of the uniform distribution that is mixed in.

        # Returns
            Their logarithms, a tensor `(steps, positions)`, and a mask of those that
            are possible.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev):
        """Computes one step of the forward pass.

        # Arguments
            skip_idxs: tensor, see `ctc_create_skip_idxs`.
            zeros: tensor `(positions,)` of zeros.
            active: scalar tensor, the number of positions, from the first, that were
                possible so far.
            log_p_curr: tensor `(positions,)`, logarithms of this step's probabilities
                of the positions' classes.
            log_p_prev: tensor `(positions,)`, logarithms of the paths' probabilities so
                far.

        # Returns
            The number of positions that are possible now, a scalar, and the logarithms
            of the paths' probabilities `(positions,)`; other positions have the values
            of `zeros`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

"""The contract of `K`: connectionist temporal classification (CTC)."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.backend.contract.capabilities import Optional


class Ctc(Optional, capability="ctc"):
    """CTC, both as Keras 1 had it on TensorFlow and as it had it on Theano. The blank
    is the last class."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length):
        """Returns the CTC loss of each sample.

        # Arguments
            y_true: tensor `(batch, labels)` of classes from 0 to classes - 2; the last
                class is the blank, which ends the labels: a sample with nothing else
                has none.
            y_pred: tensor `(batch, steps, classes)` of probabilities, such as the
                outputs of a softmax.
            input_length: tensor `(batch, 1)`, how many steps of each sample count.
            label_length: tensor `(batch, 1)`, how many labels of each sample count.

        # Returns
            A tensor `(batch, 1)`: infinite, with a gradient of 0, where there are too
            few steps for the labels, and NaN where a label or a length is out of range.

        # Raises
            ArgumentError: for what is no tensor or array.
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
            input_length: tensor or array `(batch,)`, how many steps of each sample
                count.
            greedy: whether to take the best class of each step; else the best paths are
                searched for.
            beam_width: int, how many beginnings of paths the search keeps.
            top_paths: int, how many paths the search returns.

        # Returns
            A list of tensors `(batch, steps)` of classes, with -1 behind the last one:
            one, or `top_paths` of them, the best first. `K.eval` and `K.get_value` give
            them without columns that hold -1 alone. And a tensor with the paths'
            scores: `(batch, 1)` for `greedy`, the sum of -log of the best
            probabilities; else `(batch, top_paths)`, the logarithms of their
            probabilities.

        # Raises
            CapabilityError: for `greedy=False`, if the engine has no beam search.
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_label_dense_to_sparse(self, labels, label_lengths):
        """Marks the end of each row of labels.

        Keras 1 made a sparse tensor of TensorFlow's; here tensors are dense, and -1
        stands where the sparse one had no value, as in the results of `ctc_decode`.

        # Arguments
            labels: tensor `(batch, labels)`.
            label_lengths: tensor `(batch,)`, how many labels of each row count.

        # Returns
            A tensor `(batch, labels)` of int32.

        # Raises
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_cost(self, predict, Y):
        """Returns the CTC loss of one sequence, as Keras 1 had it on Theano: of
        slightly smoothed probabilities, and with the logarithm of the number of steps
        subtracted, a constant.

        # Arguments
            predict: tensor `(steps, classes)` of probabilities; the last class is the
                blank.
            Y: tensor `(labels,)` of classes, without blanks.

        # Returns
            A scalar tensor.

        # Raises
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def ctc_interleave_blanks(self, Y):
        """Puts the blank, written -1, before, between and behind the labels.

        # Arguments
            Y: tensor `(labels,)`.

        # Returns
            A tensor `(2 * labels + 1,)`.

        # Raises
            ArgumentError: for what is no tensor or array.
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
            ArgumentError: for what is no tensor or array.
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
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev):
        """Takes one step of the forward pass.

        # Arguments
            skip_idxs: tensor, see `ctc_create_skip_idxs`.
            zeros: tensor `(positions,)` of zeros.
            active: scalar tensor: how many positions, from the first, were possible so
                far.
            log_p_curr: tensor `(positions,)`, logarithms of this step's probabilities
                of the positions' classes.
            log_p_prev: tensor `(positions,)`, logarithms of the paths' probabilities so
                far.

        # Returns
            How many positions are possible now, a scalar, and the logarithms of the
            paths' probabilities `(positions,)`; for others, the values of `zeros`.

        # Raises
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

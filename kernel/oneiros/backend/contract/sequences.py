"""The contract of `K`: loops over the steps of sequences, and connectionist temporal
classification (CTC)."""


class Recurrence:
    """A loop that carries states along."""

    def rnn(
        self,
        step_function,
        inputs,
        initial_states,
        go_backwards=False,
        mask=None,
        constants=None,
        unroll=False,
        input_length=None,
    ):
        """Runs a step function over the second axis, carrying states along.

        For a step that the mask leaves out, a sample repeats the output and the states
        of its previous step. Before the first step that isn't masked, the output is the
        first state if that has the shape of the output, otherwise zeros; with `unroll`,
        always zeros. The mask doesn't affect a scalar state, which has no samples.

        # Arguments
            step_function: function of the input at one step, `(samples, ...)`, and of a
                list of the states followed by the constants. It returns the output and
                the list of new states; these have unchanged shapes and keep the types
                that it returns. Random draws inside it differ at each step.
            inputs: tensor `(samples, steps, ...)` of rank 3 or more.
            initial_states: list of tensors, which may be empty.
            go_backwards: whether to begin with the last step; the outputs are in the
                order of processing.
            mask: None, or tensor `(samples, steps)` or `(samples, steps, 1)`: zero at
                the steps to leave out.
            constants: None, or list of tensors that each step receives.
            unroll: whether to call the step function once per step instead of looping.
            input_length: with `unroll`, the number of steps, if the shape of `inputs`
                doesn't tell.

        # Returns
            The last output, the outputs of all steps `(samples, steps, ...)`, and the
            list of last states.

        # Raises
            ShapeError: if the rank of `inputs` is below 3, if the number of steps
                differs from that of the mask, if there are no steps and you use the
                last output (unless it is a state), or if a state changes its shape
                without `unroll`. If the number of steps is unknown, the error comes
                when the graph is computed, also for fewer steps than `input_length`.
            ArgumentError: if the step function doesn't return an output and as many
                states as it received, or if the number of steps isn't known with
                `unroll`.

        # Example
            ```python
            from oneiros import backend as K

            x = K.ones((2, 5, 3))

            def add(x, states):
                total = x + states[0]
                return total, [total]

            last, outputs, states = K.rnn(add, x, [K.zeros((2, 3))])
            K.eval(last).tolist()  # [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]]
            ```
        """


class Scans:
    """Loops over the first axis."""

    def foldl(self, fn, elems, initializer=None, name=None):
        """Folds over the first axis, starting at its beginning: `fn(fn(initializer,
        elems[0]), elems[1])`, …

        # Arguments
            fn: function of the current value and an element; it returns the next value.
                It receives lists or tuples if `elems` and `initializer` are.
            elems: tensor, or list or tuple of tensors with equally long first axes, of
                at least one element unless `initializer` is passed.
            initializer: the first value; None means the first element.
            name: ignored.

        # Returns
            The last value, with the shape of the first one.

        # Raises
            ArgumentError: if `elems` isn't a tensor with a first axis, or a list of
                such tensors, or if `fn` returns another structure than it receives.
            ShapeError: if the first axes have different lengths, if `fn` changes a
                shape, or if there is neither an element nor an initializer.
        """

    def foldr(self, fn, elems, initializer=None, name=None):
        """Folds over the first axis, starting at its end.

        # Arguments
            fn: function of the current value and an element; it returns the next value.
                It receives lists or tuples if `elems` and `initializer` are.
            elems: tensor, or list or tuple of tensors with equally long first axes, of
                at least one element unless `initializer` is passed.
            initializer: the first value; None means the last element.
            name: ignored.

        # Returns
            The last value, with the shape of the first one.

        # Raises
            ArgumentError: if `elems` isn't a tensor with a first axis, or a list of
                such tensors, or if `fn` returns another structure than it receives.
            ShapeError: if the first axes have different lengths, if `fn` changes a
                shape, or if there is neither an element nor an initializer.
        """

    def map_fn(self, fn, elems, name=None):
        """Applies a function to each element of the first axis and stacks the results.

        # Arguments
            fn: function of an element; it receives a list or tuple if `elems` is one,
                and may return a tensor or a list or tuple of tensors.
            elems: tensor, or list or tuple of tensors with equally long first axes.
            name: ignored.

        # Returns
            A tensor, or a list or tuple of tensors if `fn` returns one: the results of
            `fn`, along a new first axis.

        # Raises
            ArgumentError: if `elems` isn't a tensor with a first axis, or a list of
                such tensors.
            ShapeError: if the first axes have different lengths.
        """


class FusedRecurrence:
    """Whole recurrent layers as one operation, faster than `rnn`."""

    def simple_rnn(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        """Runs `h = activation(x + dot(h, U))` over the second axis.

        # Arguments
            x: tensor `(samples, steps, features)`, the input, if `W` and `b` are
                passed; otherwise the projected input: `dot(input, W) + b`, `(samples,
                steps, n)`.
            initial_states: list of one tensor `(samples, n)`: h.
            U: tensor `(n, n)`, the recurrent weights.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            go_backwards: whether to start at the last step; the outputs are in the
                order of processing.
            mask: None, or tensor `(samples, steps)`; a step where it is 0 repeats the
                output and states of the previous step.
            W: tensor `(features, n)`, the input's weights.
            b: tensor `(n,)`, the bias.

        # Returns
            The last output `(samples, n)`, all outputs `(samples, steps, n)`, and the
            list of the last states, each `(samples, n)`, like `rnn`.

        # Raises
            ArgumentError: for another activation.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def gru(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        """Runs a GRU over the second axis.

        # Arguments
            x: tensor `(samples, steps, features)`, the input, if `W` and `b` are
                passed; otherwise the projected input: `dot(input, W) + b`, `(samples,
                steps, 3 n)` in blocks z, r, h.
            initial_states: list of one tensor `(samples, n)`: h.
            U: tensor `(n, 3 n)`, the recurrent weights in the same blocks.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            inner_activation: the gates' activation, with the same choices.
            go_backwards: whether to start at the last step; the outputs are in the
                order of processing.
            mask: None, or tensor `(samples, steps)`; a step where it is 0 repeats the
                output and states of the previous step.
            W: tensor `(features, 3 n)`, the input's weights.
            b: tensor `(3 n,)`, the bias.

        # Returns
            The last output `(samples, n)`, all outputs `(samples, steps, n)`, and the
            list of the last states, each `(samples, n)`, like `rnn`.

        # Raises
            ArgumentError: for another activation.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def lstm(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        """Runs an LSTM over the second axis.

        # Arguments
            x: tensor `(samples, steps, features)`, the input, if `W` and `b` are
                passed; otherwise the projected input: `dot(input, W) + b`, `(samples,
                steps, 4 n)` in blocks i, f, c, o.
            initial_states: list of two tensors `(samples, n)`: h and c.
            U: tensor `(n, 4 n)`, the recurrent weights in the same blocks.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            inner_activation: the gates' activation, with the same choices.
            go_backwards: whether to start at the last step; the outputs are in the
                order of processing.
            mask: None, or tensor `(samples, steps)`; a step where it is 0 repeats the
                output and states of the previous step.
            W: tensor `(features, 4 n)`, the input's weights.
            b: tensor `(4 n,)`, the bias.

        # Returns
            The last output `(samples, n)`, all outputs `(samples, steps, n)`, and the
            list of the last states, each `(samples, n)`, like `rnn`.

        # Raises
            ArgumentError: for another activation.
            ShapeError: if the ranks or the sizes don't fit.
        """


class Ctc:
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

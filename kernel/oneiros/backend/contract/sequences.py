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

        A masked step repeats a sample's output and states of the previous step. Before
        the first step that isn't masked, the output is the first state if that has the
        output's shape, otherwise zeros; with `unroll`, always zeros. A scalar state
        ignores the mask.

        # Arguments
            step_function: function of a step's input `(samples, ...)` and of the list
                of states, then constants. It returns the output and the list of new
                states, whose shapes don't change. Random draws differ at each step.
            inputs: tensor `(samples, steps, ...)` of rank 3 or more.
            initial_states: list of tensors, which may be empty.
            go_backwards: whether to begin with the last step, whose output comes first.
            mask: None, or tensor `(samples, steps)` or `(samples, steps, 1)`: zero at
                the steps to leave out.
            constants: None, or list of tensors that each step receives.
            unroll: whether to call the step function for each step instead of looping.
            input_length: the number of steps for `unroll`, if `inputs` doesn't tell.

        # Returns
            The last output, the outputs of all steps `(samples, steps, ...)`, and the
            list of last states.

        # Raises
            ShapeError: for a rank below 3; for a mask with another number of steps; for
                a state that changes its shape without `unroll`; for a sequence without
                steps, if you use the last output and it isn't a state. If the number of
                steps is unknown, the error comes when the graph is computed, also for
                fewer steps than `input_length`.
            ArgumentError: if the step function doesn't return an output and as many
                states as it received; for `unroll` over an unknown number of steps.

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
        """Folds from the start: `fn(fn(initializer, elems[0]), elems[1])`, …

        # Arguments
            fn: function `(value, element) -> next value`; of lists or tuples if `elems`
                and `initializer` are some.
            elems: tensor, or list or tuple of tensors with equally long first axes.
            initializer: the first value; None for the first element.
            name: ignored.

        # Returns
            The last value, with the shape of the first one.

        # Raises
            ArgumentError: if `elems` has no first axis, or `fn` returns another
                structure than it receives.
            ShapeError: for first axes of different lengths, a shape that `fn` changes,
                or neither an element nor an initializer.
        """

    def foldr(self, fn, elems, initializer=None, name=None):
        """Folds from the end; otherwise like `foldl`.

        # Arguments
            fn: function `(value, element) -> next value`.
            elems: tensor, or list or tuple of tensors with equally long first axes.
            initializer: the first value; None for the last element.
            name: ignored.

        # Returns
            The last value, with the shape of the first one.

        # Raises
            ArgumentError: as for `foldl`.
            ShapeError: as for `foldl`.
        """

    def map_fn(self, fn, elems, name=None):
        """Applies a function to each element of the first axis and stacks the results.

        # Arguments
            fn: function of an element, or of a list or tuple if `elems` is one.
            elems: tensor, or list or tuple of tensors with equally long first axes.
            name: ignored.

        # Returns
            What `fn` returns, a tensor or a list or tuple, with a new first axis.

        # Raises
            ArgumentError: if `elems` has no first axis.
            ShapeError: for first axes of different lengths.
        """


class FusedRecurrence:
    """Whole recurrent layers as one operation, faster than `rnn`, whose results they
    have: the last output `(samples, n)`, all outputs `(samples, steps, n)` in the order
    of processing, and the list of the last states `(samples, n)`. A masked step repeats
    the outputs and states of the previous one."""

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
            x: tensor `(samples, steps, features)`, the input; if `W` and `b` are None,
                `dot(input, W) + b` in its place.
            initial_states: list of one tensor `(samples, n)`: h.
            U: tensor `(n, n)`, the recurrent weights.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            go_backwards: whether to start at the last step.
            mask: None, or tensor `(samples, steps)`: zero at the steps to leave out.
            W: tensor `(features, n)`, the input's weights.
            b: tensor `(n,)`, the bias.

        # Returns
            The last output, those of all steps, and the list of last states, like
            `rnn`.

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
            x: tensor `(samples, steps, features)`, as for `simple_rnn`.
            initial_states: list of one tensor `(samples, n)`: h.
            U: tensor `(n, 3 n)`, the recurrent weights in blocks z, r, h.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            inner_activation: the gates' activation, with the same choices.
            go_backwards: whether to start at the last step.
            mask: None, or tensor `(samples, steps)`: zero at the steps to leave out.
            W: tensor `(features, 3 n)`, the input's weights in the same blocks.
            b: tensor `(3 n,)`, the bias.

        # Returns
            The last output, those of all steps, and the list of last states, like
            `rnn`.

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
            x: tensor `(samples, steps, features)`, as for `simple_rnn`.
            initial_states: list of two tensors `(samples, n)`: h and c.
            U: tensor `(n, 4 n)`, the recurrent weights in blocks i, f, c, o.
            activation: `'tanh'`, `'sigmoid'`, `'hard_sigmoid'`, `'linear'` or `'relu'`.
            inner_activation: the gates' activation, with the same choices.
            go_backwards: whether to start at the last step.
            mask: None, or tensor `(samples, steps)`: zero at the steps to leave out.
            W: tensor `(features, 4 n)`, the input's weights in the same blocks.
            b: tensor `(4 n,)`, the bias.

        # Returns
            The last output, those of all steps, and the list of last states, like
            `rnn`.

        # Raises
            ArgumentError: for another activation.
            ShapeError: if the ranks or the sizes don't fit.
        """


class Ctc:
    """CTC (connectionist temporal classification), for labels whose places in a
    sequence aren't known. The last class is the blank: no label. `ctc_batch_cost`,
    `ctc_decode` and `ctc_label_dense_to_sparse` are those of Keras 1 on TensorFlow, the
    others those on Theano."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length):
        """Returns the CTC loss of each sample.

        # Arguments
            y_true: tensor `(batch, labels)` of classes; a blank, the last class, ends
                the labels of a sample.
            y_pred: tensor `(batch, steps, classes)` of probabilities.
            input_length: tensor `(batch, 1)`, how many steps of a sample count.
            label_length: tensor `(batch, 1)`, how many of its labels count.

        # Returns
            A tensor `(batch, 1)`: infinite, with a gradient of 0, for a sample of too
            few steps; NaN for a label or a length out of range.

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
            y_pred: tensor or array `(batch, steps, classes)` of probabilities.
            input_length: tensor or array `(batch,)`, how many steps of a sample count.
            greedy: whether to take the best class of each step, instead of the best
                paths, which a beam search finds.
            beam_width: int, the number of partial paths that the search keeps.
            top_paths: int, the number of paths that the search returns.

        # Returns
            A list of tensors `(batch, steps)` of classes, the best path first; -1 fills
            the ends, and `K.eval` removes columns of -1. And their scores: if `greedy`,
            `(batch, 1)`, sums of `-log(p)`; otherwise `(batch, top_paths)`, logarithms
            of the paths' probabilities.

        # Raises
            CapabilityError: for `greedy=False`, if the engine has no beam search.
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_label_dense_to_sparse(self, labels, label_lengths):
        """Writes -1 behind the labels of each row.

        # Arguments
            labels: tensor `(batch, labels)`.
            label_lengths: tensor `(batch,)`, the number of labels of each row.

        # Returns
            A tensor `(batch, labels)` of int32: dense, where Keras 1 made a sparse one.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """

    def ctc_cost(self, predict, Y):
        """Returns the CTC loss of one sequence, as Keras 1 has it on Theano: of
        smoothed probabilities, minus the logarithm of the number of steps.

        # Arguments
            predict: tensor `(steps, classes)` of probabilities.
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
            Y: tensor `(positions,)`, the result of `ctc_interleave_blanks`.

        # Returns
            A vector with an index for each pair of neighbouring labels; for equal ones,
            the length of `Y`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if `Y` isn't a vector.
        """

    def ctc_path_probs(self, predict, Y, alpha=0.0001):
        """Returns the probabilities of the paths through each position at each step.

        # Arguments
            predict: tensor `(steps, classes)` of probabilities.
            Y: tensor `(positions,)`, the result of `ctc_interleave_blanks`.
            alpha: float, the weight of the uniform distribution that is mixed in.

        # Returns
            Their logarithms, a tensor `(steps, positions)`, and which are possible.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev):
        """Computes one step of the forward pass.

        # Arguments
            skip_idxs: tensor, the result of `ctc_create_skip_idxs`.
            zeros: tensor `(positions,)` of zeros.
            active: scalar tensor, how many positions, from the first, were possible.
            log_p_curr: tensor `(positions,)`, logarithms of the positions'
                probabilities at this step.
            log_p_prev: tensor `(positions,)`, those of the paths so far.

        # Returns
            How many positions are possible now, a scalar, and `log_p_prev` after this
            step, with the values of `zeros` at other positions.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the sizes don't fit.
        """

"""The contract of `K`: functions, updates, gradients and the learning phase."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.backend.contract.capabilities import Optional


class Graphs:
    """What turns tensors into computations."""

    def function(self, inputs, outputs, updates=[], **kwargs):  # noqa: B006  Keras 1's
        """Compiles a function.

        All outputs and new values are computed first, then the variables are set.

        # Arguments
            inputs: list of placeholders, or one; the learning phase possibly among
                them. Any other tensor works too: its value is then given, not computed.
            outputs: list of tensors, or one.
            updates: list of pairs `(variable, new value)`, see `update`; of several of
                one variable the last counts.
            **kwargs: what the engine takes: `mode` on Theano, the linker (`'jax'` or
                one of PyTensor's modes), and `givens`, a dict or pairs of variables and
                what is computed in their stead; `jit_compile` on TensorFlow, whether
                XLA compiles it (by default it does, but for convolutions on a CPU).
                What another engine takes is passed over, with a warning. The
                environment variables `ONEIROS_THEANO_LINKER` and
                `ONEIROS_TENSORFLOW_XLA` (`on`, `off`) decide it for all functions.

        # Returns
            A `Function`: calling it with a list of arrays, one per input, returns the
            outputs' values as a list of arrays; as one array, if the output was given
            by itself.

        # Raises
            ArgumentError: for what isn't a tensor, a list or a pair.
            ShapeError: if a new value can't have its variable's shape. Shared variables
                of Theano code may change their sizes.

        # Example
            ```python
            from oneiros import backend as K

            x = K.placeholder((2,))
            total = K.zeros((2,))
            add = K.function([x], [x * 2], [K.update_add(total, x)])
            add([[1, 2]])[0].tolist()  # [2.0, 4.0]
            K.get_value(total).tolist()  # [1.0, 2.0]
            ```
        """

    def gradients(self, loss, variables, *, upstream=None, allow_unconnected=False):
        """Differentiates.

        # Arguments
            loss: scalar tensor; another one is summed, and so is a list of them. On a
                number nothing depends.
            variables: list of variables or tensors, or one.
            upstream: tensor or array of the shape of `loss`, what its elements are
                multiplied by before they are summed, as a constant: the derivative of
                something else by them; a list, if `loss` is one. So policy gradients,
                `tf.gradients(y, w, -g)`, are `K.gradients(y, w, upstream=-g)`.
            allow_unconnected: bool, whether the loss need not depend on all variables.

        # Returns
            A list of tensors, also for one variable: the derivatives of the loss by
            each, of its shape and type, in their order; None for one that it doesn't
            depend on.

        # Raises
            GraphError: naming a variable that the loss doesn't depend on, unless
                `allow_unconnected`.
            ArgumentError: for what is no tensor of floats, as a loss or a variable.
            ShapeError: if `upstream` doesn't broadcast with `loss`.

        # Example
            ```python
            from oneiros import backend as K

            x = K.variable([3])
            K.eval(K.gradients(K.sum(x * x), [x])[0]).tolist()  # [6.0]
            ```
        """

    def stop_gradient(self, variables):
        """Makes constants of tensors, as far as `gradients` is concerned.

        # Arguments
            variables: tensor, or list of tensors.

        # Returns
            A tensor, or a list of them, of the same shapes and values.

        # Raises
            ArgumentError: for what is no tensor, array or number.
        """

    def apply(self, fn, *tensors):
        """Calls code of the engine itself on tensors.

        # Arguments
            fn: function of the engine's own tensors that returns one, or a tuple of
                them.
            *tensors: its arguments.

        # Returns
            A tensor, or a tuple of them.

        # Example
            ```python
            import jax
            from oneiros import backend as K

            with K.use("jax"):
                y = K.apply(jax.scipy.special.erf, K.placeholder((3,)))
            ```
        """

    def update(self, x, new_x):
        """Returns the update of a variable to a new value.

        # Arguments
            x: variable, which K.variable(value) makes.
            new_x: tensor of its shape.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: if `x` is no variable.
        """

    def update_add(self, x, increment):
        """Returns the update of a variable by adding.

        # Arguments
            x: variable, which K.variable(value) makes.
            increment: tensor or number.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: for what is no variable, or no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def update_sub(self, x, decrement):
        """Returns the update of a variable by subtracting.

        # Arguments
            x: variable, which K.variable(value) makes.
            decrement: tensor or number.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: for what is no variable, or no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def moving_average_update(self, variable, value, momentum):
        """Returns the update of a moving average.

        # Arguments
            variable: variable that holds the average; K.variable(value) makes one.
            value: tensor, the newest value.
            momentum: float, the weight of the average so far; the rest is that of
                `value`.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: for what is no variable, or no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def learning_phase(self):
        """Returns what tells training from testing.

        # Returns
            0 (test) or 1 (train) if `set_learning_phase` fixed it, else a scalar
            placeholder of integers, which functions that depend on it take among their
            inputs.
        """

    def set_learning_phase(self, value) -> None:
        """Fixes the learning phase for the graphs built from now on.

        # Arguments
            value: 0 (test) or 1 (train).

        # Raises
            ArgumentError: for any other value.
        """

    def in_train_phase(self, x, alt):
        """Chooses by the learning phase; only the tensor chosen is computed.

        # Arguments
            x: tensor, or function without arguments that returns one, for training.
            alt: tensor, or such a function, for testing.

        # Returns
            A tensor of the shape and type that `x` and `alt` should have in common.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def in_test_phase(self, x, alt):
        """Chooses by the learning phase; only the tensor chosen is computed.

        # Arguments
            x: tensor, or function without arguments that returns one, for testing.
            alt: tensor, or such a function, for training.

        # Returns
            A tensor of the shape and type that `x` and `alt` should have in common.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def clear_session(self) -> None:
        """Forgets the names given so far, and a learning phase that was fixed."""


class Sessions(Optional, capability="session"):
    """TensorFlow 1's sessions, for code that asks for one: nothing needs them."""

    def get_session(self):
        """Returns what computes tensors as a session did.

        # Returns
            An object with `run(fetches, feed_dict=None)`.
        """

    def set_session(self, session) -> None:
        """Warns that a session has no effect.

        # Arguments
            session: a session.
        """

"""The contract of `K`: functions, updates, gradients and the learning phase; and the
contract of compiled functions, which `K.function` returns."""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

LOCK = threading.RLock()
"""The lock of all variables' values: held from reading variables to storing all their
new values, so that what is read belongs to one moment. Who holds it sees the variables
between two updates; training in other threads waits meanwhile."""


class Upload(Protocol):
    """Data sets where a function's loop reads them."""

    def release(self) -> None:
        """Frees them."""


class Placement(Protocol):
    """Where a distribution lets functions keep variables and batches. Their results
    are those of one device.

    # Properties
        devices: int, the number of devices of all processes.
        own_rows: bool, whether each process passes only its own rows of a batch.
    """

    devices: int
    own_rows: bool

    def variable(self, array: Any) -> Any:
        """Returns the value of a variable as an array of the engine on all devices."""

    def batch(self, array: Any, index: Any = None) -> Any:
        """Returns rows of an array, split among the devices.

        # Arguments
            index: integer array `(batch size,)` or `(steps, batch size)` of the rows;
                None for all.

        # Returns
            An array of the engine. It has additional rows at the end if the devices
            don't divide their number.
        """

    def prepare(self, model: Any) -> None:
        """Prepares a model that is compiled, or trained: gives it the weights that it
        has in the first process, and splits those for which the distribution says
        so."""


class CompiledFunction:
    """A compiled function of placeholders, which can run many steps in one call.

    # Properties
        phase_index: int, the learning phase's index among the inputs, or None.
    """

    phase_index: int | None = None

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """Runs once.

        # Arguments
            arrays: list of arrays or numbers, one per input.
        """
        raise NotImplementedError

    def run_length(
        self, batches: int, data_bytes: int, operations: float, evenly: bool = False
    ) -> int:
        """Returns how many steps a call of `loop` should run on a data set.

        # Arguments
            batches: int, the steps of an epoch.
            data_bytes: int, the size of the data set.
            operations: float, the approximate number of arithmetic operations in a
                step.
            evenly: bool, whether to make as few calls as possible, of similar lengths.
        """
        raise NotImplementedError

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Copies whole data sets to where `loop` reads them.

        # Arguments
            arrays: list, one per placeholder; the first axis counts rows.

        # Returns
            What `loop` takes as `handle`.
        """
        raise NotImplementedError

    def borrow(self, arrays: Sequence[Any]) -> Upload:
        """Lets `loop` read whole data sets in place; otherwise like `upload`."""
        raise NotImplementedError

    def loop(self, handle: Any, index: Any, phase: int | None = None) -> list[Any]:
        """Runs one step per row of `index` on the rows with these numbers.

        # Arguments
            handle: the result of `upload` or `borrow`.
            index: integer array `(steps, batch size)`.
            phase: int, the learning phase, if it is an input.

        # Returns
            List of the outputs, each with an additional first axis for the steps.
        """
        raise NotImplementedError

    def get_random_state(self) -> Any:
        """Returns the seeds and the counters of the random operations."""
        raise NotImplementedError

    def set_random_state(self, state: Any) -> None:
        """Restores a state from `get_random_state`."""
        raise NotImplementedError


class Differentiation:
    """Derivatives, without which a backend only predicts."""

    def gradients(self, loss, variables, *, upstream=None, allow_unconnected=False):
        """Returns the gradients of a loss.

        # Arguments
            loss: scalar tensor; the elements of other tensors, and of a list of
                tensors, are summed.
            variables: list of variables or tensors, or one.
            upstream: tensor or array of the shape of `loss`, or a list of them: the
                derivative of something else by `loss`, a constant by which the elements
                of `loss` are multiplied. `tf.gradients(y, w, -g)` is
                `K.gradients(y, w, upstream=-g)`.
            allow_unconnected: bool, whether `loss` needn't depend on each variable.

        # Returns
            A list of tensors, even for one variable: the derivative of the loss by
                each,
            of its shape and type; None where the loss doesn't depend on it.

        # Raises
            GraphError: if the loss doesn't depend on a variable, unless
                `allow_unconnected`.
            ArgumentError: if the loss or a variable isn't a tensor of floats.
            ShapeError: if `upstream` doesn't broadcast with `loss`.

        # Example
            ```python
            from oneiros import backend as K

            x = K.variable([3])
            K.eval(K.gradients(K.sum(x * x), [x])[0]).tolist()  # [6.0]
            ```
        """


class Graphs:
    """Functions that turn tensors into computations."""

    def function(self, inputs, outputs, updates=[], **kwargs):  # noqa: B006  Keras 1's
        """Compiles a function.

        A call computes all outputs and new values first, then sets the variables.

        # Arguments
            inputs: list of placeholders, or one. The value of any other tensor is then
                an input, too, instead of being computed.
            outputs: list of tensors, or one.
            updates: list of pairs `(variable, new value)`, see `update`; the last one
                of a variable counts.
            **kwargs: options of the engine, which others ignore with a warning. On
                Theano: `mode`, the linker, and `givens`, a dict or pairs of variables
                and their replacements. On TensorFlow: `jit_compile`, whether XLA
                compiles. The READMEs of the backends explain them.

        # Returns
            A `CompiledFunction`: call it with a list of arrays, one per input. It
            returns a list of arrays, or one for a single output.

        # Raises
            ArgumentError: if an argument isn't a tensor, a list or a pair.
            ShapeError: if a new value can't have the shape of its variable. Shared
                variables of Theano code may change their sizes.

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

    def stop_gradient(self, variables):
        """Makes `gradients` treat tensors as constants.

        # Arguments
            variables: tensor, or list of tensors.

        # Returns
            A tensor, or a list of them, of the same shapes and values.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
        """

    def apply(self, fn, *tensors):
        """Calls engine-specific code on tensors.

        # Arguments
            fn: function of the engine's own tensors that returns one, or a tuple.
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
            x: variable, made by K.variable(value).
            new_x: tensor of its shape.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: if `x` isn't a variable.
        """

    def update_add(self, x, increment):
        """Returns an update that adds to a variable.

        # Arguments
            x: variable, made by K.variable(value).
            increment: tensor or number.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: if `x` isn't a variable, or `increment` isn't a tensor or
                number.
            ShapeError: if the shapes don't broadcast.
        """

    def update_sub(self, x, decrement):
        """Returns an update that subtracts from a variable.

        # Arguments
            x: variable, made by K.variable(value).
            decrement: tensor or number.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: if `x` isn't a variable, or `decrement` isn't a tensor or
                number.
            ShapeError: if the shapes don't broadcast.
        """

    def moving_average_update(self, variable, value, momentum):
        """Returns the update of a moving average.

        # Arguments
            variable: variable that holds the average; K.variable(value) makes one.
            value: tensor, the newest value.
            momentum: float, the weight of the old average; that of `value` is the rest.

        # Returns
            A pair for `updates` of `function`.

        # Raises
            ArgumentError: if `variable` isn't a variable, or another argument isn't a
                tensor or number.
            ShapeError: if the shapes don't broadcast.
        """

    def learning_phase(self):
        """Returns the flag that distinguishes training from testing.

        # Returns
            0 (test) or 1 (train) if `set_learning_phase` fixed it; otherwise a scalar
            placeholder, an input of each function that depends on it.
        """

    def set_learning_phase(self, value) -> None:
        """Fixes the learning phase for the graphs built from now on.

        # Arguments
            value: 0 (test) or 1 (train).

        # Raises
            ArgumentError: for any other value.
        """

    def in_train_phase(self, x, alt):
        """Selects a tensor by the learning phase; only the selected one is computed.

        # Arguments
            x: tensor, or function without arguments that returns one, for training.
            alt: tensor, or such a function, for testing.

        # Returns
            A tensor of their common shape and type.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def in_test_phase(self, x, alt):
        """Selects a tensor by the learning phase; only the selected one is computed.

        # Arguments
            x: tensor, or function without arguments that returns one, for testing.
            alt: tensor, or such a function, for training.

        # Returns
            A tensor of their common shape and type.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def clear_session(self) -> None:
        """Forgets all names used so far, and a fixed learning phase."""


class Sessions:
    """TensorFlow 1's sessions, for code that asks for one; nothing here needs them."""

    def get_session(self):
        """Returns an object that computes tensors like a session of TensorFlow 1.

        # Returns
            An object with `run(fetches, feed_dict=None)`.
        """

    def set_session(self, session) -> None:
        """Warns that a session has no effect.

        # Arguments
            session: a session.
        """

"""The contract of `K`: inputs, variables, and what is known of a tensor."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Variables:
    """Placeholders and variables, their shapes, types and values."""

    def placeholder(self, shape=None, ndim=None, dtype=None, sparse=False, name=None):
        """Makes an input of a function.

        # Arguments
            shape: tuple of ints and None; None leaves a size open.
            ndim: int, the number of axes if `shape` is left out; all sizes are open.
                Without either, TensorFlow takes tensors of any rank.
            dtype: name of the type; None takes the default float type.
            sparse: whether it is fed SciPy's sparse matrices.
            name: str.

        # Returns
            A tensor of that shape, which it keeps as `_keras_shape`.

        # Raises
            ArgumentError: if neither `shape` nor `ndim` is passed, but on TensorFlow.
            ArgumentError: if there is no such type.

        # Example
            ```python
            from oneiros import backend as K

            x = K.placeholder((None, 3))
            f = K.function([x], [K.sum(x, axis=1)])
            ```
        """

    def variable(self, value, dtype=None, name=None):
        """Makes a variable that holds a copy of a value.

        # Arguments
            value: number, array, list, or a sparse matrix of SciPy's.
            dtype: name of the type; None takes the default float type, whatever the
                type of `value`.
            name: str.

        # Returns
            A variable of the value's shape.

        # Raises
            ArgumentError: if `value` is a tensor.
            ArgumentError: if there is no such type.
        """

    def zeros(self, shape, dtype=None, name=None):
        """Makes a variable of zeros.

        # Arguments
            shape: tuple of ints.
            dtype: name of the type; None takes the default float type.
            name: str.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if there is no such type.
        """

    def ones(self, shape, dtype=None, name=None):
        """Makes a variable of ones.

        # Arguments
            shape: tuple of ints.
            dtype: name of the type; None takes the default float type.
            name: str.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if there is no such type.
        """

    def eye(self, size, dtype=None, name=None):
        """Makes a variable that holds the identity matrix.

        # Arguments
            size: int, the number of rows and of columns.
            dtype: name of the type; None takes the default float type.
            name: str.

        # Returns
            A variable `(size, size)`.

        # Raises
            ArgumentError: if a size isn't known, or if there is no such type.
        """

    def random_uniform_variable(
        self, shape, low, high, dtype=None, name=None, seed=None
    ):
        """Makes a variable drawn once from a uniform distribution over [low, high).

        # Arguments
            shape: tuple of ints.
            low: float, the lower bound.
            high: float, the upper bound.
            dtype: name of the type; None takes the default float type.
            name: str.
            seed: int; None draws from NumPy's global generator.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if there is no such type.
        """

    def random_normal_variable(
        self, shape, mean, scale, dtype=None, name=None, seed=None
    ):
        """Makes a variable drawn once from a normal distribution.

        # Arguments
            shape: tuple of ints.
            mean: float, the mean.
            scale: float, the standard deviation.
            dtype: name of the type; None takes the default float type.
            name: str.
            seed: int; None draws from NumPy's global generator.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if there is no such type.
        """

    def is_sparse(self, tensor):
        """Tells whether a tensor was made as a sparse one.

        # Arguments
            tensor: placeholder or variable.

        # Returns
            A bool.
        """

    def to_dense(self, tensor):
        """Returns a dense tensor of the same values.

        # Arguments
            tensor: tensor, maybe a sparse one.

        # Returns
            A tensor of the same shape and type.

        # Raises
            ArgumentError: if `tensor` is no tensor, array or number.
        """

    def shape(self, x):
        """Returns the shape as a tensor, whose elements are the sizes at run time.

        # Arguments
            x: tensor.

        # Returns
            A vector `(rank,)` of integers. Indexing it gives scalar tensors.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def int_shape(self, x):
        """Returns the shape as far as it is known.

        # Arguments
            x: tensor.

        # Returns
            A tuple of ints and None: `_keras_shape` if there is one.

        # Raises
            ArgumentError: if `x` is no tensor, or if not even its rank is known.
        """

    def ndim(self, x):
        """Returns the number of axes.

        # Arguments
            x: tensor.

        # Returns
            An int.

        # Raises
            ArgumentError: if `x` is no tensor.
        """

    def dtype(self, x):
        """Returns the type's name.

        # Arguments
            x: tensor.

        # Returns
            A str, such as `'float32'`.

        # Raises
            ArgumentError: if `x` is no tensor.
        """

    def get_value(self, x):
        """Returns a variable's value; that of any other tensor as `K.eval` does.

        # Arguments
            x: variable, or tensor that depends on no placeholder: it is computed.

        # Returns
            An array of the shape and type of `x`, which the caller owns.

        # Raises
            ArgumentError: for what is no tensor of this backend, or depends on a
                placeholder.
        """

    def set_value(self, x, value) -> None:
        """Sets a variable.

        # Arguments
            x: variable.
            value: number or array of the variable's shape; it is copied.

        # Raises
            DataError: if the shape is another.
            ArgumentError: for a tensor that is no variable.
        """

    def batch_get_value(self, xs):
        """Returns the values of several variables.

        # Arguments
            xs: list of variables, or of tensors as `get_value` takes them.

        # Returns
            A list of arrays, each of the shape and type of its variable.

        # Raises
            ArgumentError: for what is no tensor of this backend, or depends on a
                placeholder.
        """

    def batch_set_value(self, tuples) -> None:
        """Sets several variables.

        # Arguments
            tuples: list of pairs `(variable, array)`.

        # Raises
            DataError: if a shape is another.
            ArgumentError: for a tensor that is no variable.
        """

    def get_variable_shape(self, x):
        """Returns a variable's shape.

        # Arguments
            x: variable or tensor.

        # Returns
            A tuple of ints; of a tensor what `int_shape` gives.

        # Raises
            ArgumentError: for what is no tensor.
        """

    def count_params(self, x):
        """Returns the number of a variable's elements.

        # Arguments
            x: variable, or tensor whose sizes are known.

        # Returns
            An int.

        # Raises
            ArgumentError: for what is no tensor, or if a size isn't known.
        """

    def eval(self, x):
        """Computes a tensor that depends on no placeholder.

        # Arguments
            x: variable, or tensor that depends on no placeholder.

        # Returns
            An array of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number, or depends on a
                placeholder, whose value is missing: `K.function` takes it.

        # Example
            ```python
            from oneiros import backend as K

            K.eval(K.variable([1, 2]) * 2).tolist()  # [2.0, 4.0]
            ```
        """

    def print_tensor(self, x, message=""):
        """Has a tensor printed whenever a function computes it.

        # Arguments
            x: tensor.
            message: str, printed before the value.

        # Returns
            A tensor of the shape and type of `x`, which has to be used in its stead.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def is_explicit_shape(self, shape):
        """Tells whether a shape consists of ints and None.

        # Arguments
            shape: tuple or list, or anything else.

        # Returns
            A bool.
        """

    def pattern_broadcast(self, x, broatcastable):
        """Declares which axes are of size 1, which only Theano needs to know.

        # Arguments
            x: tensor.
            broatcastable: list of bools, one per axis (spelt as in Keras 1).

        # Returns
            A tensor of the same shape and values.

        # Raises
            ArgumentError: if `x` is no tensor, or there isn't one bool for each axis.
        """

    def manual_variable_initialization(self, value) -> None:
        """Does nothing: variables hold a value as soon as they are made.

        # Arguments
            value: bool, ignored.
        """

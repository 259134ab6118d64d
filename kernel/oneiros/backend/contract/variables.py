"""The contract of `K`: inputs, variables, and properties of tensors."""


class Variables:
    """Placeholders and variables, their shapes, types and values."""

    def placeholder(self, shape=None, ndim=None, dtype=None, sparse=False, name=None):
        """Makes a placeholder, the input of a function.

        # Arguments
            shape: tuple of ints and None; None leaves a size open.
            ndim: int, the number of axes, all of open sizes, instead of `shape`.
                Without either, TensorFlow accepts any rank.
            dtype: name of the type; None for the default float type.
            sparse: whether its values are SciPy sparse matrices.
            name: str.

        # Returns
            A tensor of that shape, its `_keras_shape`.

        # Raises
            ArgumentError: if you pass neither `shape` nor `ndim` (except on
                TensorFlow).
            ArgumentError: if the type doesn't exist.

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
            value: number, array, list, or SciPy sparse matrix.
            dtype: name of the type; None for the default float type.
            name: str.

        # Returns
            A variable of the value's shape.

        # Raises
            ArgumentError: if `value` is a tensor.
            ArgumentError: if the type doesn't exist.
        """

    def zeros(self, shape, dtype=None, name=None):
        """Makes a variable of zeros.

        # Arguments
            shape: tuple of ints.
            dtype: name of the type; None for the default float type.
            name: str.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def ones(self, shape, dtype=None, name=None):
        """Makes a variable of ones.

        # Arguments
            shape: tuple of ints.
            dtype: name of the type; None for the default float type.
            name: str.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def eye(self, size, dtype=None, name=None):
        """Makes a variable that holds the identity matrix.

        # Arguments
            size: int, the number of rows and of columns.
            dtype: name of the type; None for the default float type.
            name: str.

        # Returns
            A variable `(size, size)`.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def random_uniform_variable(
        self, shape, low, high, dtype=None, name=None, seed=None
    ):
        """Makes a variable drawn once from a uniform distribution over [low, high).

        # Arguments
            shape: tuple of ints.
            low: float, the lower bound.
            high: float, the upper bound.
            dtype: name of the type; None for the default float type.
            name: str.
            seed: int; None draws from NumPy's global generator.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def random_normal_variable(
        self, shape, mean, scale, dtype=None, name=None, seed=None
    ):
        """Makes a variable drawn once from a normal distribution.

        # Arguments
            shape: tuple of ints.
            mean: float, the mean.
            scale: float, the standard deviation.
            dtype: name of the type; None for the default float type.
            name: str.
            seed: int; None draws from NumPy's global generator.

        # Returns
            A variable of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def is_sparse(self, tensor):
        """Returns whether a tensor was created as a sparse one.

        # Arguments
            tensor: placeholder or variable.

        # Returns
            A bool.
        """

    def to_dense(self, tensor):
        """Returns a dense tensor of the same values.

        # Arguments
            tensor: tensor, dense or sparse.

        # Returns
            A tensor of the same shape and type.

        # Raises
            ArgumentError: if `tensor` isn't a tensor, array or number.
        """

    def shape(self, x):
        """Returns the shape as a tensor; its elements are the sizes at run time.

        # Arguments
            x: tensor.

        # Returns
            A vector `(rank,)` of integers. Indexing it gives scalar tensors.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def int_shape(self, x):
        """Returns the static shape, with None for unknown sizes.

        # Arguments
            x: tensor.

        # Returns
            A tuple of ints and None: `_keras_shape`, if the tensor has it.

        # Raises
            ArgumentError: if `x` isn't a tensor, or if not even its rank is known.
        """

    def ndim(self, x):
        """Returns the number of axes.

        # Arguments
            x: tensor.

        # Returns
            An int.

        # Raises
            ArgumentError: if `x` isn't a tensor.
        """

    def dtype(self, x):
        """Returns the type's name.

        # Arguments
            x: tensor.

        # Returns
            A str, such as `'float32'`.

        # Raises
            ArgumentError: if `x` isn't a tensor.
        """

    def get_value(self, x):
        """Returns a variable's value; for any other tensor, the same as `K.eval`.

        # Arguments
            x: variable, or tensor that doesn't depend on a placeholder.

        # Returns
            An array of the shape and type of `x`; it is yours to change.

        # Raises
            ArgumentError: for what isn't a tensor of this backend, or depends on a
                placeholder.
        """

    def set_value(self, x, value) -> None:
        """Sets a variable.

        # Arguments
            x: variable.
            value: number or array of the variable's shape; it is copied.

        # Raises
            DataError: if the shape differs.
            ArgumentError: for a tensor that isn't a variable.
        """

    def batch_get_value(self, xs):
        """Returns the values of several variables.

        # Arguments
            xs: list of variables, or of other tensors that `get_value` accepts.

        # Returns
            A list of arrays of their shapes and types.

        # Raises
            ArgumentError: for what isn't a tensor of this backend, or depends on a
                placeholder.
        """

    def batch_set_value(self, tuples) -> None:
        """Sets several variables.

        # Arguments
            tuples: list of pairs `(variable, array)`.

        # Raises
            DataError: if a shape differs.
            ArgumentError: for a tensor that isn't a variable.
        """

    def get_variable_shape(self, x):
        """Returns a variable's shape.

        # Arguments
            x: variable or tensor.

        # Returns
            A tuple of ints; for other tensors, the same as `int_shape`.

        # Raises
            ArgumentError: for what isn't a tensor.
        """

    def count_params(self, x):
        """Returns the number of elements of a variable.

        # Arguments
            x: variable, or tensor with known sizes.

        # Returns
            An int.

        # Raises
            ArgumentError: for what isn't a tensor, or if a size isn't known.
        """

    def eval(self, x):
        """Computes a tensor.

        # Arguments
            x: variable, or tensor that doesn't depend on a placeholder.

        # Returns
            An array of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number, or depends on a
                placeholder, whose value only `K.function` takes.

        # Example
            ```python
            from oneiros import backend as K

            K.eval(K.variable([1, 2]) * 2).tolist()  # [2.0, 4.0]
            ```
        """

    def print_tensor(self, x, message=""):
        """Prints a tensor whenever a function computes it.

        # Arguments
            x: tensor.
            message: str, printed before the value.

        # Returns
            A tensor of the shape and type of `x`. Use it instead of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def is_explicit_shape(self, shape):
        """Returns whether a shape consists of ints and None.

        # Arguments
            shape: tuple or list, or anything else.

        # Returns
            A bool.
        """

    def pattern_broadcast(self, x, broatcastable):
        """Declares which axes have size 1; only Theano needs this.

        # Arguments
            x: tensor.
            broatcastable: list of bools, one per axis (spelt as in Keras 1).

        # Returns
            A tensor of the same shape and values.

        # Raises
            ArgumentError: if `x` isn't a tensor, or not every axis has a bool.
        """

    def manual_variable_initialization(self, value) -> None:
        """Does nothing: variables have a value as soon as you make them.

        # Arguments
            value: bool, ignored.
        """

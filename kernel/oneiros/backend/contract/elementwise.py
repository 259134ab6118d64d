"""The contract of `K`: elementwise functions."""


class Elementwise:
    """Arithmetic, comparisons and activations, with broadcasting."""

    def abs(self, x):
        """Returns the absolute values.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def sign(self, x):
        """Returns the signs: -1, 0 or 1.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def round(self, x):
        """Returns the nearest integers, halves to even.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def exp(self, x):
        """Returns e to the power of `x`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def log(self, x):
        """Returns the natural logarithms.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def sqrt(self, x):
        """Returns the square roots; negative values count as 0.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def square(self, x):
        """Returns the squares.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def sin(self, x):
        """Returns the sines.

        # Arguments
            x: tensor of angles in radians.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def cos(self, x):
        """Returns the cosines.

        # Arguments
            x: tensor of angles in radians.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def pow(self, x, a):
        """Raises the elements to a power.

        # Arguments
            x: tensor.
            a: number or tensor, the exponent.

        # Returns
            A tensor of their common type, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def clip(self, x, min_value, max_value):
        """Limits the values to an interval.

        # Arguments
            x: tensor.
            min_value: number or tensor; None means no bound.
            max_value: number or tensor; None means no bound. One below `min_value`
                counts as `min_value`.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def maximum(self, x, y):
        """Returns the larger value of each pair.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of their common type, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def minimum(self, x, y):
        """Returns the smaller value of each pair.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of their common type, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def equal(self, x, y):
        """Returns `x == y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def not_equal(self, x, y):
        """Returns `x != y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def greater(self, x, y):
        """Returns `x > y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def greater_equal(self, x, y):
        """Returns `x >= y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def lesser(self, x, y):
        """Returns `x < y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def lesser_equal(self, x, y):
        """Returns `x <= y`, element by element.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that they broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def cast(self, x, dtype):
        """Converts a tensor to another type.

        # Arguments
            x: tensor.
            dtype: name of the type, such as `'float32'`.

        # Returns
            A tensor of the shape of `x`; floats that become integers are truncated.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number, or the type doesn't
                exist.
        """

    def switch(self, condition, then_expression, else_expression):
        """Chooses between two tensors, element by element.

        # Arguments
            condition: tensor, true where it isn't 0.
            then_expression: tensor, or function without arguments that returns one.
            else_expression: tensor, or such a function.

        # Returns
            A tensor of the expressions' common type, of the shape that all arguments
            broadcast to.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def sigmoid(self, x):
        """Returns `1 / (1 + exp(-x))`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def hard_sigmoid(self, x):
        """Returns `0.2 * x + 0.5`, bounded by 0 and 1.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def tanh(self, x):
        """Returns the hyperbolic tangents.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def softplus(self, x):
        """Returns `log(1 + exp(x))`, without overflow.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def erf(self, x):
        """Returns the error function: the integral of `2 * exp(-t ** 2) / sqrt(pi)`
        from 0 to `x`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def softsign(self, x):
        """Returns `x / (1 + abs(x))`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def softmax(self, x):
        """Turns scores into probabilities along the last axis.

        # Arguments
            x: tensor of rank 2 or 3.

        # Returns
            A tensor of floats of the shape of `x`, whose rows sum to 1.

        # Raises
            ArgumentError: for any other rank.
        """

    def relu(self, x, alpha=0.0, max_value=None):
        """Rectified linear unit: `x` above zero, `alpha * x` below.

        # Arguments
            x: tensor.
            alpha: number or tensor, the slope below zero.
            max_value: number, the upper bound; None means no bound.

        # Returns
            A tensor of the shape of `x`; integers become floats if the slope or the
            bound is fractional.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if `alpha` or `max_value` doesn't broadcast with `x`.
        """

    def elu(self, x, alpha=1.0):
        """Exponential linear unit: `alpha * (exp(x) - 1)` below zero.

        # Arguments
            x: tensor of floats.
            alpha: number; the output approaches `-alpha` far below zero.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if `alpha` doesn't broadcast with `x`.
        """

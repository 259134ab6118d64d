"""The contract of `K`: functions of each element."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Elementwise:
    """Arithmetic, comparisons and activations, with broadcasting."""

    def abs(self, x):
        """Returns the absolute values.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def sign(self, x):
        """Returns the signs: -1, 0 or 1.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def round(self, x):
        """Returns the nearest whole numbers, halves to even.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def exp(self, x):
        """Returns e to the power of `x`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def log(self, x):
        """Returns the natural logarithms.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def sqrt(self, x):
        """Returns the square roots; negative values count as 0.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def square(self, x):
        """Returns the squares.

        # Arguments
            x: tensor.

        # Returns
            A tensor of the shape and type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def sin(self, x):
        """Returns the sines.

        # Arguments
            x: tensor of angles in radians.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def cos(self, x):
        """Returns the cosines.

        # Arguments
            x: tensor of angles in radians.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def pow(self, x, a):
        """Raises to a power.

        # Arguments
            x: tensor.
            a: number or tensor, the exponent.

        # Returns
            A tensor of the type that both have in common, of the shape that they
            broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def clip(self, x, min_value, max_value):
        """Bounds the values.

        # Arguments
            x: tensor.
            min_value: number or tensor; None means no bound.
            max_value: number or tensor; None means no bound, and one below `min_value`
                counts as `min_value`.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def maximum(self, x, y):
        """Returns the larger value of each pair.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of the type that both have in common, of the shape that they
            broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def minimum(self, x, y):
        """Returns the smaller value of each pair.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of the type that both have in common, of the shape that they
            broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def equal(self, x, y):
        """Tells where `x == y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def not_equal(self, x, y):
        """Tells where `x != y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def greater(self, x, y):
        """Tells where `x > y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def greater_equal(self, x, y):
        """Tells where `x >= y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def lesser(self, x, y):
        """Tells where `x < y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def lesser_equal(self, x, y):
        """Tells where `x <= y`.

        # Arguments
            x: tensor.
            y: tensor that broadcasts with `x`.

        # Returns
            A tensor of booleans, of the shape that both broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def cast(self, x, dtype):
        """Converts the type.

        # Arguments
            x: tensor.
            dtype: name of the type, such as `'float32'`.

        # Returns
            A tensor of the shape of `x` and of that type; floats lose their fractions
            where it is an integer.

        # Raises
            ArgumentError: if `x` is no tensor, array or number, or if there is no such
                type.
        """

    def switch(self, condition, then_expression, else_expression):
        """Chooses between two tensors, element by element.

        # Arguments
            condition: tensor; what isn't 0 is true. A scalar chooses as a whole.
            then_expression: tensor, or function without arguments that returns one,
                taken where the condition holds.
            else_expression: tensor, or such a function, taken elsewhere.

        # Returns
            A tensor of the type that both expressions have in common, of the shape
            that all broadcast to.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def sigmoid(self, x):
        """Returns `1 / (1 + exp(-x))`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def hard_sigmoid(self, x):
        """Returns `0.2 * x + 0.5`, bounded by 0 and 1.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def tanh(self, x):
        """Returns the hyperbolic tangents.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def softplus(self, x):
        """Returns `log(1 + exp(x))`, without overflow.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def softsign(self, x):
        """Returns `x / (1 + abs(x))`.

        # Arguments
            x: tensor; integers become the default float type.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
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
        """Rectifier: 0 below zero, unless `alpha` says otherwise.

        # Arguments
            x: tensor.
            alpha: number or tensor, the slope below zero.
            max_value: number, the upper bound; None means none.

        # Returns
            A tensor of the shape of `x`; a fraction as slope or bound makes floats of
            integers.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if `alpha` or `max_value` is a tensor that doesn't broadcast
                with `x`.
        """

    def elu(self, x, alpha=1.0):
        """Exponential linear unit: `alpha * (exp(x) - 1)` below zero.

        # Arguments
            x: tensor of floats.
            alpha: number, minus the limit far below zero.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: for what is no tensor, array or number.
            ShapeError: if `alpha` is a tensor that doesn't broadcast with `x`.
        """

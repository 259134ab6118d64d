"""The contract of `K`: tensors made from shapes and numbers."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Creation:
    """Filled, counted and random tensors.

    Random tensors are drawn anew at each call of a function and at each step of a loop.
    If you don't pass a seed, it comes from NumPy's global generator when the graph is
    built: `np.random.seed(n)` makes a run reproducible.
    """

    def zeros_like(self, x, dtype=None, name=None):
        """Returns zeros of the shape of another tensor.

        # Arguments
            x: tensor.
            dtype: name of the type; None means that of `x`.
            name: ignored.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or if the type doesn't exist.
        """

    def ones_like(self, x, dtype=None, name=None):
        """Returns ones of the shape of another tensor.

        # Arguments
            x: tensor.
            dtype: name of the type; None means that of `x`.
            name: ignored.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or if the type doesn't exist.
        """

    def arange(self, start, stop=None, step=1, dtype="int32"):
        """Returns the numbers `start`, `start + step`, … below `stop`.

        # Arguments
            start: number or scalar tensor; without `stop`, it is the stop value and
                counting begins at 0.
            stop: number or scalar tensor.
            step: number other than 0.
            dtype: name of the type.

        # Returns
            A vector `(ceil((stop - start) / step),)`.

        # Raises
            ArgumentError: if an argument isn't a number, `step` is 0, or the type
                doesn't exist.
        """

    def one_hot(self, indices, nb_classes):
        """Turns classes into rows of zeros with a single one.

        # Arguments
            indices: tensor of integers of any shape; an index out of range gives a row
                of zeros.
            nb_classes: int.

        # Returns
            A tensor of the default float type, of shape
            `indices.shape + (nb_classes,)`.

        # Raises
            ArgumentError: if `indices` isn't a tensor or array, or `nb_classes` isn't
                an int.
        """

    def random_uniform(self, shape, low=0.0, high=1.0, dtype=None, seed=None):
        """Draws from a uniform distribution over [low, high).

        # Arguments
            shape: tuple of ints and scalar tensors.
            low: float, the lower bound.
            high: float, the upper bound.
            dtype: name of the type; None means the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if the type doesn't exist.
        """

    def random_normal(self, shape, mean=0.0, std=1.0, dtype=None, seed=None):
        """Draws from a normal distribution.

        # Arguments
            shape: tuple of ints and scalar tensors.
            mean: float, the mean.
            std: float, the standard deviation.
            dtype: name of the type; None means the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if the type doesn't exist.
        """

    def random_binomial(self, shape, p=0.0, dtype=None, seed=None):
        """Draws 1 with probability `p`, else 0.

        # Arguments
            shape: tuple of ints and scalar tensors.
            p: float in [0, 1].
            dtype: name of the type; None means the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or if the type doesn't exist.
        """

"""The weight initializations, as Keras 1.2.2 defines them.

Each function returns a new variable of a given shape. Random values are drawn on the
host from NumPy's global generator: `np.random.seed(n)` makes them reproducible on every
backend.
"""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_number, refusal
from oneiros.backend.donated_arrays import donated
from oneiros.config import get_object
from oneiros.errors import ConfigError, ShapeError
from oneiros.typing import Initialization, Tensor

from oneiros_initializations.postponed import initialized

Shape = Sequence[int]
conformance = {
    "identity": {"shapes": ((6, 6),)},
    "orthogonal": {"shapes": ((4, 6), (3, 3, 2, 4))},
}
"""What the checks of oneiros-testing must know of some functions."""


def get_fans(shape: Shape, dim_ordering: str = "th") -> tuple[float, float]:
    """Returns the fan-in and fan-out of a weight.

    Fan-in is the number of values that feed one output; fan-out is the number of
    outputs that one input feeds.

    # Arguments
        shape: shape of the weight. Rank 2 is `(input, output)`; ranks 4 and 5 are
            convolution kernels; for any other rank, both fans are the square root of
            the size.
        dim_ordering: `"th"`, kernels `(output, input, *window)`, or `"tf"`, `(*window,
            input, output)`. As in Keras 1.2.2, only the first two window axes of a rank
            5 kernel count for `"tf"`.

    # Returns
        The pair `(fan_in, fan_out)`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros.initializations import get_fans

        print(get_fans((100, 10)))  # (100, 10)
        print(get_fans((3, 3, 16, 32), dim_ordering="tf"))  # (144, 288)
        ```
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) not in (4, 5):
        fan = math.sqrt(math.prod(shape))
        return fan, fan
    if dim_ordering == "th":
        outputs, inputs, *window = shape
    elif dim_ordering == "tf":
        *_, inputs, outputs = shape
        window = list(shape[:2])
    else:
        expected = "'th' or 'tf'"
        raise refusal("get_fans", "dim_ordering", dim_ordering, expected)
    size = math.prod(window)
    fan_in = inputs * size
    fan_out = outputs * size
    return fan_in, fan_out


def uniform(
    shape: Shape, scale: float = 0.05, name: str | None = None, dim_ordering: str = "th"
) -> Tensor:
    """Uniform between `-scale` and `scale`: standard deviation `scale / sqrt(3)`.

    # Arguments
        shape: tuple of int.
        scale: float, the largest absolute value.
        name: str, name of the variable.
        dim_ordering: ignored; all initializations accept it.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: if `scale` isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.uniform((100, 100), scale=0.5))
        print(values.shape, abs(values).max() <= 0.5)  # (100, 100) True
        print(values.std().round(2))  # 0.29
        ```

    # References
        - Sutskever, Vinyals, Le: Sequence to Sequence Learning with Neural Networks,
          arXiv:1409.3215, which draws all weights between -0.08 and 0.08
    """
    check_number("uniform", "scale", scale)

    def make() -> Tensor:
        return K.random_uniform_variable(shape, -scale, scale, name=name)

    return initialized(shape, name, make)


def normal(
    shape: Shape, scale: float = 0.05, name: str | None = None, dim_ordering: str = "th"
):
    """Normal with mean 0 and standard deviation `scale`, not truncated.

    # Arguments
        scale: float, the standard deviation.
        shape, name, dim_ordering: as for `uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: if `scale` isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.normal((100, 100), scale=0.5))
        print(values.shape, values.std().round(1))  # (100, 100) 0.5
        ```

    # References
        - Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional
          Neural Networks, NIPS 2012, which uses a standard deviation of 0.01
    """
    check_number("normal", "scale", scale)

    def make() -> Tensor:
        return K.random_normal_variable(shape, 0.0, scale, name=name)

    return initialized(shape, name, make)


def lecun_uniform(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Tensor:
    """Uniform within ± `sqrt(3 / fan_in)`: the variance is `1 / fan_in`.

    # Arguments
        shape: tuple of int; see `get_fans`.
        name: str, name of the variable.
        dim_ordering: `"th"` or `"tf"`, the order of a kernel's axes.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.lecun_uniform((300, 50)))
        print(abs(values).max().round(2))  # 0.1
        ```

    # References
        - LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998
    """
    fan_in, _ = get_fans(shape, dim_ordering)
    square = 3.0 / fan_in
    limit = math.sqrt(square)
    return uniform(shape, limit, name=name)


def glorot_normal(shape: Shape, name: str | None = None, dim_ordering: str = "th"):
    """Normal, standard deviation `sqrt(2 / (fan_in + fan_out))`.

    # Arguments
        shape, name, dim_ordering: as for `lecun_uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.glorot_normal((150, 50)))
        print(values.std().round(2))  # 0.1
        ```

    # References
        - Glorot, Bengio: Understanding the difficulty of training deep feedforward
          neural networks, AISTATS 2010
    """
    fans = sum(get_fans(shape, dim_ordering))
    variance = 2.0 / fans
    deviation = math.sqrt(variance)
    return normal(shape, deviation, name=name)


def glorot_uniform(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Tensor:
    """Uniform within ± `sqrt(6 / (fan_in + fan_out))`: the default of most layers.

    The variance is `2 / (fan_in + fan_out)`, as with `glorot_normal`.

    # Arguments
        shape, name, dim_ordering: as for `lecun_uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.glorot_uniform((350, 250)))
        print(abs(values).max().round(2))  # 0.1
        ```

    # References
        - Glorot, Bengio: Understanding the difficulty of training deep feedforward
          neural networks, AISTATS 2010
    """
    fans = sum(get_fans(shape, dim_ordering))
    square = 6.0 / fans
    limit = math.sqrt(square)
    return uniform(shape, limit, name=name)


def he_normal(shape: Shape, name: str | None = None, dim_ordering: str = "th"):
    """Normal, standard deviation `sqrt(2 / fan_in)`: made for `relu`.

    # Arguments
        shape, name, dim_ordering: as for `lecun_uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.he_normal((200, 100)))
        print(values.std().round(2))  # 0.1
        ```

    # References
        - He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852
    """
    fan_in, _ = get_fans(shape, dim_ordering)
    variance = 2.0 / fan_in
    deviation = math.sqrt(variance)
    return normal(shape, deviation, name=name)


def he_uniform(
    shape: Shape, name: str | None = None, dim_ordering: str = "th"
) -> Tensor:
    """Uniform within ± `sqrt(6 / fan_in)`: the variance of `he_normal`.

    # Arguments
        shape, name, dim_ordering: as for `lecun_uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ArgumentError: for a kernel's shape with another `dim_ordering`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        values = K.get_value(initializations.he_uniform((600, 100)))
        print(abs(values).max().round(2))  # 0.1
        ```

    # References
        - He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852
    """
    fan_in, _ = get_fans(shape, dim_ordering)
    square = 6.0 / fan_in
    limit = math.sqrt(square)
    return uniform(shape, limit, name=name)


def orthogonal(
    shape: Shape, scale: float = 1.1, name: str | None = None, dim_ordering: str = "th"
):
    """A matrix with orthonormal rows or columns (whichever are fewer), times `scale`.

    `dot(W, transpose(W))` is `scale ** 2` times the identity if there are at most as
    many rows as columns. The axes of `shape` after the first count as one.

    # Arguments
        shape: tuple of two int or more.
        scale: float, the norm of the rows or columns.
        name, dim_ordering: as for `uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ShapeError: for a shape with fewer than two axes.
        ArgumentError: if `scale` isn't a number.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros import initializations

        W = K.get_value(initializations.orthogonal((2, 3), scale=2.0))
        print(np.allclose(W @ W.T, [[4, 0], [0, 4]], atol=1e-5))  # True
        ```

    # References
        - Saxe, McClelland, Ganguli: Exact solutions to the nonlinear dynamics of
          learning in deep linear neural networks, arXiv:1312.6120
    """
    check_number("orthogonal", "scale", scale)
    if len(shape) < 2:
        raise ShapeError(
            f"orthogonal needs a shape of two or more axes; it received {tuple(shape)}."
        )

    def make() -> Tensor:
        matrix = scale * _orthonormal(shape)
        return K.variable(matrix, name=name)

    return initialized(shape, name, make)


def _orthonormal(shape: Shape) -> np.ndarray:
    columns = math.prod(shape[1:])
    flat = (shape[0], columns)
    drawn = np.random.normal(0.0, 1.0, flat)
    left, _, right = np.linalg.svd(drawn, full_matrices=False)
    matrix = left if left.shape == flat else right
    return np.reshape(matrix, shape)


def identity(
    shape: Shape, scale: float = 1, name: str | None = None, dim_ordering: str = "th"
):
    """The identity matrix times `scale`.

    # Arguments
        shape: tuple of two equal int.
        scale: float, the values of the diagonal.
        name, dim_ordering: as for `uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Raises
        ShapeError: unless the shape is square, of rank 2.
        ArgumentError: if `scale` isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        print(K.get_value(initializations.identity((2, 2), scale=3.0)))
        # [[3. 0.]
        #  [0. 3.]]
        ```

    # References
        - Le, Jaitly, Hinton: A Simple Way to Initialize Recurrent Networks of Rectified
          Linear Units, arXiv:1504.00941, which uses it for recurrent weights
    """
    check_number("identity", "scale", scale)
    is_matrix = len(shape) == 2
    if not is_matrix or shape[0] != shape[1]:
        raise ShapeError(
            "identity needs a square shape of rank 2, like (4, 4); it received "
            f"{tuple(shape)}."
        )

    def make() -> Tensor:
        diagonal = np.full(shape[0], scale, K.floatx())
        matrix = np.diag(diagonal)
        given_up = donated(matrix)
        return K.variable(given_up, name=name)

    return initialized(shape, name, make)


def zero(shape: Shape, name: str | None = None, dim_ordering: str = "th"):
    """All zeros: the default of biases.

    # Arguments
        shape, name, dim_ordering: as for `uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        print(K.get_value(initializations.zero((3,))))  # [0. 0. 0.]
        ```

    # References
        - Goodfellow, Bengio, Courville: Deep Learning, MIT Press, 2016, section 8.4, on
          biases
    """

    def make() -> Tensor:
        return K.zeros(shape, name=name)

    return initialized(shape, name, make)


def one(shape: Shape, name: str | None = None, dim_ordering: str = "th"):
    """All ones: the default for the bias of an LSTM's forget gate.

    # Arguments
        shape, name, dim_ordering: as for `uniform`.

    # Returns
        Variable of this shape and type `K.floatx()`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        print(K.get_value(initializations.one((3,))))  # [1. 1. 1.]
        ```

    # References
        - Jozefowicz, Zaremba, Sutskever: An Empirical Exploration of Recurrent Network
          Architectures, ICML 2015, which recommends it for the forget gate
    """

    def make() -> Tensor:
        return K.ones(shape, name=name)

    return initialized(shape, name, make)


def get(identifier: Initialization, **kwargs) -> Callable[..., Tensor]:
    """Returns the initialization that `identifier` names.

    # Arguments
        identifier: name, or a function of a shape and a name, which is returned
            unchanged.
        **kwargs: arguments of a named function to fix beforehand, such as `scale` or
            `dim_ordering`.

    # Returns
        A function of a shape and a name.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros import initializations

        twice = initializations.get("identity", scale=2.0)
        print(K.get_value(twice((2, 2), name="W")))
        # [[2. 0.]
        #  [0. 2.]]
        ```
    """
    if isinstance(identifier, (int, tuple)):
        raise ConfigError(
            f"{identifier!r:.80} isn't a valid initialization: pass a name, such as "
            "'uniform', or a function. If it is a size: Keras 0.x had the input size "
            "in this position. Pass it by name, as in Dense(4, input_dim=3), or omit "
            "it if another layer comes first."
        )
    function: Callable[..., Tensor] = get_object("initialization", identifier)
    is_complete = function is None or callable(identifier)
    if is_complete or not kwargs:
        return function
    partial = functools.partial(function, **kwargs)
    return functools.update_wrapper(partial, function)

"""The activation functions, as Keras 1.2.2 defines them.

Each maps a float tensor to one of the same shape and dtype. Layers accept them by name:
`Dense(32, activation="relu")`, `Activation("relu")`.
"""

from collections.abc import Callable

from oneiros import backend as K
from oneiros import registry
from oneiros.config import get_object
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Activation, Tensor

ENGINES = {"jax": "jax", "pytensor": "theano", "tensorflow": "tensorflow"}
"""Packages of engines, and the backends that compute with them."""


def softmax(x: Tensor) -> Tensor:
    """Exponentials scaled to sum to one over the last axis: `exp(x) / sum(exp(x))`.

    Adding a constant to all inputs changes nothing. For a single unit, the result is
    always 1: use `sigmoid` instead.

    # Arguments
        x: tensor `(samples, …, classes)`.

    # Returns
        Tensor of the same shape, values between 0 and 1.

    # Raises
        ShapeError: for a tensor of rank 1.

    # Example
        ```python
        import numpy as np
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable(np.log([[1.0, 3.0]]))
        print(K.eval(activations.softmax(x)).round(4))  # [[0.25 0.75]]
        ```

    # References
        - Bridle: Probabilistic Interpretation of Feedforward Classification Network
          Outputs, with Relationships to Statistical Pattern Recognition, 1990
    """
    rank = K.ndim(x)
    if rank == 2:
        return K.softmax(x)
    if rank > 2:
        exponentials = K.exp(x - K.max(x, axis=-1, keepdims=True))
        return exponentials / K.sum(exponentials, axis=-1, keepdims=True)
    raise ShapeError(
        "softmax needs a tensor of rank 2 or more, (samples, …, classes); it received "
        f"rank {rank}. Put Reshape() before it to bring it into this form."
    )


def elu(x: Tensor, alpha: float = 1.0):
    """Exponential linear unit: `x` where positive, `alpha * (exp(x) - 1)` elsewhere.

    # Arguments
        x: tensor of any shape.
        alpha: float; for very negative inputs, the output approaches `-alpha`.

    # Returns
        Tensor of the same shape, values above `-alpha`.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-1.0, 0.0, 2.0])  # exp(-1) - 1 is -0.6321
        print(K.eval(activations.elu(x)).round(4))  # [-0.6321  0.      2.    ]
        ```

    # References
        - Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by
          ELUs, arXiv:1511.07289
    """
    return K.elu(x, alpha)


def softplus(x: Tensor) -> Tensor:
    """A smooth `max(x, 0)`: `log(1 + exp(x))`.

    # Arguments
        x: tensor of any shape.

    # Returns
        Tensor of the same shape, values above 0.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([0.0, 10.0])  # log(2) is 0.6931
        print(K.eval(activations.softplus(x)).round(4))  # [ 0.6931 10.    ]
        ```

    # References
        - Dugas, Bengio, Bélisle, Nadeau, Garcia: Incorporating Second-Order Functional
          Knowledge for Better Option Pricing, NIPS 2000
    """
    return K.softplus(x)


def softsign(x: Tensor) -> Tensor:
    """Approaches -1 and 1 more slowly than `tanh`: `x / (1 + abs(x))`.

    # Arguments
        x: tensor of any shape.

    # Returns
        Tensor of the same shape, values between -1 and 1.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-1.0, 0.0, 3.0])
        print(K.eval(activations.softsign(x)))  # [-0.5   0.    0.75]
        ```

    # References
        - Glorot, Bengio: Understanding the difficulty of training deep feedforward
          neural networks, AISTATS 2010, which compares it with `tanh`
    """
    return K.softsign(x)


def relu(x: Tensor, alpha: float = 0.0, max_value: float | None = None):
    """`max(x, 0)`, with an optional slope below zero and an optional ceiling.

    `min(max(x, 0), max_value) - alpha * max(-x, 0)`.

    # Arguments
        x: tensor of any shape.
        alpha: float, slope of the negative part.
        max_value: float or None, the largest output.

    # Returns
        Tensor of the same shape, values of at least 0 with `alpha=0`.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-2.0, 1.0, 9.0])
        print(K.eval(activations.relu(x)))  # [0. 1. 9.]
        print(K.eval(activations.relu(x, alpha=0.5, max_value=6.0)))  # [-1.  1.  6.]
        ```

    # References
        - Nair, Hinton: Rectified Linear Units Improve Restricted Boltzmann Machines,
          ICML 2010
    """
    return K.relu(x, alpha=alpha, max_value=max_value)


def tanh(x: Tensor) -> Tensor:
    """Hyperbolic tangent: `(exp(x) - exp(-x)) / (exp(x) + exp(-x))`.

    # Arguments
        x: tensor of any shape.

    # Returns
        Tensor of the same shape, values between -1 and 1.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-1.0, 0.0, 1.0])
        print(K.eval(activations.tanh(x)).round(4))  # [-0.7616  0.      0.7616]
        ```

    # References
        - LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998
    """
    return K.tanh(x)


def sigmoid(x: Tensor) -> Tensor:
    """Logistic function: `1 / (1 + exp(-x))`.

    # Arguments
        x: tensor of any shape.

    # Returns
        Tensor of the same shape, values between 0 and 1: probabilities for
        `binary_crossentropy`.

    # Example
        ```python
        import numpy as np
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([0.0, np.log(3.0)])
        print(K.eval(activations.sigmoid(x)).round(4))  # [0.5  0.75]
        ```

    # References
        - Rumelhart, Hinton, Williams: Learning representations by back-propagating
          errors, Nature 323, 1986
    """
    return K.sigmoid(x)


def hard_sigmoid(x: Tensor) -> Tensor:
    """`0.2 * x + 0.5`, clipped to between 0 and 1: a cheap approximation of the
    sigmoid.

    It is flat below -2.5 and above 2.5, so there the gradient is 0.

    # Arguments
        x: tensor of any shape.

    # Returns
        Tensor of the same shape, values from 0 to 1.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-3.0, 0.0, 1.0])
        print(K.eval(activations.hard_sigmoid(x)).round(4))  # [0.  0.5 0.7]
        ```

    # References
        - Courbariaux, Bengio, David: BinaryConnect: Training Deep Neural Networks with
          binary weights during propagations, arXiv:1511.00363, whose hard sigmoid has a
          slope of 0.5
    """
    return K.hard_sigmoid(x)


def linear(x: Tensor) -> Tensor:
    """`x` itself: the activation of a layer without one.

    # Arguments
        x: tensor of any shape.

    # Returns
        The same tensor.

    # Example
        ```python
        from oneiros import activations
        from oneiros import backend as K

        x = K.variable([-1.0, 2.0])
        print(activations.linear(x) is x)  # True
        ```
    """
    return x


def get(identifier: Activation) -> Callable[[Tensor], Tensor]:
    """Returns the activation that `identifier` names.

    # Arguments
        identifier: name, function, layer used as an activation, or None, which means
            `linear`.

    # Returns
        A function of a tensor, or the layer.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes.
        ArgumentError: for a function of another engine than the current backend's.

    # Example
        ```python
        from oneiros import activations

        print(activations.get("relu").__name__)  # relu
        print(activations.get(None).__name__)  # linear
        ```
    """
    if identifier is None:
        return linear
    activation: Callable[[Tensor], Tensor] = get_object("activation", identifier)
    check_engine(activation, "activation={}")
    return activation


def check_engine(function, code: str) -> None:
    """Checks that tensors of the current backend can be given to a function.

    Functions of jax need values; `K.apply` calls them when a function runs.

    # Arguments
        function: any function; those of other packages aren't checked.
        code: str, how a program passes it, with `{}` in its place.

    # Raises
        ArgumentError: for a function of another backend's engine, or of jax.
    """
    package = str(getattr(function, "__module__", "")).partition(".")[0]
    backend = ENGINES.get(package, K.backend())
    is_foreign = backend != K.backend()
    if not is_foreign and package != "jax":
        return
    name = getattr(function, "__name__", "function")
    advice = "Pass a function of K"
    steps = []
    if is_foreign:
        steps.append(f"choose the backend first, K.set_backend({backend!r})")
        if name in registry.names("activation"):
            advice = f"Write Activation(activation={name!r}), pass a function of K"
    if package == "jax":
        applied = code.format(f"lambda x: K.apply({name}, x)")
        steps.append(f"write {applied}")
    raise ArgumentError(
        f"{code.format(name)}: a function of {package} doesn't take the tensors of the "
        f"backend {K.backend()!r}. {advice}, or {' and '.join(steps)}."
    )

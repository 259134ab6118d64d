"""State that all backends share: epsilon, the default float type, image data ordering
and unique names."""

from collections import defaultdict
from typing import Any

import numpy as np

from oneiros import modules, settings
from oneiros.arguments import check_choice, refusal

__all__ = [
    "cast_to_floatx",
    "epsilon",
    "floatx",
    "get_uid",
    "image_dim_ordering",
    "is_keras_tensor",
    "reset_uids",
    "set_epsilon",
    "set_floatx",
    "set_image_dim_ordering",
]


_chosen: dict[str, Any] = {}
_UID_PREFIXES: defaultdict[str, int] = defaultdict(int)
"""The last number of each prefix, under the name that code for Keras 1 uses."""


def _get(key: str) -> Any:
    if key not in _chosen:
        _chosen[key] = settings.get(key)
    return _chosen[key]


def __getattr__(name: str) -> Any:
    """Returns names that plugins add."""
    return modules.attribute(__name__, name)


def epsilon() -> float:
    """Returns the small constant that keeps divisions and logarithms finite (1e-7
    unless set)."""
    return float(_get("epsilon"))


def set_epsilon(e: float) -> None:
    """Sets what `epsilon()` returns. The crossentropies keep their own constant, as in
    Keras 1.

    # Arguments
        e: float; graphs that were built before keep the old value.

    # Example
        ```python
        from oneiros import backend as K

        before = K.epsilon()
        K.set_epsilon(1e-5)
        print(K.epsilon())  # 1e-05
        K.set_epsilon(before)
        ```
    """
    _chosen["epsilon"] = float(e)


def floatx() -> str:
    """Returns the default float type: `'float16'`, `'float32'` or `'float64'`."""
    return str(_get("floatx"))


def set_floatx(floatx: str) -> None:
    """Sets the default float type of tensors and variables that you make from now on.

    # Arguments
        floatx: `'float16'`, `'float32'` or `'float64'`.

    # Raises
        ArgumentError: for any other value.
    """
    _chosen["floatx"] = check_choice(
        "set_floatx", "floatx", floatx, settings.FLOAT_TYPES
    )


def cast_to_floatx(x: Any) -> np.ndarray[Any, Any]:
    """Returns numbers as an array of the default float type.

    # Arguments
        x: array, number, or nested lists of numbers. For a tensor, use `K.cast`.

    # Returns
        NumPy array of the shape of `x` and of the type `floatx()`; `x` itself if it
        already is one.

    # Raises
        ArgumentError: if `x` is a tensor, or isn't made of numbers.

    # Example
        ```python
        from oneiros import backend as K

        print(K.cast_to_floatx([1, 2]).dtype)  # float32
        ```
    """
    try:
        return np.asarray(x, dtype=floatx())
    except (TypeError, ValueError):
        raise refusal(
            "K.cast_to_floatx",
            "x",
            x,
            "an array or numbers; K.cast(x, K.floatx()) converts a tensor",
        ) from None


def image_dim_ordering() -> str:
    """Returns `'tf'` (rows, columns, channels) or `'th'` (channels, rows, columns)."""
    return str(_get("image_dim_ordering"))


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Sets whether the channels of images come first or last.

    # Arguments
        dim_ordering: `'tf'` (channels last) or `'th'` (channels first).

    # Raises
        ArgumentError: for any other value.
    """
    _chosen["image_dim_ordering"] = check_choice(
        "set_image_dim_ordering", "dim_ordering", dim_ordering, settings.DIM_ORDERINGS
    )


def get_uid(prefix: str = "") -> int:
    """Returns 1, 2, 3, … at successive calls with the same prefix.

    Layer names end in these numbers: the second Dense layer is `dense_2`.
    `reset_uids()` makes them start again.

    # Arguments
        prefix: str; each prefix has its own count.

    # Returns
        int, from 1 on.

    # Example
        ```python
        from oneiros import backend as K

        print(K.get_uid("mine"), K.get_uid("mine"), K.get_uid("other"))  # 1 2 1
        ```
    """
    _UID_PREFIXES[prefix] += 1
    return _UID_PREFIXES[prefix]


def reset_uids() -> None:
    """Makes `get_uid` start again from 1, for all prefixes.

    Layers that you make afterwards may get names that other layers already have; a
    model can't contain two layers with the same name.
    """
    _UID_PREFIXES.clear()


def is_keras_tensor(x: Any) -> bool:
    """Returns whether a tensor was made by `Input`, by a layer, or as a placeholder or
    a variable.

    # Arguments
        x: tensor, or anything else.

    # Returns
        bool; False for tensors that functions of `K` compute.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.layers import Dense, Input

        x = Input((3,))
        print(K.is_keras_tensor(Dense(2)(x)))  # True
        print(K.is_keras_tensor(K.square(x)))  # False
        ```
    """
    return hasattr(x, "_keras_shape")

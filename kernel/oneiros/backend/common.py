"""What every backend shares: epsilon, the default float type, image data ordering and
unique names."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from oneiros import settings
from oneiros.errors import ArgumentError

__all__ = [
    "cast_to_floatx",
    "epsilon",
    "floatx",
    "get_uid",
    "image_dim_ordering",
    "is_keras_tensor",
    "legacy_weight_ordering",
    "reset_uids",
    "set_epsilon",
    "set_floatx",
    "set_image_dim_ordering",
    "set_legacy_weight_ordering",
]

FLOAT_TYPES = ("float16", "float32", "float64")
DIM_ORDERINGS = ("tf", "th")

_chosen: dict[str, Any] = {}
_UID_PREFIXES: defaultdict[str, int] = defaultdict(int)
"""The last number of each prefix, by the name that code of Keras 1 looks it up."""


def _get(key: str) -> Any:
    if key not in _chosen:
        _chosen[key] = settings.get(key)
    return _chosen[key]


def _checked(what: str, value: Any, accepted: tuple[str, ...]) -> str:
    if str(value) not in accepted:
        names = ", ".join(map(repr, accepted))
        raise ArgumentError(f"{what} received {value!r}. It takes one of {names}.")
    return str(value)


def epsilon() -> float:
    """Returns the small constant that keeps divisions and logarithms finite (1e-7
    unless set)."""
    return float(_get("epsilon"))


def set_epsilon(e: float) -> None:
    """Sets what `epsilon()` returns. The crossentropies keep their own constant, as in
    Keras 1."""
    _chosen["epsilon"] = float(e)


def floatx() -> str:
    """Returns the default float type: `'float16'`, `'float32'` or `'float64'`."""
    return str(_get("floatx"))


def set_floatx(floatx: str) -> None:
    """Sets the default float type of the tensors and variables made from now on.

    # Arguments
        floatx: `'float16'`, `'float32'` or `'float64'`.

    # Raises
        ArgumentError: for any other value.
    """
    _chosen["floatx"] = _checked("set_floatx", floatx, FLOAT_TYPES)


def cast_to_floatx(x: Any) -> np.ndarray[Any, Any]:
    """Returns `x` as an array of the default float type."""
    return np.asarray(x, dtype=floatx())


def image_dim_ordering() -> str:
    """Returns `'tf'` (rows, columns, channels) or `'th'` (channels, rows, columns)."""
    return str(_get("image_dim_ordering"))


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Sets where image data has its channels.

    # Arguments
        dim_ordering: `'tf'` (channels last) or `'th'` (channels first).

    # Raises
        ArgumentError: for any other value.
    """
    _chosen["image_dim_ordering"] = _checked(
        "set_image_dim_ordering", dim_ordering, DIM_ORDERINGS
    )


def get_uid(prefix: str = "") -> int:
    """Returns 1, 2, 3, … at successive calls with the same prefix."""
    _UID_PREFIXES[prefix] += 1
    return _UID_PREFIXES[prefix]


def reset_uids() -> None:
    """Makes `get_uid` start again from 1."""
    _UID_PREFIXES.clear()


def is_keras_tensor(x: Any) -> bool:
    """Tells whether `x` was made by `Input` or by a layer."""
    return hasattr(x, "_keras_shape")


def set_legacy_weight_ordering(value: bool) -> None:
    """Chooses the order of a model's weights that Keras before 1.0 used.

    # Arguments
        value: boolean; False chooses the order of Keras 1.
    """
    if value not in (True, False):
        raise ArgumentError(
            f"set_legacy_weight_ordering received {value!r}. It takes True or False."
        )
    _chosen["legacy_weight_ordering"] = bool(value)


def legacy_weight_ordering() -> bool:
    """Tells whether weights are ordered as Keras before 1.0 did (False unless set)."""
    return bool(_chosen.get("legacy_weight_ordering", False))

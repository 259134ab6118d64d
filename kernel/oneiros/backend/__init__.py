"""Keras 1's `K`: each function passes its call on to the backend that owns the tensors
it received.

Without tensors among the arguments it is the current backend.

# Example
    ```python
    from oneiros import backend as K

    x = K.placeholder((None, 3))
    f = K.function([x], [K.sum(x, axis=1)])
    f([[[1, 2, 3]]])[0].tolist()  # [6.0]
    ```
"""

from __future__ import annotations

from typing import Any

from oneiros.backend import common
from oneiros.backend.common import *  # noqa: F403  all of them belong to K
from oneiros.backend.contract import Backend, functions_of
from oneiros.backend.dispatch import (
    backend,
    bound,
    current,
    dispatchers,
    load,
    loaded,
    set_backend,
    use,
)

_functions = dispatchers()
_PROBED = {name: _functions.pop(name) for name in functions_of("session")}
"""What code of 2016 asks for by `hasattr`: there while the current backend has it."""
globals().update(_functions)

__all__ = [
    "Backend",
    "backend",
    "bound",
    "current",
    "load",
    "loaded",
    "set_backend",
    "use",
    *common.__all__,
    *_functions,
]

_PRIVATE = {"_BACKEND": backend, "_EPSILON": common.epsilon, "_FLOATX": common.floatx}


def __getattr__(name: str) -> Any:
    """Answers for the underscored names that code of 2016 reads, and for functions that
    depend on the backend."""
    if name in _PRIVATE:
        return _PRIVATE[name]()
    if name in _PROBED:
        getattr(current(), name)
        return _PROBED[name]
    raise AttributeError(f"module 'oneiros.backend' has no attribute {name!r}")

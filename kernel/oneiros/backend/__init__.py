"""Keras 1's `K`: each function forwards the call to the backend that owns its tensor
arguments.

Without tensor arguments, it calls the current backend. If that one doesn't implement a
function, calling it raises CapabilityError; if no loaded backend does,
`hasattr(K, name)` is False.

# Example
    ```python
    from oneiros import backend as K

    x = K.placeholder((None, 3))
    f = K.function([x], [K.sum(x, axis=1)])
    f([[[1, 2, 3]]])[0].tolist()  # [6.0]
    ```
"""

from typing import Any

from oneiros import modules
from oneiros.backend import common, contract, dispatch
from oneiros.backend.common import *  # noqa: F403  all of them belong to K
from oneiros.backend.dispatch import *  # noqa: F403  all of them belong to K

Backend = contract.Backend

_required = dispatch.dispatchers()
_optional = {
    name: _required.pop(name)
    for names in contract.OPTIONAL_FUNCTIONS.values()
    for name in names
}
globals().update(_required)

_NAMES = ["Backend", *common.__all__, *dispatch.__all__, *_required, *_optional]


def __dir__() -> list[str]:
    return [*_NAMES, *modules.names(__name__)]


def __getattr__(name: str) -> Any:
    """Returns names that depend on the current backend, and names that plugins add."""
    if name in _optional:
        if not dispatch.offered(name):
            getattr(dispatch.current(), name)
        return _optional[name]
    if name == "__all__":
        backend = dispatch.current()
        own = [x for x in _NAMES if x in globals() or hasattr(backend, x)]
        return own + modules.attribute(__name__, name)
    return modules.attribute(__name__, name)

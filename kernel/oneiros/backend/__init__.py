"""Keras 1's `K`: each function passes its call on to the backend that owns the tensors
it received.

Without tensors among the arguments it is the current backend. A function that the
current backend leaves out isn't there: `hasattr(K, name)` is False, and calling it
raises CapabilityError.

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
    for capability in contract.CAPABILITIES
    for name in contract.functions_of(capability)
}
globals().update(_required)

_NAMES = ["Backend", *common.__all__, *dispatch.__all__, *_required, *_optional]


def __dir__() -> list[str]:
    return [*_NAMES, *modules.names(__name__)]


def __getattr__(name: str) -> Any:
    """Answers for what depends on the current backend, and for what plugins add."""
    if name in _optional:
        getattr(dispatch.current(), name)
        return _optional[name]
    if name == "__all__":
        backend = dispatch.current()
        own = [x for x in _NAMES if x in globals() or hasattr(backend, x)]
        return own + modules.attribute(__name__, name)
    return modules.attribute(__name__, name)

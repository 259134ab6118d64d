"""State that the kernel and plugins attach to tensors.

A tensor belongs to its engine, so only the engine knows which attributes it has. Keras
1's own three, `_keras_shape`, `_keras_history` and `_uses_learning_phase`, are still
attributes, because code of 2016 reads them. Everything else is stored under a
`StateKey`, which the module that owns the state defines:

```python
from oneiros import backend as K
from oneiros.backend.tensor_state import StateKey

SOURCE: StateKey[str] = StateKey("the file that a tensor was read from")
x = K.zeros((2,))
SOURCE.get(x)  # None
SOURCE.set(x, "pixels.npy")
SOURCE.get(x)  # 'pixels.npy'
x in SOURCE  # True
```

Two keys never collide, even with the same name. State lives as long as its tensor and
isn't saved with a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from oneiros.engine.layer import Layer

__all__ = ["LAYER_CALL", "SPARSE", "StateKey"]

V = TypeVar("V")

_ATTRIBUTE = "_oneiros_state"


class StateKey(Generic[V]):
    """The key of one kind of state on tensors.

    # Arguments
        meaning: a description of the state, which you see in a debugger.
    """

    __slots__ = ("meaning",)

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning

    def get(self, tensor: Any, default: Any = None) -> Any:
        """Returns the value that a tensor has under this key, or `default`."""
        state = getattr(tensor, _ATTRIBUTE, None)
        return default if state is None else state.get(self, default)

    def set(self, tensor: Any, value: V) -> None:
        """Sets the value that a tensor has under this key."""
        state = getattr(tensor, _ATTRIBUTE, None)
        if state is None:
            state = {}
            setattr(tensor, _ATTRIBUTE, state)
        state[self] = value

    def __contains__(self, tensor: Any) -> bool:
        return self in getattr(tensor, _ATTRIBUTE, ())

    def __repr__(self) -> str:
        return f"<StateKey: {self.meaning}>"


LAYER_CALL: StateKey[tuple[Layer, list[Any]]] = StateKey(
    "the layer that computed the tensor, and the tensors that it was called on"
)
SPARSE: StateKey[bool] = StateKey("whether the tensor was made as a sparse one")

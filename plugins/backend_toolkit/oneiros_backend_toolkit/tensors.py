"""The state that the kernel and backends attach to tensors.

A tensor belongs to its engine, so only the engine knows which attributes it has. Keras
1's own three, `_keras_shape`, `_keras_history` and `_uses_learning_phase`, are still
attributes, because code of 2016 reads them. Everything else is stored under a
`StateKey`, which the module that owns the state defines:

```python
from oneiros import backend as K
from oneiros_backend_toolkit.tensors import StateKey

SOURCE: StateKey[str] = StateKey("source")
x = K.zeros((2,))
SOURCE.get(x)  # None
SOURCE.set(x, "pixels.npy")
SOURCE.get(x)  # 'pixels.npy'
x in SOURCE  # True
```

State lives as long as its tensor and isn't saved with a model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from oneiros.typing import Shape, Tensors

if TYPE_CHECKING:
    from oneiros.engine.layer import Layer

OpenShape = Shape | None
"""A static shape, None if even the rank is open."""
AnyFunction = Callable[..., Any]
LoopStep = Callable[[Tensors, Tensors], tuple[Tensors, Tensors]]
"""A function of slices and states that returns outputs and new states."""
V = TypeVar("V")


class StateKey(Generic[V]):
    """The key of one kind of state on tensors.

    # Arguments
        name: str, different from those of other keys.
    """

    def __init__(self, name: str):
        self.attribute = f"_oneiros_{name}"

    def get(self, tensor, default=None):
        """Returns the value that a tensor has under this key, or `default`."""
        return getattr(tensor, self.attribute, default)

    def set(self, tensor, value: V) -> None:
        """Sets the value that a tensor has under this key."""
        setattr(tensor, self.attribute, value)

    def __contains__(self, tensor) -> bool:
        return hasattr(tensor, self.attribute)


LAYER_CALL: StateKey[tuple[Layer, Tensors]] = StateKey("layer_call")
"""The layer that computed the tensor, and the tensors that it was called on; the kernel
sets it."""
SPARSE: StateKey[bool] = StateKey("sparse")
"""Whether the tensor was made as a sparse one."""

"""The backend contract: the functions of `K`, as methods, one module per topic.

Derive your backend from `Backend`. It must define every function here, except those of
a capability that it leaves out: one that only predicts leaves out `gradients`. If it
doesn't define a function, calling that function raises CapabilityError, and
`hasattr(backend, name)` is False. Many functions follow from others: the classes of
`oneiros_backend_toolkit` implement them, and an engine overrides those that it can do
better. An implementation has the contract's signature and no docstring: `help` shows
the contract's. The signatures are those of Keras 1, without types, and so are the
toolkit's.

# Tensors
Tensors are opaque: the kernel attaches `_keras_shape`, `_keras_history`,
`_uses_learning_phase` and `_oneiros_layer_call` to them, and relies on arithmetic and
comparison operators and on indexing; plugins keep their own state under a `StateKey` of
`oneiros_backend_toolkit.tensors`. A *variable* is a tensor with a
persistent value; a *constant* is a number or array of Python or NumPy, which every
function accepts instead of a tensor. Axes may be negative. A *shape* is a tuple of ints
and scalar integer tensors, or the result of `shape(x)`.

# Types
Operators, and functions of several tensors, convert their operands to a common type by
these rules, which are the same on each backend (`common_type` of
`oneiros_backend_toolkit.types` implements them):

1. An integer or boolean tensor combined with a float tensor gives that float's type.
2. Two float types give the wider one; two integer types give the type that holds both,
   or int64 if there is none. So sums and products of integers are integers, including
   those of `dot`, `batch_dot` and `@`; they wrap around as in NumPy.
3. A constant adapts to the tensors: `x + 1`, `x * 0.5` and `x - np.ones(3)` have the
   type of a float tensor `x`. Only a float constant with integer and boolean tensors
   gives a float, of the default type `floatx()`. An integer that an integer type can't
   hold is an ArgumentError.
4. If all operands are booleans, they count as int32 in arithmetic; they stay booleans
   in `switch`, `concatenate`, `stack` and comparisons, which don't compute with them.
5. Functions whose result is fractional (`/`, `mean`, `exp`, `softmax`,
   `moving_average_update`, batch normalization, crossentropies, CTC, …) return the
   default float type if no operand is a float. So do functions that compute only with
   floats: convolutions, pooling, `simple_rnn`, `gru` and `lstm`. They convert integers
   to floats first.
6. `&`, `|`, `^` and `~` are bitwise for integers; if all operands are booleans, they
   are the logical and, or, exclusive or and not. Floats are an ArgumentError.
7. Arguments that are only positions, classes, lengths or conditions don't affect the
   type of the result and may have any type: indices, the targets of `in_top_k` and
   `sparse_categorical_crossentropy`, the labels and lengths of CTC, masks, and the
   condition of `switch`.
8. A variable keeps its type: new values are converted to it when they are stored. The
   states of `rnn`, `foldl` and `foldr` get the types that the step function returns.
"""

import inspect
from typing import Any, ClassVar

import numpy as np

from oneiros.backend.contract.capabilities import FLAGS, Lacking, leave_out
from oneiros.backend.contract.elementwise import Elementwise
from oneiros.backend.contract.graphs import (
    LOCK,
    CompiledFunction,
    Differentiation,
    Graphs,
    Placement,
    Sessions,
)
from oneiros.backend.contract.images import Convolution, Padding, Pooling, Resizing
from oneiros.backend.contract.sequences import Ctc, FusedRecurrence, Recurrence, Scans
from oneiros.backend.contract.tensors import (
    Algebra,
    Creation,
    Networks,
    Reductions,
    Shapes,
)
from oneiros.backend.contract.variables import Variables

__all__ = [
    "CAPABILITIES",
    "FLAGS",
    "LOCK",
    "OPTIONAL_FUNCTIONS",
    "Backend",
    "CompiledFunction",
    "Placement",
    "draw_seed",
    "functions",
    "missing",
]

OPTIONAL: dict[str, type] = {
    "conv": Convolution,
    "ctc": Ctc,
    "fused": FusedRecurrence,
    "gradients": Differentiation,
    "padding": Padding,
    "pool": Pooling,
    "resize": Resizing,
    "rnn": Recurrence,
    "scan": Scans,
    "session": Sessions,
}
"""The capabilities that bring functions, and their functions."""

CAPABILITIES = frozenset({*FLAGS, *OPTIONAL})
"""All capabilities: those that `FLAGS` explains, and those that bring functions."""

OPTIONAL_FUNCTIONS = {
    capability: leave_out(owner, f"the capability {capability!r}")
    for capability, owner in OPTIONAL.items()
}
"""The names of the functions that each capability brings."""


def draw_seed(seed: int | None = None) -> int:
    """Returns `seed`, or a seed drawn from NumPy's global generator, the source of all
    randomness; a number that every engine takes."""
    drawn = np.random.randint(2**31 - 1) if seed is None else seed
    return int(drawn) % 2**31


class Backend(
    Variables,
    Creation,
    Algebra,
    Elementwise,
    Reductions,
    Shapes,
    Graphs,
    Differentiation,
    Networks,
    Convolution,
    Pooling,
    Padding,
    Resizing,
    Recurrence,
    Scans,
    FusedRecurrence,
    Ctc,
    Sessions,
):
    """Keras 1's `K` on an engine; a process has one instance per engine.

    # Properties
        name: the name under which it is registered.
        capabilities: the `CAPABILITIES` that it has. A class declares its flags; a
            capability with functions is added if the class has all of those functions.
        placement: the `Placement` for functions that are made from now on, which a
            distribution sets; None for one device.
    """

    name: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()
    placement: Placement | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        offered = {
            capability
            for capability, names in OPTIONAL_FUNCTIONS.items()
            if not any(_lacks(cls, name) for name in names)
        }
        cls.capabilities = cls.capabilities | offered

    def repeated(self, fn: Any) -> Any:
        """Returns a function of tensors that does what `fn` does; a backend may record
        it once for all tensors of the same shapes and types.

        # Arguments
            fn: function of tensors that returns a tuple of tensors. It always does the
                same, and draws no random numbers.
        """
        return fn

    def owns(self, x: Any) -> bool:
        """Returns whether `x` is a tensor or variable of this engine; False for arrays
        and numbers."""
        raise NotImplementedError

    def is_learning_phase(self, x: Any) -> bool:
        """Returns whether `x` is the learning phase's placeholder."""
        raise NotImplementedError

    def uses_learning_phase(self, x: Any) -> bool:
        """Returns whether `x` depends on the learning phase's placeholder."""
        raise NotImplementedError

    def checked_value(self, x: Any, value: Any) -> np.ndarray[Any, Any]:
        """Returns a copy of `value` as an array of the type and shape of variable `x`.

        # Raises
            DataError: if the shape differs.
        """
        raise NotImplementedError


def _lacks(cls: type, name: str) -> bool:
    return isinstance(inspect.getattr_static(cls, name), Lacking)


TOPICS = Backend.__bases__
"""The classes of the contract, which group the functions of `K` by topic."""
_REQUIRED = [
    name
    for owner in (*TOPICS, Backend)
    for name in leave_out(owner, "what every backend must define")
]


def functions() -> dict[str, Any]:
    """Returns the functions of `K` by name, as the contract has them."""
    names = sorted(name for topic in TOPICS for name in vars(topic))
    return {name: getattr(Backend, name) for name in names if not name.startswith("_")}


def missing(cls: type[Backend]) -> list[str]:
    """Returns the names of the functions that a backend must define but doesn't."""
    return [name for name in _REQUIRED if _lacks(cls, name)]

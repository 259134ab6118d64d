"""The backend contract: the functions of `K`, as methods, one module a topic.

`Backend` is the class to derive from. A backend defines every function here, apart from
those of a capability that it leaves out. Where it doesn't define one, calling that
raises CapabilityError, and `hasattr(backend, name)` is False. Many functions follow
from others: the classes of `oneiros_backend_toolkit` have them, and an engine overrides
what it does better. An implementation has the contract's signature and no docstring of
its own: `help` shows the contract's. They are the signatures of Keras 1, without types,
and so are the toolkit's: `mypy: allow-untyped-defs` says so to mypy in each module.

# Tensors
Tensors are opaque: the kernel attaches `_keras_shape`, `_keras_history` and
`_uses_learning_phase` to them, keeps everything else in `tensor_state`, and relies on
arithmetic and comparison operators and on indexing. A *variable* is a tensor with a
value that lasts; a *constant* is a number or array of Python or NumPy, which every
function takes in the place of a tensor. Axes may be negative. A *shape* is a tuple of
ints and scalar integer tensors, or what `shape(x)` gave.

# Types
What two or more operands have in common decides, for the operators and for all
functions of several tensors, on each backend alike (`common_type` of
`oneiros_backend_toolkit.types` computes it):

1. An integer or boolean tensor combined with a float tensor gives that float's type.
2. Two float types give the wider one; two integer types the one that holds both, or
   int64 if none does. So sums and products of integers are integers, those of `dot`,
   `batch_dot` and `@` too; they wrap around as NumPy's do.
3. A constant adapts to the tensors: `x + 1`, `x * 0.5` and `x - np.ones(3)` have the
   type of a float tensor `x`. Only a float among integer and boolean tensors makes a
   float of them, of the default type `floatx()`. A whole number that an integer type
   can't hold is an ArgumentError.
4. Booleans alone count as int32 in arithmetic; they stay booleans where nothing is
   computed: in comparisons, `switch`, `concatenate` and `stack`.
5. A result that is a fraction by its nature (`/`, `mean`, `exp`, `softmax`,
   `moving_average_update`, batch normalization, crossentropies, CTC, …) has the default
   float type if no operand is a float. So has what is computed of floats alone:
   convolutions, pooling, and `simple_rnn`, `gru` and `lstm`. Integers become floats
   before anything is computed of them.
6. `&`, `|`, `^` and `~` work on the bits of integers; of booleans alone they are and,
   or, exclusive or and not. Floats are an ArgumentError.
7. What only tells places, classes, lengths or conditions has no part in the type of the
   result: indices, the targets of `in_top_k` and `sparse_categorical_crossentropy`, the
   labels and lengths of CTC, masks, and the condition of `switch`. It may be of any
   type.
8. A variable keeps its type: new values are converted to it when they are stored. The
   states of `rnn`, `foldl` and `foldr` take the types that the function gives them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from oneiros.backend.contract.algebra import Algebra
from oneiros.backend.contract.capabilities import (
    FLAGS,
    all_capabilities,
    functions_of,
    leave_out,
    offered,
)
from oneiros.backend.contract.creation import Creation
from oneiros.backend.contract.ctc import Ctc
from oneiros.backend.contract.elementwise import Elementwise
from oneiros.backend.contract.graphs import Graphs, Sessions
from oneiros.backend.contract.images import Convolution, Padding, Pooling, Resizing
from oneiros.backend.contract.networks import Networks
from oneiros.backend.contract.reductions import Reductions
from oneiros.backend.contract.sequences import FusedRecurrence, Recurrence, Scans
from oneiros.backend.contract.shapes import Shapes
from oneiros.backend.contract.variables import Variables

__all__ = [
    "CAPABILITIES",
    "FLAGS",
    "Backend",
    "draw_seed",
    "functions",
    "functions_of",
    "missing",
]

CAPABILITIES = all_capabilities()
"""All capabilities: those that `FLAGS` explains, and those that bring functions."""


def draw_seed(seed: int | None = None) -> int:
    """Returns `seed`, or one drawn from NumPy's global generator: the source of all
    randomness."""
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


class Backend(
    Variables,
    Creation,
    Algebra,
    Elementwise,
    Reductions,
    Shapes,
    Graphs,
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
    """An engine seen as Keras 1's `K`; there is one instance per engine in a process.

    # Properties
        name: the name it is registered under.
        capabilities: what it can do, of `CAPABILITIES`. A class declares its flags;
            capabilities that bring functions are added where it has all of them.
    """

    name: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.capabilities = cls.capabilities | offered(cls)

    def owns(self, x: Any) -> bool:
        """Tells whether `x` is a tensor or variable of this engine; False for arrays
        and numbers."""
        raise NotImplementedError

    def is_learning_phase(self, x: Any) -> bool:
        """Tells whether `x` is the learning phase's placeholder."""
        raise NotImplementedError

    def uses_learning_phase(self, x: Any) -> bool:
        """Tells whether `x` depends on the learning phase's placeholder."""
        raise NotImplementedError

    def checked_value(self, x: Any, value: Any) -> np.ndarray[Any, Any]:
        """Returns a copy of `value` as an array of the type and shape of variable `x`.

        # Raises
            DataError: if the shape is another.
        """
        raise NotImplementedError


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
    """Returns the names of what a backend must define and doesn't."""
    return [name for name in _REQUIRED if getattr(cls, name) is getattr(Backend, name)]

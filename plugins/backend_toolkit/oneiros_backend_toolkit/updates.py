"""Updates of variables, as `K.update` returns them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Update(NamedTuple):
    """A pair of a variable and its new value, which a session runs as TensorFlow 1 did.

    # Properties
        variable: the variable.
        value: a tensor of its shape.
    """

    variable: Any
    value: Any

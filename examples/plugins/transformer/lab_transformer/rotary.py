"""Attention that compares steps by their distance."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label
from oneiros.errors import ArgumentError
from oneiros.layers import MultiHeadAttention
from oneiros.typing import Tensor

from lab_transformer.places import angles, steps_of


def across(x: Tensor, size: int) -> Tensor:
    """Returns each pair of features, `(a, b)`, after a quarter turn: `(-b, a)`."""
    is_second = np.asarray(np.arange(size) % 2, K.floatx())
    from_right = K.concatenate([x[..., 1:], x[..., :1]])
    from_left = K.concatenate([x[..., -1:], x[..., :-1]])
    return from_left * is_second - from_right * (1.0 - is_second)


class RotaryAttention(MultiHeadAttention):
    """Attention of several heads, which turns queries and keys by the angle of their
    place before it compares them: what they have in common depends on their distance.

    The features `2i` and `2i + 1` of a query or a key at place `t` turn by
    `t / 10000 ** (2i / key_dim)`. There are no other weights than those of
    `MultiHeadAttention`.

    # Example
        ```python
        from oneiros.layers import Input, RotaryAttention

        x = Input(shape=(10, 16))
        RotaryAttention(2, key_dim=8)([x, x])._keras_shape  # (None, 10, 16)
        ```

    # Arguments
        num_heads: int.
        key_dim: int, size of the projected queries and keys; an even number.
        dropout, use_causal_mask, …: as for `MultiHeadAttention`.

    # Input shape
        As for `MultiHeadAttention`.

    # Output shape
        `(samples, queries, output size)`.

    # References
        - Su et al.: RoFormer: Enhanced Transformer with Rotary Position Embedding,
          arXiv:2104.09864
    """

    loadable = True
    conformance = {
        "arguments": {"num_heads": 2, "key_dim": 4},
        "input_shape": [(5, 6), (5, 6)],
    }

    def __init__(self, num_heads: int, key_dim: int, **kwargs: Any) -> None:
        super().__init__(num_heads, key_dim, **kwargs)
        if self.key_dim % 2:
            raise ArgumentError(
                f"{label(self)} received key_dim={key_dim}. Expected an even number: "
                "features are turned in pairs."
            )

    def by_head(self, name: str, x: Tensor) -> Tensor:
        """Returns the projection for each head, queries and keys turned."""
        projected = super().by_head(name, x)
        if name == "value":
            return projected
        turned_by = angles(steps_of(x), self.key_dim)
        turned_by = K.expand_dims(turned_by, 1)  # the same for all heads
        crossed = across(projected, self.key_dim)
        return projected * K.cos(turned_by) + crossed * K.sin(turned_by)

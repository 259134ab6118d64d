"""Attention: weighted means of values, with weights that compare queries with keys.

All layers take a list of inputs: the query, the value and, if it isn't the value, the
key.
"""

import functools
import math
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Shape, Tensor

from oneiros_keras2.base import Fraction, Keras2Layer, KernelLayer

Weights = tuple[Tensor, Tensor | None]
"""A kernel and a bias, or no bias."""
HIDDEN = 1e9
"""What is subtracted from the score of a hidden place: its weight is 0."""


def attended(scores: Tensor, hidden: Tensor | None, dropout: float) -> Tensor:
    """Returns the weights for scores `(samples, …, queries, keys)`.

    # Arguments
        scores: tensor.
        hidden: tensor that is 1 where a query mustn't see a key, else 0; or None.
        dropout: float, the fraction of the weights to drop in training.
    """
    if hidden is not None:
        scores = scores - HIDDEN * hidden
    exponentials = K.exp(scores - K.max(scores, axis=-1, keepdims=True))
    weights = exponentials / K.sum(exponentials, axis=-1, keepdims=True)
    if dropout:
        weights = K.in_train_phase(K.dropout(weights, dropout), weights)
    return weights


def known_size(layer, shape: Shape) -> int:
    """Returns the last size of an input's shape."""
    size = shape[-1]
    if size is None:
        raise ShapeError(
            f"{label(layer)} received an input of shape {shape}; the size of its last "
            "axis must be known."
        )
    return size


def future(queries: int | None, keys: int | None, owner: str) -> Tensor:
    """Returns what is hidden from each query that may only see keys up to its own
    place: `(1, queries, keys)`."""
    if queries is None or keys is None:
        raise ShapeError(
            f"{owner} hides later places, and the number of its places must be known. "
            "Pass it: Input(shape=(steps, features))."
        )
    later = np.triu(np.ones((1, queries, keys)), 1)
    return K.variable(later)


class DotAttention(Keras2Layer):
    """Base of the layers whose weights come from one score per query and key. Not a
    layer itself.

    # Arguments
        use_scale: bool, whether a learned scale multiplies the scores.
        dropout: float, the fraction of the weights to drop in training.
        causal, use_causal_mask: bool, whether a query sees only keys up to its own
            place.
        return_attention_scores: bool, whether the weights are a second output.
    """

    supports_masking = True
    use_scale: bool
    dropout: float
    causal: bool
    use_causal_mask: bool
    return_attention_scores: bool

    def __init__(
        self,
        use_scale: bool = False,
        dropout: Fraction = 0.0,
        causal: bool = False,
        use_causal_mask: bool = False,
        return_attention_scores: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            use_scale=use_scale,
            dropout=dropout,
            causal=causal,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
        )

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the scores `(samples, queries, keys)`; subclasses define this."""
        raise NotImplementedError

    def call(self, x, mask=None):
        """Returns the means of the values; with `return_attention_scores`, their
        weights, too."""
        query, value, *others = x
        key = others[0] if others else value
        hidden = self._hidden(query, key, mask)
        weights = attended(self.scores(query, key), hidden, self.dropout)
        means = K.batch_dot(weights, value, axes=[2, 1])
        query_mask = mask[0] if mask else None
        if query_mask is not None:
            means = means * K.expand_dims(K.cast(query_mask, K.floatx()), -1)
        return [means, weights] if self.return_attention_scores else means

    def _hidden(self, query: Tensor, key: Tensor, mask) -> Tensor | None:
        hidden = None
        if mask and mask[1] is not None:
            hidden = K.expand_dims(1.0 - K.cast(mask[1], K.floatx()), 1)
        if self.causal or self.use_causal_mask:
            queries, keys = K.int_shape(query)[1], K.int_shape(key)[1]
            later = future(queries, keys, label(self))
            hidden = later if hidden is None else K.maximum(hidden, later)
        return hidden

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the shape of the means, and of the weights."""
        query, value, *_ = input_shape
        means = (*query[:-1], value[-1])
        weights = (*query[:-1], value[1])
        return [means, weights] if self.return_attention_scores else means

    def compute_mask(self, input, mask=None):
        """Returns the mask of the query."""
        query_mask = mask[0] if mask else None
        return [query_mask, None] if self.return_attention_scores else query_mask


class Attention(DotAttention):
    """Attention by products of queries and keys.

    # Example
        ```python
        from oneiros.layers import Attention, Input

        query, value = Input(shape=(5, 8)), Input(shape=(7, 8))
        Attention()([query, value])._keras_shape  # (None, 5, 8)
        ```

    # Arguments
        use_scale: bool, whether a learned scale multiplies the scores.
        score_mode: `"dot"`, or `"concat"` for the tanh of the sum, as in
            `AdditiveAttention`.
        dropout, causal, use_causal_mask, return_attention_scores: as for
            `AdditiveAttention`.

    # Input shape
        List of `(samples, queries, size)`, `(samples, keys, values)` and, unless the
        values are the keys, `(samples, keys, size)`.

    # Output shape
        `(samples, queries, values)`.

    # References
        - Luong, Pham, Manning: Effective Approaches to Attention-based Neural Machine
          Translation, arXiv:1508.04025
    """

    loadable = True
    scale: Any
    concat_score_weight: Any

    def __init__(self, use_scale: bool = False, score_mode: str = "dot", **kwargs):
        super().__init__(use_scale, **kwargs)
        self.score_mode = score_mode

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, and the weight of the sums."""
        if self.use_scale:
            self.scale = self.add_weight((), "one", name=f"{self.name}_scale")
        if self.score_mode == "concat":
            name = f"{self.name}_concat_score_weight"
            self.concat_score_weight = self.add_weight((), "one", name=name)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the products, or the tanh of the sums."""
        if self.score_mode == "concat":
            sums = K.expand_dims(query, 2) + K.expand_dims(key, 1)
            sums = self.scale * sums if self.use_scale else sums
            return self.concat_score_weight * K.sum(K.tanh(sums), axis=-1)
        products = K.batch_dot(query, key, axes=[2, 2])
        return self.scale * products if self.use_scale else products


class AdditiveAttention(DotAttention):
    """Attention by the tanh of the sum of query and key.

    # Example
        ```python
        from oneiros.layers import AdditiveAttention, Input

        query, value = Input(shape=(5, 8)), Input(shape=(7, 8))
        AdditiveAttention()([query, value])._keras_shape  # (None, 5, 8)
        ```

    # Arguments
        use_scale: bool, whether a learned scale multiplies each feature of the tanh.
        dropout: float, the fraction of the weights to drop in training.
        causal, use_causal_mask: bool, whether a query sees only keys up to its own
            place.
        return_attention_scores: bool, whether the weights are a second output.

    # Input shape
        As for `Attention`.

    # Output shape
        `(samples, queries, values)`.

    # References
        - Bahdanau, Cho, Bengio: Neural Machine Translation by Jointly Learning to Align
          and Translate, arXiv:1409.0473
    """

    loadable = True
    scale: Any

    def __init__(self, use_scale: bool = True, **kwargs):
        super().__init__(use_scale, **kwargs)

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, a value per feature."""
        if self.use_scale:
            size = known_size(self, input_shape[1])
            self.scale = self.add_weight(
                (size,), "glorot_uniform", name=f"{self.name}_scale"
            )

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the sums of the tanh of each query and key."""
        bent = K.tanh(K.expand_dims(query, 2) + K.expand_dims(key, 1))
        return K.sum(self.scale * bent if self.use_scale else bent, axis=-1)


class MultiHeadAttention(KernelLayer):
    """Attention of several heads, each of which sees its own projections of query, key
    and value.

    # Example
        ```python
        from oneiros.layers import Input, MultiHeadAttention

        x = Input(shape=(10, 16))
        MultiHeadAttention(2, key_dim=8)([x, x])._keras_shape  # (None, 10, 16)
        ```

    # Arguments
        num_heads: int.
        key_dim: int, size of the projected queries and keys.
        value_dim: int, size of the projected values; `key_dim` if None.
        dropout: float, the fraction of the weights to drop in training.
        use_bias: bool, whether projections have a bias.
        output_shape: int or tuple of one int, the size of the output; that of the query
            if None.
        attention_axes: the axis of the places, 1.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            kernel_constraint, bias_constraint: those of all projections.
        use_causal_mask: bool, whether a query sees only keys up to its own place.
        return_attention_scores: bool, whether the weights `(samples, heads, queries,
            keys)` are a second output.

    # Input shape
        List of `(samples, queries, features)`, `(samples, keys, features)` and, unless
        the values are the keys, `(samples, keys, features)`.

    # Output shape
        `(samples, queries, output size)`.

    # References
        - Vaswani et al.: Attention Is All You Need, arXiv:1706.03762
    """

    loadable = True
    supports_masking = True
    num_heads: int
    key_dim: int
    value_dim: int
    dropout: float
    use_bias: bool
    use_causal_mask: bool
    return_attention_scores: bool

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: Fraction = 0.0,
        use_bias: bool = True,
        output_shape=None,
        attention_axes=None,
        use_causal_mask: bool = False,
        return_attention_scores: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            num_heads=num_heads,
            key_dim=key_dim,
            value_dim=value_dim or key_dim,
            dropout=dropout,
            use_bias=use_bias,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
        )
        if isinstance(output_shape, (list, tuple)):
            (output_shape,) = output_shape
        self.output_size = output_shape
        self.attention_axes = attention_axes

    def build(self, input_shape: list[Shape]) -> None:
        """Makes kernels and biases of the projections of query, key, value and
        output."""
        query, value, *others = input_shape
        key = others[0] if others else value
        axes = self.attention_axes
        if len(query) != 3 or axes not in (None, 1, [1], (1,)):
            raise ShapeError(
                f"{label(self)} received a query of shape {query} and has "
                f"attention_axes={axes}. Expected (samples, places, features), and 1."
            )
        self.projections = {
            "query": self._projection("query", query[-1], self.key_dim),
            "key": self._projection("key", key[-1], self.key_dim, self.key_heads),
            "value": self._projection(
                "value", value[-1], self.value_dim, self.key_heads
            ),
        }
        size = self.output_size or query[-1]
        shape = (self.num_heads, self.value_dim, size)
        self.output_kernel, self.output_bias = self._weights("output", shape, (size,))

    @property
    def key_heads(self) -> int:
        """The number of heads of keys and values."""
        return self.num_heads

    def _projection(
        self, name: str, features: int | None, size: int, heads: int | None = None
    ) -> Weights:
        by_head = (heads or self.num_heads, size)
        return self._weights(name, (features, *by_head), by_head)

    def _weights(self, name: str, kernel: Shape, bias: Shape) -> Weights:
        return (
            self.add_parameter("kernel", kernel, name=f"{name}_kernel"),
            self.add_parameter("bias", bias, name=f"{name}_bias")
            if self.use_bias
            else None,
        )

    def call(self, x, mask=None):
        """Returns the joined outputs of the heads, and the weights of each if
        asked."""
        query, value, *others = x
        key = others[0] if others else value
        places = K.shape(query)[1], K.shape(key)[1]
        scale = 1 / math.sqrt(self.key_dim)
        scores = K.batch_dot(
            self._by_head("query", query) * scale, self._by_head("key", key), [2, 2]
        )
        scores = K.reshape(scores, (-1, self.num_heads, *places))
        hidden = self._hidden(query, key, mask)
        weights = attended(scores, hidden, self.dropout)
        flat_weights = K.reshape(weights, (-1, *places))
        means = K.batch_dot(flat_weights, self._by_head("value", value), [2, 1])
        outputs = self._joined(means, places[0])
        return [outputs, weights] if self.return_attention_scores else outputs

    def _by_head(self, name: str, x: Tensor) -> Tensor:
        """Returns the projection for each head: `(samples * heads, places, size)`."""
        kernel, bias = self.projections[name]
        features, heads, size = K.int_shape(kernel)
        projected = K.dot(x, K.reshape(kernel, (features, heads * size)))
        if bias is not None:
            projected = projected + K.reshape(bias, (heads * size,))
        places = K.shape(x)[1]
        split = K.reshape(projected, (-1, places, heads, size))
        by_head = K.permute_dimensions(split, (0, 2, 1, 3))
        if heads < self.num_heads:
            by_head = K.repeat_elements(by_head, self.num_heads // heads, axis=1)
        return K.reshape(by_head, (-1, places, size))

    def _joined(self, means: Tensor, queries) -> Tensor:
        """Returns the outputs for the heads' means `(samples * heads, …)`."""
        heads, size, output_size = K.int_shape(self.output_kernel)
        split = K.reshape(means, (-1, heads, queries, size))
        together = K.permute_dimensions(split, (0, 2, 1, 3))
        flat = K.reshape(together, (-1, queries, heads * size))
        kernel = K.reshape(self.output_kernel, (heads * size, output_size))
        outputs = K.dot(flat, kernel)
        return outputs if self.output_bias is None else outputs + self.output_bias

    def _hidden(self, query: Tensor, key: Tensor, mask) -> Tensor | None:
        """Returns what is hidden, `(samples, heads, queries, keys)` with sizes of 1."""
        query_mask, value_mask, *_ = mask or [None, None]
        hidden = []
        if query_mask is not None:
            rows = 1.0 - K.cast(query_mask, K.floatx())
            hidden.append(K.expand_dims(K.expand_dims(rows, 1), -1))
        if value_mask is not None:
            columns = 1.0 - K.cast(value_mask, K.floatx())
            hidden.append(K.expand_dims(K.expand_dims(columns, 1), 1))
        if self.use_causal_mask:
            queries, keys = K.int_shape(query)[1], K.int_shape(key)[1]
            later = future(queries, keys, label(self))
            hidden.append(K.expand_dims(later, 1))
        return functools.reduce(K.maximum, hidden) if hidden else None

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the shape of the outputs, and of the weights."""
        query, value, *_ = input_shape
        outputs = (*query[:-1], self.output_size or query[-1])
        weights = (query[0], self.num_heads, query[1], value[1])
        return [outputs, weights] if self.return_attention_scores else outputs

    def compute_mask(self, input, mask=None):
        """Returns the mask of the query."""
        query_mask = mask[0] if mask else None
        return [query_mask, None] if self.return_attention_scores else query_mask

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument; a layer's `output_shape` is another thing."""
        if argument == "output_shape":
            return {"output_shape": self.output_size}
        return super().argument_config(argument)


class GroupQueryAttention(MultiHeadAttention):
    """Attention of several heads, where groups of queries share a key and a value.

    # Example
        ```python
        from oneiros.layers import GroupQueryAttention, Input

        x = Input(shape=(10, 16))
        layer = GroupQueryAttention(8, num_query_heads=4, num_key_value_heads=2)
        layer([x, x])._keras_shape  # (None, 10, 16)
        ```

    # Arguments
        head_dim: int, the size of projected queries, keys and values.
        num_query_heads: int.
        num_key_value_heads: int, a divisor of `num_query_heads`.
        dropout, use_bias, kernel_initializer, …: as for `MultiHeadAttention`.

    # Input shape
        As for `MultiHeadAttention`.

    # Output shape
        That of the query.

    # References
        - Ainslie et al.: GQA: Training Generalized Multi-Query Transformer Models from
          Multi-Head Checkpoints, arXiv:2305.13245
    """

    loadable = True
    num_key_value_heads: int

    def __init__(
        self, head_dim: int, num_query_heads: int, num_key_value_heads: int, **kwargs
    ):
        self.set_arguments(
            head_dim=head_dim,
            num_query_heads=num_query_heads,
            num_key_value_heads=num_key_value_heads,
        )
        super().__init__(num_query_heads, head_dim, **kwargs)
        if num_query_heads % num_key_value_heads:
            raise ArgumentError(
                f"{label(self)} received num_query_heads={num_query_heads} and "
                f"num_key_value_heads={num_key_value_heads}. Expected a number of "
                "queries that the number of keys divides."
            )

    @property
    def key_heads(self) -> int:
        """The number of heads of keys and values."""
        return self.num_key_value_heads

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument; those of `MultiHeadAttention` that this layer replaces
        aren't."""
        if argument in ("num_heads", "key_dim", "value_dim", "output_shape"):
            return {}
        return super().argument_config(argument)

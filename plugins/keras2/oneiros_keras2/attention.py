"""Attention: weighted means of values, with weights that compare queries with keys.

All layers take a list of inputs: the query, the value and, if it isn't the value, the
key.
"""

import functools
import math
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice, label
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Shape, Tensor

from oneiros_keras2.activations import softmax_along
from oneiros_keras2.base import Axes, Fraction, Keras2Layer, KernelLayer, known_size
from oneiros_keras2.options import (
    AttentionOptions,
    DotOptions,
    GroupOptions,
    HeadOptions,
)
from oneiros_keras2.products import einsum, missing
from oneiros_keras2.tensors import HIDDEN, floats, numbers, sizes_of

Weights = tuple[Tensor, Tensor | None]
"""A kernel and a bias, or no bias."""
SCORE_MODES = ("dot", "concat")
LABELS = "abcdefg"
"""Labels for the axes of queries."""


class Attending(Keras2Layer):
    """Base of the layers with attention. Not a layer itself.

    # Arguments
        all: as for `AdditiveAttention`.
    """

    supports_masking = True
    key_axes = [-1]
    """The axes of scores that are the keys' places."""
    dropout: float
    use_causal_mask: bool
    return_attention_scores: bool

    def __init__(
        self,
        dropout: Fraction = 0.0,
        use_causal_mask: bool = False,
        return_attention_scores: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            dropout=dropout,
            use_causal_mask=use_causal_mask,
            return_attention_scores=return_attention_scores,
        )

    def hidden(self, query: Tensor, key: Tensor, mask) -> list[Tensor]:
        """Returns tensors `(samples, queries, keys)`, or of sizes of 1, with 1 where a
        query mustn't see a key."""
        hidden = []
        if mask and mask[1] is not None:
            hidden.append(_masked(mask[1], 1))
        if self.use_causal_mask:
            hidden.append(_later(query, key))
        return hidden

    def attended(self, scores: Tensor, hidden: list[Tensor]) -> Tensor:
        """Returns the weights for scores `(samples, …, queries, keys)`."""
        if hidden:
            aligned = [_for_all_heads(each, scores) for each in hidden]
            every = functools.reduce(K.maximum, aligned)
            scores = scores - HIDDEN[K.floatx()] * every
        weights: Tensor = softmax_along(scores, self.key_axes)
        if self.dropout:
            dropped = K.dropout(weights, self.dropout)
            weights = K.in_train_phase(dropped, weights)
        return weights

    def returned(self, means, weights) -> Any:
        """Returns what there is of the means; with `return_attention_scores`, a list
        with that of the weights."""
        return [means, weights] if self.return_attention_scores else means

    def compute_mask(self, input, mask=None):
        """Returns the mask of the query."""
        query_mask = mask[0] if mask else None
        return self.returned(query_mask, None)


def _masked(mask: Tensor, axis: int) -> Tensor:
    """Returns 1 for the places that a mask hides, with a new axis."""
    shown = floats(mask)
    return K.expand_dims(1.0 - shown, axis)


def _for_all_heads(hidden: Tensor, scores: Tensor) -> Tensor:
    """Returns what is hidden with as many axes as scores have."""
    is_by_head = K.ndim(hidden) == K.ndim(scores)
    return hidden if is_by_head else K.expand_dims(hidden, 1)


def _later(query: Tensor, key: Tensor) -> Tensor:
    """Returns 1 for the keys behind each query's place, `(1, queries, keys)`."""
    _, queries, _ = sizes_of(query)
    _, keys, _ = sizes_of(key)
    places = numbers(keys)
    own_places = K.expand_dims(numbers(queries), 1)
    is_later = K.greater(places, own_places)
    return K.expand_dims(floats(is_later), 0)


class DotAttention(Attending):
    """Base of the layers whose weights come from one score per query and key. Not a
    layer itself.

    # Arguments
        use_scale: bool, whether a learned scale multiplies the scores.
        causal: bool, as `use_causal_mask`.
        kwargs: as for `Attending`.
    """

    use_scale: bool
    causal: bool

    def __init__(
        self,
        use_scale: bool = False,
        causal: bool = False,
        **kwargs: Unpack[AttentionOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(use_scale=use_scale, causal=causal)
        self.use_causal_mask |= self.causal

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the scores `(samples, queries, keys)`; subclasses define this."""
        raise NotImplementedError

    def call(self, x, mask=None):
        """Returns the means of the values; with `return_attention_scores`, their
        weights, too."""
        query, value, *_ = x
        key = x[-1]
        scores = self.scores(query, key)
        hidden = self.hidden(query, key, mask)
        weights = self.attended(scores, hidden)
        means = K.batch_dot(weights, value, axes=[2, 1])
        query_mask = mask[0] if mask else None
        if query_mask is not None:
            shown = floats(query_mask)
            means = means * K.expand_dims(shown, -1)
        return self.returned(means, weights)

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the shape of the means, and of the weights."""
        query, value, *_ = input_shape
        means = (*query[:-1], value[-1])
        weights = (*query[:-1], value[1])
        return self.returned(means, weights)


def _sums(query: Tensor, key: Tensor) -> Tensor:
    """Returns the sums of each query and key."""
    queries = K.expand_dims(query, 2)
    keys = K.expand_dims(key, 1)
    return queries + keys


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

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        **kwargs: Unpack[DotOptions],
    ):
        super().__init__(use_scale, **kwargs)
        self.score_mode = check_choice(self, "score_mode", score_mode, SCORE_MODES)

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, and the weight of the sums."""
        if self.use_scale:
            self.scale = self.add_weight((), "one", name=f"{self.name}_scale")
        if self.score_mode == "concat":
            name = f"{self.name}_concat_score_weight"
            self.concat_score_weight = self.add_weight((), "one", name=name)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the products, or the tanh of the sums."""
        if self.score_mode == "dot":
            products = K.batch_dot(query, key, axes=[2, 2])
            return self.scale * products if self.use_scale else products
        sums = _sums(query, key)
        if self.use_scale:
            sums = self.scale * sums
        bent = K.tanh(sums)
        return self.concat_score_weight * K.sum(bent, axis=-1)


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

    def __init__(self, use_scale: bool = True, **kwargs: Unpack[DotOptions]):
        super().__init__(use_scale, **kwargs)

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, a value per feature."""
        if self.use_scale:
            shape = (known_size(self, input_shape[1]),)
            name = f"{self.name}_scale"
            self.scale = self.add_weight(shape, "glorot_uniform", name=name)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the sums of the tanh of each query and key."""
        bent = K.tanh(_sums(query, key))
        if self.use_scale:
            bent = self.scale * bent
        return K.sum(bent, axis=-1)


class MultiHeadAttention(Attending, KernelLayer):
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
        output_shape: int or tuple, the size or sizes of the output; that of the query
            if None.
        attention_axes: int or tuple, the axes of queries and of keys; None for all
            between the samples and the features. Along others, each index attends to
            itself alone.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            kernel_constraint, bias_constraint: those of all projections.
        use_causal_mask: bool, whether a query sees only keys up to its own place.
        return_attention_scores: bool, whether the weights `(samples, heads, queries,
            keys)` are a second output.
        attention_mask: bool, whether the last input is 0 where a query mustn't see a
            key: `(samples, queries, keys)`, or `(samples, heads, queries, keys)`. Any
            size may be 1.

    # Input shape
        List of `(samples, queries, features)`, `(samples, keys, features)` and, unless
        the values are the keys, `(samples, keys, features)`.

    # Output shape
        `(samples, queries, output size)`.

    # References
        - Vaswani et al.: Attention Is All You Need, arXiv:1706.03762
    """

    loadable = True
    conformance: dict[str, Any] = {"unused": ("attention_mask",)}  # with two inputs
    num_heads: int
    key_dim: int
    value_dim: int
    use_bias: bool
    attention_axes: Any
    attention_mask: bool

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Axes | None = None,
        attention_mask: bool = False,
        **kwargs: Unpack[HeadOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            num_heads=num_heads,
            key_dim=key_dim,
            value_dim=value_dim or key_dim,
            use_bias=use_bias,
            attention_axes=attention_axes,
            attention_mask=attention_mask,
        )
        self.output_size = output_shape

    def build(self, input_shape: list[Shape]) -> None:
        """Makes kernels and biases of the projections of query, key, value and
        output."""
        query, key, value, _ = self._parts(input_shape)
        self._name_axes(query)
        self.projections = {
            "query": self._projection("query", query, self.num_heads, self.key_dim),
            "key": self._projection("key", key, self.key_heads, self.key_dim),
            "value": self._projection("value", value, self.key_heads, self.value_dim),
        }
        sizes = self._output_sizes(query)
        shape = (self.num_heads, self.value_dim, *sizes)
        self.output_kernel, self.output_bias = self._weights("output", shape, sizes)

    def _parts(self, inputs: list[Any]) -> list[Any]:
        """Returns query, key, value and mask, or their shapes; None for no mask."""
        query, value, *others = inputs
        if self.attention_mask and not others:
            raise ShapeError(
                f"{label(self)} has attention_mask=True and received 2 inputs. "
                "Expected the mask as the last one of at least 3."
            )
        allowed = others.pop() if self.attention_mask else None
        key = others[0] if others else value
        return [query, key, value, allowed]

    def _output_sizes(self, query: Shape) -> Shape:
        """Returns the sizes of the output behind its places."""
        sizes = self.output_size or query[-1]
        if isinstance(sizes, (list, tuple)):
            return tuple(sizes)
        return (sizes,)

    def _name_axes(self, query: Shape) -> None:
        """Sets the labels of the axes of queries, keys and scores; those of keys'
        places are capital letters."""
        rank = len(query)
        between = list(range(1, rank - 1))
        axes = self.attention_axes or between
        if not isinstance(axes, list):
            axes = [axes]
        places = sorted(axis % rank for axis in axes)
        self.is_plain = rank == 3 and places == [1]
        is_masked = self.use_causal_mask or self.attention_mask
        needs_plain = is_masked or self.return_attention_scores
        are_between = bool(places) and set(places) <= set(between)
        if not self.is_plain and (needs_plain or not are_between):
            raise ShapeError(
                f"{label(self)} received a query of shape {query} and has "
                f"attention_axes={axes}. Expected axes between the samples and the "
                "features; for masks and scores (samples, places, features), and 1."
            )
        self.of_query = LABELS[: rank - 1]
        of_places = "".join(LABELS[place] for place in places)
        capitals = of_places.upper()
        of_others = missing(self.of_query, of_places)
        in_capitals = str.maketrans(of_places, capitals)
        self.of_key = self.of_query.translate(in_capitals)
        self.of_scores = f"{of_others}h{of_places}{capitals}"
        self.key_axes = list(range(-len(places), 0))

    @property
    def key_heads(self) -> int:
        """The number of heads of keys and values."""
        return self.num_heads

    def _projection(self, name: str, shape: Shape, heads: int, size: int) -> Weights:
        """Makes the weights that map an input of this shape to vectors for heads."""
        features = known_size(self, shape)
        by_head = (heads, size)
        return self._weights(name, (features, *by_head), by_head)

    def _weights(self, name: str, kernel_shape: Shape, bias_shape: Shape) -> Weights:
        kernel = self.add_parameter("kernel", kernel_shape, f"{name}_kernel")
        bias = None
        if self.use_bias:
            bias = self.add_parameter("bias", bias_shape, f"{name}_bias")
        return kernel, bias

    def call(self, x, mask=None) -> Tensor:
        """Returns the joined outputs of the heads, and the weights of each if
        asked."""
        query, key, value, allowed = self._parts(x)
        queries = self.by_head("query", query)
        length = math.sqrt(self.key_dim)
        queries = queries / length
        keys = self.by_head("key", key)
        values = self.by_head("value", value)
        products = f"{self.of_query}hs,{self.of_key}hs->{self.of_scores}"
        scores = einsum(products, queries, keys)
        hidden = self.hidden(query, key, mask)
        if allowed is not None:
            hidden.append(floats(K.equal(allowed, 0)))
        weights = self.attended(scores, hidden)
        means = f"{self.of_scores},{self.of_key}hs->{self.of_query}hs"
        outputs = einsum(means, weights, values)
        of_sizes = "uvwxyz"[: K.ndim(self.output_kernel) - 2]
        joined = f"...hs,hs{of_sizes}->...{of_sizes}"
        outputs = einsum(joined, outputs, self.output_kernel)
        if self.output_bias is not None:
            outputs = outputs + self.output_bias
        return self.returned(outputs, weights)

    def by_head(self, name: str, x: Tensor) -> Tensor:
        """Returns the projection for each head: `(samples, places, heads, size)`.

        A subclass can change what is compared, such as by its place.

        # Arguments
            name: str, `"query"`, `"key"` or `"value"`.
            x: tensor, `(samples, places, features)`.
        """
        kernel, bias = self.projections[name]
        projected = einsum("...f,fhs->...hs", x, kernel)
        if bias is not None:
            projected = projected + bias
        heads = K.int_shape(kernel)[1]
        if heads == self.num_heads:
            return projected
        group = self.num_heads // heads
        head_axis = K.ndim(projected) - 2
        return K.repeat_elements(projected, group, axis=head_axis)

    def hidden(self, query: Tensor, key: Tensor, mask) -> list[Tensor]:
        """Returns what is hidden, with all keys from a masked query."""
        parts = self._parts(mask) if mask else [None] * 4
        query_mask, key_mask, value_mask, _ = parts
        if not self.is_plain and any(each is not None for each in parts):
            raise ShapeError(
                f"{label(self)} received a mask, and places in several axes. Expected "
                "(samples, places, features)."
            )
        hidden = super().hidden(query, key, mask)
        if key_mask is not None and key_mask is not value_mask:
            hidden.append(_masked(key_mask, 1))
        if query_mask is not None:
            hidden.append(_masked(query_mask, -1))
        return hidden

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the shape of the outputs, and of the weights."""
        query, value, *_ = input_shape
        sizes = self._output_sizes(query)
        outputs = (*query[:-1], *sizes)
        places = (query[1], value[1])
        weights = (query[0], self.num_heads, *places)
        return self.returned(outputs, weights)

    def argument_config(self, argument) -> Tensor:
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
    conformance = {"unused": ("attention_mask",), "changes": {"num_key_value_heads": 1}}
    num_key_value_heads: int

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        **kwargs: Unpack[GroupOptions],
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

    def argument_config(self, argument) -> Tensor:
        """Returns an argument; those of `MultiHeadAttention` that this layer replaces
        aren't."""
        if argument in ("num_heads", "key_dim", "value_dim", "output_shape"):
            return {}
        return super().argument_config(argument)

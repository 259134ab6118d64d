"""The block of which encoders are made."""

from collections.abc import Callable
from typing import Unpack

from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_bool, check_fraction, check_int
from oneiros.layers import Composite, Dense, LayerNormalization, MultiHeadAttention
from oneiros.typing import Activation, LayerOptions, Shape, Tensor
from oneiros_keras2.base import known_size

from lab_transformer.rotary import RotaryAttention


class EncoderBlock(Composite):
    """Attention of a sequence to itself and two dense layers for each step; each of
    both parts is added to its input, and the sum is normalised.

    A masked step isn't seen by the others, and the mask is passed on. Layers inside are
    those of the same names: `MultiHeadAttention` or `RotaryAttention`,
    `LayerNormalization`, `Dense`.

    # Example
        ```python
        from oneiros.layers import EncoderBlock
        from oneiros.models import Sequential

        block = EncoderBlock(2, key_dim=8, hidden_dim=32, input_shape=(10, 16))
        model = Sequential([block])
        model.output_shape  # (None, 10, 16)
        ```

    # Arguments
        num_heads: int, number of heads of the attention.
        key_dim: int, size of each head's queries, keys and values.
        hidden_dim: int, size between the two dense layers.
        activation: name or function, between the two dense layers.
        dropout: float, the fraction to drop, in training, of attention's weights and of
            the result of both parts.
        causal: bool, whether a step sees only itself and those before it.
        rotary: bool, whether attention knows the distance of steps, by
            `RotaryAttention`.
        norm_first: bool, whether a part's input is normalised, and not the sum: deep
            networks learn so without a growing learning rate at first.

    # Input shape
        `(samples, steps, features)`; the features must be known.

    # Output shape
        The same.

    # References
        - Vaswani et al.: Attention Is All You Need, arXiv:1706.03762
        - Xiong et al.: On Layer Normalization in the Transformer Architecture,
          arXiv:2002.04745, for `norm_first`
    """

    loadable = True
    supports_masking = True
    conformance = [
        {
            "arguments": {"num_heads": 2, "key_dim": 4, "hidden_dim": 8},
            "input_shape": (5, 6),
        },
        {
            "arguments": {
                "num_heads": 2,
                "key_dim": 4,
                "hidden_dim": 8,
                "activation": "tanh",
                "causal": True,
                "rotary": True,
                "norm_first": True,
                "dropout": 0.1,
            },
            "input_shape": (5, 6),
        },
    ]

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        hidden_dim: int,
        activation: Activation = "relu",
        dropout: float = 0.0,
        causal: bool = False,
        rotary: bool = False,
        norm_first: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = check_int(self, "num_heads", num_heads)
        self.key_dim = check_int(self, "key_dim", key_dim)
        self.hidden_dim = check_int(self, "hidden_dim", hidden_dim)
        self.activation = activations.get(activation)
        self.dropout = check_fraction(self, "dropout", dropout)
        self.causal = check_bool(self, "causal", causal)
        self.rotary = check_bool(self, "rotary", rotary)
        self.norm_first = check_bool(self, "norm_first", norm_first)
        attention = RotaryAttention if self.rotary else MultiHeadAttention
        self.attention = attention(
            self.num_heads,
            self.key_dim,
            dropout=self.dropout,
            use_causal_mask=self.causal,
            name=f"{self.name}_attention",
        )
        self.attention_norm = LayerNormalization(name=f"{self.name}_attention_norm")
        self.hidden = Dense(
            self.hidden_dim, activation=self.activation, name=f"{self.name}_hidden"
        )
        self.dense_norm = LayerNormalization(name=f"{self.name}_dense_norm")
        self.wrapped = [
            self.attention,
            self.attention_norm,
            self.hidden,
            self.dense_norm,
        ]

    def build(self, input_shape: Shape) -> None:
        """Builds the layers inside; the second dense layer is as wide as the input."""
        features = known_size(self, input_shape)
        self.attention.build([input_shape, input_shape])
        self.attention_norm.build(input_shape)
        self.hidden.build(input_shape)
        self.dense_norm.build(input_shape)
        self.output_dense = Dense(features, name=f"{self.name}_output")
        self.output_dense.build((*input_shape[:-1], self.hidden_dim))
        self.wrapped.append(self.output_dense)
        super().build(input_shape)

    def call(self, x: Tensor, mask: Tensor = None) -> Tensor:
        """Returns the sequence behind both parts."""

        def attended(y: Tensor) -> Tensor:
            masks = None if mask is None else [mask, mask]
            return self.attention.call([y, y], masks)

        x = self._added(x, attended, self.attention_norm)
        return self._added(x, self._fed_forward, self.dense_norm)

    def _fed_forward(self, x: Tensor) -> Tensor:
        hidden = self.hidden.call(x)
        return self.output_dense.call(hidden)

    def _added(
        self, x: Tensor, part: Callable[[Tensor], Tensor], norm: LayerNormalization
    ) -> Tensor:
        """Returns the input plus what a part makes of it, normalised."""
        if self.norm_first:
            return x + self._dropped(part(norm.call(x)))
        return norm.call(x + self._dropped(part(x)))

    def _dropped(self, x: Tensor) -> Tensor:
        if not self.dropout:
            return x
        return K.in_train_phase(K.dropout(x, self.dropout), x)

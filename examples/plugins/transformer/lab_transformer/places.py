"""Layers that add to each step of a sequence where it stands, and the angles by which
they do."""

from typing import Any, Unpack

import numpy as np
from oneiros import backend as K
from oneiros import initializations
from oneiros.arguments import check_int, label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import Initialization, LayerOptions, Shape, Tensor
from oneiros_keras2.base import known_size

LONGEST_WAVE = 10000.0
"""The ratio of the slowest wave's length to the fastest one's, as in the paper."""


def steps_of(x: Tensor) -> Any:
    """Returns the number of a tensor's steps: an int if it is known, or a scalar
    tensor."""
    known = K.int_shape(x)[1]
    return K.shape(x)[1] if known is None else known


def angles(steps: Any, size: int) -> Tensor:
    """Returns the angle of each step for each feature, `(steps, size)`.

    Features come in pairs of the same speed, each pair slower than the one before.

    # Arguments
        steps: int or scalar tensor.
        size: int, number of features.
    """
    pairs = np.arange(size) // 2
    speeds = LONGEST_WAVE ** (-2.0 * pairs / size)
    places = K.cast(K.arange(steps), K.floatx())
    return K.expand_dims(places, 1) * speeds.astype(K.floatx())


class SinusoidalEncoding(Layer):
    """Adds sines and cosines of the step's place, which need no training.

    At place `t` this adds to the features `2i` and `2i + 1`:

        sin(t / 10000 ** (2i / features)), cos(t / 10000 ** (2i / features))

    # Example
        ```python
        from oneiros.layers import Embedding, SinusoidalEncoding
        from oneiros.models import Sequential

        words = Embedding(100, 16, mask_zero=True, input_shape=(None,))
        model = Sequential([words, SinusoidalEncoding()])
        model.output_shape  # (None, None, 16)
        ```

    # Input shape
        `(samples, steps, features)`; the features must be known.

    # Output shape
        The same; a mask is passed on.

    # References
        - Vaswani et al.: Attention Is All You Need, arXiv:1706.03762, section 3.5
    """

    loadable = True
    supports_masking = True
    conformance = {"input_shape": (5, 6)}

    def build(self, input_shape: Shape) -> None:
        """Makes nothing; from here on the size of the features is known."""
        self.features = known_size(self, input_shape)
        self.input_spec = [InputSpec(shape=(None, None, self.features))]

    def call(self, x: Tensor, mask: Tensor = None) -> Tensor:
        """Returns the input plus the waves at each place."""
        is_cosine = np.arange(self.features) % 2
        quarter_turns = is_cosine * np.pi / 2
        turned = angles(steps_of(x), self.features) + quarter_turns.astype(K.floatx())
        return x + K.expand_dims(K.sin(turned), 0)


class LearnedEncoding(Layer):
    """Adds a vector to each step that is learned for its place.

    # Example
        ```python
        from oneiros.layers import LearnedEncoding
        from oneiros.models import Sequential

        model = Sequential([LearnedEncoding(20, input_shape=(None, 16))])
        model.count_params()  # 320
        ```

    # Arguments
        max_steps: int, the length of the longest sequence.
        init: name or function, the initialization of the vectors.

    # Input shape
        `(samples, steps, features)`, with at most `max_steps` steps.

    # Output shape
        The same; a mask is passed on.

    # References
        - Gehring et al.: Convolutional Sequence to Sequence Learning, arXiv:1705.03122
    """

    loadable = True
    supports_masking = True
    checks_sizes = True
    conformance = {
        "arguments": {"max_steps": 8},
        "input_shape": (5, 6),
        "earlier": [{"version": "0.1.0", "config": {"length": 8}}],
    }

    def __init__(
        self,
        max_steps: int,
        init: Initialization = "uniform",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        self.max_steps = check_int("LearnedEncoding", "max_steps", max_steps)
        self.init = initializations.get(init)
        super().__init__(**kwargs)

    def build(self, input_shape: Shape) -> None:
        """Makes a vector for each place, `(max_steps, features)`."""
        features = known_size(self, input_shape)
        self.W = self.add_weight(
            (self.max_steps, features), self.init, name=f"{self.name}_W"
        )
        self.input_spec = [InputSpec(shape=(None, None, features))]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape.

        # Raises
            ShapeError: for a sequence that is longer than the longest one.
        """
        steps = input_shape[1]
        if steps is not None and steps > self.max_steps:
            raise ShapeError(
                f"{label(self)} received sequences of {steps} steps and has "
                f"max_steps={self.max_steps}. Pass shorter ones, or a larger max_steps."
            )
        return input_shape

    def call(self, x: Tensor, mask: Tensor = None) -> Tensor:
        """Returns the input plus the vector of each place."""
        vectors = K.gather(self.W, K.arange(steps_of(x)))
        return x + K.expand_dims(vectors, 0)

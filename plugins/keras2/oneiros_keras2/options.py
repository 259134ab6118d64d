"""The arguments that classes pass on to their bases, for type checkers and editors."""

from collections.abc import Sequence

from oneiros.typing import (
    Activation,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
)
from oneiros_layers_recurrent.base import RecurrentOptions

from oneiros_keras2.base import Axes, Fraction
from oneiros_keras2.spatial import DataFormat, Sizes


class BiasOptions(LayerOptions, total=False):
    """Of layers with a bias."""

    bias_initializer: Initialization
    bias_regularizer: RegularizerLike
    bias_constraint: ConstraintLike


class KernelOptions(BiasOptions, total=False):
    """Of layers with a kernel and a bias."""

    kernel_initializer: Initialization
    kernel_regularizer: RegularizerLike
    kernel_constraint: ConstraintLike


class SpatialOptions(LayerOptions, total=False):
    """Of layers over images."""

    data_format: DataFormat


class WindowOptions(BiasOptions, SpatialOptions, total=False):
    """Of convolutions by channel."""

    padding: str
    dilation_rate: Sizes
    activation: Activation
    use_bias: bool
    activity_regularizer: RegularizerLike


class ConvOptions(WindowOptions, KernelOptions, total=False):
    """Of convolutions."""


class SeparableOptions(WindowOptions, total=False):
    """Of separable convolutions."""

    depth_multiplier: int
    depthwise_initializer: Initialization
    depthwise_regularizer: RegularizerLike
    depthwise_constraint: ConstraintLike


class AffineOptions(LayerOptions, total=False):
    """Of layers that normalise."""

    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initialization
    gamma_initializer: Initialization
    beta_regularizer: RegularizerLike
    gamma_regularizer: RegularizerLike
    beta_constraint: ConstraintLike
    gamma_constraint: ConstraintLike


class AttentionOptions(LayerOptions, total=False):
    """Of attention."""

    dropout: Fraction
    use_causal_mask: bool
    return_attention_scores: bool


class DotOptions(AttentionOptions, total=False):
    """Of attention without kernels."""

    causal: bool


class HeadOptions(AttentionOptions, KernelOptions, total=False):
    """Of attention with several heads."""


class GroupOptions(HeadOptions, total=False):
    """Of attention with heads in groups."""

    value_dim: int | None
    use_bias: bool
    output_shape: int | Sequence[int] | None
    attention_axes: Axes | None
    attention_mask: bool


class LoopOptions(RecurrentOptions, total=False):
    """Of layers that run a cell."""

    return_state: bool
    time_major: bool
    zero_output_for_mask: bool
    activity_regularizer: RegularizerLike


class GateOptions(LoopOptions, KernelOptions, total=False):
    """Of cells, and of layers that run their own."""

    use_bias: bool
    recurrent_initializer: Initialization
    recurrent_regularizer: RegularizerLike
    recurrent_constraint: ConstraintLike
    dropout: Fraction
    recurrent_dropout: Fraction


class CellOptions(GateOptions, total=False):
    """Of cells without gates."""

    activation: Activation


class MemoryOptions(GateOptions, total=False):
    """Of cells with a memory."""

    recurrent_activation: Activation
    unit_forget_bias: bool


class ConvMemoryOptions(CellOptions, SpatialOptions, total=False):
    """Of those that convolve."""

    strides: Sizes
    padding: str
    dilation_rate: Sizes
    unit_forget_bias: bool

"""Functions for networks, which PyTensor no longer has."""

from oneiros_theano_namespace.theano.tensor.nnet import (
    abstract_conv,
    bn,
    conv,
    conv3d2d,
    neighbours,
)
from oneiros_theano_namespace.theano.tensor.nnet.abstract_conv import conv2d, conv3d
from oneiros_theano_namespace.theano.tensor.nnet.activations import (
    elu,
    hard_sigmoid,
    logsoftmax,
    relu,
    selu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    ultra_fast_sigmoid,
)
from oneiros_theano_namespace.theano.tensor.nnet.bn import batch_normalization
from oneiros_theano_namespace.theano.tensor.nnet.crossentropies import (
    binary_crossentropy,
    categorical_crossentropy,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    sigmoid_binary_crossentropy,
)
from oneiros_theano_namespace.theano.tensor.nnet.hierarchical import h_softmax
from oneiros_theano_namespace.theano.tensor.nnet.scores import confusion_matrix

__all__ = [
    "abstract_conv",
    "batch_normalization",
    "binary_crossentropy",
    "bn",
    "categorical_crossentropy",
    "confusion_matrix",
    "conv",
    "conv2d",
    "conv3d",
    "conv3d2d",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "elu",
    "h_softmax",
    "hard_sigmoid",
    "logsoftmax",
    "neighbours",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]

"""Functions for networks, which PyTensor no longer has."""

from oneiros_theano_namespace.theano.tensor.nnet import abstract_conv, bn, conv
from oneiros_theano_namespace.theano.tensor.nnet.abstract_conv import conv2d
from oneiros_theano_namespace.theano.tensor.nnet.activations import (
    elu,
    hard_sigmoid,
    logsoftmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    ultra_fast_sigmoid,
)
from oneiros_theano_namespace.theano.tensor.nnet.bn import batch_normalization
from oneiros_theano_namespace.theano.tensor.nnet.crossentropies import (
    binary_crossentropy,
    categorical_crossentropy,
    sigmoid_binary_crossentropy,
)

__all__ = [
    "abstract_conv",
    "batch_normalization",
    "binary_crossentropy",
    "bn",
    "categorical_crossentropy",
    "conv",
    "conv2d",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softplus",
    "ultra_fast_sigmoid",
]

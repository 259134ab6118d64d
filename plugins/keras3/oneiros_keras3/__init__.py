"""Layers, functions and optimizers of Keras 1 that Keras 3 lacks, registered for
`.keras` files.

Import this package before you load a file that Oneiros wrote, if the file needs it. It
needs Keras alone.
"""

from oneiros_keras3.activation_layers import ParametricSoftplus, SReLU, ThresholdedReLU
from oneiros_keras3.affine import Highway, MaxoutDense
from oneiros_keras3.functions import (
    SummedL1L2,
    cosine_proximity,
    hard_sigmoid,
    hinge,
    squared_hinge,
)
from oneiros_keras3.local import LocallyConnected1D, LocallyConnected2D
from oneiros_keras3.merging import (
    Add,
    Average,
    Bidirectional,
    Concatenate,
    Cosine,
    Multiply,
)
from oneiros_keras3.normalization import BatchNormalization
from oneiros_keras3.operations import TensorOperation
from oneiros_keras3.optimizers import Adagrad, Nadam, RMSprop

__all__ = [
    "Adagrad",
    "Add",
    "Average",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Cosine",
    "Highway",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "MaxoutDense",
    "Multiply",
    "Nadam",
    "ParametricSoftplus",
    "RMSprop",
    "SReLU",
    "SummedL1L2",
    "TensorOperation",
    "ThresholdedReLU",
    "cosine_proximity",
    "hard_sigmoid",
    "hinge",
    "squared_hinge",
]

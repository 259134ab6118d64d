"""Theano's first module for convolutions of images."""

from oneiros_theano_namespace.theano.tensor.nnet.abstract_conv import conv2d

__all__ = ["conv2d"]

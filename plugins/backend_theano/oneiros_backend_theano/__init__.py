"""Theano backend, on PyTensor: a plugin of Oneiros."""

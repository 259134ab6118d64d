"""The backends that tests run on."""

import sys

from oneiros import backend as K
from oneiros_backend_tensorflow.installed import FIRST_WITHOUT

HAS_TENSORFLOW = sys.version_info < FIRST_WITHOUT
BACKENDS = ("theano", "tensorflow", "jax") if HAS_TENSORFLOW else ("theano", "jax")
"""The backends that train. Most tests run on these."""
PREDICTING = (*BACKENDS, "onnx")
"""All of them. Golden data runs on these; what `trains` denies has no gradients."""
OTHER = dict(zip(BACKENDS, (*BACKENDS[1:], BACKENDS[0]), strict=True))


def trains():
    """Tells whether the current backend has gradients."""
    return "gradients" in K.current().capabilities

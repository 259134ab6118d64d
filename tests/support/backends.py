"""The backends that tests run on."""

import sys

from oneiros_backend_tensorflow.installed import FIRST_WITHOUT

HAS_TENSORFLOW = sys.version_info < FIRST_WITHOUT
BACKENDS = ("theano", "tensorflow", "jax") if HAS_TENSORFLOW else ("theano", "jax")
OTHER = dict(zip(BACKENDS, (*BACKENDS[1:], BACKENDS[0]), strict=True))

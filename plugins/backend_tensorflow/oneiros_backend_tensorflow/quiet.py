"""TensorFlow, imported without its log lines. Every module of this plugin takes `tf` from here.

While the import lasts, TF_CPP_MIN_LOG_LEVEL is 3 and what TensorFlow's libraries log to the standard
error is held back; anything else written there is passed on afterwards. Where TF_CPP_MIN_LOG_LEVEL is
set, nothing changes. What the import draws from NumPy's global generator is put back.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_LOG_LINE = re.compile(rb"[IWE]\d{4} \d\d:\d\d:|WARNING: All log messages before absl")


@contextmanager
def _quiet() -> Iterator[None]:
    if _LEVEL in os.environ:
        yield
        return
    os.environ[_LEVEL] = "3"
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            del os.environ[_LEVEL]
            held.seek(0)
            os.write(2, b"".join(line for line in held if not _LOG_LINE.match(line)))


_state = np.random.get_state()
with _quiet():
    import tensorflow as tf
    from tensorflow.python.framework import type_spec
np.random.set_state(_state)

__all__ = ["tf", "type_spec"]

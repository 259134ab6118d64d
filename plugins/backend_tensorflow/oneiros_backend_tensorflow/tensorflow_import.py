"""TensorFlow, imported without its log lines, Keras and JAX.

Every module takes `tf` from here.

While the import lasts, TF_CPP_MIN_LOG_LEVEL is 3 and what TensorFlow's libraries log to
the standard error is held back; anything else written there is passed on afterwards.
Where TF_CPP_MIN_LOG_LEVEL is set, only what is below it is held back: its libraries log
some of that all the same, and `import jax` sets it to 1. With 0, nothing changes. What
the import draws from NumPy's global generator is put back.

Where Keras 3 or JAX are installed, TensorFlow's import brings them along. Here it finds
neither; `tf.keras` and `import jax` work as ever afterwards. The import takes 2.9
seconds of the processor and 534 MB this way, 6.3 seconds and 818 MB with both
(`benchmarks/mechanisms.py tensorflow_import`).
"""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
from oneiros_backend_toolkit.imports import engine_import

from oneiros_backend_tensorflow.installed import check_installed

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ALL = "3"
"""The log level that hides all lines of severity I, W and E."""
_LOG_LINE = re.compile(
    rb"([IWE])\d{4} \d\d:\d\d:|WARNING: All log messages before absl"
)


@contextmanager
def _quiet() -> Iterator[None]:
    chosen = os.environ.get(_LEVEL)
    level = chosen or _ALL
    if level not in "123":
        yield
        return
    os.environ[_LEVEL] = level
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
            if chosen is None:
                del os.environ[_LEVEL]
            held.seek(0)
            for line in held:
                if _is_shown(line, int(level)):
                    os.write(2, line)


def _is_shown(line: bytes, level: int) -> bool:
    """Returns whether a line is no log line, or one of the level or above."""
    log_line = _LOG_LINE.match(line)
    if log_line is None:
        return True
    severity = log_line[1]
    if severity is None:
        return False
    return severity not in b"IWE"[:level]


class _Hidden(Loader):
    """A context manager under which one thread can't import some packages.

    It finds where they are.
    """

    def __init__(self, *names: str) -> None:
        self.names = names
        self.thread = threading.get_ident()

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        """Returns what other finders know of a package that is hidden.

        Its loader is this one.
        """
        if name not in self.names:
            return None
        if threading.get_ident() != self.thread:
            return None
        specs = (
            finder.find_spec(name, path, target)
            for finder in sys.meta_path
            if finder is not self
        )
        spec = next(filter(None, specs), None)
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Raises ModuleNotFoundError."""
        name = module.__name__
        raise ModuleNotFoundError(
            f"{name} is hidden while TensorFlow is imported.", name=name
        )

    def __enter__(self) -> None:
        sys.meta_path.insert(0, self)

    def __exit__(self, *error: object) -> None:
        sys.meta_path.remove(self)


check_installed()
_state = np.random.get_state()
with engine_import(), _quiet(), _Hidden("keras", "tf_keras", "jax"):
    import tensorflow as tf
    from tensorflow.python.eager.execute import execute
    from tensorflow.python.framework import type_spec
    from tensorflow.python.framework.func_graph import dismantle_func_graph
np.random.set_state(_state)

__all__ = ["dismantle_func_graph", "execute", "tf", "type_spec"]

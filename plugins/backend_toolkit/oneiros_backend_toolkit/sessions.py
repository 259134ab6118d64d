"""`K.get_session` and `K.set_session`: a substitute for the sessions of TensorFlow 1.

Variables have their values, and functions compute, without a session. This module keeps
code of 2016 that uses one working.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any

from oneiros.errors import ArgumentError
from oneiros.typing import Tensors
from oneiros.user_warnings import warn

from oneiros_backend_toolkit.derived import Derived
from oneiros_backend_toolkit.function import Update

REMEMBERED_FUNCTIONS = 16
"""Maximum number of compiled functions that a session keeps, for calls of `run` in a
loop: without them, a call takes 50 times as long on TensorFlow
(`benchmarks/mechanisms.py sessions`)."""


class SessionGraph:
    """A substitute for a session's graph; there is one for everything."""

    def as_default(self) -> AbstractContextManager[Any]:
        """Context manager that changes nothing."""
        return nullcontext(self)

    def finalize(self) -> None:
        """Does nothing."""


class Session:
    """Computes tensors like a session of TensorFlow 1.

    # Arguments
        backend: the Backend of its tensors.

    # Properties
        graph: an object with `as_default()`.

    # Example
        ```python
        from oneiros import backend as K

        x = K.placeholder((2,))
        K.get_session().run([x * 2], feed_dict={x: [1, 2]})[0].tolist()  # [2.0, 4.0]
        ```
    """

    def __init__(self, backend) -> None:
        self.backend = backend
        self.graph = SessionGraph()
        self._compiled = lru_cache(REMEMBERED_FUNCTIONS)(self._function)

    def run(
        self,
        fetches,
        feed_dict: Mapping[Any, Any] | None = None,
        options=None,
        run_metadata=None,
    ):
        """Returns values.

        # Arguments
            fetches: tensor, or nested lists, tuples and dicts of tensors. An update
                from `K.update` sets its variable and returns the new value.
                TensorFlow's own operations aren't run, since variables don't need
                initialization.
            feed_dict: dict from placeholder to value.
            options, run_metadata: ignored.

        # Returns
            Arrays in the structure of `fetches`.

        # Raises
            ArgumentError: if a value isn't a tensor of the backend.
        """
        # A learning phase that was fixed is a number, and needs no value
        fed = dict(feed_dict or {})
        for x in feed_dict or {}:
            if not self.backend.owns(x):
                del fed[x]
        parts: Tensors = []

        def place(fetched) -> int | None:
            # TensorFlow's initializer of variables: None outside of a graph
            if fetched is None or hasattr(fetched, "node_def"):
                return None
            if not isinstance(fetched, Update) and not self.backend.owns(fetched):
                raise ArgumentError(
                    f"run expected tensors of the backend {self.backend.name!r}; it "
                    f"received {fetched!r:.80}."
                )
            parts.append(fetched)
            return len(parts) - 1

        places = _mapped(place, fetches)
        function = self._compiled(tuple(fed), tuple(parts))
        values = function(list(fed.values()))
        return _mapped(lambda i: None if i is None else values[i], places)

    def _function(self, inputs, parts):
        updates = []
        outputs = []
        for part in parts:
            if isinstance(part, Update):
                updates.append(part)
                part = part.value
            outputs.append(part)
        return self.backend.function(list(inputs), outputs, updates)

    def as_default(self) -> AbstractContextManager[Any]:
        """Context manager that changes nothing."""
        return nullcontext(self)

    def close(self) -> None:
        """Does nothing."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _mapped(fn: Callable[[Any], Any], fetches):
    """Applies a function to the parts of nested lists, tuples and dicts."""
    if isinstance(fetches, dict):
        return {key: _mapped(fn, part) for key, part in fetches.items()}
    if isinstance(fetches, (list, tuple)) and not isinstance(fetches, Update):
        return [_mapped(fn, part) for part in fetches]
    return fn(fetches)


class Sessions(Derived):
    """The contract's session functions, for code that creates, sets and uses
    sessions."""

    def __init__(self) -> None:
        super().__init__()
        self._session = Session(self)

    def get_session(self) -> Session:
        return self._session

    def set_session(self, session) -> None:
        if session is not None and session is not self._session:
            warn(
                "K.set_session has no effect, because nothing computes in a session. "
                "The setting `device` chooses the device (ONEIROS_DEVICE=gpu:1), and "
                "GPU memory is allocated as needed."
            )

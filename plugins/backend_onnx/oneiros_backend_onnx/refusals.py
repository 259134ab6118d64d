"""Errors about what can't be computed in ONNX."""

from typing import NoReturn

from oneiros.errors import CapabilityError


def refuse_engine_code() -> NoReturn:
    """Raises the error about `K.apply`, which has no engine to call.

    # Raises
        CapabilityError: always.
    """
    raise CapabilityError(
        "K.apply calls an engine's own functions, and the backend 'onnx' has none. "
        "Write the computation with functions of K (a Lambda layer takes them), or use "
        "the backend that the function is for: K.set_backend('tensorflow')."
    )

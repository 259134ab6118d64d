"""Theano's first GPU backend, which isn't used here; `ONEIROS_DEVICE` selects the
device."""

import warnings

from oneiros_theano_namespace.theano.sandbox.cuda import dnn

__all__ = ["cuda_available", "cuda_enabled", "dnn", "use"]

cuda_available = False
cuda_enabled = False


def use(device: str, *options: object, **named_options: object) -> None:
    """Warns that this doesn't select the device."""
    warnings.warn(
        f"theano.sandbox.cuda.use({device!r}) has no effect: ONEIROS_DEVICE selects "
        "the device.",
        stacklevel=2,
    )

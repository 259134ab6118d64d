"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The JAX backend."""
    return {"jax": "oneiros_backend_jax.backend:JaxBackend"}

"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_distributions():
    """The distribution of functions that JAX compiles."""
    place = "oneiros_distribution_jax.placement:placement"
    return {"jax": place, "theano": place}

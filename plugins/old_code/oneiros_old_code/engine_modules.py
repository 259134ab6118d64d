"""Modules of engines that Keras 1's modules of backends had imported."""

ENGINE_MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "theano": {
        "T": ("theano.tensor", "pytensor.tensor"),
        "theano": ("theano", "pytensor"),
    },
    "tensorflow": {"tf": ("tensorflow:compat.v1",)},
    "jax": {"jax": ("jax",), "jnp": ("jax.numpy",)},
}
"""Names of engines' modules in the modules of backends, and the modules that they may
stand for: the first that is installed. `tf` is what TensorFlow 1 was; `theano` is
there with the plugin `oneiros-theano-namespace`."""

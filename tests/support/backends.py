"""The backends that tests run on."""

BACKENDS = ("theano", "tensorflow", "jax")
OTHER = dict(zip(BACKENDS, (*BACKENDS[1:], BACKENDS[0]), strict=True))

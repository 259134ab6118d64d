"""A plugin of pytest: the tests of Oneiros that run on each backend run on PyTorch."""

import backends

backends.BACKENDS = ("torch",)
backends.PREDICTING = ("torch",)
backends.OTHER = {"torch": "jax"}

import selection

# The test command gives each test to one of all backends but the last
selection.BACKENDS = ("torch", "torch")
selection.AT_USERS_SETTINGS = ()

"""What the tests of backends share."""

import pytest
from oneiros import backend as K


@pytest.fixture(scope="session")
def tf():
    """TensorFlow itself, imported as the backend does."""
    pytest.importorskip("tensorflow")
    K.load("tensorflow")
    from oneiros_backend_tensorflow.tensorflow_import import tf

    return tf


@pytest.fixture
def on_tensorflow(tf):
    """The test runs on TensorFlow."""
    with K.use("tensorflow"):
        yield


@pytest.fixture
def on_jax():
    """The test runs on JAX."""
    with K.use("jax"):
        yield


@pytest.fixture(params=["jax", "theano"])
def compiled_by_jax(request):
    """The test runs on each backend whose programs JAX compiles.

    Gives the backend's name.
    """
    with K.use(request.param):
        yield request.param


@pytest.fixture
def pt():
    """PyTensor's functions of tensors."""
    import pytensor.tensor

    return pytensor.tensor

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

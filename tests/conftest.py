"""Options and fixtures that all tests share; `tests/support/hermetic.py` has the
surroundings in which they run."""

import os
import signal
import sys
from pathlib import Path

import hermetic
import hypothesis
import pytest
from backends import BACKENDS, PREDICTING

pytest_plugins = ["fresh", "command_line", "installed_plugins", "local_server"]

hypothesis.settings.register_profile(
    "default",
    max_examples=5,
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
hypothesis.settings.register_profile(
    "thorough",
    hypothesis.settings.get_profile("default"),
    max_examples=200,
    derandomize=False,
)
hypothesis.settings.load_profile("default")


def pytest_addoption(parser):
    """Adds the options of a run, which choose no tests."""
    group = parser.getgroup("oneiros")
    group.addoption(
        "--backend",
        default="jax",
        choices=BACKENDS,
        help="the backend of tests that name none",
    )
    group.addoption(
        "--compiler",
        default="fast",
        choices=hermetic.COMPILERS,
        help="`users` optimizes as for users",
    )
    group.addoption("--device", default="cpu", choices=hermetic.DEVICES)


def pytest_configure(config):
    """Enters the surroundings of the run before test modules are imported."""
    option = config.option
    hermetic.enter(option.backend, option.compiler, option.device)
    config.stash[SETTINGS] = hermetic.settings()


SETTINGS = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """No test leaves a variable behind that is a setting for the tests after it."""
    yield
    left, wanted = hermetic.settings(), item.config.stash[SETTINGS]
    for name in left:
        del os.environ[name]
    os.environ.update(wanted)
    assert left == wanted


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Runs the test once on each backend, which is current meanwhile.

    Gives the backend's name.
    """
    from oneiros import backend as K

    with K.use(request.param):
        yield request.param


@pytest.fixture(params=PREDICTING)
def predicting_backend(request):
    """Like `backend`, for tests that don't need gradients, or ask `backends.trains`."""
    from oneiros import backend as K

    with K.use(request.param):
        yield request.param


@pytest.fixture
def theano():
    """Runs the test on Theano."""
    from oneiros import backend as K

    with K.use("theano") as used:
        yield used


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """The folder with the data that Keras 1.2.2 produced."""
    return Path(__file__).parent / "golden"


@pytest.fixture(autouse=True)
def seeded():
    """Each test starts from the same random state."""
    import numpy as np

    np.random.seed(1234)


@pytest.fixture(autouse=True)
def no_custom_objects():
    """Forgets the objects that loads were given, which stay known."""
    from oneiros.config import get_custom_objects

    known = dict(get_custom_objects())
    yield
    get_custom_objects().clear()
    get_custom_objects().update(known)


@pytest.fixture
def float64():
    """Makes float64 the default float type during a test."""
    from oneiros import backend as K

    before = K.floatx()
    K.set_floatx("float64")
    yield
    K.set_floatx(before)


@pytest.fixture
def set_ordering():
    """Gives `K.set_image_dim_ordering`; afterwards the order is as before."""
    from oneiros import backend as K

    before = K.image_dim_ordering()
    yield K.set_image_dim_ordering
    K.set_image_dim_ordering(before)


@pytest.fixture
def set_convolution():
    """Gives `K.set_convolution`; afterwards it is TensorFlow's again."""
    from oneiros import backend as K

    yield K.set_convolution
    K.set_convolution("tensorflow")


@pytest.fixture
def interruptible():
    """Lets SIGINT raise KeyboardInterrupt, also in a run started in the background,
    where it is ignored."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture(autouse=True)
def no_places_of_operations(monkeypatch):
    """TensorFlow doesn't note where an operation was made, which is a tenth of it."""
    notes = sys.modules.get("tensorflow.python.util.tf_stack")
    if notes is not None:
        place = notes.extract_stack()
        monkeypatch.setattr(notes, "extract_stack", lambda stacklevel=1: place)

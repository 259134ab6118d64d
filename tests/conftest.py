"""Shared fixtures. The run has a home, settings and caches of its own, and never
reaches the network.

XLA compiles without optimizing machine code, without its emitters of fusions, which
take two to four times as long to compile, and each program as one part: most programs
here are compiled once and run a few times. It then fuses some products and sums and not
others, and a value computed twice differs; without FMA it doesn't. With
ONEIROS_TEST_COMPILER=users it compiles as it does for users, as in the exhaustive run
of the golden data. GPUs are hidden, unless ONEIROS_TEST_DEVICE=gpu: then engines choose
one, and multiply in full precision. PyTensor notes for no variable where it was made.

Python keeps the bytecode of what it imports, also where the environment forbids it: the
tests start some hundred processes, and compiling TensorFlow's modules takes each six
seconds.
"""

import os
import signal
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

_HOME = Path(tempfile.mkdtemp(prefix="oneiros-tests-"))
_CPU = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
_FAST_FLAGS = [
    "--xla_backend_optimization_level=0",
    "--xla_cpu_max_isa=AVX",
    "--xla_cpu_parallel_codegen_split_count=1",
]
# XLA ends the process over a flag it doesn't know, and newer ones don't know this one.
if version("jaxlib").startswith("0.10."):
    _FAST_FLAGS.append("--xla_cpu_use_fusion_emitters=false")
_FAST_COMPILER = {"XLA_FLAGS": " ".join(_FAST_FLAGS)}
_GPU = {
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "NVIDIA_TF32_OVERRIDE": "0",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
_DEVICE = os.environ.get("ONEIROS_TEST_DEVICE", "cpu")
_COMPILER = os.environ.get("ONEIROS_TEST_COMPILER", "fast")
for _name in [name for name in os.environ if name.startswith(("ONEIROS_", "KERAS_"))]:
    del os.environ[_name]
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ.update(
    HOME=str(_HOME),
    JAX_NUM_CPU_DEVICES="2",
    ONEIROS_HOME=str(_HOME / ".oneiros"),
    ONEIROS_KEEP_PROGRAMS="0",
    ONEIROS_TEST_DEVICE=_DEVICE,
    TF_CPP_MIN_LOG_LEVEL="3",
    ONEIROS_TEST_COMPILER=_COMPILER,
    PYTENSOR_FLAGS="traceback__limit=0",
    **{"cpu": _CPU, "gpu": _GPU}[_DEVICE],
    **{"fast": _FAST_COMPILER, "users": {}}[_COMPILER if _DEVICE == "cpu" else "users"],
)

import numpy as np
import pytest
from backends import BACKENDS, PREDICTING

pytest_plugins = ["fresh", "command_line", "installed_plugins", "local_server"]
GOLDEN = Path(__file__).parent / "golden"
WITHOUT_XLA = (
    "backend",
    "callbacks",
    "diagnostics",
    "engine",
    "functions",
    "kit",
    "layers",
    "optimizers",
    "saving",
    "test_types.py",
    "training",
    "visualization",
)
"""The folders and files that TensorFlow runs without XLA in the test command, but for
what is marked `xla`."""
LONG = (
    "test_properties.py",
    "test_quality.py",
    "test_golden_users_settings.py",
    "test_third_party.py",
    "test_attacks.py",
    "test_killed.py",
    "test_interrupts.py",
    "test_fuzz.py",
    "test_examples.py",
)
"""Files of which one test takes long, or all take longer than those of others."""


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """The folder with the data that Keras 1.2.2 produced."""
    return GOLDEN


@pytest.fixture(autouse=True)
def _no_custom_objects():
    """Forgets the objects that loads were given, which stay known."""
    from oneiros.config import get_custom_objects

    known = dict(get_custom_objects())
    yield
    get_custom_objects().clear()
    get_custom_objects().update(known)


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """No test leaves a variable behind that is a setting for the tests after it."""
    yield
    left = settings_in_environment()
    for name in left:
        del os.environ[name]
    os.environ.update(SETTINGS)
    assert left == SETTINGS


def settings_in_environment():
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("ONEIROS_", "KERAS_"))
    }


SETTINGS = settings_in_environment()


@pytest.fixture(autouse=True)
def seeded():
    """Each test starts from the same random state."""
    np.random.seed(1234)


@pytest.fixture(autouse=True)
def plain_tensorflow(request, monkeypatch):
    """In the test command TensorFlow runs these without XLA, whose compiling takes most
    of their time, and doesn't note where an operation was made: that is a tenth."""
    import draws

    if _COMPILER == "users" or draws.is_exhaustive():
        return
    if _is_without_xla(request.node):
        monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")
    notes = sys.modules.get("tensorflow.python.util.tf_stack")
    if notes is not None:
        place = notes.extract_stack()
        monkeypatch.setattr(notes, "extract_stack", lambda stacklevel=1: place)


def pytest_configure(config):
    """Lets property tests draw many examples in the exhaustive run, before test modules
    are imported."""
    import draws

    draws.load_profile("exhaustive" in config.option.markexpr)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keeps the tests of a file in one process: what they share is made once.

    Files run in the order of collection, which begins with the long ones: so the
    processes end together. Golden layers are a file for each backend in this.
    """
    from xdist.scheduler import LoadFileScheduling

    class FileScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            if not file.endswith("test_golden_layers.py"):
                return file
            return " ".join([file, *[name for name in PREDICTING if name in nodeid]])

    config.option.loadscopereorder = False
    return FileScheduling(config, log)


def pytest_collection_modifyitems(config, items):
    """Leaves out what belongs to the other run; files with long tests come first.

    `selection` says what belongs where. What TensorFlow runs without XLA in the test
    command, it runs with XLA in the exhaustive run.
    """
    import draws
    import selection

    for item in items:
        if selection.is_on("tensorflow", item) and _is_without_xla(item):
            item.add_marker(pytest.mark.exhaustive)
    left = selection.mark(items)
    if draws.is_exhaustive():
        left = set()
    config.hook.pytest_deselected(items=list(left))
    kept = [item for item in items if item not in left]
    items[:] = sorted(kept, key=lambda item: item.path.name not in LONG)


def _is_without_xla(item):
    if item.get_closest_marker("xla"):
        return False
    return item.path.parent.name in WITHOUT_XLA or item.path.name in WITHOUT_XLA

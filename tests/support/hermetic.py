"""The surroundings of a run: a home, settings and caches of its own.

XLA compiles without optimizing machine code, without its emitters of fusions, which
take two to four times as long to compile, and each program as one part: most programs
here are compiled once and run a few times. It then fuses some products and sums and not
others, and a value computed twice differs; without FMA it doesn't. TensorFlow doesn't
use XLA. `--compiler users` leaves the compilers as users have them.
"""

import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

FAST_XLA = [
    "--xla_backend_optimization_level=0",
    "--xla_cpu_max_isa=AVX",
    "--xla_cpu_parallel_codegen_split_count=1",
]
COMPILERS = {
    "fast": {"ONEIROS_TENSORFLOW_XLA": "off", "XLA_FLAGS": " ".join(FAST_XLA)},
    "users": {},
}
DEVICES = {
    "cpu": {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"},
    "gpu": {
        "JAX_DEFAULT_MATMUL_PRECISION": "highest",
        "NVIDIA_TF32_OVERRIDE": "0",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    },
}
# XLA ends the process over a flag it doesn't know, and newer ones don't know this one.
if version("jaxlib").startswith("0.10."):
    COMPILERS["fast"]["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"


def enter(backend: str, compiler: str, device: str) -> None:
    """Sets the environment of this process and of those that it starts.

    # Arguments
        backend: what is current where a test names no backend.
        compiler: a key of `COMPILERS`.
        device: a key of `DEVICES`.
    """
    for name in settings():
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="oneiros-tests-"))
    os.environ.update(
        HOME=str(home),
        JAX_NUM_CPU_DEVICES="2",
        ONEIROS_BACKEND=backend,
        ONEIROS_HOME=str(home / ".oneiros"),
        ONEIROS_KEEP_PROGRAMS="0",
        PYTENSOR_FLAGS="traceback__limit=0",
        TF_CPP_MIN_LOG_LEVEL="3",
        **COMPILERS[compiler],
        **DEVICES[device],
    )
    keep_bytecode()


def keep_bytecode() -> None:
    """Lets Python keep what it compiles, also where the environment forbids it.

    The tests start some processes, and compiling TensorFlow takes each six seconds.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def settings() -> dict[str, str]:
    """Returns the settings of Oneiros and Keras that the environment holds."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("ONEIROS_", "KERAS_"))
    }

"""Runs a command in this repository's own environment, with nothing but Python and git.

    python3 run.py examples/quickstart.py
    python3 run.py --group test pytest -n 2

This is `uv run`, with a uv that is kept in `.uv`, for this clone wherever it is called:
the environment is made in `.venv` by the first call and brought up to date by each
later one. Nothing outside the clone is changed.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
UV_FOLDER = ROOT / ".uv"
UV_VERSION = "0.13.9"
WINDOWS = os.name == "nt"
UV = UV_FOLDER / "bin" / ("uv.exe" if WINDOWS else "uv")
OLDEST_PYTHON = (3, 11)
SYSTEM_CERTIFICATES = ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS")
"""What uv calls the option now, and what a uv on the PATH may call it."""
NO_PIP = """\
{python} has neither pip nor ensurepip, so it can't fetch uv. Install one of them, then
type the command again:

    Debian, Ubuntu    apt install python3-venv
    Fedora            dnf install python3-pip
    elsewhere         a Python from python.org has both

Without the rights to install packages, put uv itself on the PATH, in your home: it is
one program, and the same command finds it there."""


def find_uv():
    """Returns the uv of this folder, fetched if it isn't there yet; one on the PATH
    where this Python has nothing to fetch it with."""
    if UV.exists() and Path(UV_FOLDER, f"uv-{UV_VERSION}.dist-info").exists():
        return UV
    can_fetch = any(map(importlib.util.find_spec, ("pip", "ensurepip")))
    installed = None if can_fetch else shutil.which("uv")
    if installed:
        return installed
    install_uv()
    return UV


def install_uv():
    """Installs uv into a folder of its own, which no "externally managed" concerns."""
    if importlib.util.find_spec("pip"):
        fetch_uv(sys.executable)
    elif importlib.util.find_spec("ensurepip"):
        with tempfile.TemporaryDirectory() as folder:
            venv.create(folder, with_pip=True)
            fetch_uv(Path(folder, "Scripts" if WINDOWS else "bin", "python"))
    else:
        sys.exit(NO_PIP.format(python=sys.executable))


def fetch_uv(python):
    """Fetches uv with the pip of a Python."""
    install = ["-m", "pip", "install", "--quiet", "--upgrade", "--target"]
    if subprocess.run([python, *install, UV_FOLDER, f"uv=={UV_VERSION}"]).returncode:
        sys.exit("uv could not be installed; pip says why above.")


def main(arguments):
    """Runs `uv run` with these arguments, on the interpreter that runs this file."""
    if sys.version_info < OLDEST_PYTHON:
        version = sys.version.split()[0]
        sys.exit(f"Oneiros needs Python 3.11 or later; {sys.executable} is {version}.")
    uv = find_uv()
    environment = dict(os.environ)
    environment.setdefault("UV_PYTHON", sys.executable)
    for name in SYSTEM_CERTIFICATES:
        environment.setdefault(name, "1")
    environment.pop("VIRTUAL_ENV", None)
    command = [uv, "run", "--project", ROOT, *arguments]
    sys.exit(subprocess.run(command, env=environment).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])

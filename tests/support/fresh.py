"""Fresh environments.

Built distributions, and virtual environments that hold them beside the libraries here.

Nothing is downloaded: a new environment sees the installed libraries through links, all
but Oneiros itself.
"""

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = [
    ROOT,
    ROOT / "kernel",
    *sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml")),
]
OWN = ("oneiros", "_editable_impl_", "__pycache__", "pip")

BUILD = """
import os, sys, tarfile, tempfile
from hatchling import build
out, *folders = sys.argv[1:]
for folder in folders:
    os.chdir(folder)
    sdist = build.build_sdist(out)
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(os.path.join(out, sdist)) as archive:
            archive.extractall(unpacked, filter="data")
        os.chdir(os.path.join(unpacked, sdist.removesuffix(".tar.gz")))
        build.build_wheel(out)
        os.chdir(out)
"""


class Environment:
    """A virtual environment and what one does with it.

    # Arguments
        folder: where it is made.
        wheels: folder of built distributions.
        libraries: folder that holds the libraries it sees.
        installer: the Python whose pip installs here.
    """

    def __init__(self, folder, wheels, libraries, installer):
        make_environment(folder, "--without-pip")
        self.folder = folder
        self.wheels = wheels
        self.installer = installer
        self.python = folder / "bin" / "python"
        self.packages = Path(
            self.run(
                "import sysconfig; print(sysconfig.get_path('purelib'))"
            ).stdout.strip()
        )
        (self.packages / "libraries.pth").write_text(f"{libraries}\n")

    def pip(self, *arguments):
        """Runs pip in this environment, offline; fails the test if pip does."""
        options = ["--disable-pip-version-check", "--python", self.python]
        command = [self.installer, "-m", "pip", *options, *arguments]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.variables(),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, *requirements):
        """Installs from the built distributions, as a user of pip does; modules are
        compiled when they are imported, which few of them are."""
        return self.pip(
            "install",
            "--no-index",
            "--no-compile",
            "--no-build-isolation",
            "--find-links",
            self.wheels,
            *requirements,
        )

    def run(self, code, *arguments, check=True, timeout=120, **variables):
        """Runs Python code; its output is text."""
        command = [
            self.python,
            "-W",
            "error::UserWarning",
            "-c",
            code,
            *map(str, arguments),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.variables(**variables),
            timeout=timeout,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def variables(self, **variables):
        """Returns the environment variables of a user who has set none."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("ONEIROS_BACKEND", "PYTHON", "PIP_", "VIRTUAL"))
        }
        return {
            **kept,
            "HOME": str(self.folder),
            "ONEIROS_HOME": str(self.folder / ".oneiros"),
            **variables,
        }


def make_environment(folder, *options):
    """Makes an empty virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", *options, folder], check=True)


def link_libraries(folder):
    """Fills a folder with links to every installed library that isn't of here."""
    folder.mkdir()
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for item in Path(place).iterdir():
            if not is_of_here(item):
                (folder / item.name).symlink_to(item)
    return folder


def is_of_here(item):
    """Tells whether what is installed is Oneiros, or a plugin of examples/plugins."""
    is_editable = (item / "direct_url.json").exists()
    return is_editable or item.name.startswith(OWN) or item.suffix == ".pth"


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory):
    """A folder with the sdist of every distribution here, and the wheel built from that
    sdist; it is built once, by the first process of the run that needs it."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = run / "wheelhouse"
    with FileLock(run / "wheelhouse.lock"):
        if not out.exists():
            build(out)
    return out


def build(out):
    """Builds every distribution into a folder, which is there once all are built."""
    unfinished = out.with_suffix(".unfinished")
    unfinished.mkdir()
    command = [sys.executable, "-c", BUILD, unfinished, *MEMBERS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    unfinished.rename(out)


@pytest.fixture(scope="session")
def libraries(tmp_path_factory):
    """A folder with links to the libraries installed here."""
    return link_libraries(tmp_path_factory.mktemp("environments") / "libraries")


@pytest.fixture(scope="session")
def installer(tmp_path_factory):
    """The Python of an environment with nothing but pip, which installs in others."""
    folder = tmp_path_factory.mktemp("installer")
    make_environment(folder)
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def new_environment(tmp_path_factory, wheelhouse, libraries, installer):
    """A function that makes an empty virtual environment."""

    def make(name):
        folder = tmp_path_factory.mktemp(name)
        return Environment(folder, wheelhouse, libraries, installer)

    return make


def project(folder):
    """Returns the table `project` of the distribution in a folder."""
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]

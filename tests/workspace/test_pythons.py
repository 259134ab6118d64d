"""Each Python that the distributions name installs them with pip from a folder, and
trains. Libraries come from the index that pip knows."""

import os
import pwd
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from fresh import ROOT

PYTHONS = re.findall(
    r"\d\.\d+",
    re.search(r"^PYTHONS = (.*)", (ROOT / "hatch_build.py").read_text(), re.M)[1],
)
TRAINS = """
import numpy as np
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros.plugins import manager
model = Sequential([Dense(8, input_dim=4, activation="relu"), Dense(3)])
model.compile("adam", "mse")
x = np.random.RandomState(0).rand(300, 4)
losses = model.fit(x, x[:, :3], nb_epoch=5, verbose=0).history["loss"]
assert losses[-1] < losses[0]
model.save("model.h5")
np.testing.assert_array_equal(load_model("model.h5").predict(x), model.predict(x))
assert [each for each in manager().records.values() if each.problems] == []
"""


def interpreter(version):
    """Returns a Python of that version, on the path or of pyenv, or None."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"), "versions")
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"{version}.*/bin/python3")]
    for python in filter(None, found):
        if (
            subprocess.run(
                [python, "-m", "venv", "--help"], capture_output=True
            ).returncode
            == 0
        ):
            return python
    return None


def test_no_python_is_promised_that_isnt_tested():
    workflow = "plugins/testing/oneiros_testing/templates/template/.github/workflows"
    tried = re.search(r"python: \[(.*)\]", (ROOT / workflow / "test.yml").read_text())
    assert re.findall(r"\d\.\d+", tried[1]) == PYTHONS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={PYTHONS[0]}"
    *others, last = PYTHONS
    assert (
        f"You need Python {', '.join(others)} or {last}."
        in (ROOT / "README.md").read_text()
    )


@pytest.mark.slow
@pytest.mark.parametrize("version", PYTHONS)
def test_everything_installs_with_pip_from_a_folder_and_trains(
    version, tmp_path, wheelhouse
):
    python = interpreter(version)
    if not python:
        pytest.skip(f"Python {version} isn't here")
    made = tmp_path / "environment"
    subprocess.run([python, "-m", "venv", made], check=True)
    pip = [made / "bin" / "python", "-m", "pip", "install", "--quiet"]
    if subprocess.run([*pip, "pluggy"], capture_output=True).returncode:
        pytest.skip("pip reaches no index")
    subprocess.run([*pip, "--find-links", wheelhouse, "oneiros"], check=True)
    trains = [made / "bin" / "python", "-W", "error::UserWarning", "-c", TRAINS]
    # The flags of the tests are for the XLA that is installed here.
    as_users = {k: v for k, v in os.environ.items() if not k.endswith("_FLAGS")}
    subprocess.run(trains, check=True, cwd=tmp_path, env=as_users)

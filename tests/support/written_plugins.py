"""Plugins in a folder on the path of a process, installed without pip."""

import os

from processes import run_python

HOOKS = "from oneiros import hookimpl\n"


def hook(name, result):
    return f"@hookimpl\ndef oneiros_{name}():\n    return {result}\n"


def write_plugin(folder, distribution, package, files, points):
    """Writes an installed distribution with one package into a folder on the path."""
    stem = distribution.replace("-", "_")
    info = folder / f"{stem}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(points)
    place = folder / package.replace(".", "/")
    place.mkdir(exist_ok=True, parents=True)
    for name, text in files.items():
        (place / name).write_text(text)


def start(folder, code, **variables):
    """Runs code in a process that has a folder on its path."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return run_python(code, check=False, PYTHONPATH=path, **variables)

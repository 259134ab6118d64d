"""Untrusted bytes are opened by one distribution, and by no other module of the kernel
or the plugins."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "bz2",
    "cPickle",
    "dbm",
    "dill",
    "gzip",
    "h5py",
    "joblib",
    "lzma",
    "marshal",
    "pickle",
    "safetensors",
    "shelve",
    "tables",
    "tarfile",
    "yaml",
    "zipfile",
}
NUMPY_READERS = {
    "load",
    "loadtxt",
    "genfromtxt",
    "fromfile",
    "fromregex",
    "memmap",
    "DataSource",
}
GUARDED = ROOT / "plugins" / "safe_files"
PASSED_ON = ROOT / "plugins" / "old_code" / "oneiros_old_code" / "imported.py"
"""Modules that `from keras.utils.data_utils import *` brings: for the user's code."""
GOLDEN = ROOT / "plugins" / "testing" / "oneiros_testing" / "k_cases.py"
"""What reads the results that the kit itself carries."""
REPLAYED = (
    ROOT / "plugins" / "exports" / "oneiros_exports" / "child.py",
    ROOT / "plugins" / "exports" / "oneiros_exports" / "processes.py",
    ROOT / "plugins" / "exports" / "oneiros_exports" / "keras3" / "older_releases.py",
    ROOT / "plugins" / "testing" / "oneiros_testing" / "processes.py",
)
"""Programs that run without Oneiros or apart from it, on what it or Keras has just
written for them; and what talks with them."""
SOURCES = [
    path
    for folder in ("kernel", "plugins")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def opened_by(source):
    """Names what a module's code imports or calls that parses files."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names} & READERS
        elif isinstance(node, ast.ImportFrom):
            names |= {(node.module or "").partition(".")[0]} & READERS
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[
            2
        ] in ("import_module", "__import__"):
            names |= {
                ast.unparse(argument).strip("'") for argument in node.args
            } & READERS
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names |= (
                {node.attr} & NUMPY_READERS
                if node.value.id in ("np", "numpy")
                else set()
            )
    return names


def test_files_are_parsed_in_one_place_only():
    assert len(SOURCES) > 60, "the glob finds the sources"
    elsewhere = {
        str(path.relative_to(ROOT)): names
        for path in SOURCES
        if not path.is_relative_to(GUARDED)
        and path not in (PASSED_ON, GOLDEN, *REPLAYED)
        and (names := opened_by(path.read_text(encoding="utf-8")))
    }
    assert elsewhere == {}


def test_what_is_passed_on_is_called_by_nobody_here():
    tree = ast.parse(PASSED_ON.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    imported = PASSED_ON.with_suffix("").name
    users = [path for path in SOURCES if f"import {imported}" in path.read_text()]
    assert users == []

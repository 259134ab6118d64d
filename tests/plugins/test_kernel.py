"""What the kernel may use: imports, and silence."""

import ast
import json
import sys
from pathlib import Path

from processes import run_python

ROOT = Path(__file__).resolve().parents[2]
KERNEL = ROOT / "kernel" / "oneiros"
ALLOWED = set(sys.stdlib_module_names) | {
    "numpy",
    "pluggy",
    "importlib_metadata",
    "oneiros",
}
FORBIDDEN = {"eval", "exec", "compile", "__import__"}
UNSAFE = {"pickle", "marshal", "shelve", "dill", "ctypes", "socket", "urllib", "http"}
HEAVY = (
    "numpy",
    "pluggy",
    "h5py",
    "jax",
    "pytensor",
    "tensorflow",
    "numba",
    "scipy",
    "oneiros_",
)


def trees():
    return {
        path.relative_to(KERNEL): ast.parse(path.read_text(encoding="utf-8"))
        for path in KERNEL.rglob("*.py")
    }


def test_the_kernel_imports_only_what_it_may():
    for path, tree in trees().items():
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            names += (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            packages = {name.partition(".")[0] for name in names}
            assert packages <= ALLOWED, (path, packages - ALLOWED)
            assert not packages & UNSAFE, (path, packages & UNSAFE)


def test_the_kernel_runs_no_text_as_code():
    for path, tree in trees().items():
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & FORBIDDEN, path


def test_importing_imports_no_engine_and_no_plugin():
    code = (
        "import sys, json; before = set(sys.modules); import oneiros;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    loaded = json.loads(run_python(code).stdout)
    assert [name for name in loaded if name.startswith(HEAVY)] == []
    assert [name for name in loaded if name.startswith("oneiros")] == ["oneiros"]


def test_discovery_imports_only_manifests():
    code = (
        "import sys, json; before = set(sys.modules);"
        "from oneiros.plugins import manager; manager();"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    loaded = json.loads(run_python(code).stdout)
    plugins = [name for name in loaded if name.startswith("oneiros_")]
    assert plugins and all(
        name.count(".") == 0 or name.endswith((".manifest", ".rows"))
        for name in plugins
    )
    packages = {name.partition(".")[0] for name in loaded}
    assert not packages & {"numpy", "h5py", "jax", "pytensor", "tensorflow"}


def test_importing_is_silent_and_writes_nothing(tmp_path):
    code = (
        "import oneiros; from oneiros.plugins import manager; manager(); dir(oneiros)"
    )
    done = run_python(
        code,
        options=["-B", "-W", "error"],
        HOME=str(tmp_path),
        ONEIROS_HOME=str(tmp_path / "own"),
        TMPDIR=str(tmp_path),
    )
    assert done.stdout == done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_set_seed_is_numpys():
    import numpy as np
    import oneiros

    oneiros.set_seed(7)
    drawn = np.random.rand(3)
    np.random.seed(7)
    assert (drawn == np.random.rand(3)).all()

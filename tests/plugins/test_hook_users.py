"""Every hook has a user among the packages of third parties: examples/plugins. A
distribution belongs to an engine; JAX's is the only one."""

from runpy import run_path

import pytest
from fresh import ROOT
from oneiros import hookspecs

MANIFESTS = {
    path: run_path(str(path))
    for folder in ("examples/plugins/*", "plugins/distribution_jax")
    for path in ROOT.glob(f"{folder}/**/manifest.py")
}
HOOKS = [name for name in vars(hookspecs) if name.startswith("oneiros_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user(hook):
    functions = [manifest.get(hook) for manifest in MANIFESTS.values()]
    assert any(hasattr(function, "oneiros_impl") for function in functions)

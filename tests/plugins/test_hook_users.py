"""Every hook has a user, in a plugin here or in a package of examples/plugins."""

from importlib import import_module

import pytest
from oneiros import hookspecs
from oneiros.plugins import manager

EXAMPLES = {
    "oneiros_layers": "lab-transformer",
    "oneiros_activations": "oneiros-activations",
    "oneiros_initializations": "oneiros-initializations",
    "oneiros_regularizers": "oneiros-regularizers",
    "oneiros_constraints": "oneiros-constraints",
    "oneiros_objectives": "oneiros-objectives",
    "oneiros_metrics": "oneiros-metrics",
    "oneiros_optimizers": "lab-optimizers",
    "oneiros_callbacks": "lab-trackers",
    "oneiros_tables": "oneiros-data",
    "oneiros_formats": "oneiros-saving",
    "oneiros_exports": "oneiros-exports",
    "oneiros_migrations": "oneiros-keras2",
    "oneiros_backends": "numpy-backend",
    "oneiros_commands": "oneiros-cli",
    "oneiros_services": "oneiros-saving",
    "oneiros_modules": "oneiros-utils",
    "oneiros_default_callbacks": "lab-trackers",
    "oneiros_progress": "oneiros-callbacks",
    "oneiros_before_compile": "lab-optimizers",
    "oneiros_after_compile": "lab-optimizers",
    "oneiros_before_save": "lab-trackers",
    "oneiros_after_save": "lab-trackers",
    "oneiros_before_load": "lab-trackers",
    "oneiros_after_load": "lab-trackers",
}
"""By the hook, a distribution in which to see it used."""
HOOKS = [name for name in vars(hookspecs) if name.startswith("oneiros_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user(hook):
    record = manager().records[EXAMPLES[hook]]
    implementation = getattr(import_module(record.module), hook)
    assert hasattr(implementation, "oneiros_impl")

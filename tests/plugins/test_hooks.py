"""The table of hooks.

Every spec is called, every call has a spec, every implementation too.
"""

import ast
import inspect
from pathlib import Path

import oneiros.hookspecs
import oneiros_callbacks
import oneiros_saving
import oneiros_training
from oneiros.hookspecs import HOOKS
from oneiros.plugins import KINDS, manager

PACKAGES = (oneiros, oneiros_callbacks, oneiros_saving, oneiros_training)
SOURCES = [Path(package.__file__).parent for package in PACKAGES]


def calls():
    """Returns the hooks that the kernel, callbacks, saving and training call, with
    the names of the arguments."""
    called = {}
    for path in (path for source in SOURCES for path in source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.args
            )
            if (
                named
                and node.func.attr in ("call", "run")
                and isinstance(node.args[0], ast.Constant)
            ):
                arguments = {keyword.arg for keyword in node.keywords}
                for rest in node.args[1:]:
                    arguments |= (
                        {key.value for key in rest.keys}
                        if isinstance(rest, ast.Dict)
                        else set()
                    )
                called.setdefault(node.args[0].value, []).append(arguments)
    return called


def test_registration_hooks_are_the_kinds():
    assert HOOKS[: len(KINDS)] == [f"oneiros_{kind}s" for kind in KINDS]
    assert KINDS[0] == "layer" and KINDS[-1] == "module" and len(KINDS) == 17


def test_every_behaviour_hook_is_called_and_every_call_has_a_spec():
    assert set(calls()) == set(HOOKS[len(KINDS) :])


def test_calls_pass_exactly_the_arguments_of_the_spec():
    for hook, variants in calls().items():
        expected = set(inspect.signature(getattr(oneiros.hookspecs, hook)).parameters)
        for arguments in variants:
            assert arguments == expected, hook


def test_every_implementation_here_has_a_spec():
    for record in manager().plugins:
        assert set(record.hooks) <= set(HOOKS), record.distribution

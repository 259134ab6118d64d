"""`oneiros.plugin`: components of a notebook as if a plugin provided them."""

import inspect
import itertools
from contextlib import ExitStack
from importlib import import_module
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from oneiros import registry
from oneiros.backend.contract import Backend
from oneiros.bases import Callback
from oneiros.config import CustomObjectScope
from oneiros.discovery import PluginRecord
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros.plugins import KINDS, manager

NUMBERS = itertools.count(1)
"""The numbers of namespaces of hooks, by which messages name them."""


def plugin(*objects: Any, kind: str | None = None) -> ExitStack:
    """Registers components of a program as a plugin would, until the end of the block.

    Inside, models can name the components, and files that name them can be loaded.
    Without `with`, that lasts until the result's `close()`.

    # Arguments
        objects: classes and functions, which get their own names; or modules and
            namespaces of hooks, functions with the names in `oneiros.hookspecs`.
        kind: str, such as `"metric"`, if it doesn't follow from the object. A function
            of `(y_true, y_pred)` is a loss and a metric, one of a `shape` an
            initialization, and one of a single argument an activation.

    # Example
        ```python
        import oneiros
        from oneiros.engine.layer import Layer
        from oneiros.models import Sequential, model_from_json


        class Twice(Layer):
            loadable = True

            def call(self, x, mask=None):
                return 2 * x


        text = Sequential([Twice(input_shape=(3,))]).to_json()
        with oneiros.plugin(Twice):
            print(model_from_json(text).layers[0])  # <Twice 'twice_1', parameters: 0>
        ```
    """
    registration = ExitStack()
    with ExitStack() as stack:
        for obj in objects:
            if hooks := _hooks(obj):
                _register_hooks(stack, hooks)
            else:
                _register(stack, obj, [kind] if kind else _kinds(obj))
        registration = stack.pop_all()
    return registration


def _register(stack: ExitStack, obj: Any, kinds: list[str]) -> None:
    name = obj.__name__
    for kind in kinds:
        stack.enter_context(registry.register(kind, name, obj))
    stack.enter_context(CustomObjectScope({name: obj}))


def _hooks(obj: Any) -> dict[str, Any]:
    """Returns the hooks of a module or namespace."""
    if not inspect.ismodule(obj) and not isinstance(obj, SimpleNamespace):
        return {}
    hooks = {
        name: hook for name, hook in vars(obj).items() if name.startswith("oneiros_")
    }
    if not hooks:
        raise ArgumentError(
            f"oneiros.plugin received {obj!r:.80} without hooks: functions such as "
            "oneiros_layers, marked with oneiros.hookimpl."
        )
    return hooks


def _register_hooks(stack: ExitStack, hooks: dict[str, Any]) -> None:
    """Registers the names of hooks that return names, and the other hooks."""
    of_kinds = {f"oneiros_{kind}s": kind for kind in KINDS}
    for hook in of_kinds.keys() & hooks.keys():
        for name, reference in (hooks[hook]() or {}).items():
            module, _, attribute = reference.partition(":")
            obj = attrgetter(attribute)(import_module(module))
            stack.enter_context(registry.register(of_kinds[hook], name, obj))
    others = {name: hook for name, hook in hooks.items() if name not in of_kinds}
    if others:
        plugins = manager()
        distribution = f"(this process, {next(NUMBERS)})"
        plugins.records[distribution] = PluginRecord(distribution)
        stack.callback(plugins.records.pop, distribution)
        plugins.pluggy.register(SimpleNamespace(**others), distribution)
        stack.callback(plugins.pluggy.unregister, name=distribution)
        plugins.pluggy.check_pending()


def _kinds(obj: Any) -> list[str]:
    """Returns the kinds of which an object is."""
    from oneiros.constraints import Constraint
    from oneiros.exports import Export
    from oneiros.optimizers import Optimizer
    from oneiros.regularizers import Regularizer
    from oneiros.saving import Format

    bases = {
        "layer": Layer,
        "optimizer": Optimizer,
        "callback": Callback,
        "regularizer": Regularizer,
        "constraint": Constraint,
        "format": Format,
        "export": Export,
        "backend": Backend,
    }
    if inspect.isclass(obj):
        found = [kind for kind, base in bases.items() if issubclass(obj, base)]
    else:
        found = _kinds_of_function(obj)
    if not found:
        raise ArgumentError(
            f"oneiros.plugin received {obj!r:.80}, whose kind isn't clear. Pass it: "
            f"oneiros.plugin(…, kind='metric'). The kinds are: {', '.join(KINDS)}."
        )
    return found


def _kinds_of_function(function: Any) -> list[str]:
    if not inspect.isfunction(function):
        return []
    names = list(inspect.signature(function).parameters)
    if names[:2] == ["y_true", "y_pred"]:
        return ["objective", "metric"]
    if names[:1] == ["shape"]:
        return ["initialization"]
    return ["activation"] if len(names) == 1 else []

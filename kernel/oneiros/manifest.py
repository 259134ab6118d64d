"""The kernel's manifest: it registers the kernel's names by reference, like any
plugin."""

from oneiros import hookimpl

CONTENTS = (
    (
        "engine.layer",
        "InputSpec Layer InputLayer Input",
        "engine engine.topology layers",
    ),
    ("engine.node", "Node to_list object_list_uid", "engine.topology"),
    ("engine.container", "get_source_inputs", "engine engine.topology"),
    ("engine.container", "Container", "engine.topology"),
)
"""Modules of the kernel, names in them, and the modules of Keras where they appear."""


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers that configurations can name."""
    return {
        "InputLayer": "oneiros.engine.layer:InputLayer",
        "Container": "oneiros.engine.container:Container",
    }


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The kernel's part of Keras's modules."""
    tables: dict[str, dict[str, str]] = {}
    for module, names, paths in CONTENTS:
        for path in paths.split():
            tables.setdefault(path, {}).update(
                {name: f"oneiros.{module}:{name}" for name in names.split()}
            )
    return tables

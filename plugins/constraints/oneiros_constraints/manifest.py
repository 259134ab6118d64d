"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_CLASSES = {
    name: f"oneiros_constraints.constraints:{name}"
    for name in ("MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm")
}
CONSTRAINTS = {
    **_CLASSES,
    **{name.lower(): _CLASSES[name] for name in ("MaxNorm", "NonNeg", "UnitNorm")},
}


@hookimpl
def oneiros_constraints() -> dict[str, str]:
    """The weight constraints by name."""
    return CONSTRAINTS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.constraints`."""
    helpers = {
        "Constraint": "oneiros_constraints.constraint:Constraint",
        "get": "oneiros_constraints.constraints:get",
    }
    return {"constraints": {**CONSTRAINTS, **helpers}}

"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

CONSTRAINTS = {
    "MaxNorm": "oneiros_constraints.constraints:MaxNorm",
    "MinMaxNorm": "oneiros_constraints.constraints:MinMaxNorm",
    "NonNeg": "oneiros_constraints.constraints:NonNeg",
    "UnitNorm": "oneiros_constraints.constraints:UnitNorm",
    "maxnorm": "oneiros_constraints.constraints:MaxNorm",
    "nonneg": "oneiros_constraints.constraints:NonNeg",
    "unitnorm": "oneiros_constraints.constraints:UnitNorm",
}


@hookimpl
def oneiros_constraints():
    """The weight constraints by name."""
    return CONSTRAINTS


@hookimpl
def oneiros_modules():
    """The module `oneiros.constraints`."""
    helpers = {
        "Constraint": "oneiros_constraints.constraint:Constraint",
        "get": "oneiros_constraints.constraints:get",
    }
    return {"constraints": {**CONSTRAINTS, **helpers}}

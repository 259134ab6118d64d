"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_L1L2 = "oneiros_regularizers.regularizers:L1L2Regularizer"
REGULARIZERS = {
    "L1L2Regularizer": _L1L2,
    "WeightRegularizer": _L1L2,
    "ActivityRegularizer": _L1L2,
    "EigenvalueRegularizer": "oneiros_regularizers.regularizers:EigenvalueRegularizer",
    **{
        name: f"oneiros_regularizers.regularizers:{name}"
        for name in ("l1", "l2", "l1l2", "activity_l1", "activity_l2", "activity_l1l2")
    },
}


@hookimpl
def oneiros_regularizers():
    """The regularizers by name."""
    return REGULARIZERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.regularizers`."""
    helpers = {
        "Regularizer": "oneiros_regularizers.regularizer:Regularizer",
        "get": "oneiros_regularizers.regularizers:get",
    }
    return {"regularizers": {**REGULARIZERS, **helpers}}

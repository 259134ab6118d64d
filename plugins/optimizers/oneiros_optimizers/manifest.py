"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_CLASSES = {
    "SGD": "oneiros_optimizers.sgd:SGD",
    "RMSprop": "oneiros_optimizers.accumulating:RMSprop",
    "Adagrad": "oneiros_optimizers.accumulating:Adagrad",
    "Adadelta": "oneiros_optimizers.accumulating:Adadelta",
    "Adam": "oneiros_optimizers.adam:Adam",
    "Adamax": "oneiros_optimizers.adam:Adamax",
    "Nadam": "oneiros_optimizers.adam:Nadam",
}
OPTIMIZERS = {
    **_CLASSES,
    **{name.lower(): reference for name, reference in _CLASSES.items()},
    "TFOptimizer": "oneiros_optimizers.foreign:TFOptimizer",
}


@hookimpl
def oneiros_optimizers():
    """The optimizers by name."""
    return OPTIMIZERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.optimizers`."""
    helpers = {
        "DecayingOptimizer": "oneiros_optimizers.optimizer:DecayingOptimizer",
        "Optimizer": "oneiros_optimizers.optimizer:Optimizer",
        "OptimizerOptions": "oneiros_optimizers.optimizer:OptimizerOptions",
        "clip_norm": "oneiros_optimizers.optimizer:clip_norm",
        "get": "oneiros_optimizers.lookup:get",
        "optimizer_from_config": "oneiros_optimizers.lookup:optimizer_from_config",
    }
    return {"optimizers": {**OPTIMIZERS, **helpers}}

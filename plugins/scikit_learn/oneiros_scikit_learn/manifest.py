"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules():
    """The module `scikit_learn` of `oneiros.wrappers`."""
    return {
        "wrappers.scikit_learn": {
            "BaseWrapper": "oneiros_scikit_learn.base:BaseWrapper",
            "KerasClassifier": "oneiros_scikit_learn.classifier:KerasClassifier",
            "KerasRegressor": "oneiros_scikit_learn.regressor:KerasRegressor",
        }
    }

"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

_NAMES = (
    "uniform",
    "normal",
    "lecun_uniform",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "orthogonal",
    "identity",
    "zero",
    "one",
)
INITIALIZATIONS = {name: f"oneiros_initializations.functions:{name}" for name in _NAMES}
MIGRATIONS = {
    "Zeros": "oneiros_initializations.migrations:Initializer",
    "Ones": "oneiros_initializations.migrations:Initializer",
    "Constant": "oneiros_initializations.migrations:Initializer",
    "RandomUniform": "oneiros_initializations.migrations:Initializer",
    "RandomNormal": "oneiros_initializations.migrations:Initializer",
    "TruncatedNormal": "oneiros_initializations.migrations:Initializer",
    "GlorotUniform": "oneiros_initializations.migrations:Initializer",
    "GlorotNormal": "oneiros_initializations.migrations:Initializer",
    "HeUniform": "oneiros_initializations.migrations:Initializer",
    "HeNormal": "oneiros_initializations.migrations:Initializer",
    "LecunUniform": "oneiros_initializations.migrations:Initializer",
    "LecunNormal": "oneiros_initializations.migrations:Initializer",
    "Orthogonal": "oneiros_initializations.migrations:Initializer",
    "Identity": "oneiros_initializations.migrations:Initializer",
    "zeros": "oneiros_initializations.migrations:Initializer",
    "ones": "oneiros_initializations.migrations:Initializer",
    "random_uniform": "oneiros_initializations.migrations:Initializer",
    "random_normal": "oneiros_initializations.migrations:Initializer",
    "VarianceScaling": "oneiros_initializations.migrations:VarianceScaling",
}


@hookimpl
def oneiros_initializations() -> dict[str, str]:
    """The weight initializations by name."""
    return INITIALIZATIONS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.initializations`."""
    helpers = {
        name: f"oneiros_initializations.functions:{name}"
        for name in ("get", "get_fans")
    }
    return {"initializations": {**INITIALIZATIONS, **helpers}}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """How files of other versions of Keras are read, by class."""
    return MIGRATIONS

"""Manifest: the names of this plugin, by reference."""

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
    "Zeros": "oneiros_initializations.migrations:InitializerMigration",
    "Ones": "oneiros_initializations.migrations:InitializerMigration",
    "Constant": "oneiros_initializations.migrations:InitializerMigration",
    "RandomUniform": "oneiros_initializations.migrations:InitializerMigration",
    "RandomNormal": "oneiros_initializations.migrations:InitializerMigration",
    "TruncatedNormal": "oneiros_initializations.migrations:InitializerMigration",
    "GlorotUniform": "oneiros_initializations.migrations:InitializerMigration",
    "GlorotNormal": "oneiros_initializations.migrations:InitializerMigration",
    "HeUniform": "oneiros_initializations.migrations:InitializerMigration",
    "HeNormal": "oneiros_initializations.migrations:InitializerMigration",
    "LecunUniform": "oneiros_initializations.migrations:InitializerMigration",
    "LecunNormal": "oneiros_initializations.migrations:InitializerMigration",
    "Orthogonal": "oneiros_initializations.migrations:InitializerMigration",
    "Identity": "oneiros_initializations.migrations:InitializerMigration",
    "zeros": "oneiros_initializations.migrations:InitializerMigration",
    "ones": "oneiros_initializations.migrations:InitializerMigration",
    "random_uniform": "oneiros_initializations.migrations:InitializerMigration",
    "random_normal": "oneiros_initializations.migrations:InitializerMigration",
    "VarianceScaling": "oneiros_initializations.migrations:VarianceScalingMigration",
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
    """The migrations from other versions of Keras, by class."""
    return MIGRATIONS

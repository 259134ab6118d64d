"""Initializers in files of Keras 2: replaced by the nearest initialization.

A loaded model has its weights. For a model built from JSON alone, a warning names the
replacement.
"""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Migration, Origin

NEAREST = {
    "Zeros": "zero",
    "Ones": "one",
    "Constant": "zero",
    "RandomUniform": "uniform",
    "RandomNormal": "normal",
    "TruncatedNormal": "normal",
    "GlorotUniform": "glorot_uniform",
    "GlorotNormal": "glorot_normal",
    "HeUniform": "he_uniform",
    "HeNormal": "he_normal",
    "LecunUniform": "lecun_uniform",
    "LecunNormal": "lecun_uniform",
    "Orthogonal": "orthogonal",
    "Identity": "identity",
}
BY_SCALE = {
    ("fan_avg", 1.0, "uniform"): "glorot_uniform",
    ("fan_avg", 1.0, "normal"): "glorot_normal",
    ("fan_in", 2.0, "uniform"): "he_uniform",
    ("fan_in", 2.0, "normal"): "he_normal",
    ("fan_in", 1.0, "uniform"): "lecun_uniform",
}
SPELLINGS = {
    "zeros": "zero",
    "ones": "one",
    "random_uniform": "uniform",
    "random_normal": "normal",
}


class InitializerMigration(Migration):
    """An initializer without arguments that matter here."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the kind, and as arguments the name of the initialization."""
        return "initialization", SPELLINGS.get(name) or NEAREST[name]


class VarianceScalingMigration(Migration):
    """The initializer that stands for most others in files."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the kind, and as arguments the name of the initialization."""
        spread = str(config.get("distribution", "")).rpartition("_")[2]
        distribution = (config.get("mode"), config.get("scale"), spread)
        return "initialization", BY_SCALE.get(distribution, "glorot_uniform")

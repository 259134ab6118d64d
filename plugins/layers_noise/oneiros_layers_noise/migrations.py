"""Migration from files of Keras 2: noise."""

from __future__ import annotations

from oneiros_old_files.base import ElementwiseMigration
from oneiros_old_files.keras2 import ANY, Keras2Layer


class GaussianNoiseMigration(ElementwiseMigration, Keras2Layer):
    """GaussianNoise."""

    name = "GaussianNoise"
    renamed = {"stddev": "sigma"}
    neutral = {"seed": ANY}


class GaussianDropoutMigration(ElementwiseMigration, Keras2Layer):
    """GaussianDropout."""

    name = "GaussianDropout"
    renamed = {"rate": "p"}
    neutral = {"seed": ANY}

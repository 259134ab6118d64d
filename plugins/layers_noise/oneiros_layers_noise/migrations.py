"""How files of Keras 2 are read: noise."""

from __future__ import annotations

from oneiros_migrations.keras2 import ANY, Keras2Layer


class GaussianNoise(Keras2Layer):
    """GaussianNoise."""

    name = "GaussianNoise"
    renamed = {"stddev": "sigma"}
    neutral = {"seed": ANY}


class GaussianDropout(Keras2Layer):
    """GaussianDropout."""

    name = "GaussianDropout"
    renamed = {"rate": "p"}
    neutral = {"seed": ANY}

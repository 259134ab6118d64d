"""Migration from files of Keras 2: pooling."""

from __future__ import annotations

from oneiros_old_files.keras2 import Keras2Layer, Renamed

PADDED = {"padding": "border_mode"}
WINDOWS: Renamed = {
    "pool_size": "pool_size",
    "strides": "strides",
    **PADDED,
    "data_format": "dim_ordering",
}
LAST = {"data_format": ("channels_last",)}
FLAT = {"keepdims": (False,)}


class MaxPooling1DMigration(Keras2Layer):
    """MaxPooling1D."""

    name = "MaxPooling1D"
    renamed = {"pool_size": ("pool_length",), "strides": ("stride",), **PADDED}
    neutral = LAST


class AveragePooling1DMigration(MaxPooling1DMigration):
    """AveragePooling1D."""

    name = "AveragePooling1D"


class MaxPooling2DMigration(Keras2Layer):
    """MaxPooling2D."""

    name = "MaxPooling2D"
    renamed = WINDOWS


class AveragePooling2DMigration(MaxPooling2DMigration):
    """AveragePooling2D."""

    name = "AveragePooling2D"


class MaxPooling3DMigration(MaxPooling2DMigration):
    """MaxPooling3D."""

    name = "MaxPooling3D"


class AveragePooling3DMigration(MaxPooling2DMigration):
    """AveragePooling3D."""

    name = "AveragePooling3D"


class GlobalMaxPooling1DMigration(Keras2Layer):
    """GlobalMaxPooling1D."""

    name = "GlobalMaxPooling1D"
    neutral = {**FLAT, **LAST}


class GlobalAveragePooling1DMigration(GlobalMaxPooling1DMigration):
    """GlobalAveragePooling1D."""

    name = "GlobalAveragePooling1D"


class GlobalMaxPooling2DMigration(Keras2Layer):
    """GlobalMaxPooling2D."""

    name = "GlobalMaxPooling2D"
    renamed = {"data_format": "dim_ordering"}
    neutral = FLAT


class GlobalAveragePooling2DMigration(GlobalMaxPooling2DMigration):
    """GlobalAveragePooling2D."""

    name = "GlobalAveragePooling2D"


class GlobalMaxPooling3DMigration(GlobalMaxPooling2DMigration):
    """GlobalMaxPooling3D."""

    name = "GlobalMaxPooling3D"


class GlobalAveragePooling3DMigration(GlobalMaxPooling2DMigration):
    """GlobalAveragePooling3D."""

    name = "GlobalAveragePooling3D"

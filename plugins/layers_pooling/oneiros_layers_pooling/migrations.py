"""How files of Keras 2 are read: pooling."""

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


class MaxPooling1D(Keras2Layer):
    """MaxPooling1D."""

    name = "MaxPooling1D"
    renamed = {"pool_size": ("pool_length",), "strides": ("stride",), **PADDED}
    neutral = LAST


class AveragePooling1D(MaxPooling1D):
    """AveragePooling1D."""

    name = "AveragePooling1D"


class MaxPooling2D(Keras2Layer):
    """MaxPooling2D."""

    name = "MaxPooling2D"
    renamed = WINDOWS


class AveragePooling2D(MaxPooling2D):
    """AveragePooling2D."""

    name = "AveragePooling2D"


class MaxPooling3D(MaxPooling2D):
    """MaxPooling3D."""

    name = "MaxPooling3D"


class AveragePooling3D(MaxPooling2D):
    """AveragePooling3D."""

    name = "AveragePooling3D"


class GlobalMaxPooling1D(Keras2Layer):
    """GlobalMaxPooling1D."""

    name = "GlobalMaxPooling1D"
    neutral = {**FLAT, **LAST}


class GlobalAveragePooling1D(GlobalMaxPooling1D):
    """GlobalAveragePooling1D."""

    name = "GlobalAveragePooling1D"


class GlobalMaxPooling2D(Keras2Layer):
    """GlobalMaxPooling2D."""

    name = "GlobalMaxPooling2D"
    renamed = {"data_format": "dim_ordering"}
    neutral = FLAT


class GlobalAveragePooling2D(GlobalMaxPooling2D):
    """GlobalAveragePooling2D."""

    name = "GlobalAveragePooling2D"


class GlobalMaxPooling3D(GlobalMaxPooling2D):
    """GlobalMaxPooling3D."""

    name = "GlobalMaxPooling3D"


class GlobalAveragePooling3D(GlobalMaxPooling2D):
    """GlobalAveragePooling3D."""

    name = "GlobalAveragePooling3D"

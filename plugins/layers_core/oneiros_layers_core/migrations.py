"""How files of Keras 2 are read: the core layers, and the classes that Merge has become."""

from __future__ import annotations

from typing import Any

from oneiros_migrations.base import Migration, Origin
from oneiros_migrations.configs import migrated
from oneiros_migrations.keras2 import AFFINE, Keras2Layer


class Dense(Keras2Layer):
    """Dense."""

    name = "Dense"
    renamed = {**AFFINE, "units": "output_dim"}


class Activation(Keras2Layer):
    """Activation."""

    name = "Activation"
    renamed = {"activation": "activation"}


class ActivityRegularization(Keras2Layer):
    """ActivityRegularization."""

    name = "ActivityRegularization"
    renamed = {"l1": "l1", "l2": "l2"}


class Dropout(Keras2Layer):
    """Dropout."""

    name = "Dropout"
    renamed = {"rate": "p", "noise_shape": "noise_shape", "seed": "seed"}


class SpatialDropout1D(Keras2Layer):
    """SpatialDropout1D."""

    name = "SpatialDropout1D"
    renamed = {"rate": "p"}
    neutral = {"noise_shape": (None,), "seed": (None,)}


class SpatialDropout2D(SpatialDropout1D):
    """SpatialDropout2D."""

    name = "SpatialDropout2D"
    renamed = {"rate": "p", "data_format": "dim_ordering"}


class SpatialDropout3D(SpatialDropout2D):
    """SpatialDropout3D."""

    name = "SpatialDropout3D"


class Flatten(Keras2Layer):
    """Flatten, which keeps the order of the axes here."""

    name = "Flatten"
    neutral = {"data_format": ("channels_last", None)}


class Reshape(Keras2Layer):
    """Reshape."""

    name = "Reshape"
    renamed = {"target_shape": "target_shape"}


class Permute(Keras2Layer):
    """Permute."""

    name = "Permute"
    renamed = {"dims": "dims"}


class RepeatVector(Keras2Layer):
    """RepeatVector."""

    name = "RepeatVector"
    renamed = {"n": "n"}


class Masking(Keras2Layer):
    """Masking."""

    name = "Masking"
    renamed = {"mask_value": "mask_value"}


class Lambda(Keras2Layer):
    """Lambda, whose function the caller supplies."""

    name = "Lambda"
    renamed = {
        argument: argument
        for argument in ("function", "function_type", "output_shape", "output_shape_type", "arguments")
    }
    neutral = {"mask": (None,), "mask_type": ("raw",)}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments, without the module that a function was in."""
        if origin.keras > 1:
            config = {argument: value for argument, value in config.items() if "module" not in argument}
        found, here = super().translated(name, config, origin)
        if origin.keras > 1 and isinstance(here.get("function"), dict):
            here["function_type"] = "lambda"
        return found, here


class Merge(Migration):
    """Merge of Keras 1, which may hold the layers that it joins."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        layers = config.get("layers")
        inside = [migrated(layer, origin) for layer in layers] if isinstance(layers, list) else layers
        return name, {**config, "layers": inside} if "layers" in config else config


class MergeLayer(Keras2Layer):
    """What Merge with one mode is in Keras 2."""

    name = "Merge"

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns Merge and its arguments; it has no `trainable`, and neither has it weights."""
        found, here = super().translated(name, config, origin)
        return found, {key: value for key, value in here.items() if key != "trainable"}


class Add(MergeLayer):
    """Merge by sum."""

    added = {"mode": "sum"}


class Multiply(MergeLayer):
    """Merge by product."""

    added = {"mode": "mul"}


class Average(MergeLayer):
    """Merge by average."""

    added = {"mode": "ave"}


class Maximum(MergeLayer):
    """Merge by maximum."""

    added = {"mode": "max"}


class Concatenate(MergeLayer):
    """Merge along an axis."""

    added = {"mode": "concat"}
    renamed = {"axis": "concat_axis"}


class Dot(MergeLayer):
    """Merge by dot product; Keras 1's cosine has another shape."""

    added = {"mode": "dot"}
    renamed = {"axes": "dot_axes"}
    neutral = {"normalize": (False,)}

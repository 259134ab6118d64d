"""Migration from files of Keras 2: the layers that hold a layer."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.keras2 import Keras2Layer


class TimeDistributedMigration(Keras2Layer):
    """TimeDistributed."""

    name = "TimeDistributed"
    renamed = {"layer": "layer"}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments, the layer's among them."""
        class_name, arguments = super().translated(name, config, origin)
        if "layer" in arguments:
            arguments["layer"] = migrated(arguments["layer"], origin)
        return class_name, arguments


class BidirectionalMigration(TimeDistributedMigration):
    """Bidirectional."""

    name = "Bidirectional"
    renamed = {"layer": "layer", "merge_mode": "merge_mode"}

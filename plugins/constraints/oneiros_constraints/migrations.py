"""Migration from files of Keras 2: constraints."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Migration, Origin


class MaxNormMigration(Migration):
    """A constraint whose arguments Keras 2 calls otherwise."""

    renamed: dict[str, str] = {"max_value": "m", "axis": "axis"}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its configuration."""
        if origin.keras < 2:
            return name, config
        arguments = {
            name_here: config[name_there]
            for name_there, name_here in self.renamed.items()
            if name_there in config
        }
        return name, {"name": name, **arguments}


class MinMaxNormMigration(MaxNormMigration):
    """MinMaxNorm."""

    renamed = {"min_value": "low", "max_value": "high", "rate": "rate", "axis": "axis"}


class UnitNormMigration(MaxNormMigration):
    """UnitNorm."""

    renamed = {"axis": "axis"}


class NonNegMigration(MaxNormMigration):
    """NonNeg, which has no arguments."""

    renamed = {}

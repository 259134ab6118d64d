"""Migration from files of Keras 2: regularizers."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Migration, Origin
from oneiros_old_files.keras2 import plain


class L1L2Migration(Migration):
    """L1L2, and its later forms L1 and L2."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its configuration."""
        factors = {
            factor: float(plain(config.get(factor)) or 0.0) for factor in ("l1", "l2")
        }
        return "L1L2Regularizer", {"name": "L1L2Regularizer", **factors}

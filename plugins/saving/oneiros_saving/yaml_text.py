"""Configurations as YAML, which a separate plugin writes."""

from __future__ import annotations

from typing import Any

from oneiros import registry
from oneiros.errors import CapabilityError, UnknownNameError


def yaml_text(config: dict[str, Any], **kwargs: Any) -> str:
    """Returns a configuration as YAML text.

    # Arguments
        config: dict of plain data.
        kwargs: passed to the writer.

    # Raises
        CapabilityError: if no plugin provides the format `yaml`.
    """
    try:
        yaml = registry.resolve("format", "yaml")()
    except UnknownNameError as error:
        raise CapabilityError(
            f"to_yaml needs a plugin. {error} to_json() is always available."
        ) from None
    return str(yaml.dumps(config, **kwargs))

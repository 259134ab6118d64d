"""Configurations as YAML, which a plugin of its own writes."""

from __future__ import annotations

from typing import Any

from oneiros import registry
from oneiros.errors import CapabilityError, UnknownNameError


def yaml_text(config: dict[str, Any], **kwargs: Any) -> str:
    """Returns a configuration as YAML text.

    # Arguments
        config: dict of plain data.
        kwargs: passed on to the writer.

    # Raises
        CapabilityError: if no plugin provides the format `yaml`, which writes it.
    """
    try:
        yaml = registry.resolve("format", "yaml")()
    except UnknownNameError as error:
        raise CapabilityError(
            f"to_yaml needs a plugin. {error} to_json() is always there."
        ) from None
    return str(yaml.dumps(config, **kwargs))

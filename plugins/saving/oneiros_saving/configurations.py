"""The service `configurations`: layers and graphs as plain data, and as text."""

from __future__ import annotations

from typing import Any

from oneiros import registry, services
from oneiros.errors import CapabilityError, UnknownNameError
from oneiros_old_files.stored_functions import get_function
from oneiros_safe_files.json_text import dumps

from oneiros_saving.graph_config import build_graph, graph_config
from oneiros_saving.layer_config import argument_config, layer_config


def yaml_text(config: dict[str, Any], **options: Any) -> str:
    """Returns a configuration as YAML text.

    # Arguments
        config: dict of plain data.
        options: passed to the writer.

    # Raises
        CapabilityError: if no plugin provides the format `yaml`.
    """
    try:
        yaml = registry.resolve("format", "yaml")()
    except UnknownNameError as error:
        raise CapabilityError(
            f"to_yaml needs a plugin. {error} to_json() is always available."
        ) from None
    return str(yaml.dumps(config, **options))


class Configurations:
    """What the kernel calls."""

    layer_config = staticmethod(layer_config)
    argument_config = staticmethod(argument_config)
    graph_config = staticmethod(graph_config)
    build_graph = staticmethod(build_graph)
    stored_function = staticmethod(get_function)
    to_json = staticmethod(dumps)
    to_yaml = staticmethod(yaml_text)


service: services.Configurations = Configurations()

"""Configurations of models as YAML text, like Keras 1.2.2."""

from typing import Any, ClassVar

from oneiros_safe_files import json_text, yaml_text
from oneiros_safe_files.model_state import Format


class YAMLFormat(Format):
    """YAML for `model.to_yaml()` and `model_from_yaml()`; model files are never
    YAML."""

    name: ClassVar[str] = "yaml"

    def recognises(self, head: bytes) -> bool:
        """Returns False; pass texts to `model_from_yaml`."""
        return False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Returns a configuration as YAML text; it converts values like the JSON
        format.

        # Arguments
            obj: dicts, lists, numbers, strings, …
            kwargs: passed to `yaml.dump`.
        """
        return yaml_text.dumps(_plain(obj), **kwargs)

    def loads(self, text: str) -> Any:
        """Parses text from `dumps` or Keras 1."""
        return yaml_text.loads(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    kind = type(value)
    if kind in (list, tuple):
        return kind(map(_plain, value))
    return json_text.loads(json_text.dumps(value))

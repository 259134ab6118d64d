"""Reading settings, and changing them for a time."""

from typing import Any

from pytensor import configparser

from oneiros_theano_namespace.configuration import config

__all__ = ["change_flags"]

change_flags = config.change_flags


def __getattr__(name: str) -> Any:
    return getattr(configparser, name)

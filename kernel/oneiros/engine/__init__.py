"""The model graph and its training; Keras's names are looked up when you use them."""

from typing import Any

from oneiros import modules


def __getattr__(name: str) -> Any:
    return modules.attribute(__name__, name)


def __dir__() -> list[str]:
    return modules.names(__name__)

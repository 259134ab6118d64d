"""The setting `device`: where a backend computes.

It is `auto` (the engine chooses), `cpu`, `gpu`, or one of several such as `gpu:1`; or,
per backend and with commas, `theano=cpu,tensorflow=gpu:1`, where a device without a
name is for all other backends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from oneiros import registry, settings
from oneiros.errors import SettingsError

_ITEM = re.compile(r"(?:([\w.-]+)=)?(auto|(?:cpu|gpu)(?::\d+)?)")


class Device(NamedTuple):
    """One of an engine's devices."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


class Choice:
    """The device that a backend computes on: one per process, settled when it is first
    needed.

    Called, it is what `find` returned, or None if the engine is to choose.

    # Example
        ```python
        from oneiros_backend_toolkit.devices import Choice

        devices = {"cpu": ["first", "second"]}
        chosen = Choice("mine", lambda device: devices[device.kind][device.number])
        chosen()  # None
        ```

    # Arguments
        backend: the backend's name.
        find: function of a Device that returns what the engine calls it; it raises what
            `missing` makes.
    """

    def __init__(self, backend: str, find: Callable[[Device], Any]) -> None:
        self._backend = backend
        self._find = find
        self._settled: tuple[Device | None, Any] | None = None

    def __call__(self) -> Any:
        """Returns the engine's device, or None if the engine is to choose; `auto` keeps
        what is settled.

        # Raises
            SettingsError: if the setting makes no sense, or names a device that isn't
                there, or another one.
        """
        device = requested(self._backend)
        if self._settled is None:
            engine_device = None if device is None else self._find(device)
            self._settled = device, engine_device
        settled, engine_device = self._settled
        if device not in (None, settled):
            raise SettingsError(
                f"{_source()} asks the backend {self._backend} for {device}; this "
                f"process computes on {settled or 'auto'} already. Start a new one, "
                "with the device set beforehand."
            )
        return engine_device


def requested(backend: str) -> Device | None:
    """Returns the device that the setting names for a backend; None if the engine is to
    choose.

    # Raises
        SettingsError: if the setting makes no sense.
    """
    table = _parsed(settings.get("device"))
    return table[backend] if backend in table else table.get("")


def missing(
    backend: str, device: Device, there: Sequence[str], advice: str
) -> SettingsError:
    """Returns the error that says that the engine has no such device.

    # Arguments
        there: the devices that it has.
        advice: what to do for a GPU.
    """
    helps = device.kind == "gpu" and not any(name.startswith("gpu") for name in there)
    return SettingsError(
        f"{_source()} asks the backend {backend} for {device}; its engine has "
        f"{', '.join(there) or 'none'}. {f'{advice} Or' if helps else 'Type'} "
        "ONEIROS_DEVICE=auto for the engine's own choice."
    )


def _source() -> str:
    value, source = settings.candidates("device")[0]
    return f"The setting device={value!r} ({source})"


@lru_cache
def _parsed(text: str) -> dict[str, Device | None]:
    """Returns the devices by the backends' names; "" for the others."""
    items = [_ITEM.fullmatch(item.strip()) for item in text.split(",")]
    names = [item[1] or "" for item in items if item]
    if None in items or len(set(names)) < len(items):
        raise SettingsError(
            f"{_source()} makes no sense. Write auto, cpu, gpu or gpu:1, or one for "
            "each backend, such as theano=cpu,tensorflow=gpu:1."
        )
    backend_names = {"", *registry.names("backend"), *registry.owners()["backend"]}
    for name in names:
        if name not in backend_names:
            raise SettingsError(
                f"{_source()} names {name!r}, which is no backend. Backends are: "
                f"{', '.join(sorted(backend_names - {''}))}."
            )
    return dict(zip(names, (_device(item[2]) for item in items if item), strict=True))


def _device(text: str) -> Device | None:
    kind, _, number = text.partition(":")
    return None if kind == "auto" else Device(kind, int(number or 0))

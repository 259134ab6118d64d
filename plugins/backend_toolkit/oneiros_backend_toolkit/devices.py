"""The setting `device`, which selects where a backend computes.

It is `auto` (the engine chooses), `cpu`, `gpu`, a numbered device such as `gpu:1`, or a
list with one device per backend, such as `theano=cpu,tensorflow=gpu:1`; a device
without a backend's name is for all others.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from oneiros import registry, settings
from oneiros.errors import SettingsError

_ITEM = re.compile(r"(?:([\w.-]+)=)?(auto|(?:cpu|gpu)(?::\d+)?)")


class Device(NamedTuple):
    """A device of an engine."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"


class Choice:
    """A backend's device: one per process, chosen when it is first needed.

    Call it to get the result of `find`, or None if the engine chooses.

    # Example
        ```python
        from oneiros_backend_toolkit.devices import Choice

        devices = {"cpu": ["first", "second"]}
        chosen = Choice("mine", lambda device: devices[device.kind][device.number])
        chosen()  # None
        ```

    # Arguments
        backend: the backend's name.
        find: function of a Device that returns the engine's object for it, or raises
            the error from `missing`.
    """

    def __init__(self, backend: str, find: Callable[[Device], Any]):
        self._backend = backend
        self._find = find
        self._chosen: tuple[Device | None, Any] | None = None

    def __call__(self):
        """Returns the engine's device, or None if the engine chooses; `auto` keeps an
        earlier choice.

        # Raises
            SettingsError: if the setting is invalid, or names a missing device or
                another one than before.
        """
        device = requested(self._backend)
        if self._chosen is None:
            engine_device = None if device is None else self._find(device)
            self._chosen = device, engine_device
        chosen, engine_device = self._chosen
        if device not in (None, chosen):
            raise SettingsError(
                f"{_source()} asks the backend {self._backend} for {device}, but this "
                f"process already computes on {chosen or 'auto'}. Start a new process "
                "with the device set first."
            )
        return engine_device


def requested(backend: str) -> Device | None:
    """Returns the device that the setting names for a backend; None if the engine
    chooses.

    # Raises
        SettingsError: if the setting is invalid.
    """
    table = _parsed(settings.get("device"))
    if backend in table:
        return table[backend]
    return table.get("")


def missing(
    backend: str, device: Device, there: Sequence[str], advice: str
) -> SettingsError:
    """Returns the error for a device that the engine doesn't have.

    # Arguments
        there: the available devices.
        advice: how to get a GPU.
    """
    has_gpu = any(name.startswith("gpu") for name in there)
    remedy = "Type"
    if device.kind == "gpu" and not has_gpu:
        remedy = f"{advice} Or"
    return SettingsError(
        f"{_source()} asks the backend {backend} for {device}, but its engine has "
        f"{', '.join(there) or 'none'}. {remedy} "
        "ONEIROS_DEVICE=auto for the engine's own choice."
    )


def _source() -> str:
    value, source = settings.candidates("device")[0]
    return f"The setting device={value!r} ({source})"


def _parsed(text: str) -> dict[str, Device | None]:
    """Returns the devices by backend name, with "" for the others."""
    devices: dict[str, Device | None] = {}
    items = text.split(",")
    for item in items:
        if found := _ITEM.fullmatch(item.strip()):
            name, device = found.groups()
            kind, _, number = device.partition(":")
            is_automatic = kind == "auto"
            chosen = None if is_automatic else Device(kind, int(number or 0))
            devices[name or ""] = chosen
    if len(devices) < len(items):
        raise SettingsError(
            f"{_source()} is invalid. Write auto, cpu, gpu or gpu:1, or one for "
            "each backend, such as theano=cpu,tensorflow=gpu:1."
        )
    backend_names = {"", *registry.names("backend"), *registry.owners()["backend"]}
    for name in devices:
        if name not in backend_names:
            raise SettingsError(
                f"{_source()} names {name!r}, which isn't a backend. Backends are: "
                f"{', '.join(sorted(backend_names - {''}))}."
            )
    return devices

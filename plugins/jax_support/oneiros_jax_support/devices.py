"""The device of a backend that computes with JAX."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from oneiros_backend_toolkit.devices import Choice, Device, missing
from oneiros_backend_toolkit.function import note_threads

from oneiros_jax_support.jax_import import jax

UNCHOSEN = -1
"""The number of cores that are devices if JAX isn't told one."""


def scope(backend: str) -> Callable[[], AbstractContextManager[Any]]:
    """Returns a function that makes contexts in which JAX computes on the backend's
    device, with 64-bit types.

    # Raises
        SettingsError: if the setting `device` is invalid, or its device doesn't exist.
    """
    note_threads()
    offer_cores()
    choice = _choice(backend)
    device = choice()
    if device is None:
        return functools.partial(jax.enable_x64, True)
    return functools.partial(_on, device)


@functools.cache
def offer_cores() -> bool:
    """Makes each core a device of JAX; returns whether it did.

    It doesn't if JAX has computed before, or if somebody has chosen a number, as
    JAX_NUM_CPU_DEVICES=1 in the environment does.
    """
    is_chosen = "host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if is_chosen or jax.config.jax_num_cpu_devices != UNCHOSEN:
        return False
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", core_count())
        return True
    return False


def core_count() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def platform() -> str:
    """Returns what is computed on in this context, such as `"cpu"`."""
    device = jax.config.jax_default_device
    name = getattr(device, "platform", device)
    return str(name or jax.default_backend())


@contextmanager
def _on(device) -> Iterator[None]:
    with jax.default_device(device), jax.enable_x64(True):
        yield


@functools.cache
def _choice(backend: str) -> Choice:
    find_device = functools.partial(find, backend)
    return Choice(backend, find_device)


def find(backend: str, device: Device):
    """Returns a device of JAX.

    # Raises
        SettingsError: if it doesn't exist.
    """
    devices = _devices(device.kind)
    number = device.number
    if number < len(devices):
        return devices[number]
    raise missing(backend, device, available(), _advice())


def available() -> list[str]:
    """Returns the names of JAX's devices, as the setting `device` has them."""
    names = []
    for kind in ("cpu", "gpu"):
        count = len(_devices(kind))
        names += [f"{kind}:{place}" for place in range(count)]
    return names


def _devices(kind: str) -> list[Any]:
    """Returns the devices of a kind; the processor is one, whatever its cores are."""
    with suppress(RuntimeError):
        devices = list(jax.local_devices(backend=kind))
        is_processor = kind == "cpu" and offer_cores()
        return devices[:1] if is_processor else devices
    return []


def _advice() -> str:
    platforms = os.environ.get("JAX_PLATFORMS")
    if platforms:
        return f"JAX_PLATFORMS={platforms} says which kinds JAX may use; unset it."
    return "JAX needs its CUDA build for a GPU of NVIDIA's: pip install 'jax[cuda12]'."

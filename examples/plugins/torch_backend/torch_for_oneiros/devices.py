"""PyTorch's device: what the setting `device` names, or else a GPU if there is one."""

import functools
from typing import Any

from oneiros_backend_toolkit.devices import Choice, Device, missing
from oneiros_backend_toolkit.lazy_graph.trial_sizes import inferring

from torch_for_oneiros.torch_import import torch

ADVICE = "PyTorch needs its CUDA build for a GPU of NVIDIA's: pytorch.org says how."


def find(device: Device):
    """Returns a device of PyTorch.

    # Raises
        SettingsError: if it doesn't exist.
    """
    there = ["cpu:0"]
    gpu_count = torch.cuda.device_count()
    there += [f"gpu:{number}" for number in range(gpu_count)]
    if str(device) not in there:
        raise missing("torch", device, there, ADVICE)
    if device.kind == "cpu":
        return torch.device("cpu")
    return torch.device("cuda", device.number)


_choice = Choice("torch", find)


def check_device() -> None:
    """Raises SettingsError if the setting asks for another device than before."""
    _choice()


@functools.cache
def _device():
    chosen = _choice()
    if chosen is not None:
        return chosen
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(kind)


def place() -> Any:
    """Returns where tensors are made: on the device, or nowhere while shapes are
    inferred."""
    return "meta" if inferring() else _device()

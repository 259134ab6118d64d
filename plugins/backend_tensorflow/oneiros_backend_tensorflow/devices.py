"""TensorFlow's device, if the setting `device` names one."""

import os
from contextlib import nullcontext, suppress

from oneiros_backend_toolkit.devices import Choice, Device, missing
from oneiros_backend_toolkit.lazy_graph.array_functions import Function

from oneiros_backend_tensorflow.tensorflow_import import tf


def scope():
    """Returns a context in which TensorFlow computes on the device, and creates tensors
    and variables there.

    # Raises
        SettingsError: if the setting makes no sense, or names a device that isn't
            there.
    """
    name = chosen()
    if name is None:
        return nullcontext()
    return tf.device(name)


def at_once():
    """Returns a context in which TensorFlow computes at once.

    Code of 2016 may be inside a graph of TensorFlow 1, with `with session:` or
    `with graph.as_default():`.
    """
    if tf.executing_eagerly():
        return nullcontext()
    return tf.__internal__.eager_context.eager_mode()


def on_device(function: Function) -> Function:
    """Returns a function that runs on the device.

    It is `function` itself if TensorFlow chooses the device.
    """
    name = chosen()
    if name is None:
        return function

    def placed(*args):
        with tf.device(name):
            return function(*args)

    return placed


def on_gpu() -> bool:
    """Returns whether what is compiled runs on a GPU."""
    name = chosen()
    if name is not None:
        return "GPU" in name
    gpus = tf.config.list_logical_devices("GPU")
    return bool(gpus)


def in_host_memory() -> bool:
    """Returns whether compiled code runs in the memory of NumPy's arrays.

    That is the case on the first CPU device.
    """
    if on_gpu():
        return False
    name = chosen() or "CPU:0"
    return name.endswith("CPU:0")


def find(device: Device) -> str:
    """Returns TensorFlow's name of a device.

    # Raises
        SettingsError: if it isn't there.
    """
    _allow_growth()
    kind = device.kind.upper()
    devices = tf.config.list_logical_devices(kind)
    if device.number < len(devices):
        return str(devices[device.number].name)
    raise missing("tensorflow", device, available(), _advice())


def available() -> list[str]:
    """Returns the names of TensorFlow's devices, as the setting `device` has them."""
    names = []
    for present in tf.config.list_logical_devices():
        _, _, short = present.name.rpartition("device:")
        names.append(short.lower())
    return names


def _allow_growth() -> None:
    """Lets TensorFlow allocate a GPU's memory when it needs it.

    TensorFlow must not have used the GPU before.
    """
    setting = os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if setting.lower() != "true":
        return
    with suppress(RuntimeError, ValueError):
        for gpu in tf.config.get_visible_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)


def _advice() -> str:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={visible} hides the GPUs; unset it."
    return "TensorFlow needs the libraries of CUDA: pip install 'tensorflow[and-cuda]'."


chosen = Choice("tensorflow", find)

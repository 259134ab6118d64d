"""The setting `device`.

What it may say, and that a backend then computes there and nowhere else.

Processes of their own have two CPU devices each, in place of GPUs; under
--device gpu, one GPU.
"""

import os
from functools import partial
from textwrap import dedent

import pytest
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import CapabilityError, SettingsError
from oneiros_backend_toolkit.devices import Choice, Device, requested
from processes import run_python

TRAINING = dedent("""
    import sys
    import numpy as np
    from oneiros import backend as K
    from oneiros.layers import Convolution2D, Dense, Dropout, Flatten
    from oneiros.models import Sequential, load_model

    np.random.seed(3)
    convolution = Convolution2D(2, 3, 3, input_shape=(6, 6, 1), dim_ordering="tf")
    model = Sequential([convolution, Flatten(), Dropout(0.2), Dense(1)])
    first = Dense(3, input_dim=4, activation="tanh")
    dense = Sequential([first, Dropout(0.2), Dense(1)])
    images, vectors = np.random.rand(24, 6, 6, 1), np.random.rand(24, 4)
    for net, x in ((model, images), (dense, vectors)):
        net.compile("adam", "mse")
        before = net.get_weights()
        y = x.reshape(24, -1).sum(1)
        history = net.fit(x, y, nb_epoch=3, batch_size=8, verbose=0).history
        assert history["loss"][-1] < history["loss"][0]
        assert not np.array_equal(net.get_weights()[0], before[0])
    dense.save(sys.argv[1])
    again = load_model(sys.argv[1])
    assert np.array_equal(again.predict(x), dense.predict(x))
    assert K.eval(K.ones((2,))).tolist() == [1, 1]
    weights = [w for net in (model, again) for w in net.weights]
    weights += [w for net in (model, again) for w in net.optimizer.weights]
    variables = [w for w in weights if K.get_value(w).size > 2]
    upload = dense.model.train_function.upload([x, x[:, :1], np.ones(24)])
    assert "devices" in K.current().capabilities
""")

JAX = TRAINING + dedent("""
    import jax

    if K.backend() == "jax":
        slots = [w.source.storage.slot for w in variables]
    else:
        slots = [w.container.storage for w in variables]
    arrays = [slot[0] for slot in slots if isinstance(slot[0], jax.Array)]
    used = {device for array in arrays for device in array.devices()}
    kind, number = sys.argv[2].split(":")
    assert used == {jax.devices(kind)[int(number)]}, used
    assert {device for array in upload.arrays for device in array.devices()} == used
    seen = [array for array in jax.live_arrays() if array.devices() != used]
    assert not seen, seen
    print("done")
""")

TENSORFLOW = TRAINING.replace(
    "import sys\n",
    dedent("""
    import sys
    import tensorflow as tf

    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, halves)
"""),
    1,
) + dedent("""
    held = [w.source.storage.variable for w in variables] + upload.arrays
    assert {x.device.rpartition("device:")[2].lower() for x in held} == {sys.argv[2]}
    traced = []

    def squared(v):
        traced.append(tf.square(v))
        return traced[-1]

    square = K.apply(squared, K.variable([1.0, 2.0]))
    assert K.eval(square).tolist() == [1, 4]
    assert traced[-1].device.lower().endswith(sys.argv[2]), traced[-1].device
    print("done")
""")


@pytest.mark.parametrize(
    "name", ["jax", "tensorflow", pytest.param("theano", marks=pytest.mark.slow)]
)
def test_all_lives_and_runs_on_the_device(name, tmp_path):
    device = "gpu:0" if os.environ.get("JAX_PLATFORMS") != "cpu" else "cpu:1"
    ran = run_python(
        TENSORFLOW if name == "tensorflow" else JAX,
        tmp_path / "model.h5",
        device,
        options=["-W", "error"],
        ONEIROS_BACKEND=name,
        ONEIROS_DEVICE=f"cpu:0,{name}={device}",
        JAX_NUM_CPU_DEVICES="2",
    )
    assert ran.stdout == "done\n"


def test_the_setting(monkeypatch):
    assert requested("theano") is None
    monkeypatch.setenv("ONEIROS_DEVICE", "theano=cpu, jax=gpu:1, gpu")
    assert [requested(name) for name in ("theano", "jax", "tensorflow")] == [
        Device("cpu", 0),
        Device("gpu", 1),
        Device("gpu", 0),
    ]
    with settings.override(device="jax=auto,cpu"):
        assert (requested("jax"), requested("theano")) == (None, Device("cpu", 0))


@pytest.mark.parametrize(
    "value", ["cuda", "gpu:x", "", "gpu,cpu", "jax=gpu,jax=cpu", "tensorfow=gpu"]
)
def test_what_makes_no_sense(value):
    with settings.override(device=value), pytest.raises(SettingsError) as error:
        requested("jax")
    assert f"device={value!r} (settings.override)" in str(error.value)
    assert ("which isn't a backend" if "fow" in value else "theano=cpu") in str(
        error.value
    )


@pytest.mark.parametrize("value", ["gpu:9", "cpu:7"])
def test_a_device_that_is_not_there(backend, value):
    if backend == "tensorflow":
        from oneiros_backend_tensorflow.devices import find
    else:
        from oneiros_jax_support.devices import find

        find = partial(find, backend)
    with settings.override(device=value), pytest.raises(SettingsError) as error:
        Choice(backend, find)()
    text = str(error.value)
    assert f"asks the backend {backend} for {value}, but its engine has cpu:0" in text
    assert "ONEIROS_DEVICE=auto" in text
    hidden = "CUDA_VISIBLE_DEVICES=-1" in text or "JAX_PLATFORMS=cpu" in text
    assert hidden == (value == "gpu:9" and os.environ.get("JAX_PLATFORMS") == "cpu")


def test_a_device_holds_for_the_process():
    choice = Choice("jax", str)
    with settings.override(device="gpu:1"):
        assert choice() == choice() == "gpu:1"
    assert choice() == "gpu:1"
    message = r"asks .* for cpu:0, but this process already computes on gpu:1"
    settled = pytest.raises(SettingsError, match=message)
    with settings.override(device="cpu"), settled:
        choice()


def test_numba_computes_on_the_cpu(theano):
    x = K.placeholder((2,))
    message = r"linker NUMBA computes on the CPU.* for gpu:0"
    refused = pytest.raises(CapabilityError, match=message)
    with settings.override(device="theano=gpu"), refused:
        K.function([x], [x * 2], mode="NUMBA")
    with settings.override(device="cpu"):
        K.function([x], [x * 2], mode="NUMBA")

"""The mechanisms of docs/inside/optimisations.md: what each is measured on, and
how to do without it."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from convolutions import Shape, with_oneiros

from comparison.cases import CASES
from comparison.oneiros_case import Contender

Action = Callable[[], Any]
SHORT_FITS = (3, 6, 12, 24)
"""Steps of trainings that follow each other."""
BATCH_BYTES = 6 * 2**20
"""Of a batch that crosses a pipe."""
UNCACHED = object()
"""Stands for the function that `functools.lru_cache` wraps."""


@dataclass(frozen=True)
class Mechanism:
    """A mechanism for speed.

    # Properties
        module: where it stands.
        what: what is measured.
        start: makes what is measured ready, and returns it.
        engine: the backend.
        replaced: what stands in for parts of the program where the mechanism is left
            out, by their references.
        environment: what is set there instead, or besides.
        starts_anew: whether each turn has a process of its own.
    """

    module: str
    what: str
    start: Callable[[], Action]
    engine: str = "jax"
    replaced: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    starts_anew: bool = False

    def import_owners(self) -> None:
        """Imports what parts of are replaced, so that both variants have done that."""
        for reference in self.replaced:
            owner_and_name(reference)

    def leave_out(self) -> None:
        """Has this process do without it."""
        os.environ.update(self.environment)
        for reference, substitute in self.replaced.items():
            owner, name = owner_and_name(reference)
            present = getattr(owner, name)
            if substitute is UNCACHED:
                substitute = present.__wrapped__
            setattr(owner, name, substitute)


def cache(
    reference: str, what: str, start: Callable[[], Action], engine: str = "jax"
) -> Mechanism:
    """Returns the mechanism of a function that remembers its results."""
    module = reference.partition(":")[0]
    return Mechanism(module, what, start, engine, {reference: UNCACHED})


def owner_and_name(reference: str) -> tuple[Any, str]:
    """Returns the module or the class that a reference leads into, and the name there.

    # Arguments
        reference: str, such as `"package.module:Class.method"`.
    """
    module, _, path = reference.partition(":")
    *classes, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in classes:
        owner = getattr(owner, each)
    return owner, name


# What is measured


def repeated(action: Action, times: int) -> Action:
    """Returns a function that calls another one several times."""

    def run() -> None:
        for _ in range(times):
            action()

    return run


def step_of(case: str, times: int = 3) -> Callable[[], Action]:
    """Returns what starts a training of a case, step by step."""

    def start() -> Action:
        contender = Contender(case, "")
        x, y = contender.case.data(contender.case.batch)
        return repeated(lambda: contender.train_on_batch(x, y), times)

    return start


def fit_of(case: str, rows: int) -> Callable[[], Action]:
    """Returns what starts epochs of a case."""

    def start() -> Action:
        contender = Contender(case, "")
        x, y = contender.case.data(rows)
        return lambda: contender.fit(x, y, 1, True, lambda: None)

    return start


def predictions_of(case: str, rows: int, times: int = 1) -> Callable[[], Action]:
    """Returns what starts predictions of a case."""

    def start() -> Action:
        contender = Contender(case, "")
        x, _ = contender.case.data(rows)
        return repeated(lambda: contender.predict(x), times)

    return start


def first_step_of(case: str) -> Callable[[], Action]:
    """Returns what builds a case and trains a batch, compiling included."""

    def start() -> Action:
        x, y = CASES[case].data(CASES[case].batch)
        Contender.imported()
        return lambda: Contender(case, "").train_on_batch(x, y)

    return start


def short_fits() -> Action:
    """Trainings of ever more batches, compiling included."""
    contender = Contender("d", "")
    batch = contender.case.batch

    def run() -> None:
        for steps in SHORT_FITS:
            x, y = contender.case.data(steps * batch)
            contender.fit(x, y, 1, True, lambda: None)

    return run


def trained(model: Any, shape: tuple[int, ...]) -> Action:
    """Returns steps of a model with one output, on random data."""
    model.compile("sgd", "mse")
    random = np.random.RandomState(0)
    x = random.standard_normal(shape).astype("float32")
    y = random.standard_normal((shape[0], 1)).astype("float32")
    model.train_on_batch(x, y)
    return repeated(lambda: model.train_on_batch(x, y), 3)


def separable_convolutions() -> Action:
    """Steps of two separable convolutions on 32x32."""
    from oneiros.layers import Dense, Flatten, SeparableConvolution2D
    from oneiros.models import Sequential

    layers = [
        SeparableConvolution2D(16, 3, 3, input_shape=(32, 32, 8), dim_ordering="tf"),
        SeparableConvolution2D(16, 3, 3, dim_ordering="tf"),
        Flatten(),
        Dense(1),
    ]
    return trained(Sequential(layers), (32, 32, 32, 8))


def convolutions_channels_first() -> Action:
    """Steps of six normalised convolutions of 16 to 64 filters with channels first."""
    from oneiros.layers import (
        BatchNormalization,
        Convolution2D,
        Dense,
        GlobalAveragePooling2D,
        Input,
    )
    from oneiros.models import Model

    image = Input((3, 32, 32))
    x = image
    for filters in (16, 16, 32, 32, 64, 64):
        x = Convolution2D(
            filters, 3, 3, border_mode="same", activation="relu", dim_ordering="th"
        )(x)
        x = BatchNormalization(axis=1)(x)
    output = Dense(1)(GlobalAveragePooling2D(dim_ordering="th")(x))
    return trained(Model(image, output), (16, 3, 32, 32))


def predictions_of_volumes() -> Action:
    """Predictions of a convolution of volumes."""
    from oneiros.layers import Convolution3D
    from oneiros.models import Sequential

    layer = Convolution3D(
        16, 3, 3, 3, input_shape=(16, 32, 32, 3), border_mode="same", dim_ordering="tf"
    )
    model = Sequential([layer])
    x = np.random.RandomState(0).standard_normal((16, *model.input_shape[1:]))
    return lambda: model.predict(x, 16)


def convolutions_over_time() -> Action:
    """Steps of a ConvLSTM2D over eight pictures of 12x12."""
    from oneiros.layers import ConvLSTM2D, Dense, Flatten
    from oneiros.models import Sequential

    layer = ConvLSTM2D(8, 3, 3, input_shape=(8, 12, 12, 4), dim_ordering="tf")
    return trained(Sequential([layer, Flatten(), Dense(1)]), (8, 8, 12, 12, 4))


def epochs_of_small_images() -> Action:
    """Epochs of 16 steps of a convolution of 12x12."""
    from oneiros.layers import Convolution2D, Dense, Flatten
    from oneiros.models import Sequential

    layer = Convolution2D(8, 3, 3, input_shape=(12, 12, 4), dim_ordering="tf")
    model = Sequential([layer, Flatten(), Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.RandomState(0).standard_normal((256, 12, 12, 4)).astype("float32")
    return lambda: model.fit(x, x[:, 0, 0, :1], 16, 1, verbose=0)


def built_lstms() -> Action:
    """LSTMs that are built, each for sequences of another length."""
    from oneiros.layers import LSTM
    from oneiros.models import Sequential

    lengths = itertools.count(2)

    def build() -> None:
        for length in itertools.islice(lengths, 10):
            Sequential([LSTM(32, input_shape=(length, 16))])

    return build


def dense_layers(count: int, normalizes: bool = False) -> Any:
    """Returns a model of small dense layers."""
    from oneiros.layers import BatchNormalization, Dense
    from oneiros.models import Sequential

    model = Sequential([Dense(16, input_dim=16)])
    for _ in range(count - 1):
        model.add(Dense(16, activation="relu"))
        if normalizes:
            model.add(BatchNormalization())
    return model


def built_dense_layers() -> Action:
    """A model of 21 dense layers that is built."""
    return lambda: dense_layers(21)


def compiled_dense_layers() -> Action:
    """A model of 21 normalised dense layers that is built and differentiated."""
    return lambda: dense_layers(21, normalizes=True).compile("sgd", "mse")


def training_functions() -> Action:
    """The training function of 50 dense layers, which isn't compiled."""

    def make() -> None:
        model = dense_layers(50)
        model.compile("adam", "mse")
        model._make_train_function()

    return make


def first_step_of_depth() -> Action:
    """The first step of 50 dense layers, building and compiling included."""
    x = np.ones((64, 16), "float32")
    model = dense_layers(1)
    model.compile("adam", "mse")
    model.train_on_batch(x, x)

    def train() -> None:
        model = dense_layers(50)
        model.compile("adam", "mse")
        model.train_on_batch(x, x)

    return train


def configurations() -> Action:
    """Configurations of 50 dense layers."""
    return dense_layers(50).to_json


def models_from_configurations() -> Action:
    """Models of 50 dense layers, from their configuration."""
    from oneiros.models import model_from_json

    text = dense_layers(50).to_json()
    return lambda: model_from_json(text)


def dropped_layers() -> Action:
    """Epochs of two small dense layers, half of whose outputs are dropped."""
    from oneiros.layers import Dense, Dropout
    from oneiros.models import Sequential

    model = Sequential([Dense(64, activation="relu", input_dim=20), Dropout(0.5)])
    model.add(Dense(64, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(1))
    model.compile("rmsprop", "mse")
    x = np.random.RandomState(0).standard_normal((12800, 20)).astype("float32")
    return lambda: model.fit(x, x[:, :1], 128, 1, verbose=0)


def compressed_data() -> Action:
    """Epochs of case a on data in a compressed HDF5 file."""
    import h5py
    from oneiros.utils.io_utils import HDF5Matrix

    contender = Contender("a", "")
    x, y = contender.case.data(12800)
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "data.h5")
    with h5py.File(path, "w") as file:
        rounded = np.round(8 * x)
        file.create_dataset("x", data=rounded, compression="gzip", chunks=(128, 784))
        file["y"] = y
    matrices = HDF5Matrix(path, "x"), HDF5Matrix(path, "y")

    def fit() -> None:
        assert folder
        contender.model.fit(*matrices, 128, 1, verbose=0, shuffle="batch")

    return fit


def session_calls() -> Action:
    """Calls of a session on the same tensors."""
    from oneiros import backend as K

    x = K.placeholder((2,))
    session = K.get_session()
    doubled = 2 * x
    return repeated(lambda: session.run([doubled], {x: [1, 2]}), 20)


def small_convolutions() -> Action:
    """Functions of one convolution, each for images of another size."""
    from oneiros import backend as K

    sizes = itertools.count(4)
    kernel = K.variable(np.ones((2, 2, 1, 1)))

    def compute() -> None:
        size = next(sizes)
        x = K.placeholder((1, size, size, 1))
        y = K.conv2d(x, kernel, dim_ordering="tf")
        K.function([x], [y])([np.ones((1, size, size, 1))])

    return compute


def texts() -> list[str]:
    """Returns texts of words, frequent and rare ones."""
    places = np.random.RandomState(0).zipf(1.3, (2000, 20)) % 5000
    return [" ".join(f"word{place}" for place in row) for row in places]


def counted_words() -> Action:
    """Words of 2000 short texts, counted."""
    from oneiros.preprocessing.text import Tokenizer

    documents = texts()
    return lambda: Tokenizer().fit_on_texts(documents)


def hashed_words() -> Action:
    """Words of 2000 short texts, hashed."""
    from oneiros.preprocessing.text import one_hot

    documents = texts()
    return lambda: [one_hot(text, 1000) for text in documents]


def loads_of_dense_layers() -> Action:
    """Loads of 105 MB of dense layers."""
    from load_time import saved
    from oneiros.models import load_model

    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "model.h5"
    saved(path)

    def load() -> None:
        assert folder
        load_model(path)

    return load


def import_engine() -> None:
    """Imports TensorFlow as the backend does."""
    importlib.import_module("oneiros_backend_tensorflow.tensorflow_import")


def first_import() -> Action:
    """The import of TensorFlow."""
    return lambda: import_engine()


def rotated_images() -> Action:
    """Coloured pictures of 64x64 that are rotated, shifted and zoomed."""
    from oneiros.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.1,
        zoom_range=0.1,
        dim_ordering="tf",
    )
    image = np.random.RandomState(0).standard_normal((64, 64, 3)).astype("float32")
    return repeated(lambda: generator.random_transform(image), 100)


def batches_from_a_process() -> Action:
    """Batches of 6 MB that another process makes."""
    from oneiros_training.generators.workers import Workers

    def batches() -> Iterator[Any]:
        batch = np.ones(BATCH_BYTES // 4, "float32")
        while True:
            yield batch

    workers = Workers(batches(), 1, "benchmark")
    return repeated(lambda: next(workers), 20)


# What stands in for a mechanism


def by_channel(
    x: Any,
    matrix: Any,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: Any = 0,
) -> Any:
    """Transforms each channel of an image with SciPy."""
    from scipy import ndimage

    channels = [
        ndimage.affine_transform(
            channel, matrix[:2, :2], matrix[:2, 2], order=0, mode=fill_mode, cval=cval
        )
        for channel in np.moveaxis(x, channel_axis, 0)
    ]
    return np.stack(channels, channel_axis)


def xla_max_pool(windows: Any, x: Any) -> Any:
    """Returns the largest values of windows by XLA's own operation."""
    from oneiros_jax_support import pooling

    padded = pooling._padded(windows, x, -np.inf)
    return pooling._reduced_windows(windows, padded)


def compiled_anew(concrete: Any, variables: Any, compile_: Callable[[], Any]) -> Any:
    """Has XLA compile a graph, whatever it compiled before."""
    from oneiros_backend_tensorflow.runnable import Runnable

    return Runnable(compile_())


class OwnCall:
    """A traced function of TensorFlow's that is called as TensorFlow calls it.

    # Arguments
        concrete: the concrete function.
    """

    def __init__(self, concrete: Any) -> None:
        self._concrete = concrete

    def bound(self, variables: list[Any]) -> Callable[..., list[Any]]:
        """Returns a function of tensors that runs it on variables."""
        return lambda *tensors: self._concrete(variables, *tensors) or []


def copied(array: Any) -> Any:
    """Returns a tensor with a copy of an array."""
    from oneiros_backend_tensorflow.tensorflow_import import tf

    return tf.constant(array)


def derivative_by_xla(
    windows: Any, window: tuple[int, ...], x: Any, gradient: Any
) -> Any:
    """Computes the derivative of a convolution by its kernel as XLA itself does."""
    from oneiros_jax_support import convolutions

    channels = x.shape[-1]
    filters = gradient.shape[-1]
    if windows.depthwise:
        filters //= channels

    def convolve_with(kernel: Any) -> Any:
        return convolutions._convolve_by_xla(windows, x, kernel)

    shape = (*window, channels, filters)
    return convolutions._transposed(convolve_with, shape, gradient)


def on_gpu() -> str:
    """Returns the platform on which nothing is done for a CPU."""
    return "gpu"


def threefry(seed: Any, counter: Any, size: int) -> Any:
    """Returns random bits of JAX's default generator."""
    from oneiros_jax_support.jax_import import jax, jnp
    from oneiros_jax_support.random_numbers import _as_word

    words = jnp.concatenate([_as_word(seed), _as_word(counter)])
    key = jax.random.wrap_key_data(words, impl="threefry2x32")
    return jax.random.bits(key, (size,), np.uint32)


def inferred(recorder: Any, call: Any) -> Any:
    """Returns the Specs of a call's result, inferred anew."""
    return recorder.engine.infer(call, [parent.spec for parent in call.parents])


def is_tensor(functions: Any, x: Any) -> bool:
    """Asks TensorFlow."""
    from oneiros_backend_tensorflow.tensorflow_import import tf

    return bool(tf.is_tensor(x))


class ReadLater:
    """An executor that calls a function when its result is needed."""

    def __init__(self, threads: int) -> None:
        pass

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns what has the result."""
        return SimpleNamespace(result=lambda: function(*arguments))

    def shutdown(self, cancel_futures: bool) -> None:
        """Does nothing."""


def import_with_all() -> None:
    """Imports TensorFlow with what its import brings along."""
    importlib.import_module("tensorflow")


TOOLKIT = "oneiros_backend_toolkit"
TENSORFLOW = "oneiros_backend_tensorflow"
THEANO = "oneiros_backend_theano"
JAX = "oneiros_jax_support"

ALWAYS_NEW = property(lambda model: None, lambda model, form: None)
"""Stands for the last accepted form of a model that checks all inputs."""


def first_step_after_others() -> Action:
    """Returns what trains a first batch of case d where an earlier turn kept the
    program."""
    home = Path(tempfile.gettempdir()) / f"oneiros-mechanisms-{os.getuid()}"
    os.environ.update(ONEIROS_KEEP_PROGRAMS="1", ONEIROS_HOME=str(home))
    return first_step_of("d")()


MECHANISMS = {
    "channel_order": Mechanism(
        module=f"{TOOLKIT}.images",
        what="a step of six normalised convolutions, channels first",
        start=convolutions_channels_first,
        engine="theano",
        replaced={
            f"{TOOLKIT}.images:Images._channels_last_form": (lambda self, x: None)
        },
    ),
    "recurrent_gradients": Mechanism(
        module=f"{TOOLKIT}.recurrent_cells",
        what="an epoch of case c",
        start=fit_of("c", 320),
        replaced={"oneiros_layers_recurrent.recurrent:FUSED_ACTIVATIONS": ()},
    ),
    "inferences": Mechanism(
        module=f"{TOOLKIT}.lazy_graph.recorder",
        what="building and differentiating 21 normalised dense layers",
        start=compiled_dense_layers,
        replaced={f"{TOOLKIT}.lazy_graph.recorder:Recorder._infer": inferred},
    ),
    "sessions": Mechanism(
        module=f"{TOOLKIT}.sessions",
        what="20 calls of a session",
        start=session_calls,
        engine="tensorflow",
        replaced={f"{TOOLKIT}.sessions:REMEMBERED_FUNCTIONS": 0},
    ),
    "longer_loops": Mechanism(
        module=f"{TOOLKIT}.batches",
        what="case d on 3, 6, 12 and 24 batches, the first time",
        start=short_fits,
        replaced={f"{TOOLKIT}.batches:LEAST_STEPS": 1},
        starts_anew=True,
    ),
    "arrays": Mechanism(
        module="oneiros.backend.donated_arrays",
        what="loading 105 MB of dense layers",
        start=loads_of_dense_layers,
        engine="theano",
        replaced={"oneiros_saving.loading:donated": lambda array: array},
    ),
    "settings": cache(
        "oneiros.settings:_files", "building 21 dense layers", built_dense_layers
    ),
    "owners": cache(
        "oneiros.discovery:owners",
        "50 dense layers from their configuration",
        models_from_configurations,
        "theano",
    ),
    "parameter_names": cache(
        "oneiros_saving.configurations:_parameter_names",
        "the configuration of 50 dense layers",
        configurations,
        "theano",
    ),
    "sample_weights": cache(
        "oneiros_training.arrays.sample_weights:_ones",
        "300 steps of case d, one by one",
        step_of("d", times=300),
    ),
    "reading_ahead": Mechanism(
        module="oneiros_training.arrays.array_stream",
        what="an epoch of case a on a compressed HDF5 file",
        start=compressed_data,
        replaced={"oneiros_training.arrays.array_stream:ThreadPoolExecutor": ReadLater},
    ),
    "borrowed_arrays": Mechanism(
        module=f"{TOOLKIT}.function",
        what="predictions of case a, 400 MB of data",
        start=predictions_of("a", 128000),
        replaced={
            f"{TOOLKIT}.function:Function.borrow": (
                lambda function, arrays: function.upload(arrays)
            )
        },
    ),
    "separators": cache(
        "oneiros_preprocessing.text:_separators",
        "counting the words of 2000 short texts",
        counted_words,
    ),
    "word_hashes": cache(
        "oneiros_preprocessing.text:_hash",
        "hashing the words of 2000 short texts",
        hashed_words,
    ),
    "postponed": Mechanism(
        module="oneiros_initializations.postponed",
        what="loading 105 MB of dense layers",
        start=loads_of_dense_layers,
        engine="theano",
        replaced={
            "oneiros_initializations.functions:initialized": (
                lambda shape, name, make: make()
            )
        },
    ),
    "known_zeros": Mechanism(
        module=f"{THEANO}.known_zeros",
        what="the first step of case f, compiling included",
        start=first_step_of("f"),
        engine="theano",
        replaced={f"{THEANO}.evaluate:vanishes": lambda node, values: False},
        starts_anew=True,
    ),
    "graph_building": Mechanism(
        module=f"{THEANO}.graph_building",
        what="building 50 dense layers and their training function",
        start=training_functions,
        engine="theano",
        replaced={f"{THEANO}.graph_building:install": lambda: None},
        starts_anew=True,
    ),
    "repeated_steps": Mechanism(
        module=f"{TOOLKIT}.lazy_graph.repeated",
        what="the first step of 50 dense layers, compiling included",
        start=first_step_of_depth,
        engine="theano",
        replaced={f"{THEANO}.backend:TheanoBackend.repeated": lambda self, fn: fn},
        starts_anew=True,
    ),
    "rectifiers": Mechanism(
        module=f"{THEANO}.overrides",
        what="predictions of case b",
        start=predictions_of("b", 1280),
        engine="theano",
        replaced={f"{THEANO}.overrides:_is_rectifier": lambda *inputs: False},
    ),
    "cores": Mechanism(
        module=f"{JAX}.cores",
        what="an epoch of case c",
        start=fit_of("c", 960),
        replaced={f"{JAX}.compiled:cores_for": (lambda call, rows: None)},
    ),
    "sums_by_ynn": Mechanism(
        module=f"{JAX}.ynn",
        what="a step of case f",
        start=step_of("f"),
        replaced={f"{JAX}.ynn:SUMS": {"xla_cpu_experimental_ynn_fusion_type": ""}},
    ),
    "random_numbers": Mechanism(
        module=f"{JAX}.random_numbers",
        what="an epoch of two small dense layers with Dropout",
        start=dropped_layers,
        replaced={f"{JAX}.random_numbers:_random_bits": threefry},
    ),
    "ynn_options": cache(
        f"{JAX}.ynn:ynn_options",
        "a function of one convolution, compiling included",
        small_convolutions,
    ),
    "runs": Mechanism(
        module=f"{JAX}.runs",
        what="an epoch of case d",
        start=fit_of("d", 32000),
        replaced={
            "oneiros_training.arrays.array_stream:ArrayStream._can_run": (
                lambda self, function: False
            )
        },
    ),
    "convolutions_one_by_one": Mechanism(
        module=f"{JAX}.runs",
        what="an epoch of a convolution of 12x12",
        start=epochs_of_small_images,
        replaced={"oneiros_jax_support.compiled:platform": on_gpu},
    ),
    "loops": Mechanism(
        module=f"{JAX}.loops",
        what="a step of a ConvLSTM2D of 12x12",
        start=convolutions_over_time,
        replaced={f"{JAX}.loops:platform": on_gpu},
    ),
    "pooling": Mechanism(
        module=f"{JAX}.pooling",
        what="a step of case b",
        start=step_of("b"),
        replaced={"oneiros_backend_jax.spatial:max_pool": xla_max_pool},
    ),
    "few_channels": Mechanism(
        module=f"{JAX}.convolutions",
        what="a step of case b",
        start=step_of("b"),
        replaced={f"{JAX}.convolutions:FEW": 0},
    ),
    "parts_of_gradients": Mechanism(
        module=f"{JAX}.native_convolution.gradient",
        what="a step of case b",
        start=step_of("b"),
        replaced={f"{JAX}.native_convolution.gradient:PARTS": 2},
    ),
    "gradients_by_channel": Mechanism(
        module=f"{JAX}.convolutions",
        what="a separable convolution of 64 channels and its gradients",
        start=lambda: with_oneiros(Shape(32, 28, 64, 64, 3, kind="separable")),
        replaced={f"{JAX}.convolutions:_depthwise_by_kernel": derivative_by_xla},
    ),
    "many_weights": Mechanism(
        module=f"{JAX}.convolutions",
        what="a convolution of 256 channels and its gradients",
        start=lambda: with_oneiros(Shape(8, 14, 256, 256, 3)),
        replaced={f"{JAX}.convolutions:MANY_WEIGHTS": float("inf")},
    ),
    "gradients_of_one_cell": Mechanism(
        module=f"{JAX}.convolutions",
        what="a convolution of 1 x 1 and its gradients",
        start=lambda: with_oneiros(Shape(128, 28, 16, 32, 1)),
        replaced={f"{JAX}.convolutions:_by_single_cell": derivative_by_xla},
    ),
    "native_convolution": Mechanism(
        module=f"{JAX}.native_convolution",
        what="a step of case b",
        start=step_of("b"),
        replaced={f"{JAX}.convolutions:LARGE": float("inf")},
    ),
    "volumes": Mechanism(
        module=f"{JAX}.convolutions",
        what="predictions of a convolution of volumes",
        start=predictions_of_volumes,
        replaced={f"{JAX}.convolutions:platform": on_gpu},
    ),
    "depthwise": Mechanism(
        module=f"{JAX}.convolutions",
        what="a step of two separable convolutions of 32x32",
        start=separable_convolutions,
        replaced={f"{JAX}.convolutions:platform": on_gpu},
    ),
    "predictions_by_ynn": Mechanism(
        module=f"{JAX}.ynn",
        what="predictions of case b",
        start=predictions_of("b", 1280),
        replaced={f"{JAX}.ynn:suits_ynn": lambda graph: False},
    ),
    "without_ynn": Mechanism(
        module=f"{JAX}.ynn",
        what="predictions of case f",
        start=predictions_of("f", 32),
        replaced={f"{JAX}.ynn:ynn_options": lambda trains: {}},
    ),
    "kept_memory": Mechanism(
        module=f"{JAX}.freed_memory",
        what="a step of case b",
        start=step_of("b"),
        environment={"ONEIROS_KEEP_FREED_MEMORY": "0"},
    ),
    "kept_programs": Mechanism(
        module=f"{JAX}.kept_programs",
        what="the first step of case d in a later process, without imports",
        start=first_step_after_others,
        replaced={f"{JAX}.storing:keep_programs": lambda: None},
        starts_anew=True,
    ),
    "engine_import": Mechanism(
        module=f"{TOOLKIT}.imports",
        what="importing TensorFlow",
        start=first_import,
        engine="tensorflow",
        replaced={f"{TOOLKIT}.imports:engine_import": contextlib.nullcontext},
        starts_anew=True,
    ),
    "accepted_form": Mechanism(
        module="oneiros_training.arrays.user_data",
        what="1000 predictions of a row of case d",
        start=predictions_of("d", 1, times=1000),
        replaced={"oneiros_training.model:Model.accepted_form": ALWAYS_NEW},
    ),
    "jax_import": Mechanism(
        module=f"{JAX}.jax_import",
        what="1000 predictions of a row of case d",
        start=predictions_of("d", 1, times=1000),
        environment={"JAX_CPU_ENABLE_ASYNC_DISPATCH": "1"},
    ),
    "shared_memory": Mechanism(
        module=f"{TENSORFLOW}.shared_memory",
        what="1000 predictions of a row of case d",
        start=predictions_of("d", 1, times=1000),
        engine="tensorflow",
        replaced={
            f"{TENSORFLOW}.shared_memory:in_host_memory": lambda: False,
            f"{TENSORFLOW}.steps:shared": copied,
        },
    ),
    "normalization": Mechanism(
        module=f"{TENSORFLOW}.normalization",
        what="a step of case f",
        start=step_of("f"),
        engine="tensorflow",
        replaced={
            f"{TENSORFLOW}.backend:TensorFlowBackend.{name}": lambda *arguments: False
            for name in ("_keeps_channels", "_suits_kernel")
        },
    ),
    "runnable": Mechanism(
        module=f"{TENSORFLOW}.runnable",
        what="1000 predictions of a row of case d",
        start=predictions_of("d", 1, times=1000),
        engine="tensorflow",
        replaced={
            f"{TENSORFLOW}.compiled:Runnable": OwnCall,
            f"{TENSORFLOW}.compiled_programs:Runnable": OwnCall,
        },
    ),
    "is_tensor": Mechanism(
        module=f"{TENSORFLOW}.functions",
        what="building and differentiating 21 normalised dense layers",
        start=compiled_dense_layers,
        engine="tensorflow",
        replaced={f"{TENSORFLOW}.functions:TensorFlowFunctions.is_tensor": is_tensor},
    ),
    "recurrent_shapes": Mechanism(
        module=f"{TENSORFLOW}.recurrence",
        what="building 10 LSTMs",
        start=built_lstms,
        engine="tensorflow",
        replaced={f"{TENSORFLOW}.recurrence:inferring": lambda: False},
    ),
    "compiled_programs": Mechanism(
        module=f"{TENSORFLOW}.compiled_programs",
        what="building case d anew, and a first step",
        start=first_step_of("d"),
        engine="tensorflow",
        replaced={f"{TENSORFLOW}.compiled:compiled_once": compiled_anew},
    ),
    "tensorflow_import": Mechanism(
        module=f"{TENSORFLOW}.tensorflow_import",
        what="importing TensorFlow",
        start=first_import,
        engine="tensorflow",
        replaced={"comparison.mechanisms:import_engine": import_with_all},
        starts_anew=True,
    ),
    "transforms": Mechanism(
        module="oneiros_preprocessing.image.transforms",
        what="100 coloured pictures of 64x64, rotated, shifted and zoomed",
        start=rotated_images,
        replaced={"oneiros_preprocessing.image.transforms:apply_transform": by_channel},
    ),
    "workers": Mechanism(
        module="oneiros_training.generators.workers",
        what="20 batches of 6 MB that another process makes",
        start=batches_from_a_process,
        replaced={
            "oneiros_training.generators.workers:_wide_pipe": (
                lambda context: context.Pipe(duplex=False)
            )
        },
    ),
}

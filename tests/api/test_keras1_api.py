"""Every name, signature, method and attribute of Keras 1.2.2, compared with the live
objects."""

import ast
import importlib
import inspect
import tempfile
from pathlib import Path

import keras1_api
import numpy as np
import pytest
from layer_strategies import STRATEGIES, Scripted

MODULES = keras1_api.parse()

EXTRA_ARGUMENTS = {
    "layers.normalization.BatchNormalization.center": (
        "files of Keras 2 have layers without beta"
    ),
    "layers.normalization.BatchNormalization.scale": (
        "files of Keras 2 have layers without gamma"
    ),
    "models.load_model.trained_on": "kernels trained on Theano are flipped",
    "utils.data_utils.get_file.sha256": "files that agree in their MD5 can be made",
    "utils.data_utils.get_file.cache_dir": "a cache of one's own, as in Keras 2",
    **{
        f"datasets.{name}.budget": "what reading may cost"
        for name in (
            "cifar.load_batch",
            "cifar10.load_data",
            "cifar100.load_data",
            "imdb.get_word_index",
            "imdb.load_data",
            "mnist.load_data",
            "reuters.get_word_index",
            "reuters.load_data",
        )
    },
    "utils.data_utils.get_file.budget": "what unpacking may cost",
    "utils.io_utils.load_array.budget": "what reading may cost",
    **dict.fromkeys(
        (
            "models.load_model.functions",
            "models.model_from_config.functions",
            "models.model_from_json.functions",
            "models.model_from_yaml.functions",
        ),
        "revives Lambda layers, whose code is never read from a file",
    ),
    "engine.training.check_loss_and_target_compatibility.names": (
        "messages name the output"
    ),
}
BATCHES = "an object whose items are batches holds the targets too"
OTHER_DEFAULTS = {
    **{
        f"{cls}.{method}.y": BATCHES
        for cls in ("engine.training.Model", "models.Sequential")
        for method in ("fit", "evaluate")
    },
    "engine.topology.Input.dtype": (
        "floatx is read when Input is called: set_floatx works at any time"
    ),
    "callbacks.TensorBoard.on_train_end._": "every callback's logs may be left out",
}

WARNED = {
    f"models.Sequential.{method}"
    for method in (
        *("fit", "evaluate", "test_on_batch"),
        *("fit_generator", "evaluate_generator"),
    )
}
"""Methods that took any argument, to warn of those of Keras 0.3: `open_to_old_code`
does."""


MISSING = object()


def live_module(path):
    return importlib.import_module(f"oneiros.{path}" if path else "oneiros")


def differences(where, expected, function):
    """Yields what differs between a parsed signature and a live function."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        yield f"{where}: has no signature ({error})"
        return
    if expected.arguments and expected.arguments[0][0] in ("self", "cls"):
        wanted = expected.arguments[1:]
        parameters = [p for p in parameters if p.name not in ("self", "cls")]
    else:
        wanted = expected.arguments
    positional = [
        p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)
    ]
    for index, (name, default) in enumerate(wanted):
        if index >= len(positional) or positional[index].name != name:
            actual = positional[index].name if index < len(positional) else "nothing"
            yield f"{where}: argument {index} is {actual!r}, Keras 1 has {name!r}"
            return
        live_default = positional[index].default
        if f"{where}.{name}" in OTHER_DEFAULTS:
            continue
        if default is None:
            if live_default is not inspect.Parameter.empty:
                yield (
                    f"{where}: {name} has the default {live_default!r}, Keras 1 "
                    f"has none"
                )
        elif live_default is inspect.Parameter.empty or not same_default(
            live_default, default
        ):
            yield (
                f"{where}: {name} has the default {live_default!r}, Keras 1 has "
                f"{default}"
            )
    for parameter in positional[len(wanted) :]:
        if (
            f"{where}.{parameter.name}" not in EXTRA_ARGUMENTS
            and not expected.var_keyword
        ):
            yield f"{where}: takes {parameter.name!r}, which Keras 1 doesn't have"
    takes_any = where in WARNED or any(p.kind is p.VAR_KEYWORD for p in parameters)
    if expected.var_keyword and not takes_any:
        yield f"{where}: doesn't take **kwargs"


def same_default(live, text):
    value = ast.literal_eval(text)
    return (
        list(live) == list(value) if isinstance(value, list | tuple) else live == value
    )


def attribute_of(cls, name):
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return MISSING


NOTES = "__annotations__"


def method_differences(where, cls, method):
    live = attribute_of(cls, method.name)
    is_value = method.kind == "property" or method.kind.endswith(".setter")
    if live is MISSING:
        # Each object has what its class only annotates.
        annotated = [name for base in cls.__mro__ for name in vars(base).get(NOTES, ())]
        if not is_value or method.name not in annotated:
            yield f"{where}: missing"
    elif is_value:
        if callable(live):
            yield f"{where}: is a method"
        elif not isinstance(live, property):
            return
        elif method.kind.endswith(".setter") and live.fset is None:
            yield f"{where}: can't be set"
    elif method.kind == "classmethod":
        if not isinstance(live, classmethod):
            yield f"{where}: is not a class method"
        else:
            yield from differences(where, method, live.__func__)
    else:
        yield from differences(where, method, live)


@pytest.mark.parametrize("path", MODULES)
def test_names_and_signatures(path):
    record = MODULES[path]
    module = live_module(path)
    problems = []
    for name in record.names:
        if not hasattr(module, name):
            problems.append(f"{path}.{name}: missing")
    for function in record.functions:
        where = f"{path}.{function.name}"
        if not hasattr(module, function.name):
            problems.append(f"{where}: missing")
        else:
            problems += differences(where, function, getattr(module, function.name))
    for cls in record.classes:
        where = f"{path}.{cls.name}"
        if not hasattr(module, cls.name):
            problems.append(f"{where}: missing")
            continue
        live = getattr(module, cls.name)
        if cls.init is not None:
            problems += differences(where, cls.init, live.__init__)
        for method in cls.methods:
            problems += method_differences(f"{where}.{method.name}", live, method)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", MODULES)
def test_all_and_dir_list_what_the_module_offers(path):
    """`backend.common`, a module of the kernel, has two names of the plugin for old
    code that only `backend` lists."""
    record = MODULES[path]
    module = live_module(path)
    expected = (
        {f.name for f in record.functions}
        | {c.name for c in record.classes}
        | set(record.names)
    )
    if path == "backend.common":
        of_old_code = {name for name in expected if "legacy_weight_ordering" in name}
        assert all(hasattr(module, name) for name in of_old_code)
        expected -= of_old_code
    assert expected <= set(dir(module)), (
        f"dir() lacks {sorted(expected - set(dir(module)))}"
    )
    if path:
        assert expected <= set(module.__all__), (
            f"__all__ lacks {sorted(expected - set(module.__all__))}"
        )


# Attributes that objects carry: each class is built and used once, then asked for every
# one on the list.


def called_dense():
    from oneiros.layers import Dense, Input

    layer = Dense(2)
    layer(Input(shape=(3,)))
    return layer


def called_layer(name):
    """Returns a layer that is told its input's shape by as many arguments as it may."""
    plain = Scripted({})
    STRATEGIES[name](plain)
    form = plain.options.get("@first", ["input"])[-1]
    return STRATEGIES[name](Scripted({"@first": form})).connected()[0]


BASES = {
    "Layer": {"input_shape": (3,)},
    "ConvRecurrent2D": {
        **{"nb_filter": 2, "nb_row": 3, "nb_col": 3},
        "dim_ordering": "tf",
    },
    "Recurrent": {"input_dim": 4, "input_length": 6},
}
"""Arguments of the classes that layers derive from."""


def trained_model(functional):
    from oneiros.layers import Dense, Input
    from oneiros.models import Sequential

    if functional:
        from oneiros.engine.training import Model

        x = Input(shape=(3,))
        model = Model(input=x, output=Dense(2)(x))
    else:
        model = Sequential([Dense(2, input_dim=3)])
    model.compile("sgd", "mse", metrics=["mae"])
    data = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model.fit(*data, nb_epoch=1, verbose=0, validation_split=0.5)
    model.predict(data[0])
    return model


CALLBACK_ARGUMENTS = {
    "ModelCheckpoint": ["model.h5"],
    "LearningRateScheduler": [lambda epoch: 0.1],
    "CSVLogger": ["log.csv"],
}


def used_callback(name):
    from oneiros import callbacks

    callback = getattr(callbacks, name)(*CALLBACK_ARGUMENTS.get(name, []))
    if name == "CallbackList":
        return callback
    callback.set_params(
        {"metrics": ["loss"], "nb_epoch": 1, "nb_sample": 2, "verbose": 1}
    )
    callback.set_model(trained_model(functional=False))
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    callback.on_batch_begin(0, {"batch": 0, "size": 2})
    callback.on_batch_end(0, {"batch": 0, "size": 2, "loss": 1.0})
    callback.on_train_end({})
    return callback


def updating_optimizer(cls):
    from oneiros import backend as K

    optimizer = cls()
    weight = K.variable(np.ones(2, "float32"), name="w")
    optimizer.get_updates([weight], {}, K.sum(K.square(weight)))
    return optimizer


def tensorflow_optimizer(module):
    import tensorflow as tf
    from oneiros import backend as K

    with K.use("tensorflow"):
        return module.TFOptimizer(tf.compat.v1.train.GradientDescentOptimizer(0.1))


def image_example(module, name, folder):
    """Returns a generator of images, or an iterator over some.

    Those of files are in the folder.
    """
    generator = module.ImageDataGenerator()
    images = np.zeros((2, 3, 3, 3))
    if name == "ImageDataGenerator":
        return generator
    if name == "Iterator":
        return module.Iterator(3, 2, False, None)
    if name == "NumpyArrayIterator":
        return generator.flow(images)
    (folder / "kind").mkdir()
    module.array_to_img(images[0]).save(folder / "kind" / "picture.png")
    return generator.flow_from_directory(folder)


def fitted_wrapper(cls):
    from oneiros.layers import Dense
    from oneiros.models import Sequential

    def build():
        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        return model

    estimator = cls(build)
    estimator.fit(np.ones((2, 2)), np.ones(2), nb_epoch=1, verbose=0)
    return estimator


def example(path, name):
    """Returns an object of the class, used enough to carry all its attributes."""
    module = live_module(path)
    if name == "Wrapper":
        return module.Wrapper(called_dense())
    if name in BASES:
        return getattr(module, name)(**BASES[name])
    if name in STRATEGIES:
        return called_layer(name)
    if path == "callbacks":
        return used_callback(name)
    if path == "preprocessing.image":
        with tempfile.TemporaryDirectory() as folder:
            return image_example(module, name, Path(folder))
    if path == "wrappers.scikit_learn":
        return fitted_wrapper(getattr(module, name))
    if name == "TFOptimizer":
        return tensorflow_optimizer(module)
    if path == "optimizers":
        return (
            module.Optimizer()
            if name == "Optimizer"
            else updating_optimizer(getattr(module, name))
        )
    if name == "Model" or name == "Container":
        return trained_model(functional=True)
    if name == "Sequential":
        return trained_model(functional=False)
    if name == "InputLayer":
        return module.InputLayer(input_shape=(3,))
    if name == "Node":
        return called_dense().inbound_nodes[0]
    if name == "InputSpec":
        return module.InputSpec(ndim=2)
    if name == "EigenvalueRegularizer":
        return module.EigenvalueRegularizer(0.1)
    if name == "CustomObjectScope":
        scope = module.CustomObjectScope({})
        scope.__enter__()
        scope.__exit__(None, None, None)
        return scope
    if name == "Progbar":
        return module.Progbar(3, verbose=0)
    if name == "HDF5Matrix":
        path = keras1_api.REFERENCE.with_name("pytables_floats.h5")
        return module.HDF5Matrix(path, "data")
    if name == "GeneratorEnqueuer":
        return module.GeneratorEnqueuer(iter([]))
    return getattr(module, name)()


CLASSES = [
    (path, cls.name)
    for path in MODULES
    for cls in MODULES[path].classes
    if cls.attributes
]


@pytest.mark.parametrize(("path", "name"), CLASSES, ids=lambda value: str(value))
def test_attributes(path, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (record,) = [cls for cls in MODULES[path].classes if cls.name == name]
    live = example(path, name)
    missing = [
        attribute for attribute in record.attributes if not hasattr(live, attribute)
    ]
    assert not missing, f"{path}.{name} lacks {missing}"

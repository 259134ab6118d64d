"""What hostile files are made of.

Configurations, HDF5 files around them, and the entries they go through.
"""

import io
import json
import marshal
import zipfile

import h5py
import numpy as np
from oneiros.models import (
    Model,
    Sequential,
    load_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
)
from oneiros.utils.layer_utils import layer_from_config
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file


def canary():
    """Leaves a mark: what an attack would run."""
    open("canary", "w").close()


def bytecode(function=canary):
    """Returns a function as Keras 1.2.2 stored it in configurations."""
    return [marshal.dumps(function.__code__).decode("raw_unicode_escape"), None, None]


def layer(class_name, **config):
    """Returns a layer's configuration."""
    return {"class_name": class_name, "config": config}


def dense(**config):
    """Returns that of a first Dense layer, which has 4 inputs and 3 outputs unless said
    otherwise."""
    return layer(
        "Dense",
        **{"name": "d", "output_dim": 3, "batch_input_shape": [None, 4], **config},
    )


def sequential(*layers):
    """Returns that of a Sequential model."""
    return {
        "class_name": "Sequential",
        "config": list(layers),
        "keras_version": "1.2.2",
    }


def keras2(*layers):
    """Returns that of a Sequential model as Keras 2 wrote it."""
    config = {"name": "s", "layers": list(layers)}
    return {"class_name": "Sequential", "config": config, "keras_version": "2.3.1"}


def called(entry, *inbound):
    """Returns a layer's entry in a graph."""
    return {
        "name": entry["config"]["name"],
        **entry,
        "inbound_nodes": [list(calls) for calls in inbound],
    }


def start(name="x", shape=(None, 4)):
    """Returns the entry of an input."""
    config = {
        "name": name,
        "batch_input_shape": list(shape),
        "input_dtype": "float32",
        "sparse": False,
    }
    return called(layer("InputLayer", **config))


def graph(entries, inputs=("x",), outputs=("d",), **config):
    """Returns the configuration of a Model."""
    places = {
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[n, 0, 0] for n in outputs],
    }
    return {
        "class_name": "Model",
        "config": {"name": "m", "layers": entries, **places, **config},
    }


def write(
    path,
    config=None,
    training=None,
    layers=None,
    optimizer=None,
    text=None,
    **attributes,
):
    """Writes a whole model in Keras' layout, with further attributes.

    `layers` maps a layer to its (weight, array) pairs.
    """
    layers = (
        {"d": [("d_W", np.ones((4, 3), "f4")), ("d_b", np.zeros(3, "f4"))]}
        if layers is None
        else layers
    )
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "1.2.2"
        if config is not None or text is not None:
            file.attrs["model_config"] = text or json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for name, arrays in layers.items():
            own = group.create_group(name)
            own.attrs["weight_names"] = np.array(
                [weight.encode() for weight, _ in arrays]
            )
            for weight, value in arrays:
                own[weight] = value
        if optimizer is not None:
            optimizer(file.create_group("optimizer_weights"))
        file.attrs.update(attributes)
    return path


def write_config(path, config, **attributes):
    """Writes a model's file that holds its configuration and no weights."""
    return write(path, config, layers={}, **attributes)


def write_keras2(path, *args, **kwargs):
    """Writes a whole model as `write` does, of Keras 2."""
    return write(path, *args, keras_version="2.3.1", **kwargs)


def dense3(**config):
    """Returns the entry of a Dense layer of Keras 3 with 3 outputs, unless said
    otherwise."""
    return layer3("Dense", **{"units": 3, **config})


def layer3(class_name, module="keras.layers", registered=None, **config):
    """Returns the entry of a layer of Keras 3."""
    return {
        "module": module,
        "class_name": class_name,
        "config": {"name": "d", **config},
        "registered_name": registered,
    }


def sequential3(*layers, shape=(None, 4)):
    """Returns the configuration of a Sequential model of Keras 3."""
    config = {"name": "s", "layers": list(layers), "build_input_shape": list(shape)}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
    }


def members3(config=None, arrays=None):
    """Returns the members of a `.keras` file by name.

    # Arguments
        config: dict, the configuration; by default that of a harmless model.
        arrays: dict from paths in `model.weights.h5` to arrays; by default those of its
            layer.
    """
    if arrays is None:
        arrays = {
            "layers/dense/vars/0": np.ones((4, 3), "f4"),
            "layers/dense/vars/1": np.zeros(3, "f4"),
        }
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for path, value in arrays.items():
            file[path] = value
    return {
        "metadata.json": json.dumps({"keras_version": "3.15.0"}),
        "config.json": json.dumps(config or sequential3(dense3())),
        "model.weights.h5": weights.getvalue(),
    }


def write_keras3(path, config=None, arrays=None, **changed):
    """Writes a `.keras` file.

    # Arguments
        path: path of the file.
        config, arrays: as for `members3`.
        changed: other contents of members, by their names with `_` for the points; None
            leaves a member out.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members3(config, arrays).items():
            data = changed.get(name.replace(".", "_"), data)
            if data is not None:
                archive.writestr(name, data)
    return path


def write_weights(path, layers):
    """Writes a file of weights alone."""
    write(path, layers=layers)
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        for name in list(group):
            group.move(name, f"/{name}")
        file.attrs["layer_names"] = group.attrs["layer_names"]
        del file["model_weights"], file.attrs["keras_version"]
    return path


def entries(config, folder):
    """Gives every public way that a configuration of a model gets in, each with a
    name."""
    path = folder / f"m{len(list(folder.iterdir()))}.h5"
    write(path, config)
    text = json.dumps(config)
    cls = {"Model": Model, "Sequential": Sequential}.get(
        config.get("class_name"), Sequential
    )
    yield "load_model", lambda: load_model(path)
    yield "model_from_json", lambda: model_from_json(text)
    yield "model_from_yaml", lambda: model_from_yaml(text)
    yield "model_from_config", lambda: model_from_config(json.loads(text))
    yield "layer_from_config", lambda: layer_from_config(json.loads(text))
    yield "from_config", lambda: cls.from_config(json.loads(text)["config"])


def network():
    """Returns a model that the weights of `write` fit."""
    from oneiros.layers import Dense

    return Sequential([Dense(3, input_dim=4, name="d")])


def weight_entries(path, whole_model=True):
    """Gives every public way that a file's weights get in, each with a name."""
    model = network()
    if whole_model:
        yield "load_model", lambda: load_model(path)
    yield "load_weights", lambda: model.load_weights(path)
    yield "load_weights by name", lambda: model.load_weights(path, by_name=True)
    yield "group", lambda: _from_group(model, path, "load_weights_from_hdf5_group")
    yield (
        "group by name",
        lambda: _from_group(model, path, "load_weights_from_hdf5_group_by_name"),
    )


def command_entries(path):
    """Gives what `oneiros inspect` and `oneiros convert` do with a file, each with a
    name."""
    yield "inspect", lambda: inspect_file(path)
    for suffix in (".json", ".yaml", ".safetensors", ".h5"):
        target = path.with_name(f"converted{suffix}")
        yield f"convert to {suffix}", lambda target=target: convert(path, target)


def _from_group(model, path, method):
    with h5py.File(path, "r") as file:
        getattr(model, method)(file.get("model_weights", file))

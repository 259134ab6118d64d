"""Attacks that want to read something outside the file, or to reach a network (cases 19
to 27)."""

import json
import os

import h5py
import numpy as np
from hostile import attack
from hostile_files import (
    command_entries,
    dense,
    layer,
    network,
    sequential,
    weight_entries,
    write,
    write_weights,
)
from oneiros.models import load_model, model_from_json
from oneiros.saving import Budget

SGD = {
    "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1, "momentum": 0.9}},
    "loss": "mse",
}


def build(folder, name="m.h5", whole_model=True):
    """Writes a harmless file, and another one that hostile links lead to."""
    make = write if whole_model else write_weights
    kwargs = {"config": sequential(dense()), "training": SGD} if whole_model else {}
    layers = {"d": [("d_W", np.ones((4, 3), "f4")), ("d_b", np.zeros(3, "f4"))]}
    optimizer = (
        {"optimizer": lambda group: group.attrs.update(weight_names=np.array([b"v"]))}
        if whole_model
        else {}
    )
    make(folder / "other.h5", layers=layers)
    return make(folder / name, layers=layers, **kwargs, **optimizer)


def linked(folder, name, place, link, whole_model=True):
    """Writes a file in which `place` is a link."""
    path = build(folder, name, whole_model)
    with h5py.File(path, "r+") as file:
        if place in file:
            file.move(place, "moved")
        file[place] = link
    return path


PLACES = (
    "model_weights",
    "model_weights/d",
    "model_weights/d/d_W",
    "optimizer_weights",
    "optimizer_weights/v",
)


def through_links(folder, link):
    for place in PLACES:
        target = place if "optimizer" not in place else "model_weights/d/d_W"
        path = linked(folder, place.replace("/", "_") + ".h5", place, link(target))
        optimizer = "optimizer" in place
        for entry, action in weight_entries(path):
            caller_follows = place == "model_weights" and entry.startswith("group")
            if not caller_follows and (not optimizer or entry == "load_model"):
                yield f"{place}, {entry}", action
    for place in ("d", "d/d_W"):
        path = linked(
            folder,
            place.replace("/", "_") + "_w.h5",
            place,
            link(place),
            whole_model=False,
        )
        for entry, action in weight_entries(path, whole_model=False):
            yield f"weights alone, {place}, {entry}", action


@attack(19, "UnsafeFileError", "FileFormatError")
def links_to_another_file(folder):
    yield from through_links(
        folder, lambda target: h5py.ExternalLink("other.h5", f"/{target}")
    )
    yield from list(
        through_links(folder, lambda target: h5py.ExternalLink("other.h5", "/"))
    )[:3]


@attack(20, "UnsafeFileError", "FileFormatError")
def soft_links(folder):
    yield from through_links(folder, lambda _: h5py.SoftLink("/moved"))
    yield from list(through_links(folder, lambda _: h5py.SoftLink("/nowhere")))[:3]


def replaced(folder, name, make, whole_model=True):
    """Writes a file whose first weight is what `make(group)` stores."""
    path = build(folder, name, whole_model)
    with h5py.File(path, "r+") as file:
        group = file["model_weights/d" if whole_model else "d"]
        del group["d_W"]
        make(group)
    return path


def stored_elsewhere(group):
    secret = os.fspath(os.path.abspath("secret.txt"))
    group.create_dataset("d_W", (2, 5), "u1", external=[(secret, 0, 10)])


def virtual(group):
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "model_weights/d/d_W", (4, 3))
    group.create_virtual_dataset("d_W", layout)


@attack(21)
def data_in_another_file(folder):
    for whole_model in (True, False):
        path = replaced(folder, f"{whole_model}.h5", stored_elsewhere, whole_model)
        yield from weight_entries(path, whole_model)


@attack(22)
def virtual_data(folder):
    for whole_model in (True, False):
        path = replaced(folder, f"{whole_model}.h5", virtual, whole_model)
        yield from weight_entries(path, whole_model)


@attack(23)
def names_that_lead_out(folder):
    names = (
        b"/moved",
        b"../d/d_W",
        b"../../x",
        b".",
        b"..",
        b"d_W/..",
        b"./d_W",
        b"",
        b"a//b",
        b"/",
        b"/" * 300,
    )
    for whole_model in (True, False):
        for index, name in enumerate(names):
            for attribute in ("weight_names", "layer_names"):
                path = build(folder, f"{whole_model}{index}{attribute}.h5", whole_model)
                with h5py.File(path, "r+") as file:
                    group = file["model_weights"] if whole_model else file
                    holder = group if attribute == "layer_names" else group["d"]
                    holder.attrs[attribute] = np.array([name])
                for entry, action in weight_entries(path, whole_model):
                    yield f"{attribute} {name}, {entry}", action


@attack(24)
def references(folder):
    def objects(group):
        group["d_W"] = np.array([[group.file["/"].ref] * 3] * 4, dtype=h5py.ref_dtype)

    def regions(group):
        other = group.file.create_dataset("moved", data=np.arange(12))
        group.create_dataset("d_W", (1,), dtype=h5py.regionref_dtype)[0] = (
            other.regionref[2:4]
        )

    for name, make in {"objects": objects, "regions": regions}.items():
        yield from weight_entries(replaced(folder, f"{name}.h5", make))


@attack(
    25,
    "UnsafeFileError",
    "ConfigError",
    "UnknownNameError",
    "FileFormatError",
    "ShapeError",
    "OneirosError",
)
def paths_and_addresses_as_arguments(folder):
    secret = str(folder / "secret.txt")
    embedding = {
        "name": "e",
        "input_dim": 5,
        "output_dim": 2,
        "batch_input_shape": [None, 3],
    }
    for place in (
        secret,
        "http://127.0.0.1:9/x",
        "file:///etc/hostname",
        "//127.0.0.1/share",
    ):
        for config in (
            dense(weights=place),
            dense(weights=[place]),
            dense(init=place),
            dense(activation=place),
            dense(W_regularizer=place),
            dense(batch_input_shape=place),
            dense(input_dtype=place),
            dense(vocabulary=place),
            layer("Embedding", **embedding, weights=[place]),
            layer("Embedding", **embedding, embeddings_file=place),
            layer("StringLookup", vocabulary=place),
            layer("TFSMLayer", filepath=place),
            layer("TorchModuleWrapper", module=place),
        ):
            text = json.dumps(sequential(config))
            yield text[:150], lambda text=text: model_from_json(text)


@attack(26)
def every_entry_reads_through_the_guard(folder):
    """What 19 to 24 do, in a file with and without the group `model_weights`, through
    each entry there is."""
    hostile = {"stored elsewhere": stored_elsewhere, "virtual": virtual}
    for whole_model in (True, False):
        for what, make in hostile.items():
            path = replaced(folder, f"{what}{whole_model}.h5", make, whole_model)
            for entry, action in (
                *weight_entries(path, whole_model),
                *command_entries(path),
            ):
                yield f"{what}, {entry}", action
        model = network()
        secret = replaced(folder, f"s{whole_model}.h5", stored_elsewhere, whole_model)
        secret = secret.rename(secret.with_suffix(".txt"))
        yield "with another suffix", lambda p=secret, m=model: m.load_weights(p)
    from oneiros import registry

    hdf5 = registry.resolve("format", "hdf5")()
    yield "the format itself", lambda: hdf5.read(folder / "virtualTrue.h5", Budget())


@attack(27, "FileMissingError")
def addresses_as_file_names(folder):
    model = network()
    for address in (
        "http://127.0.0.1:9/m.h5",
        "https://x.invalid/m.h5",
        "gs://b/m.h5",
        "s3://b/m.h5",
        "hf://b/m",
        "ftp://127.0.0.1/m.h5",
        "file:///dev/null",
        "//127.0.0.1/share/m.h5",
    ):
        yield f"load_model {address}", lambda a=address: load_model(a)
        yield f"load_weights {address}", lambda a=address: model.load_weights(a)
        yield (
            f"save {address}",
            lambda a=address: model.save(a),
            "FileMissingError",
            "ArgumentError",
        )

"""Files that don't say what they should, or say two things at once (cases 44 to 49, 52
and 53)."""

import json
import warnings

import h5py
import numpy as np
from hostile import attack, harmless, harmless_writer
from hostile_files import (
    command_entries,
    dense,
    dense3,
    entries,
    layer,
    layer3,
    members3,
    network,
    sequential,
    sequential3,
    weight_entries,
    write,
    write_keras3,
    write_weights,
)
from oneiros.models import Sequential, load_model, model_from_json
from oneiros.saving import Budget
from oneiros_safe_files.safetensors_file import read_safetensors
from oneiros_saving.formats.safetensors import SafetensorsFormat

ONES = np.ones((4, 3), "f4")
ZEROS = np.zeros(3, "f4")
DAMAGE = ("ConfigError", "FileFormatError", "UnsafeFileError", "UnknownNameError")


@attack(44, *DAMAGE, "ShapeError", "ArgumentError", "GraphError")
def values_of_the_wrong_kind(folder):
    for what, text in {
        "a key twice": (
            '{"class_name": "Sequential", "class_name": "Model", "config": []}'
        ),
        "a key twice, inside": (
            '{"class_name": "Sequential", "config": [{"name": '
            '"Dense", "a": 1, "a": 1}]}'
        ),
        "a key twice, escaped": (
            '{"class_name": "Sequential", "class\\u005fname": "Model", "config": []}'
        ),
        "NaN": '{"class_name": "Sequential", "config": [NaN]}',
        "Infinity": '{"class_name": "Sequential", "config": [-Infinity]}',
        "two documents": "{}{}",
        "nothing": "",
        "null": "null",
        "a number": "5",
        "a list": "[]",
        "a text": '"Sequential"',
        "a byte order mark": '\ufeff{"class_name": "Sequential", "config": []}',
    }.items():
        yield what, lambda text=text: model_from_json(text)
        path = write(folder / f"{what}.h5", text=text or " ")
        yield f"{what}, h5", lambda p=path: load_model(p)
    for wrong in ([], {}, True, "3", 3.5, -3, 0, None, [3], {"a": 1}, 1e300, [[None]]):
        for key in (
            "output_dim",
            "name",
            "batch_input_shape",
            "activation",
            "init",
            "bias",
            "W_regularizer",
        ):
            harmless_there = {
                "name": (None, "3", True, 3.5, -3, 0, 1e300),
                "activation": (None,),
                "bias": (
                    True,
                    0,
                    None,
                    3.5,
                    -3,
                    [3],
                    [],
                    {},
                    "3",
                    {"a": 1},
                    1e300,
                    [[None]],
                ),
                "W_regularizer": (None, False),
                "batch_input_shape": (None,),
            }.get(key, ())
            if any(
                type(wrong) is type(value) and wrong == value
                for value in harmless_there
            ):
                continue
            text = json.dumps(sequential(dense(**{key: wrong})))
            yield (
                f"{key}={wrong!r}",
                lambda text=text: model_from_json(text),
                "OneirosError",
            )
        yield (
            f"config is {wrong!r}",
            lambda w=wrong: model_from_json(
                json.dumps({"class_name": "Model", "config": w})
            ),
            *DAMAGE,
        )
        yield (
            f"a layer is {wrong!r}",
            lambda w=wrong: model_from_json(json.dumps(sequential(w))),
            *DAMAGE,
        )
    momenta = [(f"v{i}", value) for i, value in enumerate((np.float32(0), ZEROS, ONES))]
    for key in ("decay", "lr", "momentum", "nesterov"):
        for wrong in (None, [], {}, "x", [None]):
            optimizer = {
                "class_name": "SGD",
                "config": {"lr": 0.1, "momentum": 0.9, "decay": 0.1, key: wrong},
            }
            path = folder / f"{key}{wrong}.h5"
            write(
                path,
                sequential(dense()),
                {"optimizer_config": optimizer, "loss": "mse"},
                optimizer=stored(momenta),
            )
            yield (
                f"{key}={wrong!r} of an optimizer",
                lambda p=path: load_model(p),
                "OneirosError",
                # What an optimizer takes is loaded; its state fits in no order.
                "UserWarning",
            )
    for key in ("evil", "__class__", "self", "cls", "_backend", "built"):
        text = json.dumps(sequential(dense(**{key: 1})))
        yield f"unknown key {key}", lambda text=text: model_from_json(text)


def stored(arrays):
    """Returns what writes an optimizer's state into its group."""

    def change(group):
        group.attrs["weight_names"] = np.array([name.encode() for name, _ in arrays])
        for name, value in arrays:
            group[name] = value

    return change


def replaced(folder, name, value=None, **kwargs):
    path = write(folder / name, sequential(dense()), layers={"d": [("d_b", ZEROS)]})
    with h5py.File(path, "r+") as file:
        group = file["model_weights/d"]
        group.attrs["weight_names"] = np.array([b"d_W", b"d_b"])
        group.create_dataset("d_W", data=value, **kwargs)
    return path


@attack(45, "FileFormatError", "UnsafeFileError")
def weights_that_don_t_fit(folder):
    for what, arrays in {
        "fewer": [("d_W", ONES)],
        "more": [("d_W", ONES), ("d_b", ZEROS), ("d_c", ZEROS)],
        "none": [],
        "transposed": [("d_W", ONES.T), ("d_b", ZEROS)],
        "scalar": [("d_W", np.float32(1)), ("d_b", ZEROS)],
        "swapped": [("d_b", ZEROS), ("d_W", ONES)],
    }.items():
        path = write(folder / f"{what}.h5", sequential(dense()), layers={"d": arrays})
        for entry, action in weight_entries(path):
            if not (what == "none" and "by name" in entry):
                yield f"{what}, {entry}", action
    records = np.zeros((4, 3), "f4,i4")
    for what, value, kwargs in (
        ("objects", np.full((4, 3), "x", object), {"dtype": h5py.string_dtype()}),
        ("texts", np.full((4, 3), b"x"), {}),
        ("records", records, {}),
        ("truth", np.ones((4, 3), bool), {}),
        ("enumeration", np.ones((4, 3), "i1"), {"dtype": h5py.enum_dtype({"A": 1})}),
        ("complex", np.ones((4, 3), complex), {}),
        ("opaque", np.ones((4, 3), "V4"), {}),
        ("arrays", None, {"shape": (4,), "dtype": np.dtype(("f4", (3,)))}),
        ("varying", None, {"shape": (4,), "dtype": h5py.vlen_dtype("f4")}),
        ("nothing", h5py.Empty("f4"), {}),
        ("integers", np.ones((4, 3), "i4"), {}),
        ("short integers", np.ones((4, 3), ">i2"), {}),
        ("bytes", np.ones((4, 3), "u1"), {}),
    ):
        yield from weight_entries(replaced(folder, f"{what}.h5", value, **kwargs))


@harmless
def unusual_but_plain_weights(folder):
    for dtype in ("f2", "f8", ">f4", ">f8"):
        path = replaced(
            folder, f"{dtype}.h5", np.arange(12).reshape(4, 3).astype(dtype)
        )

        def check(path=path):
            loaded = load_model(path).get_weights()[0]
            assert (
                loaded.dtype == "float32"
                and (loaded == np.arange(12).reshape(4, 3)).all()
            )

        yield dtype, check
    values = ONES.copy()
    values[0, 0] = np.nan
    values[1, 1] = np.inf
    path = replaced(folder, "nan.h5", values)

    def check_that_it_is_told():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            load_model(path)
        assert [
            "NaN or infinite numbers for d_W" in str(each.message) for each in warned
        ] == [True]

    yield "NaN and infinity are weights, and told", check_that_it_is_told
    path = write(
        folder / "more.h5",
        sequential(dense()),
        layers={"d": [("d_W", ONES), ("d_b", ZEROS)]},
    )
    with h5py.File(path, "r+") as file:
        file["model_weights/d/more"] = ONES

    def check_that_more_is_told():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            load_model(path)
        assert [
            "weren't read: /model_weights/d/more" in str(each.message)
            for each in warned
        ] == [True]

    yield "an array that no list names is told", check_that_more_is_told


@attack(46, "FileFormatError", "ConfigError", "GraphError")
def layers_that_are_missing_or_too_many(folder):
    first = dense(name="a")
    second = layer("Dense", name="b", output_dim=3)
    arrays = {
        "a": [("W", ONES), ("b", ZEROS)],
        "b": [("W", np.ones((3, 3), "f4")), ("b", ZEROS)],
    }

    def named(path, names):
        with h5py.File(path, "r+") as file:
            file["model_weights"].attrs["layer_names"] = np.array(names)
        return path

    for what, names in {
        "a name twice": [b"a", b"a"],
        "a name twice among many": [b"%06d" % i for i in range(60_000)][:5000]
        + [b"a", b"b", b"a"],
        "a layer is missing": [b"a"],
        "a layer that isn't there": [b"a", b"b", b"c"],
    }.items():
        path = named(
            write(folder / f"{what}.h5", sequential(first, second), layers=arrays),
            names,
        )
        yield what, lambda p=path: load_model(p)
    path = write(folder / "extra.h5", sequential(first), layers=arrays)
    yield "a layer too many", lambda: load_model(path)
    for entry, action in entries(
        sequential(dense(name="a"), layer("Dense", name="a", output_dim=3)), folder
    ):
        if entry == "load_model":
            yield f"two layers of one name, {entry}", action, "OneirosError"
    with h5py.File(folder / "no names.h5", "w") as file:
        file.create_group("d")["d_W"] = ONES
    yield "no names at all", lambda: network().load_weights(folder / "no names.h5")
    weights = write_weights(folder / "twice.h5", {"d": [("W", ONES), ("b", ZEROS)]})
    with h5py.File(weights, "r+") as file:
        file["d"].attrs["weight_names"] = np.array([b"W", b"W"])
    yield "a weight twice", lambda: network().load_weights(weights)


@harmless
def what_python_2_wrote(folder):
    for what, kind in {
        "bytes": np.array([b"d"]),
        "texts": np.array(["d"], object),
    }.items():
        path = write(folder / f"{what}.h5", sequential(dense()))
        with h5py.File(path, "r+") as file:
            attributes = file["model_weights"].attrs
            del attributes["layer_names"]
            attributes.create(
                "layer_names",
                kind,
                dtype=None if what == "bytes" else h5py.string_dtype(),
            )
            text = file.attrs["model_config"]
            del file.attrs["model_config"]
            file.attrs["model_config"] = np.bytes_(text) if what == "bytes" else text
        yield what, lambda p=path: load_model(p)
    path = write(
        folder / "umlaut.h5",
        sequential(dense(name="Schlüssel")),
        layers={"Schlüssel": [("W", ONES), ("b", ZEROS)]},
    )

    def check():
        assert load_model(path).layers[0].name == "Schlüssel"

    yield "UTF-8", check


@attack(47, "FileFormatError", "UnsafeFileError")
def texts_in_other_encodings(folder):
    for attribute in ("layer_names", "weight_names"):
        for value in (
            np.array([b"\xff\xfe"]),
            np.array([b"\xc3"]),
            np.arange(3),
            np.float32(1),
            "d",
            np.array([[b"d"]]),
        ):
            path = write(
                folder / f"{attribute}{len(list(folder.iterdir()))}.h5",
                sequential(dense()),
            )
            with h5py.File(path, "r+") as file:
                group = (
                    file["model_weights"]
                    if attribute == "layer_names"
                    else file["model_weights/d"]
                )
                group.attrs[attribute] = value
            for entry, action in weight_entries(path):
                yield f"{attribute} {value!r}, {entry}", action
    for value in (
        np.bytes_(b"\xff\xfe{}"),
        np.arange(3),
        np.array([b"{}", b"{}"]),
        np.void(b"{}"),
    ):
        path = write(folder / f"c{len(list(folder.iterdir()))}.h5", text="{}")
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = value
        yield (
            f"model_config {value!r}",
            lambda p=path: load_model(p),
            "FileFormatError",
            "UnsafeFileError",
            "ConfigError",
        )


@attack(48, *DAMAGE)
def metadata_that_contradict_each_other(folder):
    """What a file says of its version and backend never chooses a rule silently.

    See tests/saving too.
    """
    for what, change in {
        "a version that is no text": ("keras_version", np.arange(3)),
        "a backend that is no text": ("backend", np.zeros(3, "f4,i4")),
        "a training_config that is a list": ("training_config", "[]"),
        "a training_config that is no JSON": ("training_config", "{"),
        "a provenance that is a list": ("oneiros_provenance", "[1]"),
        "a model_config of an optimizer": (
            "model_config",
            '{"class_name": "SGD", "config": {}}',
        ),
        "a model_config of a layer": ("model_config", json.dumps(dense())),
    }.items():
        path = write(folder / f"{what}.h5", sequential(dense()))
        with h5py.File(path, "r+") as file:
            file.attrs[change[0]] = change[1]
        yield what, lambda p=path: load_model(p)


@attack(49, "UnsafeFileError", "FileFormatError")
def safetensors_headers(folder):
    def file(name, header, data=bytes(24), length=None):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        size = len(text) if length is None else length
        (folder / name).write_bytes(size.to_bytes(8, "little") + text + data)
        return folder / name

    def tensor(dtype="F32", shape=(2, 3), offsets=(0, 24)):
        return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}

    big = (1 << 63, 10**30)
    cases = {
        "header longer than the file": (b"{}", {"length": 1000}),
        "header of 2^64 - 1 bytes": (b"{}", {"length": (1 << 64) - 1}),
        "overlapping": ({"a": tensor(), "b": tensor(offsets=(0, 24))}, {}),
        "a hole": (
            {
                "a": tensor(shape=(2,), offsets=(0, 8)),
                "b": tensor(shape=(2,), offsets=(16, 24)),
            },
            {},
        ),
        "bytes of no tensor": ({"a": tensor(shape=(4,), offsets=(0, 16))}, {}),
        "negative offsets": ({"a": tensor(offsets=(-24, 0))}, {}),
        "beyond the end": ({"a": tensor(shape=(7,), offsets=(0, 28))}, {}),
        "shape and bytes differ": ({"a": tensor(shape=(2, 2))}, {}),
        "negative shape": ({"a": tensor(shape=(-2, -3))}, {}),
        "overflow of the shape": (
            {"a": tensor(shape=(1 << 32, 1 << 32), offsets=(0, 0))},
            {"data": b""},
        ),
        "overflow to the right size": ({"a": tensor(shape=((1 << 62) + 6,))}, {}),
        "a zero beside a huge size": (
            {"a": tensor(shape=(0, 1 << 62, 4), offsets=(0, 0))},
            {"data": b""},
        ),
        **{f"size {size}": ({"a": tensor(shape=(size,))}, {}) for size in big},
        **{f"offset {size}": ({"a": tensor(offsets=(0, size))}, {}) for size in big},
        "a fraction": ({"a": tensor(shape=(2.0, 3))}, {}),
        "a text": ({"a": tensor(shape=("6",))}, {}),
        "one offset": ({"a": tensor(offsets=(24,))}, {}),
        "unknown type": ({"a": tensor(dtype="F31")}, {}),
        "type that is a list": ({"a": tensor(dtype=["F32"])}, {}),
        "no object": ({"a": [1]}, {}),
        "a tensor twice": (
            b'{"a": {"dtype":"F32","shape":[6],"data_offsets":[0,24]}, "a": {}}',
            {},
        ),
        "a field twice": (
            b'{"a": {"dtype":"F32","dtype":"F32","shape":[6],"data_offsets":[0,24]}}',
            {},
        ),
        "metadata that are no texts": ({"__metadata__": {"a": 1}, "a": tensor()}, {}),
        "nested metadata": ({"__metadata__": {"a": {"b": "c"}}, "a": tensor()}, {}),
        "deep": (b'{"a":' * 5000 + b"}" * 5000, {}),
        "a million tensors": (
            ("{" + ",".join(f'"{i}":[]' for i in range(300_000)) + "}").encode(),
            {},
        ),
        "NaN": (b'{"a": NaN}', {}),
    }
    for what, (header, more) in cases.items():
        path = file(f"{what}.safetensors", header, **more)
        yield f"{what}, reader", lambda p=path: read_safetensors(p, Budget())
        yield f"{what}, load_weights", lambda p=path: network().load_weights(p)
    for what, (header, more) in {
        "not UTF-8": (b'{"\xff": 1}', {}),
        "no JSON": (b'{"a"', {}),
        "a list": (b"[]", {}),
        "spaces": (b" " * 50, {}),
        "nothing": (b"", {"data": b""}),
    }.items():
        path = file(f"{what}.safetensors", header, **more)
        yield (
            f"{what}, format",
            lambda p=path: SafetensorsFormat().read(p, Budget()),
            "FileFormatError",
        )
    (folder / "short.safetensors").write_bytes(b"\x10\x00")
    yield (
        "two bytes",
        lambda: read_safetensors(folder / "short.safetensors", Budget()),
        "UnsafeFileError",
        "FileFormatError",
    )


@harmless_writer
def empty_tensors_and_models(folder):
    def check():
        SafetensorsFormat().write(
            folder / "e.safetensors",
            state([("l", [("w", np.zeros((0, 3))), ("v", np.zeros(0))])]),
        )
        weights = SafetensorsFormat().read(folder / "e.safetensors", Budget()).weights
        assert [value.shape for _, value in weights[0][1]] == [(0, 3), (0,)]
        Sequential([dense_layer()]).save_weights(folder / "d.safetensors")

    yield "empty tensors", check


def state(weights):
    from oneiros.saving import ModelState

    return ModelState(weights=weights)


def dense_layer():
    from oneiros.layers import Dense

    return Dense(3, input_dim=4)


@attack(52, *DAMAGE, "GraphError", "ShapeError", "ArgumentError")
def files_of_keras_3_that_lack_or_repeat(folder):
    for name in members3():
        key = name.replace(".", "_")
        for what, data in {
            "missing": None,
            "empty": b"",
            "a list": b"[]",
            "a number": b"3",
            "not UTF-8": b"\xff\xfe{}",
            "a key twice": b'{"class_name": "Sequential", "class_name": "Model"}',
            "half": members3()[name][: len(members3()[name]) // 2],
        }.items():
            path = write_keras3(folder / f"{name} {what}.keras", **{key: data})
            yield f"{name}: {what}", lambda path=path: load_model(path)
    ones = np.ones((4, 3), "f4")
    for what, arrays in {
        "no arrays": {},
        "no bias": {"layers/dense/vars/0": ones},
        "another shape": {
            "layers/dense/vars/0": ones.T,
            "layers/dense/vars/1": np.zeros(3, "f4"),
        },
        "integers": {
            "layers/dense/vars/0": ones.astype("i4"),
            "layers/dense/vars/1": np.zeros(3, "f4"),
        },
        "another layer's": {"layers/conv2d/vars/0": ones},
        "a group in place of an array": {"layers/dense/vars/0/0": ones},
        "an array in place of a group": {"layers/dense": ones},
        "too many": {
            f"layers/dense/vars/{i}": np.ones(s, "f4")
            for i, s in enumerate([(4, 3), 3, 3])
        },
    }.items():
        path = write_keras3(folder / f"{what}.keras", arrays=arrays)
        yield what, lambda path=path: load_model(path)
    entry = {**dense3(), "name": "d"}
    tensor = {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": ["d", 0, 0]},
    }
    for what, config in {
        "no layers": {"name": "m"},
        "layers that are a text": {"name": "m", "layers": "abc"},
        "a layer without calls": {"name": "m", "layers": [entry]},
        "a layer that is called on itself": {
            "name": "m",
            "layers": [{**entry, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}],
            "input_layers": [["d", 0, 0]],
            "output_layers": [["d", 0, 0]],
        },
        "a call on a number": {
            "name": "m",
            "layers": [{**entry, "inbound_nodes": [{"args": [3], "kwargs": {}}]}],
            "input_layers": [["d", 0, 0]],
            "output_layers": [["d", 0, 0]],
        },
    }.items():
        module = "keras.src.models.functional"
        whole = {**layer3("Functional", module), "config": config}
        path = write_keras3(folder / f"{what}.keras", whole)
        yield what, lambda path=path: load_model(path)
    for wrong in ([], {}, "3", 3.5, -3, None, [3], {"a": 1}, [[None]]):
        for key in ("units", "activation", "kernel_regularizer"):
            path = write_keras3(
                folder / f"{key} {wrong!r:.8}.keras".replace("/", ""),
                sequential3(dense3(**{key: wrong})),
            )
            if (key, wrong) not in HARMLESS_IN_KERAS_3:
                yield f"{key}={wrong!r}", lambda path=path: load_model(path)


HARMLESS_IN_KERAS_3 = [("activation", None), ("kernel_regularizer", None)]
"""Arguments that a layer doesn't have then."""


COLOURED = "n\x1b[31m\u202e\nNothing is missing."


@attack(53, "UnsafeFileError", "FileFormatError")
def names_that_change_what_is_shown(folder):
    weights = [("d_W", ONES), ("d_b", ZEROS)]
    for what, changed in {
        "of a layer": {"config": sequential(dense(name=COLOURED))},
        "of an argument": {"config": sequential(dense(**{COLOURED: 1}))},
        "of a class": {"config": sequential(layer(COLOURED))},
        "of a stored layer": {"layers": {COLOURED: weights}},
        "of a weight": {"layers": {"d": [(COLOURED, ONES), ("d_b", ZEROS)]}},
    }.items():
        path = write(
            folder / f"{what}.h5", **{"config": sequential(dense()), **changed}
        )
        for entry, action in (*command_entries(path), *weight_entries(path)):
            if "layers" in changed or "group" not in entry:
                yield f"{what}, {entry}", action
    for what, version in {"a version": f"9.{COLOURED}", "no number": COLOURED}.items():
        path = write_keras3(
            folder / f"{what}.keras",
            metadata_json=json.dumps({"keras_version": version}),
        )
        yield what, lambda path=path: load_model(path)

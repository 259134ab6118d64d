"""Attacks that want code of theirs to run (cases 1 to 18, and 50)."""

import json
import marshal
import pickle
import zipfile
from pathlib import Path

import numpy as np
from hostile import attack, harmless
from hostile_files import (
    bytecode,
    called,
    canary,
    dense,
    dense3,
    entries,
    graph,
    keras2,
    layer,
    layer3,
    sequential,
    sequential3,
    start,
    write,
    write_keras2,
    write_keras3,
)
from oneiros import config as configs
from oneiros import registry
from oneiros.layers import Dense
from oneiros.models import load_model, model_from_json, model_from_yaml
from oneiros.saving import Budget

GOLDEN = Path(__file__).parents[1] / "golden"
SGD = {"class_name": "SGD", "config": {"lr": 0.01}}


def lambda_layer(**config):
    return layer(
        "Lambda",
        **{"name": "d", "batch_input_shape": [None, 4], "arguments": {}, **config},
    )


def merge_layer(**config):
    usual = {
        "mode": "sum",
        "mode_type": "raw",
        "output_shape": None,
        "output_shape_type": "raw",
    }
    return layer("Merge", **{"name": "d", "arguments": {}, **usual, **config})


def merge_model(**config):
    places = [["x", 0, 0], ["y", 0, 0]]
    return graph(
        [start("x"), start("y"), called(merge_layer(**config), places)], ("x", "y")
    )


@attack(1)
def bytecode_in_lambda(folder):
    yield from entries(
        sequential(lambda_layer(function=bytecode(), function_type="lambda")), folder
    )
    for what, config in {
        "Keras 2": {
            "function": bytecode(),
            "function_type": "lambda",
            "module": "evil",
        },
        "Keras 2, by a name": {
            "function": "canary",
            "function_type": "function",
            "module": "evil",
        },
        "Keras 2, a mask": {
            "function": bytecode(),
            "mask": bytecode(),
            "mask_type": "lambda",
        },
        "Keras 2, an object": {
            "function": {"class_name": "__lambda__", "config": {"code": bytecode()[0]}}
        },
    }.items():
        model_config = keras2(lambda_layer(**config))
        path = write_keras2(folder / f"{what}.h5", model_config)
        text = json.dumps(model_config)
        yield (
            f"{what}, h5",
            lambda p=path: load_model(p),
            "UnsafeFileError",
            "ConfigError",
        )
        yield (
            f"{what}, json",
            lambda t=text: model_from_json(t),
            "UnsafeFileError",
            "ConfigError",
        )


@attack(2)
def bytecode_in_lambda_output_shape(folder):
    config = {"function": "softmax", "function_type": "function"}
    yield from entries(
        sequential(
            lambda_layer(**config, output_shape=bytecode(), output_shape_type="lambda")
        ),
        folder,
    )


@attack(3)
def bytecode_in_merge(folder):
    yield from entries(merge_model(mode=bytecode(), mode_type="lambda"), folder)


@attack(4)
def bytecode_in_merge_output_shape(folder):
    yield from entries(
        merge_model(output_shape=bytecode(), output_shape_type="lambda"), folder
    )


@attack(5)
def bytecode_in_merge_output_mask(folder):
    yield from entries(
        merge_model(output_mask=bytecode(), output_mask_type="lambda"), folder
    )


@attack(6)
def bytecode_inside_other_layers(folder):
    own = lambda_layer(function=bytecode(), function_type="lambda")
    inner = graph([start(), called(own, [["x", 0, 0]])])
    nested = {**inner, "config": {**inner["config"], "name": "d"}}
    steps = [None, 5, 4]
    shells = {
        "Sequential": sequential({**sequential(own), "name": "s"}),
        "Sequential twice": sequential(sequential(sequential(own))),
        "Model": graph([start(), called(nested, [["x", 0, 0]])]),
        "Merge": sequential(merge_layer(layers=[sequential(own), sequential(own)])),
        "TimeDistributed": sequential(
            layer("TimeDistributed", name="t", layer=own, batch_input_shape=steps)
        ),
        "TimeDistributed Model": sequential(
            layer("TimeDistributed", name="t", layer=inner, batch_input_shape=steps)
        ),
        "Bidirectional": sequential(
            layer("Bidirectional", name="b", layer=own, batch_input_shape=steps)
        ),
    }
    for shell, config in shells.items():
        for entry, action in entries(config, folder):
            wrong = (
                ("UnsafeFileError", "ConfigError")
                if shell == "Bidirectional"
                else ("UnsafeFileError",)
            )
            yield f"{shell}, {entry}", action, *wrong


@attack(7)
def function_by_a_name_of_python(folder):
    for name in (
        "func_load",
        "eval",
        "exec",
        "os.system",
        "__import__",
        "builtins.eval",
        "__class__.__base__",
        "print",
        "oneiros:eval",
        "oneiros_saving.saving:save_model",
        "get_file",
        "layer_from_config",
        "../x",
        "",
    ):
        yield (
            f"Lambda {name}",
            next(
                entries(
                    sequential(lambda_layer(function=name, function_type="function")),
                    folder,
                )
            )[1],
        )
        yield (
            f"Merge {name}",
            next(entries(merge_model(mode=name, mode_type="function"), folder))[1],
        )


@attack(8, "UnsafeFileError", "UnknownNameError")
def a_class_that_is_no_layer(folder):
    names = (
        "K",
        "np",
        "inspect",
        "get_from_module",
        "object",
        "type",
        "SGD",
        "EarlyStopping",
        "Model.fit",
        "oneiros-optimizers:SGD",
        "relu",
        "softmax",
        "Layer.__init__",
        "__builtins__",
    )
    for name in names:
        for entry, action in entries(
            sequential(layer(name, name="d", batch_input_shape=[None, 4])), folder
        ):
            yield f"{name}, {entry}", action


@attack(9, "UnsafeFileError", "UnknownNameError")
def a_callable_in_the_place_of_an_object(folder):
    for slot in (
        "init",
        "activation",
        "W_regularizer",
        "activity_regularizer",
        "b_constraint",
    ):
        for name in ("eval", "os.system", "Dense", "SGD", "load_model", "Callback"):
            for value in (
                {"name": name, "command": "touch canary"},
                {"class_name": name, "config": {"a": 1}},
            ):
                yield (
                    f"{slot} {value}",
                    next(entries(sequential(dense(**{slot: value})), folder))[1],
                )
    for name in ("eval", "os.system", "Dense", "L1L2Regularizer", "relu"):
        for chosen in ({"class_name": name, "config": {}}, {"name": name}):
            training = {"optimizer_config": chosen, "loss": "mse"}
            path = write(
                folder / f"{name}{len(chosen)}.h5", sequential(dense()), training
            )
            yield f"optimizer {chosen}", lambda path=path: load_model(path)


@attack(10, "UnsafeFileError", "UnknownNameError", "ConfigError")
def modules_as_keras_3_names_them(folder):
    for module in (
        "os",
        "builtins",
        "evil",
        "oneirosevil",
        "keras.src.utils",
        "numpy",
        "subprocess",
    ):
        for name in ("system", "Dense2", "eval"):
            entry = {
                **dense(),
                "module": module,
                "class_name": name,
                "registered_name": f"{module}>{name}",
            }
            yield f"{module} {name}", next(entries(sequential(entry), folder))[1]
        nested = {
            "module": module,
            "class_name": "function",
            "config": "system",
            "registered_name": "function",
        }
        yield (
            f"{module} as an argument",
            next(entries(sequential(dense(init=nested)), folder))[1],
        )


@attack(11, "UnsafeFileError", "ConfigError", "UnknownNameError")
def a_file_that_asks_for_less_safety(folder):
    own = lambda_layer(function=bytecode(), function_type="lambda")
    for flag in (
        "safe_mode",
        "enable_unsafe_deserialization",
        "loadable",
        "custom_objects",
        "trusted",
    ):
        value = {"Lambda": "os.system"} if flag == "custom_objects" else True
        config = sequential(own)
        yield f"{flag} beside", next(entries({**config, flag: value}, folder))[1]
        yield (
            f"{flag} inside",
            next(
                entries(
                    sequential(layer("Lambda", **{**own["config"], flag: value})),
                    folder,
                )
            )[1],
        )
    call = {"class_name": "enable_unsafe_deserialization", "config": {}}
    yield "as a layer", next(entries(sequential(call, own), folder))[1]
    again = {
        "class_name": "load_model",
        "config": {"filepath": "x.h5", "safe_mode": False},
    }
    yield "another load as a layer", next(entries(sequential(again), folder))[1]


class Writes(Dense):
    """A registered layer whose constructor does something, and which doesn't declare
    `loadable`."""

    def __init__(self, **kwargs):
        canary()
        super().__init__(**kwargs)


@attack(12)
def a_registered_class_that_acts_when_it_is_made(folder):
    with registry.register("layer", "Writes", Writes):
        yield from entries(
            sequential(
                layer("Writes", name="d", output_dim=3, batch_input_shape=[None, 4])
            ),
            folder,
        )


@attack(
    13,
    "UnsafeFileError",
    "UnknownNameError",
    "ConfigError",
    "ArgumentError",
    "FileFormatError",
)
def names_in_the_training_config(folder):
    with registry.register("optimizer", "WritesToo", Writes):
        for index, training in enumerate(
            (
                {"optimizer_config": SGD, "loss": "eval"},
                {"optimizer_config": SGD, "loss": "os.system"},
                {"optimizer_config": SGD, "loss": {"class_name": "eval", "config": {}}},
                {"optimizer_config": SGD, "loss": bytecode()},
                {"optimizer_config": SGD, "loss": "mse", "metrics": ["eval"]},
                {"optimizer_config": SGD, "loss": "mse", "metrics": {"d": ["exec"]}},
                {
                    "optimizer_config": SGD,
                    "loss": "mse",
                    "metrics": [{"class_name": "os.system"}],
                },
                {
                    "optimizer_config": {"class_name": "WritesToo", "config": {}},
                    "loss": "mse",
                },
                {"optimizer_config": "eval", "loss": "mse"},
                {
                    "optimizer_config": {
                        "class_name": "SGD",
                        "config": {"lr": 0.1, "module": "os"},
                    },
                    "loss": "mse",
                },
                {
                    "optimizer_config": SGD,
                    "loss": "mse",
                    "sample_weight_mode": bytecode(),
                },
                {"optimizer_config": SGD, "loss": ["mse", "mse"]},
                {"loss": "mse"},
                [1],
            )
        ):
            path = write(folder / f"t{index}.h5", sequential(dense()), training)
            yield f"{training!r:.100}", lambda path=path: load_model(path)


@attack(14)
def tags_and_references_in_yaml(folder):
    doubling = "\n".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40))
    texts = {
        "apply": "!!python/object/apply:os.system ['touch canary']",
        "new": "!!python/object/new:os.system ['touch canary']",
        "object": "!!python/object:evil.Thing {}",
        "name": "!!python/name:os.system",
        "module": "!!python/module:evil",
        "apply in a place": (
            "class_name: Sequential\nconfig: [!!python/object/apply:eval ['1']]"
        ),
        "numpy": "!!python/object/apply:numpy.load ['secret.txt']",
        "numpy scalar": (
            "!!python/object/apply:numpy.core.multiarray.scalar "
            "[!!python/name:os.system , 'x']"
        ),
        "numpy objects": "!!python/object/apply:numpy.core.multiarray.scalar\n"
        "- !!python/object/apply:numpy.dtype {args: [O8, 0, 1], state: [3, '|']}\n"
        "- !!binary AAAAAAAAAAA=",
        "local tag": "!evil x",
        "billion laughs": f"a0: &a0 [x, x]\n{doubling}",
        "a list of itself": "&a [*a]",
        "an object of itself": "a: &a {b: *a}",
        "a key twice": "{a: 1, a: 2}",
        "merge": "a: &a {x: 1}\nb: {<<: *a}",
        "deep": "[" * 100_000,
        "deep by references": "\n".join(
            [
                "a0: &a0 [1]",
                *(f"a{i}: &a{i} {'[' * 99}*a{i - 1}{']' * 99}" for i in range(1, 5)),
            ]
        ),
        "a million parts": "[" + "x, " * 1_100_000 + "x]",
        "a long number": "9" * 5000,
        "infinity": "a: .inf",
        "nan": "a: .nan",
        "date": "2001-01-01",
        "set": "!!set {a, b}",
        "binary": "!!binary aGVsbG8=",
    }
    for what, text in texts.items():
        yield what, lambda text=text: model_from_yaml(text)


class Reduced:
    def __reduce__(self):
        return canary, ()


class Crafted:
    """Is pickled as a call, and a state that the result gets."""

    def __init__(self, function, arguments, *state):
        self.call = function, arguments, *state

    def __reduce__(self):
        return self.call


def addresses_as_objects():
    """Yields pickles in which numbers are to be taken for addresses of objects: a type
    of objects says of itself that it has none."""
    reconstruct = np.zeros(0).__reduce__()[0]
    from_buffer = np.zeros(1).__reduce_ex__(5)[0]
    scalar = np.float64(0).__reduce__()[0]
    numbers = bytes(range(65, 73)) * 4
    state = (3, "|", None, None, None, -1, -1, 0)
    objects = Crafted(np.dtype, ("O",), state)
    empty = (np.ndarray, (0,), b"b")
    yield "state", Crafted(reconstruct, empty, (1, (4,), objects, False, numbers))
    yield "buffer", Crafted(from_buffer, (numbers, objects, (4,), "C"))
    yield "number", Crafted(scalar, (objects, numbers[:8]))
    few = (1, (9,), Crafted(np.dtype, ("O",)), False, [])
    yield "fewer objects than the shape has", Crafted(reconstruct, empty, few)


@attack(15)
def pickles(folder):
    from oneiros_safe_files.npy import read_npz
    from oneiros_safe_files.pickles import read_pickle

    def pickled(name, data):
        (folder / name).write_bytes(data)
        return lambda: read_pickle(folder / name, Budget())

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield (
            f"protocol {protocol}",
            pickled(f"p{protocol}.pkl", pickle.dumps(Reduced(), protocol)),
        )
    for name in (
        "os\nsystem",
        "builtins\neval",
        "numpy\nload",
        "numpy.core.multiarray\nfromfile",
        "evil\nx",
        "numpy.core._multiarray_umath\nadd_docstring",
        "__builtin__\nfile",
        "copy_reg\n_reconstructor",
    ):
        data = f"c{name}\n(S'touch canary'\ntR.".encode()
        yield name.replace("\n", "."), pickled(name.replace("\n", ".") + ".pkl", data)
    for what, data in {
        "INST": b"(S'touch canary'\nios\nsystem\n.",
        "OBJ": b"(cos\nsystem\nS'touch canary'\no.",
        "NEWOBJ": b"\x80\x02cos\nsystem\nS'x'\n\x85\x81.",
    }.items():
        yield what, pickled(f"{what}.pkl", data)
    for what, data in {
        "shape of nothing": b"cnumpy.core.multiarray\nscalar\n(NS'x'\ntR.",
        "bytes that don't fit": (
            b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i8'\ntRS'x'\ntR."
        ),
        "another encoding": b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
        "EXT": b"\x80\x02\x82\x01.",
        "persistent": b"Psecret.txt\n.",
    }.items():
        yield what, pickled(f"{what}.pkl", data), "FileFormatError"
    for what, crafted in addresses_as_objects():
        yield what, pickled(f"{what}.pkl", pickle.dumps(crafted)), "FileFormatError"
    claimed = b"\x80\x04\x8e" + (1 << 50).to_bytes(8, "little") + b"."
    yield "claims more", pickled("claims.pkl", claimed), "FileAccessError"
    np.savez(folder / "o.npz", a=np.zeros(3), b=np.array([Reduced()], object))
    yield "npz of objects", lambda: read_npz(folder / "o.npz", Budget())
    with zipfile.ZipFile(folder / "p.npz", "w") as archive:
        archive.writestr("p.npy", pickle.dumps(Reduced()))
    yield (
        "pickle called npy",
        lambda: read_npz(folder / "p.npz", Budget()),
        "FileFormatError",
    )
    (folder / "m.h5").write_bytes(pickle.dumps(Reduced()))
    yield "pickle called h5", lambda: load_model(folder / "m.h5"), "FileFormatError"


@attack(16, "UnsafeFileError", "UnknownNameError", "NameConflictError")
def a_name_of_a_plugin_s_layer(folder):
    class Dense(Writes):
        pass

    config = sequential(dense())
    with registry.register("layer", "Dense", Dense, "evil"):
        yield (
            "registered beside the real one",
            next(entries(config, folder))[1],
            "UserWarning",
        )
    text = json.dumps(sequential(layer("evil:Dense", **dense()["config"])))
    yield "named by its distribution", lambda: model_from_json(text)


@harmless
def a_caller_s_own_class_comes_first_for_one_call(folder):
    class Own(Dense):
        pass

    text = json.dumps(sequential(dense()))

    def check():
        assert (
            type(model_from_json(text, custom_objects={"Dense": Own}).layers[0]) is Own
        )
        assert type(model_from_json(text).layers[0]) is Dense

    yield "custom_objects", check


@attack(17)
def from_config_by_itself(folder):
    from oneiros import objectives, optimizers, regularizers
    from oneiros.layers import Bidirectional, Lambda, Merge, TimeDistributed

    own = lambda_layer(function=bytecode(), function_type="lambda")
    yield "Lambda", lambda: Lambda.from_config(own["config"])
    yield (
        "Merge",
        lambda: Merge.from_config(
            merge_layer(mode=bytecode(), mode_type="lambda")["config"]
        ),
    )
    steps = {"name": "t", "layer": own, "batch_input_shape": [None, 5, 4]}
    yield "TimeDistributed", lambda: TimeDistributed.from_config(steps)
    wrong = layer("Lambda", function=bytecode(), function_type="lambda")
    yield "Bidirectional", lambda: Bidirectional.from_config({**steps, "layer": wrong})
    for module, kind in ((optimizers, "Dense"), (regularizers, "Dense")):
        yield (
            module.__name__,
            lambda m=module, k=kind: m.get({"name": k}),
            "UnknownNameError",
            "UnsafeFileError",
        )
    yield "objectives", lambda: objectives.get("eval"), "UnknownNameError"


@attack(18)
def bytecode_of_another_python(folder):
    for what, code in {
        "Python 2": (
            "c\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00C\x00\x00\x00"
            "s\x08\x00\x00\x00|\x00\x00d"
        ),
        "rubbish": "\xff" * 100,
        "empty": "",
        "a marshalled number": marshal.dumps(5).decode("raw_unicode_escape"),
    }.items():
        own = lambda_layer(function=[code, None, None], function_type="lambda")
        for entry, action in entries(sequential(own), folder):
            yield f"{what}, {entry}", action


@harmless
def a_supplied_function_revives_a_lambda(folder):
    own = lambda_layer(
        function=bytecode(),
        function_type="lambda",
        output_shape=None,
        output_shape_type="raw",
    )
    write(folder / "f.h5", sequential(own), layers={"d": []})

    def check():
        model = load_model(folder / "f.h5", functions={"d": lambda x: x * 2})
        assert model.layers[0].function(3) == 6

    yield "functions", check


@harmless
def constructors_only_keep_their_arguments(folder):
    """Every layer that a file may have built is made without a file, a process or a
    connection."""
    cases = json.loads((GOLDEN / "layers.json").read_text())["cases"]
    for case in cases:
        if "lambda" not in json.dumps(case["config"]):
            config = {"class_name": case["class_name"], "config": case["config"]}
            yield case["id"], lambda config=config: configs.layer_from_config(config)


@attack(50, "UnsafeFileError", "UnknownNameError", "ConfigError")
def code_in_files_of_keras_3(folder):
    bytecode_there = {"value": ["4wEAAAAAAAAA", None, None]}
    anonymous = {"class_name": "__lambda__", "config": bytecode_there}
    named = {
        "module": "builtins",
        "class_name": "function",
        "config": "canary",
        "registered_name": "function",
    }
    foreign = {
        "module": "subprocess",
        "class_name": "Popen",
        "config": {"args": ["touch", "canary"]},
        "registered_name": None,
    }
    for what, entry in {
        "a lambda": layer3("Lambda", function=anonymous),
        "a function": layer3("Lambda", function=named),
        "a registered function's name": layer3(
            "Lambda", function={**named, "config": "relu"}
        ),
        "a lambda as an activation": dense3(activation=anonymous),
        "a class as an activation": dense3(activation=foreign),
        "a class as an initializer": dense3(kernel_initializer=foreign),
        "a class as a regularizer": dense3(kernel_regularizer=foreign),
        "a class as a constraint": dense3(kernel_constraint=foreign),
        "a class of another module": layer3("Popen", "subprocess", args=["ls"]),
        "Dense of another module": layer3("Dense", "evil", "evil>Dense", units=3),
        "an operation": layer3("Add", "keras.src.ops.numpy"),
        "a wrapped class": layer3(
            "TimeDistributed", layer=layer3("Popen", "subprocess")
        ),
    }.items():
        path = write_keras3(folder / f"{what}.keras", sequential3(entry))
        yield what, lambda path=path: load_model(path)

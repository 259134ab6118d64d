"""Writes the cases with which the conformance kit checks backends.

    python tools/write_kit_cases.py           writes them
    python tools/write_kit_cases.py --check   fails if those in the kit are others

A case is a call of a function of `K` with its result. Results come from plain NumPy
(tests/support/k_references.py) and from Keras 1.2.2 (tests/golden). The kit carries
them as data, so that backends of third parties are judged by the same numbers.
"""

import ast
import gzip
import json
import operator
import sys
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support")]

import k_references as references
from k_arguments import arguments, integers, tensor
from k_refusals import ALL, refused_calls
from oneiros import backend as K
from oneiros.backend.contract import OPTIONAL_FUNCTIONS
from oneiros_backend_toolkit.lazy_graph.graph import Placeholder, Variable

TARGET = ROOT / "plugins" / "testing" / "oneiros_testing" / "golden"
GOLDEN = ROOT / "tests" / "golden"
IGNORED = ("image_shape", "filter_shape", "volume_shape")
FLOATS = ("float16", "float32", "float64")
TYPES = (*FLOATS, "int32", "int64", "uint8", "bool")
VALUES = ([3, 1, 2], [2, 1, 1])
POSITIONS = {
    "dot": ("x", "y"),
    "batch_dot": ("x", "y", "axes"),
    "clip": ("x", "min_value", "max_value"),
    "repeat_elements": ("x", "rep", "axis"),
}


class Cases:
    """The cases, and the arrays that they name."""

    def __init__(self):
        self.cases = []
        self.places = {}
        self.numbers = {}

    def key(self, array):
        """Returns where an array is: its type, its first number's place among the
        numbers of that type, and its sizes. Equal arrays are there once."""
        array = np.asarray(array)
        dtype = array.dtype.name
        content = (dtype, array.tobytes())
        stored = self.numbers.setdefault(dtype, [])
        if content not in self.places:
            self.places[content] = len(stored)
            stored += array.ravel().tolist()
        return [dtype, self.places[content], list(array.shape)]

    @property
    def arrays(self):
        """The numbers of each type."""
        return {
            dtype: np.array(stored, dtype) for dtype, stored in self.numbers.items()
        }

    def encoded(self, value):
        """Returns an argument as JSON."""
        if K.current().owns(value):
            if isinstance(value.source, Placeholder):
                return {"placeholder": list(K.int_shape(value))}
            kind = "variable" if isinstance(value.source, Variable) else "computed"
            return {kind: self.key(K.eval(value))}
        if isinstance(value, np.ndarray):
            return {"constant": self.key(value)}
        if isinstance(value, (list, tuple)):
            return [self.encoded(part) for part in value]
        if callable(value):
            raise TypeError("functions have no JSON")
        return value

    def add(self, group, function, received, values, **more):
        """Adds a case."""
        encoded = {name: self.encoded(value) for name, value in received.items()}
        named = [self.key(value) for value in values]
        case = {"group": group, "function": function, "arguments": encoded}
        self.cases.append({**case, "values": named, **more})

    def refer(self, group, cases, functions):
        """Adds cases whose results are those of references."""
        usual = arguments()
        for name, changes in cases:
            received = {**usual[name], **changes}
            arrays = {k: value_of(x) for k, x in received.items() if k not in IGNORED}
            result = getattr(K, name)(**received)
            dtypes = [K.dtype(part) for part in listed(result)]
            values = listed(functions[name](**arrays))
            pairs = zip(values, dtypes, strict=True)
            typed = [np.asarray(value).astype(dtype) for value, dtype in pairs]
            self.add(group, name, received, typed)


def value_of(x):
    """Returns an argument with arrays in the place of tensors."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(value_of, x))
    return K.eval(x) if K.current().owns(x) else x


def listed(result):
    """Returns the parts of a result."""
    if not isinstance(result, (list, tuple)):
        return [result]
    return [part for each in result for part in listed(each)]


def edges():
    """Returns calls at the edges of what functions do."""
    x = K.variable([[-2.5, -0.5, 0.5], [1.5, 2.5, 0.0]])
    far = K.variable([[-80.0, 80.0, 0.0]])
    tied = K.variable([[0.5, 0.5, 0.1], [0.1, 0.2, 0.2]])
    certain = K.variable([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    cube = tensor(2, 3, 4)
    return [
        ("round", {"x": x}),
        ("sign", {"x": x}),
        ("sqrt", {"x": x}),
        ("relu", {"x": x, "alpha": 0.2, "max_value": 1.0}),
        ("elu", {"x": x}),
        ("hard_sigmoid", {"x": K.variable([[-5.0, -1.0, 5.0]])}),
        ("softplus", {"x": far}),
        ("softmax", {"x": far}),
        ("softmax", {"x": cube}),
        ("clip", {"x": x, "min_value": 0.5, "max_value": -0.5}),
        ("clip", {"x": x, "min_value": None, "max_value": 1.0}),
        ("in_top_k", {"predictions": tied, "targets": integers(2)}),
        ("argmax", {"x": tied}),
        ("categorical_crossentropy", {"output": certain, "target": tied}),
        ("binary_crossentropy", {"output": certain, "target": tied}),
        ("l2_normalize", {"x": K.zeros((2, 3))}),
        ("maximum", {"x": x, "y": tensor(2, 1)}),
        ("sum", {"x": cube, "axis": [0, -1], "keepdims": False}),
        ("var", {"x": cube, "axis": [0, 1], "keepdims": True}),
        ("mean", {"axis": None, "keepdims": False}),
        ("dot", {"x": cube, "y": tensor(5, 4, 3)}),
        ("batch_dot", {"x": cube, "y": tensor(2, 4, 5), "axes": (2, 1)}),
        ("batch_dot", {"x": cube, "y": tensor(2, 4), "axes": (2, 1)}),
        ("concatenate", {"axis": -1}),
        ("expand_dims", {"dim": -1}),
        ("permute_dimensions", {"x": cube, "pattern": (2, 0, 1)}),
        ("reverse", {"x": cube, "axes": [0, 2]}),
        ("gather", {"indices": K.variable([[1, 0], [0, 0]], dtype="int32")}),
        (
            "normalize_batch_in_training",
            {"x": tensor(2, 3, 4, 3), "reduction_axes": [0, 1, 2]},
        ),
    ]


def images(capability):
    """Returns calls of the functions that a capability of images brings."""
    image = {"x": tensor(2, 7, 6, 3), "kernel": tensor(2, 3, 3, 4)}
    first = {"x": tensor(2, 3, 7, 6), "kernel": tensor(4, 3, 2, 3)}
    borders = ("valid", "same", "full")
    more = {
        "conv": [
            *(
                ("conv2d", {**image, "border_mode": b, "strides": (2, 1)})
                for b in borders
            ),
            ("conv2d", {**first, "dim_ordering": "th", "strides": (1, 2)}),
            ("conv2d", {**image, "strides": (1, 1), "filter_dilation": (2, 2)}),
            ("conv1d", {"x": tensor(2, 7, 4), "stride": 2, "border_mode": "valid"}),
            (
                "deconv2d",
                {
                    "strides": (2, 3),
                    "output_shape": (2, 7, 12, 5),
                    "border_mode": "same",
                },
            ),
        ],
        "pool": [
            (
                "pool2d",
                {
                    "x": K.variable(K.eval(tensor(2, 5, 7, 3)) - 1),
                    "pool_size": (2, 3),
                    "strides": (2, 2),
                    "border_mode": "same",
                    "pool_mode": mode,
                },
            )
            for mode in ("max", "avg")
        ]
        + [("pool2d", {"x": tensor(2, 3, 4, 5), "dim_ordering": "th"})],
        "padding": [
            ("spatial_2d_padding", {"x": tensor(2, 3, 4, 5), "dim_ordering": "th"})
        ],
        "resize": [("resize_images", {"X": tensor(2, 3, 4, 5), "dim_ordering": "th"})],
    }
    names = OPTIONAL_FUNCTIONS[capability]
    return [*((name, {}) for name in names), *more[capability]]


def recurrences():
    """Returns calls of whole recurrent layers: masked, backwards, projecting."""
    mask = K.variable([[1, 1, 0], [0, 1, 1]])
    for name, columns in (("simple_rnn", 4), ("gru", 12), ("lstm", 16)):
        projection = {"W": tensor(5, columns), "b": tensor(columns)}
        yield name, {}
        yield name, {"mask": mask, "go_backwards": False}
        yield name, {"x": tensor(2, 3, 5), **projection, "mask": mask}


def common_type(one, other):
    """Returns the common type of two tensors."""
    floats = [name for name in (one, other) if name in FLOATS]
    if floats:
        return max(floats, key=FLOATS.index)
    return str(np.promote_types(one, other))


def number(common):
    """Returns the type of arithmetic, in which booleans count as int32."""
    return "int32" if common == "bool" else common


def fraction(common):
    """Returns the type of what is a fraction."""
    return common if common in FLOATS else "float64"


ARITHMETIC = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "floordiv": np.floor_divide,
    "mod": np.mod,
    "__pow__": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "pow": np.power,
    "clip": lambda x, y: y,
}
OTHERS = {"pow": ("a",), "clip": ("min_value", "max_value")}
"""The names of the other argument, where it isn't `y`."""
COMPARISONS = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "lesser": np.less,
    "lesser_equal": np.less_equal,
}
TYPED = {
    "arithmetic": [(name, compute, number) for name, compute in ARITHMETIC.items()],
    "comparisons": [(name, compute, None) for name, compute in COMPARISONS.items()],
    "fractions": [("truediv", np.divide, fraction)],
}
IN_ALL_PAIRS = ("add", "mul", "lt", "ge", "truediv")
"""Functions that all pairs of types are given; others are given `FEW_PAIRS`."""
FEW_PAIRS = {
    ("uint8", "uint8"),
    ("bool", "bool"),
    ("bool", "int32"),
    ("float16", "int64"),
    ("bool", "float32"),
    ("float32", "float64"),
}
"""Each type, and each kind of types with each kind."""
BITS = ("and_", "or_", "xor")
BIT_VALUES = ([6, 0, 1, 255], [3, 1, 0, 0])
DISCRETE = ("int32", "int64", "uint8", "bool")


def typed(cases):
    """Adds the rules of types, under the default type float64."""
    float64 = {"floatx": "float64"}
    pairs = [(one, other) for one in TYPES for other in TYPES]
    for one, other in pairs:
        common = common_type(one, other)
        arrays = [np.array(v).astype(t) for v, t in zip(VALUES, (one, other))]
        x, y = (K.variable(a, dtype=a.dtype.name) for a in arrays)
        for group, functions in TYPED.items():
            for name, compute, dtype_of in functions:
                if name not in IN_ALL_PAIRS and (one, other) not in FEW_PAIRS:
                    continue
                dtype = "bool" if dtype_of is None else dtype_of(common)
                within = dtype if dtype != "bool" else common
                value = compute(*(a.astype(within) for a in arrays)).astype(dtype)
                received = {"x": x, **dict.fromkeys(OTHERS.get(name, ("y",)), y)}
                cases.add(group, name, received, [value], **float64)
        joined = [a.astype(common) for a in arrays]
        chosen = {"condition": K.variable([1, 0, 1]), "then_expression": x}
        cases.add(
            "choices",
            "switch",
            {**chosen, "else_expression": y},
            [np.where([1, 0, 1], *joined)],
            **float64,
        )
        cases.add(
            "choices",
            "concatenate",
            {"tensors": [x, y]},
            [np.concatenate(joined)],
            **float64,
        )
        cases.add("choices", "stack", {"x": [x, y]}, [np.stack(joined)], **float64)
    for dtype in TYPES:
        array = np.array([[1, 0, 1], [1, 1, 1]]).astype(dtype)
        x = K.variable(array, dtype=dtype)
        exact = array.astype("float64")
        for name, value in (
            ("mean", exact.mean()),
            ("var", exact.var()),
            ("exp", np.exp(exact)),
            ("sqrt", np.sqrt(exact)),
            ("tanh", np.tanh(exact)),
        ):
            typed_value = np.asarray(value).astype(fraction(dtype))
            cases.add("fractions", name, {"x": x}, [typed_value], **float64)


def constants(cases):
    """Adds what numbers and arrays do beside tensors, under the default type
    float32."""
    for dtype in ("float16", "float32", "int32", "uint8"):
        array = np.array(VALUES[0]).astype(dtype)
        x = K.variable(array, dtype=dtype)
        for constant in (2, 0.5, np.ones(3), np.array([1, 2, 3])):
            is_whole = np.asarray(constant).dtype.kind == "i"
            result = dtype if dtype in FLOATS or is_whole else "float32"
            value = (array.astype(float) + constant).astype(result)
            cases.add("constants", "add", {"x": x, "y": constant}, [value])
            cases.add("constants", "add", {"x": constant, "y": x}, [value])


def bits(cases):
    """Adds what `&`, `|`, `^` and `~` do, under the default type float64."""
    float64 = {"floatx": "float64"}
    for one, other in product(DISCRETE, DISCRETE):
        pair = zip(BIT_VALUES, (one, other))
        arrays = [np.array(values).astype(dtype) for values, dtype in pair]
        x, y = (K.variable(array, dtype=array.dtype.name) for array in arrays)
        for name in BITS:
            value = getattr(operator, name)(*arrays)
            cases.add("bits", name, {"x": x, "y": y}, [value], **float64)
        if one == other:
            cases.add("bits", "invert", {"x": x}, [~arrays[0]], **float64)
    booleans = np.array([True, False])
    numbers = np.array([6, 1], "int32")
    for array, constant in (
        (booleans, True),
        (booleans, np.array([False, True])),
        (booleans, 2),
        (numbers, 3),
        (numbers, True),
        (numbers, np.array([1, 2])),
    ):
        x = K.variable(array, dtype=array.dtype.name)
        is_boolean = np.result_type(array, constant).kind == "b"
        dtype = "bool" if is_boolean else "int32"
        for name in BITS:
            value = getattr(operator, name)(array, constant).astype(dtype)
            for left, right in ((x, constant), (constant, x)):
                received = {"x": left, "y": right}
                cases.add("bits", name, received, [value], **float64)


def positions(cases):
    """Adds indices, classes and conditions of several types."""
    x = tensor(3, 3)
    rows = K.eval(x)
    for dtype in ("int32", "int64", "uint8", "float32"):
        places = K.variable([1, 0, 2], dtype=dtype)
        cases.add(
            "positions",
            "gather",
            {"reference": x, "indices": places},
            [rows[[1, 0, 2]]],
        )
        chosen = np.where([1, 0, 2], rows[0], rows[1])
        branches = {
            "then_expression": K.variable(rows[0]),
            "else_expression": K.variable(rows[1]),
        }
        cases.add("positions", "switch", {"condition": places, **branches}, [chosen])
        entropy = references.sparse_crossentropy(rows, np.array([1, 0, 2]))
        cases.add(
            "positions",
            "sparse_categorical_crossentropy",
            {"output": x, "target": places},
            [entropy.astype("float32")],
        )


def of_keras(cases):
    """Adds what Keras 1.2.2 computed, of inputs with open batch sizes."""
    golden = json.loads((GOLDEN / "functions.json").read_text("utf-8"))
    with np.load(GOLDEN / "functions.npz") as file:
        arrays = dict(file)

    def add(function, inputs, received, name, key, gradient=None):
        keys = [cases.key(arrays[each]) for each in inputs]
        more = {"inputs": keys, "id": name}
        if gradient in arrays:
            more["gradient"] = cases.key(arrays[gradient])
        cases.add("keras", function, received, [arrays[key]], **more)

    for case in golden["backend"]:
        call = ast.parse(case["expr"]).body[0].value
        function = call.func.attr
        received = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        for name, value in zip(POSITIONS.get(function, ()), call.args):
            if not isinstance(value, ast.Name):
                received[name] = ast.literal_eval(value)
        identifier = case["id"]
        inputs = sorted(key for key in arrays if key.startswith(f"{identifier}/x"))
        add(function, inputs, received, identifier, f"{identifier}/y")
    for case in golden["activations"]:
        if case["name"] != "linear":
            name = case["id"]
            add(
                case["name"],
                [case["x"]],
                case["kwargs"],
                name,
                f"{name}/y",
                f"{name}/g",
            )
    for case in golden["objectives"]:
        if case["name"].endswith("crossentropy"):
            name = case["id"]
            inputs = [case["y_pred"], case["y_true"]]
            add(case["name"], inputs, {}, name, f"{name}/v", f"{name}/g")


def refusals(cases):
    """Adds calls that all backends refuse, but for those of users' functions."""
    usual = arguments()
    for call in refused_calls():
        received = {**usual[call.function], **call.changes}
        if call.on != ALL or any(map(callable, received.values())):
            continue
        try:
            cases.add("refusals", call.function, received, [], error=call.kind.__name__)
        except Exception:  # tensors that can't be computed, such as functions of inputs
            continue


def written():
    """Returns the cases as text, and the arrays."""
    np.random.seed(0)
    cases = Cases()
    with K.use("jax"):
        cases.refer(
            "values", [(n, {}) for n in references.REFERENCES], references.REFERENCES
        )
        cases.refer("edges", edges(), references.REFERENCES)
        for capability in ("conv", "padding", "pool", "resize"):
            cases.refer(capability, images(capability), references.IMAGE_REFERENCES)
        cases.refer("fused", recurrences(), references.RECURRENT_REFERENCES)
        typed_before = K.floatx()
        K.set_floatx("float64")
        typed(cases)
        bits(cases)
        K.set_floatx(typed_before)
        constants(cases)
        positions(cases)
        of_keras(cases)
        refusals(cases)
    lines = ",\n".join(json.dumps(case) for case in cases.cases)
    return f"[\n{lines}\n]\n", cases.arrays


def main():
    """Writes the cases, or checks them."""
    text, arrays = written()
    path = TARGET / "cases.json.gz"
    if "--check" in sys.argv:
        with np.load(TARGET / "arrays.npz") as file:
            same = set(file) == set(arrays)
        is_current = same and gzip.decompress(path.read_bytes()).decode() == text
        sys.exit(0 if is_current else "Run tools/write_kit_cases.py: cases changed.")
    TARGET.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    np.savez_compressed(TARGET / "arrays.npz", **arrays)


if __name__ == "__main__":
    main()

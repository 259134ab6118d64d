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
BORDERS = ("valid", "same", "full")
ORDERINGS = ("tf", "th")
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
            with np.errstate(divide="ignore", invalid="ignore"):
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
    far = K.variable([[-1e4, -80.0, 80.0, 1e4, 0.0]])
    odd = K.variable([np.nan, np.inf, -np.inf, -1.0, 0.5, 1.5, 2.5, 0.0, 1e4, -1e4])
    infinite = K.variable([-np.inf, np.inf])
    tied = K.variable([[0.5, 0.5, 0.1], [0.1, 0.2, 0.2]])
    certain = K.variable([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    cube = tensor(2, 3, 4)
    rows = tensor(4, 3)
    return [
        *((name, {"x": odd}) for name in ("round", "sign", "sqrt")),
        ("maximum", {"x": odd, "y": 0.5}),
        ("minimum", {"x": odd, "y": 0.5}),
        ("relu", {"x": odd, "alpha": 0.0, "max_value": None}),
        ("tanh", {"x": infinite}),
        ("sigmoid", {"x": infinite}),
        ("round", {"x": x}),
        ("sign", {"x": x}),
        ("sqrt", {"x": x}),
        ("relu", {"x": x, "alpha": 0.2, "max_value": 1.0}),
        ("relu", {"x": x, "alpha": 0.1, "max_value": None}),
        ("relu", {"x": x, "alpha": 0.0, "max_value": 1.0}),
        ("elu", {"x": x}),
        ("hard_sigmoid", {"x": K.variable([[-1e4, -5.0, -1.0, 5.0, 1e4]])}),
        ("softplus", {"x": far}),
        ("softmax", {"x": far}),
        ("softmax", {"x": cube}),
        ("clip", {"x": x, "min_value": 0.5, "max_value": -0.5}),
        ("clip", {"x": x, "min_value": None, "max_value": 1.0}),
        ("clip", {"x": x, "min_value": 0.3, "max_value": None}),
        ("clip", {"x": x, "min_value": K.variable(1.0), "max_value": K.variable(-1.0)}),
        ("in_top_k", {"predictions": tied, "targets": integers(2), "k": 2}),
        ("in_top_k", {"predictions": tied, "targets": integers(2)}),
        ("argmax", {"x": tied}),
        *(
            (name, {"x": cube, "axis": a})
            for name in ("argmax", "argmin")
            for a in (-1, 0)
        ),
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
        ("batch_dot", {"x": cube, "y": tensor(2, 5, 3), "axes": (1, 2)}),
        ("batch_dot", {"x": cube, "y": tensor(2, 3, 5), "axes": [1, 1]}),
        ("batch_dot", {"x": cube, "y": tensor(2, 4, 5), "axes": None}),
        ("batch_dot", {"x": cube, "y": tensor(2, 5, 4), "axes": -1}),
        ("batch_dot", {"x": rows, "y": tensor(4, 3, 5), "axes": (1, 1)}),
        ("batch_dot", {"x": rows, "y": rows, "axes": None}),
        ("concatenate", {"axis": -1}),
        ("expand_dims", {"dim": -1}),
        ("expand_dims", {"dim": 1}),
        *(
            ("reshape", {"x": cube, "shape": shape})
            for shape in ((-1, 12), (4, 3, -1), (None, 4, 3))
        ),
        ("repeat_elements", {"x": cube, "axis": 0}),
        ("tile", {"x": cube, "n": (1, 2, 3)}),
        ("tile", {"n": 2}),
        ("arange", {"start": 3, "stop": 11}),
        ("arange", {"start": 4, "stop": None, "step": 1, "dtype": "float32"}),
        ("transpose", {"x": cube}),
        ("flatten", {"x": cube}),
        ("stack", {"x": [cube, cube]}),
        ("softsign", {"x": x}),
        ("erf", {"x": x}),
        ("erf", {"x": integers(2, 3)}),
        ("log", {"x": K.variable([[-1.0, 0.0, 1e-30]])}),
        ("permute_dimensions", {"x": cube, "pattern": (2, 0, 1)}),
        ("reverse", {"x": cube, "axes": [0, 2]}),
        ("gather", {"indices": K.variable([[1, 0], [0, 0]], dtype="int32")}),
        (
            "normalize_batch_in_training",
            {"x": tensor(2, 3, 4, 3), "reduction_axes": [0, 1, 2]},
        ),
        (
            "normalize_batch_in_training",
            {"x": tensor(6, 3, 4), "reduction_axes": [0, 2]},
        ),
    ]


def convolutions(ordering):
    """Returns calls of convolutions of images: borders, strides and holes."""
    first = ordering == "th"
    image = {"x": tensor(2, 3, 7, 6) if first else tensor(2, 7, 6, 3)}
    window = {"kernel": tensor(4, 3, 3, 2) if first else tensor(3, 2, 3, 4)}
    given = {**image, "dim_ordering": ordering}
    holes = [((1, 1), (2, 1)), ((2, 1), (2, 3)), ((3, 3), (1, 1)), ((2, 1), (1, 1))]
    for border, (strides, dilation) in product(BORDERS, holes):
        more = {"strides": strides, "border_mode": border, **given, **window}
        yield "conv2d", {**more, "filter_dilation": dilation}
    for border, rate in product(BORDERS[:2], (2, (1, 3))):
        yield "atrous_conv2d", {**given, **window, "rate": rate, "border_mode": border}


def deconvolutions():
    """Returns calls of deconvolutions, to all sizes that a border and strides allow."""
    for border, strides in product(BORDERS, ((1, 1), (2, 2), (3, 2))):
        sizes = (output_sizes(*each, border) for each in zip((4, 3), (3, 2), strides))
        for rows, columns in product(*sizes):
            more = {"strides": strides, "border_mode": border}
            shape = (2, rows, columns, 4)
            image = {"x": tensor(2, 4, 3, 3), "kernel": tensor(3, 2, 3, 4)}
            yield "deconv2d", {**image, **more, "output_shape": shape}
    for border, strides in product(BORDERS, ((1, 1, 1), (2, 1, 2))):
        places = zip((3, 2, 3), (3, 2, 2), strides)
        shape = (2, *(output_sizes(*each, border)[-1] for each in places), 4)
        volume = {"x": tensor(2, 3, 2, 3, 3), "kernel": tensor(3, 2, 2, 3, 4)}
        more = {"strides": strides, "border_mode": border, "output_shape": shape}
        yield "deconv3d", {**volume, **more}


def output_sizes(size, window, stride, border_mode):
    """Returns the sizes of which a convolution makes `size`."""
    margin = {"valid": 1 - window, "same": 0, "full": window - 1}[border_mode]
    return [n for n in range(1, 40) if -(-(n + margin) // stride) == size]


def other_convolutions():
    """Returns calls of convolutions of steps, of volumes, and by channels."""
    for border, stride in product(BORDERS, (1, 2)):
        steps = {"x": tensor(2, 8, 3), "kernel": tensor(3, 3, 5)}
        yield "conv1d", {**steps, "stride": stride, "border_mode": border}
    for strides, border, dilation in (
        ((1, 1, 1), "full", (1, 1, 1)),
        ((2, 1, 3), "same", (1, 1, 1)),
        ((2, 2, 2), "valid", (1, 1, 1)),
        ((1, 1, 1), "same", (2, 1, 2)),
        ((1, 1, 1), "valid", (2, 1, 3)),
    ):
        volume = {"x": tensor(2, 5, 4, 6, 2), "kernel": tensor(2, 3, 2, 2, 3)}
        more = {"strides": strides, "border_mode": border}
        yield "conv3d", {**volume, **more, "filter_dilation": dilation}
    for border, strides in product(BORDERS, ((2, 2), (1, 2))):
        yield "separable_conv2d", {"strides": strides, "border_mode": border}
    for border, dilation in product(BORDERS[:2], ((2, 2), (1, 3))):
        image = {"x": tensor(2, 9, 8, 3), "depthwise_kernel": tensor(3, 2, 3, 2)}
        more = {"border_mode": border, "filter_dilation": dilation}
        yield "separable_conv2d", {**image, **more}


def poolings():
    """Returns calls of pooling, far from 0, so that a border that counts shows."""
    for mode, border, (window, strides), ordering in product(
        ("max", "avg"),
        BORDERS[:2],
        (((2, 2), (2, 3)), ((3, 2), (2, 2)), ((3, 2), (1, 1))),
        ORDERINGS,
    ):
        image = {"x": K.variable(K.eval(tensor(2, 7, 6, 3)) - 3)}
        more = {"pool_size": window, "strides": strides, "pool_mode": mode}
        given = {**image, **more, "border_mode": border, "dim_ordering": ordering}
        yield "pool2d", given
    for mode, border in product(("max", "avg"), BORDERS[:2]):
        volume = {"x": K.variable(K.eval(tensor(2, 5, 4, 6, 2)) - 3)}
        more = {"pool_size": (3, 1, 2), "strides": (2, 3, 2), "pool_mode": mode}
        yield "pool3d", {**volume, **more, "border_mode": border}


def images(capability):
    """Returns calls of the functions that a capability of images brings."""
    image = tensor(2, 3, 4, 5)
    volume = tensor(2, 3, 4, 2, 3)
    first = {"dim_ordering": "th"}
    sides = {"top_pad": 1, "bottom_pad": 0, "left_pad": 2, "right_pad": 3}
    more = {
        "conv": [
            *convolutions("tf"),
            *convolutions("th"),
            *deconvolutions(),
            *other_convolutions(),
        ],
        "pool": poolings(),
        "padding": [
            ("temporal_padding", {"padding": 0}),
            ("asymmetric_temporal_padding", {"left_pad": 0, "right_pad": 3}),
            ("spatial_2d_padding", {"x": image, "padding": [2, 0], **first}),
            ("asymmetric_spatial_2d_padding", {"x": image, **sides}),
            ("asymmetric_spatial_2d_padding", {"x": image, **sides, **first}),
            ("spatial_3d_padding", {"x": volume, "padding": (1, 0, 2)}),
            ("spatial_3d_padding", {"x": volume, "padding": (1, 0, 2), **first}),
        ],
        "resize": [
            ("resize_images", {"X": image, **first}),
            ("resize_volumes", {"X": volume, **first}),
        ],
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
OF_ONE = {
    "arithmetic": ("abs sign round square relu sum prod", number),
    "choices": ("max min zeros_like ones_like transpose flatten", str),
    "comparisons": ("any all", lambda dtype: "bool"),
    "fractions": (
        "exp log sqrt sin cos sigmoid hard_sigmoid tanh softplus softsign softmax "
        "elu mean var std l2_normalize",
        fraction,
    ),
}
"""Functions of one tensor, and the types that they give."""
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
    for dtype, (group, (names, dtype_of)) in product(TYPES, OF_ONE.items()):
        array = np.array([[0, 3, 1], [2, 0, 5]]).astype(dtype)
        x = K.variable(array, dtype=dtype)
        exact = array.astype("float64")
        for name in names.split():
            more = {"axis": 1} if name in references.ALONG_AXIS else {}
            with np.errstate(divide="ignore"):
                value = references.REFERENCES[name](x=exact, **more)
            typed_value = np.asarray(value).astype(dtype_of(dtype))
            cases.add(group, name, {"x": x, **more}, [typed_value], **float64)


def of_two_types(cases):
    """Adds products, and what is computed of floats alone, of tensors of two types,
    under the default type float64."""
    every = {**references.REFERENCES, **references.IMAGE_REFERENCES}
    functions = {**every, **references.RECURRENT_REFERENCES}
    for one, other in sorted(FEW_PAIRS):
        common = common_type(one, other)
        for group, calls in calls_of(of_type(one), of_type(other)).items():
            dtype = number(common) if group == "arithmetic" else fraction(common)
            for name, received in calls:
                arrays = {k: exact(x) for k, x in received.items()}
                values = listed(functions[name](**arrays))
                typed_values = [np.asarray(value).astype(dtype) for value in values]
                cases.add(group, name, received, typed_values, floatx="float64")


def of_type(dtype):
    """Returns a function of sizes that makes tensors of a type, of zeros and ones."""

    def make(*sizes):
        numbers = np.random.RandomState(sum(sizes)).randint(0, 2, sizes)
        return K.variable(numbers, dtype=dtype)

    return make


def exact(x):
    """Returns arrays of float64 in the place of tensors."""
    if isinstance(x, list):
        return list(map(exact, x))
    return K.eval(x).astype("float64") if K.current().owns(x) else x


def calls_of(first, second):
    """Returns calls by their group, given functions that make tensors."""
    images = {"x": first(2, 5, 5, 2), "dim_ordering": "tf"}
    kernel = second(2, 2, 2, 3)
    volume = {"x": first(2, 3, 3, 3, 2), "dim_ordering": "tf"}
    matrix = {
        "x": first(3, 4),
        "mean": second(3, 4),
        "var": second(4),
        "beta": second(4),
    }
    outputs = {"output": first(3, 4), "target": second(3, 4)}
    steps = {"x": first(2, 3, 4), "mask": first(2, 3)}
    state = first(2, 1)
    projection = {"W": second(4, 4), "b": second(4)}
    return {
        "arithmetic": [
            ("dot", {"x": first(2, 3), "y": second(3, 2)}),
            ("dot", {"x": first(1, 2, 3), "y": second(3, 2)}),
            ("batch_dot", {"x": first(2, 3), "y": second(2, 3), "axes": 1}),
            ("batch_dot", {"x": first(1, 2, 3), "y": second(1, 3, 2)}),
        ],
        "conv types": [
            ("conv1d", {"x": first(2, 5, 2), "kernel": second(2, 2, 3)}),
            ("conv2d", {**images, "kernel": kernel}),
            ("atrous_conv2d", {**images, "kernel": kernel, "rate": 2}),
            ("deconv2d", {**images, "kernel": kernel, "output_shape": (2, 6, 6, 3)}),
            (
                "separable_conv2d",
                {
                    **images,
                    "depthwise_kernel": kernel,
                    "pointwise_kernel": first(1, 1, 6, 2),
                },
            ),
            ("conv3d", {**volume, "kernel": second(1, 2, 2, 2, 3)}),
        ],
        "fractions": [
            ("batch_normalization", {**matrix, "gamma": second(4)}),
            ("binary_crossentropy", {**outputs, "from_logits": True}),
            ("categorical_crossentropy", {**outputs, "from_logits": True}),
        ],
        "fused types": [
            (
                "simple_rnn",
                {"x": first(2, 3, 1), "initial_states": [state], "U": second(1, 1)},
            ),
            (
                "lstm",
                {
                    **steps,
                    "initial_states": [state] * 2,
                    "U": second(1, 4),
                    **projection,
                },
            ),
        ],
    }


def constants(cases):
    """Adds what numbers and arrays do beside tensors, under the default type
    float32."""
    numbers = (2, 0.5, np.array([0.5, 1.5, 2.5]))
    for dtype, constant in product(
        ("float16", "float32", "int32", "uint8", "bool"), numbers
    ):
        array = np.array(VALUES[0]).astype(dtype)
        x = K.variable(array, dtype=dtype)
        is_whole = np.asarray(constant).dtype.kind == "i"
        for name, compute in {**ARITHMETIC, "truediv": np.divide}.items():
            keeps = dtype in FLOATS or (is_whole and name != "truediv")
            result = number(dtype) if keeps else "float32"
            other = OTHERS.get(name, ("y",))
            if len(other) > 1:
                continue
            for pair in ((x, constant), (constant, x)):
                typed_pair = (
                    np.asarray(value_of(each)).astype(result) for each in pair
                )
                value = compute(*typed_pair).astype(result)
                received = dict(zip(("x", *other), pair))
                cases.add("constants", name, received, [value])


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
    classes = np.array([1, 0, 1])
    branches = {
        "then_expression": K.variable(rows[0]),
        "else_expression": K.variable(rows[1]),
    }
    for dtype in ("int32", "int64", "uint8", "bool", "float16", "float32"):
        places = K.variable(classes, dtype=dtype)
        entropy = references.sparse_crossentropy(rows, classes).astype("float32")
        are_hits = references.in_top_k(rows, classes, 2)
        hot = np.eye(3)[classes].astype("float32")
        chosen = np.where(classes, rows[0], rows[1])
        for name, received, value in (
            ("gather", {"reference": x, "indices": places}, rows[classes]),
            ("switch", {"condition": places, **branches}, chosen),
            (
                "sparse_categorical_crossentropy",
                {"output": x, "target": places},
                entropy,
            ),
            ("in_top_k", {"predictions": x, "targets": places, "k": 2}, are_hits),
            ("one_hot", {"indices": places, "nb_classes": 3}, hot),
        ):
            cases.add("positions", name, received, [value])
    for dtype in ("int32", "int64", "uint8"):
        place = K.variable(2, dtype=dtype)
        cases.add("positions", "getitem", {"x": x, "y": place}, [rows[2]])
    data = K.variable([[3, 1], [2, 7]], dtype="uint8")
    rows_of_bytes = [K.eval(data)[[1, 0]]]
    places = K.variable([1, 0])
    received = {"reference": data, "indices": places}
    cases.add("positions", "gather", received, rows_of_bytes)


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
        of_two_types(cases)
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

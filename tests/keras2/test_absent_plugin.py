"""What files of Keras 2 say where the plugin is absent that has their layers."""

import json

from oneiros.file_tools import inspect_file
from oneiros.models import model_from_json
from processes import run_python

SHAPE = {"batch_input_shape": [None, 4, 6], "dtype": "float32"}


def text(*layers, version="2.15.0", **others):
    entries = [
        {"class_name": name, "config": {"name": f"l{place}", **SHAPE, **arguments}}
        for place, (name, arguments) in enumerate(layers)
    ]
    config = {"name": "s", "layers": entries}
    described = {"class_name": "Sequential", "config": config, **others}
    return json.dumps({**described, "keras_version": version})


def graph(described, call, version):
    """Returns the text of a model whose input goes to a layer or an operation."""
    layers = []
    inputs = ("InputLayer", {"batch_input_shape": [None, 4], "dtype": "float32"})
    for (class_name, arguments), name, calls in (
        (inputs, "i", []),
        (described, "l0", [call]),
    ):
        entry = {"class_name": class_name, "config": {"name": name, **arguments}}
        layers.append({**entry, "name": name, "inbound_nodes": calls})
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["l0", 0, 0]]}
    config = {"name": "f", "layers": layers, **ends}
    model = {"class_name": "Functional", "config": config}
    return json.dumps({**model, "keras_version": version})


HISTORY = {"keras_history": ["i", 0, 0]}
TENSOR = {"class_name": "__keras_tensor__", "config": HISTORY}
NEEDING = {
    "ReLU(max_value=6)": text(("ReLU", {"max_value": 6.0})),
    "Identity": text(("Identity", {})),
    "RandomFlip": text(("RandomFlip", {})),
    "BatchNormalization(axis=[1, 2])": text(("BatchNormalization", {"axis": [1, 2]})),
    "LayerNormalization": text(("LayerNormalization", {"axis": [2]})),
    "GlobalAveragePooling1D": text(("Masking", {}), ("GlobalAveragePooling1D", {})),
    **{
        f"Dense(activation={name!r})": text(
            ("Dense", {"units": 2, "activation": name}), version="3.3.0"
        )
        for name in ("gelu", "hard_sigmoid")
    },
    "math.abs": graph(
        ("TFOpLambda", {"function": "math.abs"}), [["i", 0, 0, {}]], "2.15.0"
    ),
    "Absolute": graph(("Absolute", {}), {"args": [TENSOR], "kwargs": {}}, "3.15.0"),
}
ADAM = {"class_name": "Adam", "config": {"amsgrad": True}}
LOSS = {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}
TRAINING = [
    {"optimizer_config": ADAM, "loss": "mse"},
    {"optimizer_config": "sgd", "loss": LOSS},
    {"optimizer_config": "sgd", "loss": "hinge"},
]
CODE = """
import json, sys
from oneiros.errors import OneirosError
from oneiros.file_tools import inspect_file
from oneiros.models import model_from_json
for what, text in json.loads(sys.argv[1]).items():
    open(sys.argv[2], "w").write(text)
    (lacking,) = inspect_file(sys.argv[2]).lacking
    assert (lacking.what, lacking.owner) == (what, "oneiros-keras2"), lacking
    try:
        model_from_json(text)
    except OneirosError as error:
        assert "provided by oneiros-keras2" in str(error), error
        assert lacking.reason == str(error)
    else:
        raise AssertionError(what)

from oneiros_old_files.base import Origin
from oneiros_old_files.keras2_compilation import stored_compilation
for training in json.loads(sys.argv[3]):
    try:
        stored_compilation(training, Origin(2, version="2.15.0"))
    except OneirosError as error:
        assert "provided by oneiros-keras2" in str(error), error
    else:
        raise AssertionError(training)
"""

SEVERAL = text(
    *[("ReLU", {"max_value": 6.0}), ("DepthwiseConv2D", {"kernel_size": [1, 1]})] * 20
)
TOGETHER = """
import sys
from oneiros.errors import ConfigError
from oneiros.models import model_from_json
try:
    model_from_json(sys.argv[1])
except ConfigError as error:
    print(error)
"""


def test_what_needs_the_plugin_names_it(tmp_path):
    given = (json.dumps(NEEDING), tmp_path / "m.json", json.dumps(TRAINING))
    run_python(CODE, *given, ONEIROS_DISABLE="oneiros-keras2")


def test_many_layers_that_need_it_are_told_in_a_line():
    told = run_python(TOGETHER, SEVERAL, ONEIROS_DISABLE="oneiros-keras2")
    heading, line = told.stdout.splitlines()
    assert heading == "40 layers can't be read here:"
    assert line.startswith("  20 ReLU(max_value=6), 20 DepthwiseConv2D. It is provided")


def test_all_of_it_loads_where_the_plugin_is(theano, tmp_path):
    for described in NEEDING.values():
        (tmp_path / "m.json").write_text(described)
        assert inspect_file(tmp_path / "m.json").loads
        assert model_from_json(described).layers

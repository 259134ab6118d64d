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


NEEDING = {
    "ReLU(max_value=6)": text(("ReLU", {"max_value": 6.0})),
    "Identity": text(("Identity", {})),
    "RandomFlip": text(("RandomFlip", {})),
    "BatchNormalization(axis=[1, 2])": text(("BatchNormalization", {"axis": [1, 2]})),
    "LayerNormalization": text(("LayerNormalization", {"axis": [2]})),
    "Dense(activation='gelu')": text(
        ("Dense", {"units": 2, "activation": "gelu"}), version="3.3.0"
    ),
}
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
"""


def test_what_needs_the_plugin_names_it(tmp_path):
    given = (json.dumps(NEEDING), tmp_path / "m.json")
    run_python(CODE, *given, ONEIROS_DISABLE="oneiros-keras2")


def test_all_of_it_loads_where_the_plugin_is(tmp_path):
    for described in NEEDING.values():
        (tmp_path / "m.json").write_text(described)
        assert inspect_file(tmp_path / "m.json").loads
        assert model_from_json(described).layers

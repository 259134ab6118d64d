"""`oneiros inspect FOLDER` and `oneiros convert FOLDER OUT`: many files at once."""

import json
import shutil
from pathlib import Path

import pytest
from hostile_files import layer, sequential
from oneiros import backend as K
from oneiros import registry
from oneiros.layers import Activation, Dense
from oneiros.models import Sequential
from oneiros_cli.file_tools.pairs import weights_beside

CORPUS = Path(__file__).parents[1] / "hostile" / "corpus"


@pytest.fixture
def folder(tmp_path):
    """A whole model, a pair, weights alone, a damaged file and a text of no model."""
    folder = tmp_path / "models"
    (folder / "old").mkdir(parents=True)
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=3), Activation("softmax")])
        model.save(folder / "whole.h5")
        model.save_weights(folder / "old" / "net_weights.h5")
        model.save_weights(folder / "alone.h5")
        (folder / "old" / "net_arch.json").write_text(model.to_json())
    (folder / "old" / "damaged.h5").write_bytes(b"nothing")
    (folder / "words.json").write_text('{"the": 1}')
    yield folder


def verdicts(out):
    """Returns the verdict and the file of each line before the empty one."""
    lines = out.split("\n\n")[0].splitlines()
    return {line[8:].partition("  ")[0]: line[:8].strip() for line in lines}


PAIR = str(Path("old") / "net_arch.json") + " + " + str(Path("old") / "net_weights.h5")
DAMAGED = str(Path("old") / "damaged.h5")


@pytest.mark.parametrize("options", [(), ("--no-load",)])
def test_each_file_has_a_line_that_begins_with_the_verdict(
    oneiros_command, folder, options
):
    with K.use("theano"):
        code, out, err = oneiros_command("inspect", folder, *options)
    assert (code, err) == (1, "")
    expected = {"whole.h5": "loads", PAIR: "loads", "alone.h5": "part"}
    assert verdicts(out) == {**expected, DAMAGED: "fails"}
    assert "4 files: 1 part, 1 fails, 2 loads" in out


def test_a_second_text_of_a_pair_has_a_line_too(oneiros_command, folder):
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=3), Activation("softmax")])
        (folder / "old" / "net_arch.yaml").write_text(model.to_yaml())
        _, out, _ = oneiros_command("inspect", folder)
    text = str(Path("old") / "net_arch.yaml")
    assert verdicts(out).items() >= {PAIR: "loads", text: "part"}.items()


def test_a_folder_of_good_files_ends_with_0_and_speaks_json(oneiros_command, folder):
    (folder / DAMAGED).unlink()
    code, out, _ = oneiros_command("inspect", folder, "--no-load", "--json")
    report = json.loads(out)
    assert code == 0 and report["counts"] == {"part": 1, "loads": 2}
    assert {each["file"] for each in report["files"]} >= {"whole.h5", PAIR}


def test_what_all_files_lack_comes_in_groups(oneiros_command, tmp_path, monkeypatch):
    monkeypatch.setitem(registry.owners()["layer"], "Wave", "oneiros-sea")
    for name in ("a", "b"):
        layers = [layer("Wave", name=f"{name}{i}") for i in range(3)]
        config = {
            **sequential(*layers, layer("Loud", name="own")),
            "keras_version": "1",
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(config))
    code, out, _ = oneiros_command("inspect", tmp_path)
    assert code == 1 and "lacks   a.json  3 Wave, 1 Loud" in out
    assert "6 Wave (in 2 files): pip install oneiros-sea" in out
    assert "2 Loud (in 2 files): Unknown layer 'Loud'." in out
    assert "--objects my_layers.py" in out


def test_a_folder_without_models_says_what_it_looked_for(oneiros_command, tmp_path):
    code, _, err = oneiros_command("inspect", tmp_path)
    assert code == 1 and "no model files" in err and ".keras" in err


def test_a_model_that_inspecting_takes_for_good_and_loading_refuses(
    oneiros_command, tmp_path
):
    shapes = [layer("Reshape", name="r", target_shape=[7], batch_input_shape=[None, 2])]
    path = tmp_path / "m.json"
    path.write_text(json.dumps({**sequential(*shapes), "keras_version": "1.2.2"}))
    with K.use("theano"):
        assert oneiros_command("inspect", tmp_path, "--no-load")[0] == 0
        code, out, _ = oneiros_command("inspect", tmp_path)
    assert code == 1 and out.startswith("fails   m.json")


# Own classes and functions


OWN = """
from oneiros.engine.topology import Layer
from oneiros.layers import Dense

class Mine(Layer):
    def __init__(self, units=1, **kwargs):
        self.units = units
        super().__init__(**kwargs)

functions = {"elsewhere": lambda x: x}
"""


def of_keras_2(*layers):
    entries = [{"class_name": name, "config": config} for name, config in layers]
    config = {"name": "s", "layers": entries}
    described = {"class_name": "Sequential", "config": config}
    return json.dumps({**described, "keras_version": "2.15.0"})


def test_own_classes_come_from_a_file_on_the_command_line(oneiros_command, tmp_path):
    """Layers of Keras 2 have a dtype, which a class here doesn't take."""
    (tmp_path / "own.py").write_text(OWN)
    arguments = {"name": "m", "dtype": "float32", "batch_input_shape": [None, 2]}
    (tmp_path / "m.json").write_text(of_keras_2(("Mine", {**arguments, "units": 3})))
    with K.use("theano"):
        assert oneiros_command("inspect", tmp_path)[0] == 1
        code, out, _ = oneiros_command(
            "inspect", tmp_path, "--objects", tmp_path / "own.py"
        )
    assert code == 0 and out.startswith("part    m.json")


@pytest.mark.parametrize("text", ["1 / 0", "custom_objects = 3", "def f(:"])
def test_a_file_of_objects_that_fails_is_told(oneiros_command, tmp_path, text):
    (tmp_path / "own.py").write_text(text)
    code, _, err = oneiros_command(
        "inspect", tmp_path, "--objects", tmp_path / "own.py"
    )
    assert code == 1 and "own.py" in err


# Converting


def test_all_are_converted_and_those_that_exist_are_kept(convert, folder):
    """A pair becomes one file, and a second run goes on where the first one stopped."""
    code, out, _ = convert(folder, "out", "--to", "h5")
    assert code == 1 and verdicts(out)["whole.h5"] == "written"
    written = {str(path.relative_to("out")) for path in Path("out").rglob("*.*")}
    pair = str(Path("old") / "net_weights.h5")
    assert written == {"whole.h5", pair}
    assert verdicts(convert(folder, "out", "--to", "h5")[1])[PAIR] == "kept"


def test_files_that_differ_in_the_suffix_alone_keep_it(convert, folder):
    shutil.copy(folder / "whole.h5", folder / "whole.hdf5")
    convert(folder, "out", "--to", "json")
    names = {path.name for path in Path("out").iterdir()}
    assert {"whole.h5.json", "whole.hdf5.json"} <= names


@pytest.mark.parametrize("to", ["../x", "/x", "", "h5\n"])
def test_a_suffix_is_no_path(convert, folder, to):
    code, _, err = convert(folder, "out", "--to", to)
    assert code == 1 and "is no suffix" in err


def test_a_configuration_takes_the_weights_beside_it(convert, folder):
    source = folder / "old" / "net_arch.json"
    assert weights_beside(source) == [source.with_name("net_weights.h5")]
    assert convert(source, "net.h5")[0] == 0
    code, _, err = convert(folder / "old" / "net_arch.json", "m", "--to", "onnx")
    assert code == 1 and "--to and --json are for folders" in err
    shutil.copy(folder / "alone.h5", source.with_name("net.h5"))
    code, _, err = convert(source, "other.h5")
    assert code == 1 and "--weights-from FILE" in err
    chosen = ("--weights-from", folder / "alone.h5")
    assert convert(source, "other.h5", *chosen)[0] == 0


def test_a_folder_needs_a_suffix(convert, folder):
    code, _, err = convert(folder, "out")
    assert code == 1 and "--to onnx" in err


# Keras 0.x


def test_a_configuration_of_keras_0_is_called_that(oneiros_command, tmp_path):
    config = {"name": "Sequential", "layers": [{"name": "Dense", "output_dim": 3}]}
    (tmp_path / "m.json").write_text(json.dumps(config))
    for file in (tmp_path, tmp_path / "m.json"):
        code, out, err = oneiros_command("inspect", file)
        assert code == 1 and "of Keras 0.x" in out + err
        assert "model.load_weights(path)" in out + err
    config |= {"input_layers": [], "output_layers": []}  # of Keras 1, without a class
    (tmp_path / "m.json").write_text(json.dumps(config))
    _, out, err = oneiros_command("inspect", tmp_path / "m.json")
    assert "Keras 0.x" not in out + err

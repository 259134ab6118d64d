"""`oneiros inspect`: what it prints, and how it ends."""

import json
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from hostile_files import layer, sequential, write_config
from safetensors.numpy import save_file

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
MODEL = MODELS / "seq_conv2d_th.h5"


@pytest.fixture
def run(oneiros_command):
    """Runs `oneiros inspect`."""
    return partial(oneiros_command, "inspect")


@pytest.fixture
def hostile(tmp_path):
    """A function that writes a file with this class in it, and these arguments."""

    def make(class_name, **arguments):
        config = sequential(layer(class_name, name=class_name, **arguments))
        return write_config(tmp_path / "m.h5", config)

    return make


def test_all_is_shown(run):
    code, out, err = run(MODEL)
    assert (code, err) == (0, "")
    words = set(out.replace(",", " ").split())
    assert {"convolution2d_1", "Convolution2D", "172", "1.2.2", "TensorFlow"} <= words
    said = " ".join(out.split())
    assert "(3, 2, 3, 3) float32" in said
    assert "Convolution2D (None, 2, 8, 8)" in said
    assert "Adam(lr=0.001" in said and "17 arrays of state" in said


def test_each_weight_has_a_line_and_a_graph_says_what_comes_before(run):
    lines = run(MODEL)[1].splitlines()
    assert "  convolution2d_1_W:0 (3, 2, 3, 3) float32" in lines
    out = run(MODELS / "func_multi_io.h5")[1]
    assert any(line.startswith("  after ") for line in out.splitlines())


def test_weights_alone_have_no_classes_to_show(run):
    genuine = MODELS.parents[1] / "saving" / "genuine"
    lines = run(genuine / "keras2cpp" / "my_nn_weights.h5")[1].splitlines()
    assert "convolution2d_1  40 parameters" in lines and "flatten_1" in lines


def test_what_goes_into_a_pipe_is_not_wrapped(run, hostile):
    code, out, _ = run(hostile("Loud" * 40))
    lines = out.splitlines()
    assert code == 1 and any("Loud" * 40 in line for line in lines)
    assert max(map(len, lines)) < 1000


@pytest.mark.parametrize("layers", [1, 2_000])
def test_the_length_of_a_report_is_limited(run, tmp_path, layers):
    """20,000 weights took 6 s."""
    path = tmp_path / "w.safetensors"
    weights = {
        f"l{layer}": [f"w{index}" for index in range(4_000 // layers)]
        for layer in range(layers)
    }
    arrays = {
        f"{layer}/{name}": np.zeros(1) for layer in weights for name in weights[layer]
    }
    metadata = {
        "format": "oneiros-format-safetensors",
        "layers": json.dumps(list(weights.items())),
    }
    save_file(arrays, path, metadata)
    code, out, _ = run(path)
    lines = out.splitlines()
    assert code == 0 and len(lines) < 4_100
    assert "Only 2,000 weights and layers are shown; --json shows all." in lines


def test_json(run):
    code, out, err = run(MODEL, "--json")
    answer = json.loads(out)
    assert (code, err, answer["loads"], answer["parameters"]) == (0, "", True, 172)
    assert answer["layers"][0]["weights"][0]["shape"] == [3, 2, 3, 3]


def test_what_wouldn_t_load_is_told_and_the_exit_status_is_1(run, hostile):
    code, out, err = run(hostile("Loud"))
    assert (
        (code, err) == (1, "")
        and "missing here: 1" in out
        and "Unknown layer 'Loud'" in out
    )
    code, out, _ = run(hostile("Loud"), "--json")
    assert code == 1 and json.loads(out)["missing"][0]["name"] == "Loud"


def test_a_file_doesn_t_steer_the_terminal(run, hostile):
    steering = "\x1b[2J\x07\u202e\nAll is well"
    code, out, err = run(hostile("Dense", activation=steering))
    assert code == 1 and not {"\x1b", "\x07", "\u202e"} & set(out + err)
    assert "\\x1b[2J\\x07\\u202e\\nAll" in err


@pytest.mark.parametrize("kept", [0, 7, 100, 5000])
def test_a_damaged_file_is_told_without_a_traceback(run, kept, tmp_path):
    (tmp_path / "m.h5").write_bytes(MODEL.read_bytes()[:kept])
    code, out, err = run(tmp_path / "m.h5")
    assert (
        (code, out) == (1, "")
        and err.startswith("oneiros: ")
        and "Traceback" not in err
    )
    assert "m.h5" in err


def test_errors_don_t_steer_the_terminal_either(run, tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"a\x1b[2J"])
    code, _, err = run(tmp_path / "w.h5")
    assert code == 1 and "\\x1b[2J" in err and "\x1b" not in err


def test_no_file(run, tmp_path):
    code, _, err = run(tmp_path / "none.h5")
    assert code == 1 and err.startswith("oneiros: There is no file at ")


LAYERS_4000 = Path(__file__).parents[1] / "hostile" / "corpus" / "layers-4000.h5"


def test_a_file_that_is_trusted_may_have_more(run):
    code, _, err = run(LAYERS_4000)
    assert code == 1 and "--budget layers=4002." in err
    code, out, _ = run(LAYERS_4000, "--budget", "layers=4002")
    assert code == 0 and "4000 layers" in out
    code, _, err = run(LAYERS_4000, "--budget", "seconds=0")
    assert code == 1 and "--budget seconds=60" in err


@pytest.mark.parametrize("setting", ["layers", "layers=", "layers=x", "layer=1", ""])
def test_a_limit_is_a_name_and_a_number(run, setting):
    code, _, err = run(LAYERS_4000, "--budget", setting)
    assert code == 1 and "--budget received" in err and "excess_bytes" in err

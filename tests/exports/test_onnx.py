"""Files of ONNX, as `oneiros.export` and `oneiros convert` write them."""

import re
import shutil
from pathlib import Path

import numpy as np
import oneiros
import onnx
import onnxruntime
import pytest
from oneiros import backend as K
from oneiros import file_tools, settings
from oneiros.errors import ArgumentError, CapabilityError
from oneiros.exports import ExportError
from oneiros.layers import (
    GRU,
    LSTM,
    Convolution1D,
    Convolution2D,
    Dense,
    Embedding,
    Flatten,
    Input,
    Lambda,
    Masking,
    MaxPooling1D,
    Reshape,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros_backend_onnx import files
from oneiros_backend_onnx.conversion import model_proto
from oneiros_exports.onnx.onnx_file import OnnxExport
from oneiros_exports.onnx.runtime import run

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
MODEL = MODELS / "seq_conv2d_th.h5"


@pytest.fixture(autouse=True)
def numbered_anew():
    K.reset_uids()


def test_a_masked_network_is_one_node_a_layer_and_agrees(tmp_path):
    with K.use("theano"):
        layers = [Masking(input_shape=(None, 3)), LSTM(4, return_sequences=True)]
        model = Sequential([*layers, GRU(3), Dense(2, name="scores")])
        report = oneiros.export(model, tmp_path / "m.onnx")
    operators = [node.op_type for node in onnx.load(tmp_path / "m.onnx").graph.node]
    assert operators.count("LSTM") == operators.count("GRU") == 1
    assert report.written.summary == f"opset 18, {len(operators)} nodes"
    assert report.written.inputs[0].shape == ("batch", "steps", 3)
    assert report.comparison.largest.relative < 1e-5
    onnx.checker.check_model(str(tmp_path / "m.onnx"), full_check=True)


def test_an_index_without_a_row_is_nan_if_the_file_is_to_say_so(tmp_path):
    with K.use("theano"):
        model = Sequential([Embedding(3, 2, input_length=2)])
        x = np.array([[1, 9]])
        with pytest.raises(ExportError, match=r"NaN.*'embedding_1'.*fills_missing"):
            oneiros.export(model, tmp_path / "m.onnx", inputs=x)
        with pytest.raises(ArgumentError, match=r"2 inputs.*: embedding_input_1"):
            oneiros.export(model, tmp_path / "m.onnx", inputs=[x, x])
        report = oneiros.export(
            model, tmp_path / "m.onnx", inputs=x, fills_missing_rows=True
        )
    assert report.comparison.agrees


def test_states_go_from_batch_to_batch_in_the_replay(tmp_path):
    path = tmp_path / "m.onnx"
    with K.use("theano"):
        layer = LSTM(3, stateful=True, name="memory", batch_input_shape=(2, 4, 3))
        model = Sequential([layer, Dense(2, name="y")])
        before = model.predict(np.ones((2, 4, 3)))
        report = oneiros.export(model, path)
        assert not np.allclose(model.predict(np.ones((2, 4, 3))), before)
    assert report.comparison.agrees
    lines = str(report).splitlines()
    assert lines[3].split()[:2] == ["state", "memory_state_0"]
    assert lines[4].split()[:2] == ["after", "memory_state_0_after"]
    proto = onnx.load(path)
    del proto.metadata_props[:]
    onnx.save(proto, path)
    with pytest.raises(ValueError, match="memory_state_0"):
        run(path, [{"lstm_input_1": np.ones((2, 4, 3), "float32")}])


def test_operators_without_float64_are_named(tmp_path, float64):
    with K.use("theano"):
        layer = Convolution1D(2, 2, input_shape=(4, 3))
        report = oneiros.export(Sequential([layer]), tmp_path / "m.onnx")
    assert report.comparison.agrees
    assert "note: float32 in Conv: ONNX Runtime lacks float64" in str(report)


def test_weights_that_do_not_fit_into_one_file_are_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    data = tmp_path / "m.onnx.data"
    with K.use("theano"):
        model = Sequential([Dense(40, input_dim=30, name="wide"), Dense(2)])
        monkeypatch.setattr(files, "LARGEST_FILE", 4000)
        report = oneiros.export(model, path)
        assert report.written.summary.endswith("weights in m.onnx.data")
        assert report.size == path.stat().st_size + data.stat().st_size
        assert data.stat().st_size >= 40 * 30 * 4
        onnx.checker.check_model(str(path), full_check=True)
        session = onnxruntime.InferenceSession(path)
        x = np.ones((3, 30), "float32")
        (y,) = session.run(None, {session.get_inputs()[0].name: x})
        np.testing.assert_allclose(y, model.predict(x), rtol=1e-5, atol=1e-6)
        path.unlink()
        with pytest.raises(ArgumentError, match=r"m.onnx.data exists. Pass overwrite"):
            oneiros.export(model, path)
        data.unlink()
        path.write_text("old")
        (data / "in the way").mkdir(parents=True)
        with pytest.raises(OSError, match=r"m.onnx.data"):
            oneiros.export(model, path, overwrite=True)
        assert path.read_text() == "old"
        shutil.rmtree(data)
        data.write_text("old")
        monkeypatch.undo()
        oneiros.export(model, path, overwrite=True)
    assert [each.name for each in tmp_path.iterdir()] == ["m.onnx"]


def test_the_backend_predicts_with_weights_that_do_not_fit_into_one_file(monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 4000)
    with K.use("onnx"):
        model = Sequential([Dense(40, input_dim=30)])
        x = np.ones((3, 30))
        kernel, bias = model.get_weights()
        np.testing.assert_allclose(model.predict(x), x @ kernel + bias, atol=1e-5)
        with pytest.raises(CapabilityError, match=r"2 GB or more.*oneiros\.export"):
            model_proto(model)


def test_convert_shows_what_it_wrote_and_how_far_it_is(convert):
    code, out, err = convert(MODEL, "m.onnx")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "m.onnx: " in lines[0] and "opset 18" in lines[0]
    assert lines[1].split() == ["input", "convolution2d_input_1", *lines[1].split()[2:]]
    assert lines[2].split()[:2] == ["output", "dense_1"]
    assert lines[3].endswith(f"and on ONNX Runtime {onnxruntime.__version__}")
    assert lines[4].startswith("largest difference: ")


def test_the_order_of_axes_turns_on_the_way(convert):
    code, out, _ = convert(MODEL, "m.onnx", "--dim-ordering", "tf")
    assert code == 0 and "float32 (batch, 8, 8, 2)" in out
    assert "now is x.transpose(0, 2, 3, 1) of what it was." in out


def test_what_has_the_order_already_stays(convert):
    code, out, err = convert(MODEL, "m.onnx", "--dim-ordering", "th")
    assert code == 0 and "float32 (batch, 2, 8, 8)" in out, err


def test_inputs_that_are_no_images_stay(convert):
    """An image beside a vector, and an image that is made of one."""
    with K.use("theano"):
        image, vector = Input((2, 4, 3), name="image"), Input((12,), name="vector")
        seen = Convolution2D(2, 2, 2, dim_ordering="th")(image)
        made = Convolution2D(2, 2, 2, dim_ordering="th")(Reshape((1, 4, 3))(vector))
        both = Flatten()(merge([seen, made]))
        Model([vector, image], Dense(2)(both)).save("m.h5")
        Model(vector, Flatten()(made)).save("vector.h5")
    code, out, err = convert("m.h5", "m.onnx", "--dim-ordering", "tf")
    assert code == 0 and "float32 (batch, 4, 3, 2)" in out, err
    assert "float32 (batch, 12)" in out
    code, out, err = convert("vector.h5", "v.onnx", "--dim-ordering", "tf")
    assert code == 0 and "float32 (batch, 12)" in out, err


def test_given_inputs_are_those_of_the_old_model(convert):
    np.savez("x.npz", np.ones((4, 2, 8, 8), "float32"))
    turn = ["--dim-ordering", "tf", "--inputs", "x.npz"]
    code, out, err = convert(MODEL, "m.onnx", *turn)
    assert code == 0 and "replayed: the given inputs" in out, err


def test_an_array_without_a_name_says_what_to_type(convert):
    np.save("x.npy", np.ones((4, 2, 8, 8), "float32"))
    code, _, err = convert(MODEL, "m.onnx", "--inputs", "x.npy")
    assert code == 1 and "numpy.savez('inputs.npz', x)" in err


def test_a_file_of_a_model_without_weights_is_exported(convert):
    with K.use("theano"):
        layers = [MaxPooling1D(2, input_shape=(6, 2)), Flatten()]
        Sequential(layers).save("m.h5")
    code, out, err = convert("m.h5", "m.onnx")
    assert code == 0 and "largest difference: 0 of" in out, err


def test_given_inputs_are_read_by_the_names_of_inputs(convert):
    np.savez("x.npz", x=np.ones((4, 2, 8, 8), "float32"))
    code, out, _ = convert(MODEL, "m.onnx", "--inputs", "x.npz")
    assert code == 0 and "replayed: the given inputs, on theano" in out
    np.savez("x.npz", x=np.ones(4), y=np.ones(4))
    code, _, err = convert(MODEL, "n.onnx", "--inputs", "x.npz")
    assert code == 1 and "received 2 inputs. The model needs an array for each" in err


def test_options_reach_the_file_and_the_replay(convert):
    code, out, _ = convert(MODEL, "m.onnx", "--opset", "20")
    assert code == 0 and "opset 20" in out
    assert onnx.load("m.onnx").opset_import[0].version == 20


@pytest.mark.parametrize(
    ("opset", "said"),
    [(17, "an integer of at least 18"), (99, r"knows those up to \d+")],
)
def test_unknown_opsets_are_refused(opset, said):
    with pytest.raises(ArgumentError, match=said):
        OnnxExport(opset=opset)


def test_options_of_other_destinations_say_so(convert):
    code, _, err = convert(MODEL, "m.h5", "--opset", "18", "--tolerance", "1")
    assert code == 1 and "--tolerance, --opset doesn't apply" in err
    assert not list(Path.cwd().iterdir())


@pytest.mark.parametrize(
    ("source", "arguments", "said"),
    [
        ("seq_conv2d_th.h5", ["--weights"], "--weights doesn't apply to m.onnx: "),
        ("seq_conv2d_th_weights.h5", [], "holds only weights"),
        ("seq_conv2d_th.json", [], "holds no weights"),
    ],
)
def test_what_cannot_be_exported_is_explained(
    convert, tmp_path_factory, source, arguments, said
):
    alone = shutil.copy(MODELS / source, tmp_path_factory.mktemp("alone"))
    code, out, err = convert(alone, "m.onnx", *arguments)
    assert (code, out) == (1, "") and said in err
    assert not list(Path.cwd().iterdir())


def test_a_wrong_suffix_names_all_destinations(convert):
    code, _, err = convert(MODEL, "m.onx")
    assert code == 1
    assert re.search(r"for other libraries: .*\.onnx, .*\.saved_model", err)


def test_a_destination_that_is_disabled_says_so(convert):
    with settings.override(disable=["oneiros-exports"]):
        code, _, err = convert(MODEL, "m.onnx")
    assert code == 1 and "oneiros-exports, which is disabled" in err


def test_convert_in_python_says_how_to_export(tmp_path):
    with pytest.raises(ArgumentError, match=r"export_file\(.*'m.onnx'\)"):
        file_tools.convert(MODEL, tmp_path / "m.onnx")


def test_what_onnx_cannot_hold_is_refused(tmp_path):
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=2)])
        model.add(Lambda(lambda x: K.apply(abs, x), name="engine_code"))
        with pytest.raises(CapabilityError, match=r"K\.apply calls an engine"):
            oneiros.export(model, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_saving_to_the_suffix_of_onnx_says_how_to_export(tmp_path):
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=2)])
        with pytest.warns(UserWarning, match=r"type oneiros.export\(model, 'm.onnx'\)"):
            model.save(tmp_path / "m.onnx")

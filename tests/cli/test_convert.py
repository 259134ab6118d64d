"""`oneiros convert`.

What it says and how it ends; what it does is tested with the conversion.
"""

from pathlib import Path

import pytest
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_saving import model_files

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
MODEL = MODELS / "seq_conv2d_th.h5"


def test_the_order_of_axes_is_told(convert):
    code, out, err = convert(MODEL, "m.h5", "--dim-ordering", "tf")
    assert (code, err) == (0, "")
    size = Path("m.h5").stat().st_size
    said = "The input of convolution2d_1 now is x.transpose(0, 2, 3, 1) of what it was."
    assert out.splitlines() == [f"m.h5: {size:,} bytes", said]
    assert inspect_file("m.h5").layers[0].input_shape == "(None, 8, 8, 2)"


def test_options_reach_the_conversion(convert):
    assert convert(MODEL, "w.h5", "--weights")[0] == 0
    assert model_files.read("w.h5")[1].model_config is None
    assert convert(MODEL, "t.h5", "--kernels", "theano")[0] == 0
    assert inspect_file("t.h5").trained_on == "theano"
    assert convert("t.h5", "u.h5", "--trained-on", "tensorflow", "--weights")[0] == 0
    written = [
        [value.tobytes() for _, value in named]
        for _, named in model_files.read("u.h5")[1].weights
    ]
    assert written == [
        [value.tobytes() for _, value in named]
        for _, named in model_files.read("t.h5")[1].weights
    ]


def test_what_is_there_stays_unless_told(convert):
    Path("m.json").write_text("old")
    code, out, err = convert(MODEL, "m.json")
    assert (code, out) == (
        1,
        "",
    ) and "m.json exists. Pass --overwrite to replace it" in err
    assert Path("m.json").read_text() == "old"
    assert convert(MODEL, "m.json", "--overwrite")[0] == 0 and Path(
        "m.json"
    ).read_text().startswith("{")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.h5", "m.h5"], 1, "oneiros: There is no file at none.h5"),
        ([MODEL, "nowhere/m.h5"], 1, "there is no folder"),
        ([MODEL, "m.h5", "--dim-ordering", "nchw"], 2, "nchw"),
        ([MODEL], 2, "target"),
    ],
)
def test_errors_are_told_without_a_traceback(convert, arguments, code, said):
    status, out, err = convert(*arguments)
    assert (status, out) == (code, "") and said in err and "Traceback" not in err


def test_a_hostile_source_is_refused(convert):
    Path("m.h5").write_bytes(MODEL.read_bytes()[:9000])
    code, _, err = convert("m.h5", "n.h5")
    assert code == 1 and "damaged or truncated" in err and not Path("n.h5").exists()


def test_a_full_disk_is_told(convert, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = convert(MODEL, "m.h5")
    assert (
        code == 1
        and "No space left on device. Nothing was saved" in err
        and not Path("m.h5").exists()
    )


@pytest.mark.parametrize("suffix", [".h5", ".onnx"])
def test_a_target_whose_name_is_too_long(convert, suffix):
    code, _, err = convert(MODEL, f"{'a' * 300}{suffix}")
    assert code == 1 and err.startswith("oneiros: ") and "too long" in err

"""The table of `summary()`, to the letter."""

import re
import sys

import pytest
from oneiros import backend as K
from oneiros.engine.layer import Input
from oneiros.models import Model, Sequential
from oneiros.utils.layer_utils import count_total_params, print_summary
from tiny_layers import Average, Both, Scale, Shift, Total


@pytest.fixture(autouse=True)
def numbered():
    K.reset_uids()


LINE = "_" * 100
DOUBLE = "=" * 100
TABLE = f"""\
{LINE}
Layer (type)                     Output Shape          Param #     Connected to
{DOUBLE}
a (InputLayer)                   (None, 3)             0
{LINE}
both_1 (Both)                    multiple              0           a[0][0]
{LINE}
total_1 (Total)                  (None, 3)             0           both_1[0][0]
                                                                   both_1[0][1]
{LINE}
average_1 (Average)              (None, 3)             3           total_1[0][0]
{LINE}
scale_1 (Scale)                  (None, 3)             3           average_1[0][0]
{DOUBLE}
Total params: 6
Trainable params: 3
Non-trainable params: 3
{LINE}
"""


def test_table_of_a_graph(capsys):
    a = Input((3,), name="a")
    both = Both()
    y, z = both(a)
    both(Input((5,)))
    Model(a, Scale()(Average()(Total()([y, z])))).summary()
    assert capsys.readouterr().out == TABLE


def test_table_of_a_sequential_model_builds_it(capsys):
    model = Sequential([Scale(input_shape=(1000,)), Shift()])
    model.summary()
    out = capsys.readouterr().out
    assert (
        "Total params: 1,000\nTrainable params: 1,000\nNon-trainable params: 0\n" in out
    )
    assert re.search(
        r"^scale_1 \(Scale\) +\(None, 1000\) +1000 +scale_input_1\[0\]\[0\]$", out, re.M
    )
    assert "InputLayer" not in out


def test_other_widths_cut_long_names_and_keep_columns_apart(capsys):
    x = Input((3,), name="an_input_with_a_very_long_name")
    Model(x, Shift(name="shift")(x)).summary(line_length=60, positions=[20, 35, 45, 60])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "_" * 60
    assert lines[3] == "an_input_with_a_ver (None, 3)      0"
    assert lines[5] == "shift (Shift)       (None, 3)      0         an_input_with_"


def test_nested_models_are_one_line_and_count_once(capsys):
    x = Input((3,))
    inner = Model(x, Scale()(x), name="inner")
    p = Input((3,))
    outer = Model(p, inner(inner(p)))
    outer.summary()
    out = capsys.readouterr().out
    assert re.search(
        r"^inner \(Model\) +\(None, 3\) +3 +input_2\[0\]\[0\]\n +inner\[1\]\[0\]$",
        out,
        re.M,
    )
    assert "Total params: 3\n" in out


@pytest.mark.parametrize(("columns", "length"), [(80, 80), (200, 100), (20, 60)])
def test_a_narrower_terminal_counts(columns, length, capsys, monkeypatch):
    x = Input((3,))
    model = Model(x, Shift()(x))
    monkeypatch.setenv("COLUMNS", str(columns))
    model.summary()
    assert capsys.readouterr().out.splitlines()[0] == LINE
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    model.summary()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) == len(lines[0]) == length


def test_a_function_gets_the_lines(capsys, monkeypatch):
    x = Input((3,))
    model = Sequential([Scale(input_shape=(3,))])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lines = []
    model.summary(print_fn=lines.append)
    Model(x, Shift()(x)).summary(line_length=60, print_fn=lines.append)
    assert lines[0] == LINE and lines[-1] == "_" * 60
    assert "Total params: 3" in lines and capsys.readouterr().out == ""


def test_counting_parameters():
    x = Input((3,))
    scale = Scale()
    average = Average()
    model = Model(x, average(scale(x)))
    assert count_total_params(model.layers) == (3, 3)
    assert count_total_params([model, scale, average]) == (3, 3)
    seen = {scale}
    assert count_total_params([scale, average], seen) == (0, 3) and seen == {
        scale,
        average,
    }
    model.trainable = False
    assert count_total_params([model]) == (0, 6)


def test_print_summary_takes_any_layers(capsys):
    layer = Shift()
    layer(Input((3,), name="one"))
    layer(Input((3,), name="two"))
    print_summary([layer])
    assert re.search(r"one\[0\]\[0\]\n +two\[0\]\[0\]", capsys.readouterr().out)
    print_summary([])
    assert "Total params: 0" in capsys.readouterr().out

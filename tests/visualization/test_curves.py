"""Training curves: the numbers of a history as lines."""

import sys

import figures
import numpy as np
import pytest
from oneiros.callbacks import History
from oneiros.errors import ArgumentError, PluginLoadError
from oneiros.visualization import plot_history
from small_models import compiled_dense

VALUES = {
    "loss": [0.9, 0.5, 0.4],
    "acc": [0.3, 0.6, 0.7],
    "val_loss": [1.0, 0.8, 0.9],
    "val_acc": [0.2, 0.5, 0.5],
}


def lines(panel):
    return {line.get_label(): list(line.get_ydata()) for line in panel.lines}


def test_each_metric_has_a_panel_with_both_lines():
    loss, accuracy = plot_history(VALUES).axes
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "acc")
    assert lines(loss) == {"training": VALUES["loss"], "validation": VALUES["val_loss"]}
    assert lines(accuracy) == {
        "training": VALUES["acc"],
        "validation": VALUES["val_acc"],
    }


def test_a_fit_is_drawn_from_its_first_epoch(tmp_path):
    model = compiled_dense(2)
    x = np.ones((8, 2))
    history = model.fit(x, x[:, :1], nb_epoch=5, initial_epoch=2, verbose=0)
    figure = history.plot()
    (panel,) = figure.axes
    assert list(panel.lines[0].get_xdata()) == [3, 4, 5]
    assert lines(panel)["training"] == history.history["loss"]
    assert panel.get_legend() is None
    figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_metrics_are_chosen_and_drawn_into_the_callers_figure():
    from matplotlib.figure import Figure

    mine = Figure()
    assert plot_history(VALUES, metrics=["acc"], figure=mine) is mine
    assert [panel.get_title() for panel in mine.axes] == ["acc"]
    (panel,) = plot_history(VALUES, metrics="loss").axes
    assert panel.get_title() == "loss"


def test_what_is_no_number_an_epoch_is_left_out():
    history = {"loss": [1.0, np.nan, 0.5], "confusion": [np.eye(2)] * 3, "note": ["a"]}
    (panel,) = plot_history(history).axes
    assert panel.get_title() == "loss"


@pytest.mark.parametrize("count", [1, 5])
def test_no_label_is_cut_or_lies_on_another(count):
    name = "a_rather_long_name_of_an_output_loss_"
    values = np.random.random(300).tolist()
    history = {f"{name}{i}": values for i in range(count)}
    history |= {f"val_{key}": values for key in history}
    assert figures.faults(plot_history(history)) == []


def test_a_notebook_shows_it():
    assert plot_history(VALUES)._repr_png_().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ArgumentError, match=r"a history without epochs. Train first"):
        plot_history({})
    with pytest.raises(ArgumentError, match="names of this history: loss, acc"):
        plot_history(VALUES, metrics=["accuracy"])
    with pytest.raises(ArgumentError, match=r"received \[1, 2\]. Expected what fit"):
        plot_history([1, 2])


def test_without_matplotlib_the_error_says_what_to_type(monkeypatch):
    monkeypatch.delitem(sys.modules, "oneiros_visualization.picture", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    history = History()
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(PluginLoadError, match=r"pip install '[\w-]+\[matplotlib\]'"):
        history.plot()

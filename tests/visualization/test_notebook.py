"""What a notebook shows of a model, and how models and layers name themselves."""

from html.parser import HTMLParser

import pytest
from oneiros.layers import Dense, Input, Layer, merge
from oneiros.models import Model, Sequential


class Table(HTMLParser):
    """Reads the cells of a table, and which tags there are."""

    def __init__(self, html):
        super().__init__()
        self.rows = []
        self.tags = []
        self.summary = ""
        self.feed(html)
        assert self.tags == [], f"{self.tags} are open"

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.tags.pop() == tag

    def handle_data(self, data):
        if self.tags[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        elif self.tags[-1] == "summary":
            self.summary += data


def forked():
    left = Input((3,), name="left")
    right = Input((3,), name="right")
    shared = Dense(2, name="shared")
    joined = merge([shared(left), shared(right)], mode="sum", name="joined")
    return Model([left, right], joined, name="forked")


def test_a_model_is_a_table_of_its_layers():
    table = Table(forked()._repr_html_())
    assert table.summary == "<Model 'forked', layers: 4, parameters: 8>"
    heading, *rows = table.rows
    assert heading == ["layer", "class", "output shape", "parameters", "inputs"]
    assert ["shared", "Dense", "(None, 2)", "8", "left, right"] in rows
    assert [row[0] for row in rows] == ["left", "right", "shared", "joined"]


def test_a_sequential_with_and_without_layers():
    model = Sequential(name="line")
    assert Table(model._repr_html_()).rows[1:] == []
    model.add(Dense(2, input_dim=3, name="one"))
    *_, row = Table(model._repr_html_()).rows
    assert row[:4] == ["one", "Dense", "(None, 2)", "8"]


def test_names_bring_no_markup_along():
    name = "<script>alert('x')</script>"
    model = Sequential([Dense(1, input_dim=2, name=name)], name=name)
    html = model._repr_html_()
    assert "<script" not in html
    assert Table(html).rows[-1][0] == name


def test_long_tables_are_closed_at_first():
    model = Sequential([Dense(1, input_dim=1), *(Dense(1) for _ in range(50))])
    assert model._repr_html_().startswith("<details><summary>")
    assert forked()._repr_html_().startswith("<details open><summary>")


def test_layers_and_models_name_themselves():
    layer = Dense(4, name="hidden")
    assert repr(layer) == "<Dense 'hidden', not connected>"
    model = Sequential(name="line")
    assert repr(model) == "<Sequential 'line', layers: 0, not connected>"
    model.add(Dense(1000, input_dim=1000, name="wide"))
    model.add(layer)
    assert repr(layer) == "<Dense 'hidden', parameters: 4,004>"
    assert repr(model) == "<Sequential 'line', layers: 2, parameters: 1,005,004>"
    assert str([layer]) == "[<Dense 'hidden', parameters: 4,004>]"


def test_a_half_made_layer_has_a_name_for_debuggers():
    class Half(Layer):
        def __init__(self):
            self.seen = repr(self)
            super().__init__()

    layer = Half()
    assert layer.seen == "<Half None, not connected>"
    assert layer.name == "half_1" or layer.name.startswith("half_")


def test_naming_takes_no_number_from_the_layers():
    class Numbered(Layer):
        def __init__(self, look):
            if look:
                repr(self)
            super().__init__()

    first = int(Numbered(False).name.rpartition("_")[2])
    assert int(Numbered(True).name.rpartition("_")[2]) == first + 1


@pytest.mark.parametrize("name", ["oneiros_visualization", "oneiros_utils"])
def test_a_model_names_itself_without_other_plugins(name):
    from oneiros import settings

    model = forked()
    with settings.override(disable=[name.replace("_", "-")]):
        assert repr(model) == "<Model 'forked', layers: 4, parameters: 8>"
        table = model._repr_html_()
    assert (table is None) == (name == "oneiros_visualization")

"""What `model.summary()` prints, once it is chosen."""

from pkgutil import resolve_name

import pytest
from lab_summaries import manifest
from oneiros import registry, settings
from oneiros.layers import Dense
from oneiros.models import Sequential

OWNER = "lab-summaries"


@pytest.fixture
def model():
    """A model whose first layer has nine tenths of the parameters."""
    (reference,) = manifest.oneiros_services().values()
    service = resolve_name(reference)
    with registry.register("service", "summaries", service, OWNER):
        yield Sequential(
            [Dense(9, input_dim=9, name="wide"), Dense(1, name="narrow")], name="model"
        )


def test_it_shows_the_share_of_each_layer(model):
    lines = []
    with settings.override(prefer={"service:summaries": OWNER}):
        model.summary(print_fn=lines.append)
    wide, narrow = [line.split("│")[1:-1] for line in lines[3:5]]
    assert [cell.strip() for cell in wide[:4]] == ["wide", "Dense", "(None, 9)", "90"]
    assert wide[4].count("━") == 9 and narrow[4].count("━") <= 1
    assert lines[-1].strip() == "100 parameters"
    assert max(map(len, lines)) <= 80


def test_it_fits_the_width_that_is_asked_for(model, capsys):
    with settings.override(prefer={"service:summaries": OWNER}):
        model.summary(line_length=50)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 50


def test_nobody_gets_it_unasked(model, capsys):
    with pytest.warns(UserWarning, match='"service:summaries" = "lab-summaries"'):
        model.summary()
    assert "Layer (type)" in capsys.readouterr().out

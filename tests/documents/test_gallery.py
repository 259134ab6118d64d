"""The gallery is what its tool writes from the figures, and leaves no example out."""

import importlib.util
import sys

import pytest
from example_runs import EXAMPLES, NAMES
from fresh import ROOT
from PIL import Image

LARGEST_PICTURE = 100_000
NARROWEST = 800
WIDEST = 1200


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location(
        "gallery", ROOT / "tools" / "gallery.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tool_writes(gallery):
    written = gallery.PAGE.read_text(encoding="utf-8")
    assert written == gallery.page(gallery.read_figures()), "run tools/gallery.py"


def test_the_list_of_commands_has_what_the_gallery_shows(gallery):
    listed = gallery.COMMANDS.read_text(encoding="utf-8")
    shown = {figure.name for figure in gallery.read_figures()}
    assert all(gallery.command_row(name) in listed for name in shown), (
        "run tools/gallery.py"
    )


def test_the_figures_are_in_their_order(gallery, tmp_path):
    gallery.write_figures(gallery.read_figures(), tmp_path / "figures.json")
    assert (tmp_path / "figures.json").read_text() == gallery.FIGURES.read_text()


def test_every_figure_reaches_its_target(gallery):
    assert all(figure.score >= figure.target for figure in gallery.read_figures())


def test_every_figure_is_of_an_example_that_has_a_small_picture(gallery):
    for name in {figure.name for figure in gallery.read_figures()}:
        assert name in NAMES
        path = gallery.FIGURES.parent / f"{name}.png"
        assert path.stat().st_size <= LARGEST_PICTURE, name
        with Image.open(path) as picture:
            assert NARROWEST <= picture.width <= WIDEST, name


def test_every_example_with_a_seed_is_shown(gallery):
    seeded = {
        name
        for name in NAMES
        if "\nSEED = " in (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    }
    assert {"gunpoint", "sunspots"} < seeded
    assert seeded == {figure.name for figure in gallery.read_figures()}


def test_a_run_of_the_same_example_backend_and_seed_replaces_the_earlier(
    gallery, tmp_path
):
    path = tmp_path / "figures.json"
    earlier = _figure(gallery, score=0.7)
    other = _figure(gallery, seed=2)
    later = _figure(gallery, score=0.8)
    gallery.write_figures([earlier, other, later], path)
    assert gallery.read_figures(path) == [later, other]


def test_the_last_line_tells_the_score(gallery):
    printed = (
        "Epoch 1\nbaselines: chance 0.1000\n\n"
        "backend jax: test accuracy 0.9830, target 0.975\n"
    )
    assert gallery.read_output(printed) == (
        "test accuracy",
        0.983,
        0.975,
        "baselines: chance 0.1000",
    )
    with pytest.raises(gallery.RunError, match="'done'"):
        gallery.read_output("backend jax: test accuracy 0.9830, target 0.975\ndone")


def test_the_page_says_the_worst_score_of_several_seeds(gallery):
    first = _figure(gallery, seed=gallery.own_seed("digits"), score=0.7)
    others = [_figure(gallery, 1, score=0.6), _figure(gallery, 2, score=0.8)]
    several = gallery.page([first, *others])
    assert "\n\nWorst of three seeds on Theano: 0.6000.\n\n" in several
    assert "Worst of" not in gallery.page([first])


def _figure(gallery, seed=1, score=0.9):
    return gallery.Figure(
        name="digits",
        backend="theano",
        seed=seed,
        score=score,
        score_is="accuracy",
        target=0.5,
        baseline="",
        wall_s=1.0,
        cpu_s=1.0,
        python="3.11.2",
        oneiros="0.1.0",
        engine="3.0",
        machine="2 cores",
    )

"""The gallery has a picture and scores of each example, beside a baseline."""

import json

import pytest
import write_gallery
from example_runs import EXAMPLES, load
from PIL import Image

SCORES = json.loads(write_gallery.SCORES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", write_gallery.shown())
def test_every_example_with_a_seed_is_shown(name):
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"examples/{name}.py" in listed
    path = write_gallery.GALLERY / f"{name}.png"
    assert path.stat().st_size <= write_gallery.LARGEST_PICTURE
    with Image.open(path) as picture:
        assert 800 <= picture.width <= 1200


@pytest.mark.parametrize("name", write_gallery.shown())
def test_it_reached_its_target_on_each_backend(name):
    result = SCORES[name]
    assert {run["backend"] for run in result["runs"]} == set(write_gallery.ENGINES)
    assert all(run["score"] >= result["target"] for run in result["runs"])
    assert result["target"] == load(name).TARGET

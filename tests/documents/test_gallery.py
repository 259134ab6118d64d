"""The gallery shows each example that has a score, with a small picture."""

import pytest
from example_runs import EXAMPLES, NAMES
from fresh import ROOT
from PIL import Image

LARGEST_PICTURE = 100_000
SCORED = [
    name
    for name in NAMES
    if "\nSEED = " in (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", SCORED)
def test_every_example_with_a_seed_is_shown(name):
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"(gallery/{name}.png)" in page and f"examples/{name}.py" in listed
    path = ROOT / "docs" / "gallery" / f"{name}.png"
    assert path.stat().st_size <= LARGEST_PICTURE
    with Image.open(path) as picture:
        assert 800 <= picture.width <= 1200

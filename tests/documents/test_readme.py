"""What pages say about files agrees with the repository.

Links between the site's pages are checked when it is built.
"""

import re

from fresh import ROOT

WRITTEN_BY_READERS = ("my_lab/", "path/to/")


def test_links_of_the_readme_lead_to_files():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_files_that_pages_name_exist():
    pages = [*ROOT.glob("docs/**/*.md"), ROOT / "tests/README.md"]
    places = [
        ROOT,
        ROOT / "kernel" / "oneiros",
        *ROOT.glob("plugins/*"),
        *ROOT.glob("examples/plugins/*"),
    ]
    absent = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"`(?:python3 run.py )?([\w/]+/\w+\.py)`", text):
            exists = any((place / path).exists() for place in places)
            if not exists and not path.startswith(WRITTEN_BY_READERS):
                absent.append(f"{page.name}: {path}")
    assert not absent

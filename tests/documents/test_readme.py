"""What the root README says agrees with the repository."""

import re

from fresh import ROOT


def test_links_lead_to_files():
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "tests/README.md"]
    broken = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken


def test_files_that_pages_name_exist():
    pages = [*ROOT.glob("docs/**/*.md"), ROOT / "tests/README.md"]
    absent = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"`(?:python3 run.py )?([\w/]+/\w+\.py)`", text):
            places = [ROOT, ROOT / "kernel" / "oneiros", *ROOT.glob("plugins/*")]
            if not any((place / path).exists() for place in places):
                absent.append(f"{page.name}: {path}")
    assert not absent

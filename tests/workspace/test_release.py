"""What a release consists of: one version everywhere, a changelog, and an interface
that changes with an entry alone."""

import importlib.util
import re
import shutil
import tomllib

import pytest
import release
import write_interface
from fresh import MEMBERS, ROOT, project

KINDS = ("change", "deprecation", "feature", "fix", "removal")
FRAGMENTS = sorted((ROOT / "changelog").glob("[!.]*.md"))
VERSION = project(ROOT)["version"]


# The interface


def test_the_listing_of_the_interface_is_up_to_date():
    now = write_interface.marked(write_interface.interface(), write_interface.listing())
    differing = sorted(set(now) ^ set(write_interface.listing()))
    assert differing == [], (
        "The published interface changed. Run `python tools/write_interface.py`, and "
        "write an entry, such as changelog/+name.change.md."
    )
    assert write_interface.LISTING.stat().st_size < 200_000


@pytest.mark.parametrize(
    ("mark", "kinds"), [("-", ("change", "removal")), ("+", KINDS)]
)
def test_what_is_gone_or_new_has_an_entry_in_the_changelog(mark, kinds):
    kind = re.compile(rf".*\.({'|'.join(kinds)})(\.\d+)?\.md")
    entries = [path.read_text("utf-8") for path in FRAGMENTS if kind.match(path.name)]
    assert (
        write_interface.unexplained(write_interface.listing(), entries, mark) == []
    ), (
        "Say in changelog/+name.change.md or +name.removal.md what to write instead, "
        "or in +name.feature.md what is new."
    )


def test_a_change_of_the_interface_needs_an_entry_that_names_it():
    released = [" layer Dense(output_dim, init='glorot_uniform')", " oneiros.a.f(x)"]
    now = ["layer Dense(output_dim)", "layer New()", "oneiros.a.f(x)"]
    lines = write_interface.marked(now, released)
    assert lines == [
        "+layer Dense(output_dim)",
        "-layer Dense(output_dim, init='glorot_uniform')",
        "+layer New()",
        " oneiros.a.f(x)",
    ]
    assert write_interface.marked(now, lines) == lines, "until the next release"
    assert write_interface.unexplained(lines, ["Denser layers."], "-") == [
        "layer Dense"
    ]
    assert write_interface.unexplained(lines, ["`Dense` has no `init`."], "-") == []
    assert write_interface.unexplained(lines, ["`Dense`."], "+") == ["layer New"]
    back = ["layer Dense(output_dim, init='glorot_uniform')", "oneiros.a.f(x)"]
    assert write_interface.marked(back, lines) == released


def test_the_listing_tells_how_objects_are_called():
    lines = {line[1:] for line in write_interface.listing()}
    assert "layer Activation(activation, **kwargs)" in lines
    assert "oneiros.hookspecs.oneiros_after_save(model, path)" in lines
    assert "oneiros.models.save_model(model, filepath, overwrite=True)" in lines


# The changelog


def test_each_entry_has_a_kind_that_the_changelog_knows():
    types = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    directories = {kind["directory"] for kind in types["tool"]["towncrier"]["type"]}
    assert directories == set(KINDS)
    name = re.compile(rf"(\d+|\+[\w-]+)\.({'|'.join(KINDS)})(\.\d+)?\.md")
    assert [path.name for path in FRAGMENTS if not name.fullmatch(path.name)] == []


def test_the_citation_has_the_version():
    assert f"\nversion: {VERSION}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


# The version


@pytest.fixture
def copied(tmp_path):
    """A copy of the files that say the version, with their paths."""
    says = re.compile(rf"\b({re.escape(VERSION)}|oneiros\.v\d|>=0\.1)")
    files = []
    for path in release.tracked_files(ROOT):
        if says.search((ROOT / path).read_text("utf-8")):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
            files.append(path)
    return tmp_path, files


def test_one_command_raises_the_version_everywhere(copied):
    root, files = copied
    release.raise_version(root, files, VERSION, "0.2.0")
    for member in MEMBERS:
        folder = root / member.relative_to(ROOT)
        assert project(folder)["version"] == "0.2.0"
    own = re.compile(r"oneiros[a-z-]*(?:\[[a-z0-9,-]*\])?((?:==|>=)[0-9.,<]+[0-9])")
    for file in (each for each in files if each.suffix in (".md", ".toml")):
        bounds = own.findall((root / file).read_text("utf-8"))
        assert {*bounds} <= {"==0.2.0", ">=0.2,<1"}, file
    assert "\nversion: 0.2.0\n" in (root / "CITATION.cff").read_text("utf-8")
    templates = root / "plugins/testing/oneiros_testing/templates/template"
    new = (templates / "pyproject.toml.jinja").read_text("utf-8")
    assert 'version = "0.1.0"' in new, "a new package begins with its own version"


def test_without_towncrier_nothing_is_written(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(release, "raise_version", pytest.fail)
    with pytest.raises(SystemExit, match=r"--group release tools/release.py 0\.2\.0"):
        release.main("0.2.0")


def test_a_major_version_raises_the_api_level(copied):
    root, files = copied
    release.raise_version(root, files, VERSION, "1.0.0")
    kernel = project(root / "kernel")
    assert set(kernel["entry-points"]) == {"oneiros.v2"}
    discovery = (root / "kernel/oneiros/discovery.py").read_text("utf-8")
    assert 'GROUP = "oneiros.v2"' in discovery
    bounds = [each for each in project(root)["dependencies"] if "kernel" in each]
    assert bounds == ["oneiros-kernel>=1.0,<2"]

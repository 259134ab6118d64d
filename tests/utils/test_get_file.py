"""get_file: from caches that people have, and from servers that have their faults."""

import gzip
import hashlib
import io
import os
import stat
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from local_server import closed_address, tar
from oneiros.errors import (
    ArgumentError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros.utils.data_utils import get_file, validate_file

CONTENT = bytes(range(256)) * 1000
RANDOM = np.random.RandomState(0).bytes(10_000)


def md5(content):
    return hashlib.md5(content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of one's own, in which nothing is."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    return home


@pytest.fixture
def folder(home):
    """Where files are kept, which isn't there before the first."""
    return home / ".keras" / "datasets"


@pytest.fixture
def served(server):
    """A file of which the beginning has arrived."""
    served = server.serve("data", CONTENT, breaks=[1000, 0])
    with pytest.raises(FileMissingError, match="run this again: it continues"):
        get_file("data", served.url)
    return served


def files_in(folder):
    """Names what a folder holds, but for locks."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_file_is_downloaded_once(server, folder):
    served = server.serve("data", CONTENT)
    path = get_file("x/data.bin", served.url)
    assert path == str(folder / "x" / "data.bin")
    assert Path(path).read_bytes() == CONTENT
    assert get_file("x/data.bin", served.url) == path
    assert len(served.requests) == 1
    assert files_in(Path(path).parent) == {"data.bin"}


@pytest.mark.parametrize("first", [1, 100_000, 255_999])
def test_a_download_that_breaks_off_goes_on(server, first):
    served = server.serve("data", CONTENT, breaks=[first, 300])
    path = get_file("data", served.url, sha256=sha256(CONTENT))
    assert Path(path).read_bytes() == CONTENT
    begins = [headers.get("Range") for headers in served.requests]
    expected = [None, f"bytes={first}-", f"bytes={first + 300}-"]
    assert begins == expected[: len(begins)]


def test_what_had_arrived_is_used_by_the_next_program(served):
    path = get_file("data", served.url)
    assert Path(path).read_bytes() == CONTENT
    assert served.requests[-1]["Range"] == "bytes=1000-"
    assert files_in(Path(path).parent) == {"data"}


@pytest.mark.parametrize(
    "now",
    [
        {"etag": '"2"'},
        {"etag": None},
        {"etag": None, "headers": {"Last-Modified": "yesterday"}},
        {"ranges": False},
    ],
)
def test_parts_of_two_versions_are_never_joined(server, served, now):
    served = server.serve("data", CONTENT[::-1], **now)
    assert Path(get_file("data", served.url)).read_bytes() == CONTENT[::-1]


def test_a_part_of_an_older_version_is_gone_before_the_newer_is_noted(server, served):
    """The disk is full when the new version would begin: what is here is still old."""
    new = CONTENT[::-1]
    served = server.serve("data", new, etag='"2"', claimed=1 << 60)
    with pytest.raises(FileFormatError, match="bytes; the disk"):
        get_file("data", served.url)
    served = server.serve("data", new, etag='"2"')
    assert Path(get_file("data", served.url)).read_bytes() == new


def test_parts_of_two_addresses_are_never_joined(server, served):
    other = server.serve("two", CONTENT[::-1])
    assert Path(get_file("data", other.url)).read_bytes() == CONTENT[::-1]


def test_a_part_that_is_longer_than_the_file_is_dropped(served, folder):
    (folder / ".data.part").write_bytes(CONTENT * 2)
    assert Path(get_file("data", served.url)).read_bytes() == CONTENT


def test_a_length_that_is_too_long_is_no_file(server, folder):
    served = server.serve("data", CONTENT, claimed=len(CONTENT) + 1)
    with pytest.raises(FileMissingError, match=r"can't be downloaded"):
        get_file("data", served.url)
    assert not (folder / "data").exists()


def test_a_length_that_is_too_short_is_found_by_the_hash(server, folder):
    served = server.serve("data", CONTENT, claimed=1000)
    with pytest.raises(FileFormatError, match="isn't the expected one"):
        get_file("data", served.url, md5_hash=md5(CONTENT))
    assert files_in(folder) == set()


def test_a_length_beyond_the_disk_is_refused_at_once(server):
    served = server.serve("data", CONTENT, claimed=1 << 60)
    with pytest.raises(FileFormatError, match="1,152,921,504,606,846,976 bytes"):
        get_file("data", served.url)


@pytest.mark.parametrize(
    "known", [{"md5_hash": md5(CONTENT)}, {"sha256": sha256(CONTENT)}]
)
def test_wrong_bytes_are_never_kept(server, folder, known):
    served = server.serve("data", CONTENT[:-1] + b"!")
    with pytest.raises(FileFormatError, match=r"its hash isn't (md5|sha256):"):
        get_file("data", served.url, **known)
    assert files_in(folder) == set()


def test_a_file_of_another_hash_stays_until_there_is_a_better_one(server, folder):
    folder.mkdir(parents=True)
    path = folder / "data"
    path.write_bytes(b"old")
    with pytest.raises(FileMissingError, match="doesn't have the expected hash"):
        get_file("data", closed_address(), md5_hash=md5(CONTENT))
    assert path.read_bytes() == b"old"
    served = server.serve("data", CONTENT)
    get_file("data", served.url, md5_hash=md5(CONTENT).upper())
    assert path.read_bytes() == CONTENT


def test_compression_for_the_way_is_not_undone(server):
    """What is served as `Content-Encoding: gzip` is the file itself."""
    content = gzip.compress(CONTENT)
    served = server.serve("a.gz", content, headers={"Content-Encoding": "gzip"})
    assert Path(get_file("a.gz", served.url)).read_bytes() == content


def test_without_a_network_the_error_says_what_to_do(home):
    url = closed_address()
    with pytest.raises(FileMissingError) as caught:
        get_file("weights.h5", url, cache_subdir="models")
    place = home / ".keras" / "models"
    message = str(caught.value)
    assert message.startswith(f"{place / 'weights.h5'} isn't here, and {url} can't be")
    assert message.endswith(f"put it there: cp weights.h5 {place}/")


def test_an_error_of_the_server_is_told(server):
    served = server.serve("data", status=503)
    with pytest.raises(FileMissingError, match="503"):
        get_file("data", served.url)
    with pytest.raises(FileMissingError, match="404"):
        get_file("data", f"{served.url}/missing")


def test_caches_are_searched_in_their_order(home, tmp_path, monkeypatch):
    old = home / ".keras" / "models"
    new = tmp_path / "keras" / "models"
    for folder in (old, new):
        folder.mkdir(parents=True)
    (old / "w.h5").write_bytes(b"old")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert get_file("w.h5", closed_address(), cache_subdir="models") == str(
        old / "w.h5"
    )
    (new / "w.h5").write_bytes(b"new")
    arguments = {"cache_subdir": "models", "origin": closed_address()}
    assert get_file("w.h5", **arguments) == str(new / "w.h5")
    path = get_file("w.h5", md5_hash=md5(b"old"), **arguments)
    assert path == str(old / "w.h5")


def test_a_home_that_is_no_folder(server, home, monkeypatch):
    (home / ".keras").touch()
    with pytest.warns(UserWarning, match="KERAS_HOME"):
        path = get_file("data", server.serve("data", CONTENT).url)
    assert Path(path).read_bytes() == CONTENT


def test_absolute_paths_are_used_as_they_are(server, tmp_path):
    url = server.serve("data", CONTENT).url
    path = get_file(tmp_path / "a.bin", url)
    assert path == str(tmp_path / "a.bin")
    path = get_file("b.bin", url, cache_subdir=str(tmp_path / "data"))
    assert path == str(tmp_path / "data" / "b.bin")
    path = get_file("c.bin", url, cache_subdir="", cache_dir=tmp_path)
    assert path == str(tmp_path / "c.bin")
    assert Path(path).read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "", "C:x", "x/"])
def test_relative_names_lead_nowhere_else(server, name):
    served = server.serve("data", CONTENT)
    with pytest.raises(UnsafeFileError, match=r"^get_file: the name of the file"):
        get_file(name, served.url)
    if name not in ("", "x/"):
        with pytest.raises(UnsafeFileError, match="of the cache's folder"):
            get_file("x", served.url, cache_subdir=name)
    assert served.requests == []


def test_files_of_this_machine(tmp_path):
    (tmp_path / "a b").write_bytes(CONTENT)
    path = get_file("copy", (tmp_path / "a b").as_uri())
    assert Path(path).read_bytes() == CONTENT
    with pytest.raises(FileMissingError, match="No such file"):
        get_file("other", (tmp_path / "missing").as_uri())
    with pytest.raises(ArgumentError, match=r"as_uri\(\)"):
        get_file("other", str(tmp_path / "a b"))


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_files_are_for_those_whom_the_umask_lets(tmp_path, server, umask, mode):
    here = tmp_path / "here"
    here.write_bytes(CONTENT)
    here.chmod(0o600)
    before = os.umask(umask)
    try:
        copied = get_file("copied", here.as_uri())
        downloaded = get_file("downloaded", server.serve("a", CONTENT).url)
    finally:
        os.umask(before)
    for path in (copied, downloaded):
        assert stat.S_IMODE(os.stat(path).st_mode) == mode


def test_two_at_once_download_once(server):
    served = server.serve("data", CONTENT)
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(get_file("data", served.url)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 1 and len(paths) == 4
    assert len(served.requests) == 1


def test_hashes():
    with pytest.raises(ArgumentError, match="32 hexadecimal digits"):
        get_file("data", closed_address(), md5_hash="abc")
    with pytest.raises(ArgumentError, match=r"sha256='.*Expected 64 hexadecimal"):
        get_file("data", closed_address(), sha256=md5(b""))


def test_validate_file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(CONTENT)
    assert validate_file(path, md5(CONTENT))
    assert validate_file(str(path), sha256(CONTENT))
    assert not validate_file(str(path), md5(b""))


@pytest.mark.parametrize("digits", ["", "abc", md5(CONTENT)[:-1], "g" * 32])
def test_no_file_has_what_is_no_hash(tmp_path, digits):
    path = tmp_path / "data"
    path.write_bytes(CONTENT)
    assert validate_file(path, digits) is False


def test_an_archive_becomes_a_folder(server, folder):
    served = server.serve("a", tar({"set/one": b"1", "set/sub/two": b"2"}))
    path = get_file("set", served.url, untar=True)
    assert path == str(folder / "set")
    assert (Path(path) / "one").read_bytes() == b"1"
    assert (Path(path) / "sub" / "two").read_bytes() == b"2"
    assert files_in(Path(path).parent) == {"set", "set.tar.gz"}
    (Path(path) / "one").write_bytes(b"mine")
    get_file("set", served.url, untar=True)
    assert (Path(path) / "one").read_bytes() == b"mine"


def test_a_folder_without_its_archive_is_found(folder):
    (folder / "set").mkdir(parents=True)
    assert get_file("set", closed_address(), untar=True) == str(folder / "set")


def test_a_zip_archive_is_known_by_its_content(server):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("set/one", b"1")
    path = get_file("set", server.serve("a", data.getvalue()).url, untar=True)
    assert (Path(path) / "one").read_bytes() == b"1"


def test_an_archive_with_other_names_is_unpacked_into_the_folder(server, folder):
    served = server.serve("a", tar({"other/one": b"1", "two": b"2"}))
    with pytest.warns(UserWarning, match="holds other, two, and nothing of the name"):
        path = Path(get_file("set", served.url, untar=True))
    assert (path / "other" / "one").read_bytes() == b"1"
    assert (path / "two").read_bytes() == b"2"
    assert files_in(folder) == {"set", "set.tar.gz"}


def test_an_archive_places_nothing_beside_its_folder(server, tmp_path):
    """Python would import the one file, and a shell would run the other."""
    members = {"data/one": b"1", "numpy.py": b"", ".bashrc": b"", "numpy/a.py": b""}
    served = server.serve("a", tar(members))
    with pytest.warns(UserWarning, match=r"holds \.bashrc, numpy, numpy\.py, beside"):
        path = get_file(tmp_path / "data", served.url, untar=True)
    assert (Path(path) / "one").read_bytes() == b"1"
    assert files_in(tmp_path) == {"data", "data.tar.gz", "home"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_archives_are_refused(server, folder, kind):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        info = tarfile.TarInfo("set/link")
        info.type = kind
        info.linkname = "/etc/passwd"
        archive.addfile(info)
    served = server.serve("a", data.getvalue())
    with pytest.raises(UnsafeFileError, match="a link, a device"):
        get_file("set", served.url, untar=True)
    assert files_in(folder) == {"set.tar.gz"}


def test_a_damaged_archive_says_what_to_do(server, folder):
    served = server.serve("a", tar({"set/one": RANDOM})[:-2000])
    with pytest.raises(FileFormatError, match="delete it and run this again"):
        get_file("set", served.url, untar=True)
    assert files_in(folder) == {"set.tar.gz"}

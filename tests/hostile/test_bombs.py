"""Bombs are the files that they pass for: their real readers find all the zeros."""

import gzip
import io
import zipfile
import zlib

from bombs import BLOCK, gzip_bomb, zip_bomb, zlib_bomb

HEAD = b"what stands first"
ZEROS = 3 * len(BLOCK) + 5
CONTENT = HEAD + bytes(ZEROS)


def test_bombs_hold_what_they_claim():
    assert zlib.decompress(zlib_bomb(HEAD, ZEROS)) == CONTENT
    assert gzip.decompress(gzip_bomb(HEAD, ZEROS)) == CONTENT
    archive = zip_bomb({"a": (HEAD, ZEROS), "b": (b"", 7)})
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None and opened.namelist() == ["a", "b"]
        assert opened.read("a") == CONTENT and opened.read("b") == bytes(7)


def test_they_are_a_thousandth_of_it():
    size = 20 * len(BLOCK)
    for bomb in (
        zlib_bomb(b"", size),
        gzip_bomb(b"", size),
        zip_bomb({"a": (b"", size)}),
    ):
        assert len(bomb) < size / 1000

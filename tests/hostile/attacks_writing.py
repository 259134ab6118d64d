"""Attacks that want to write where they shouldn't (cases 28 to 32)."""

import io
import os
import stat
import tarfile
import zipfile

import h5py
import numpy as np
from hostile import attack, harmless_writer
from hostile_files import dense, network, sequential, write
from oneiros.models import load_model
from oneiros.saving import Budget
from oneiros.utils.data_utils import get_file
from oneiros_safe_files.archives import unpack_tar, unpack_zip

NOWHERE = "http://127.0.0.1:9/file"
NAMES = (
    "../x",
    "a/../../x",
    "/x",
    "a/../x",
    "./../x",
    "..",
    ".",
    "",
    "a//b",
    "..\\x",
    "a\\b",
    "C:\\x",
    "C:x",
    "c:/x",
    "a\0b",
    "a\nb",
    "\\\\host\\x",
    "CON",
    "a/NUL.txt",
    "com1",
    "a.",
    "a ",
    "x" * 300,
    "y/" * 600 + "y",
    "a:stream",
)


def tar(path, *members, mode="w"):
    """Writes an archive of (name, type, linkname, content)."""
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:
        for name, kind, link, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = link
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def file(name, content=b"x"):
    return name, tarfile.REGTYPE, "", content


@attack(28)
def tar_members(folder):
    for index, name in enumerate(NAMES):
        if name in ("", ".", "a.", "a\0b"):
            continue  # a tar's names end at NUL; without a name it is the folder
        path = tar(folder / f"{index}.tar", file("good"), file(name))
        yield f"{name!r:.40}", lambda p=path: unpack_tar(p, folder / "out", Budget())
    outside = str(folder)
    for what, members in {
        "link outside": [("l", tarfile.SYMTYPE, outside, b"")],
        "link outside, written through": [
            ("l", tarfile.SYMTYPE, outside, b""),
            file("l/canary"),
        ],
        "relative link": [("l", tarfile.SYMTYPE, "../..", b""), file("l/canary")],
        "hard link": [("h", tarfile.LNKTYPE, f"{outside}/secret.txt", b"")],
        "hard link to a link": [
            ("l", tarfile.SYMTYPE, "../secret.txt", b""),
            ("h", tarfile.LNKTYPE, "l", b""),
        ],
        "device": [("d", tarfile.CHRTYPE, "", b"")],
        "block device": [("d", tarfile.BLKTYPE, "", b"")],
        "FIFO": [("f", tarfile.FIFOTYPE, "", b"")],
        "sparse": [("s", tarfile.GNUTYPE_SPARSE, "", b"")],
        "unknown kind": [("u", b"Z", "", b"")],
        "a name twice": [file("a"), file("a")],
        "a name twice where case doesn't count": [file("a"), file("A")],
        "a file that is a folder, too": [file("a"), file("a/b")],
        "a folder that is a file, too": [file("a/b/c"), file("A/B")],
    }.items():
        path = tar(folder / f"{what}.tar", *members)
        yield (
            what,
            lambda p=path: unpack_tar(p, folder / "out", Budget()),
            *(["OneirosError"] if what == "unknown kind" else []),
        )
    for mode in ("w:gz", "w:bz2"):
        path = tar(folder / mode.replace(":", "."), file("../x"), mode=mode)
        yield mode, lambda p=path: unpack_tar(p, folder / "out", Budget())
    (folder / "there").mkdir()
    good = tar(folder / "good.tar", file("a", bytes(3000)))
    (folder / "cut.tar").write_bytes(good.read_bytes()[:2000])
    yield (
        "cut",
        lambda: unpack_tar(folder / "cut.tar", folder / "out", Budget()),
        "FileFormatError",
    )
    yield (
        "into a folder that exists",
        lambda: unpack_tar(good, folder / "there", Budget()),
        "ArgumentError",
    )


def zipped(path, *members):
    """Writes an archive of (name, content, mode), with names as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


@attack(29)
def zip_members(folder):
    for index, name in enumerate(NAMES):
        if name in ("a//b",):
            continue
        path = zipped(folder / f"{index}.zip", ("good", b"x", 0), (name, b"x", 0))
        yield f"{name!r:.40}", lambda p=path: unpack_zip(p, folder / "out", Budget())
    for what, mode in {
        "link": stat.S_IFLNK,
        "device": stat.S_IFCHR,
        "FIFO": stat.S_IFIFO,
    }.items():
        path = zipped(
            folder / f"{what}.zip", ("l", b"/etc", mode | 0o777), ("l/canary", b"x", 0)
        )
        yield what, lambda p=path: unpack_zip(p, folder / "out", Budget())
    twice = zipped(folder / "case.zip", ("a", b"x", 0), ("A", b"x", 0))
    yield (
        "a name twice where case doesn't count",
        lambda: unpack_zip(twice, folder / "out", Budget()),
    )
    both = zipped(folder / "both.zip", ("a", b"x", 0), ("a/b", b"x", 0))
    yield (
        "a file that is a folder, too",
        lambda: unpack_zip(both, folder / "out", Budget()),
    )
    data = bytearray(zipped(folder / "e.zip", ("a", b"x", 0)).read_bytes())
    for place in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    (folder / "e.zip").write_bytes(data)
    yield "encrypted", lambda: unpack_zip(folder / "e.zip", folder / "out", Budget())


@harmless_writer
def plain_archives(folder):
    tree = {"a.txt": b"one", "sub/b.bin": bytes(1000), "sub/deep/c": b""}
    for mode in ("w", "w:gz", "w:bz2"):
        files = [file(name, content) for name, content in tree.items()]
        folders = [
            (name, tarfile.DIRTYPE, "", b"") for name in (".", "sub", "./sub/deep")
        ]
        tar(folder / mode.replace(":", "."), *folders, *files, mode=mode)
    zipped(folder / "z.zip", *((name, content, 0) for name, content in tree.items()))

    def check(unpack, name):
        out = unpack(folder / name, folder / "out", Budget())
        written = {
            str(p.relative_to(out)): p.read_bytes()
            for p in out.rglob("*")
            if p.is_file()
        }
        for path in sorted(out.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        out.rmdir()
        assert written == tree

    for name in ("w", "w.gz", "w.bz2"):
        yield name, lambda n=name: check(unpack_tar, n)
    yield "zip", lambda: check(unpack_zip, "z.zip")


@attack(30)
def names_of_downloads(folder):
    for name in (*NAMES, "?query", "a?b=/../c", "%2e%2e/x" + "/.."):
        if os.path.isabs(name):
            continue
        error = ("ArgumentError",) if "\0" in name else ()
        yield f"get_file, {name!r:.40}", lambda n=name: get_file(n, NOWHERE), *error


@attack(31, "UnsafeFileError", "FileFormatError", "GraphError")
def names_of_layers_as_paths(folder):
    """Nothing is written under a layer's name but groups inside the file, and no such
    name is looked up."""
    for index, name in enumerate(("a/../../b", "../x", "..", "/abs", "a/../d")):
        path = write(folder / f"{index}.h5", sequential(dense(name=name)))
        with h5py.File(path, "r+") as opened:
            opened["model_weights"].attrs["layer_names"] = np.array([name.encode()])
        yield f"{name}, load", lambda p=path: load_model(p)


@harmless_writer
def layers_with_odd_names_are_saved_inside_the_file(folder):
    def check():
        model = network()
        for name in ("..\\x", "C:", "a b"):
            model.layers[0].name = name
            model.save(folder / "odd.h5")
            assert load_model(folder / "odd.h5").layers[0].name == name
        (folder / "odd.h5").unlink()

    yield "save and load", check


@attack(32, "ArgumentError", "FileMissingError")
def saving_over_something(folder):
    from oneiros.models import save_model

    model = network()
    (folder / "target").write_text("old")
    (folder / "link.h5").symlink_to(folder / "target")
    (folder / "dangling.h5").symlink_to(folder / "nowhere" / "m.h5")
    (folder / "dir.h5").mkdir()
    os.mkfifo(folder / "fifo.h5")
    for name in ("target", "link.h5"):
        yield (
            f"{name}, overwrite=False",
            lambda n=name: save_model(model, folder / n, overwrite=False),
        )
        yield (
            f"{name}, weights",
            lambda n=name: model.save_weights(folder / n, overwrite=False),
        )
    for name in ("dangling.h5", "dir.h5", "fifo.h5", "missing/m.h5"):
        yield name, lambda n=name: save_model(model, folder / n)

"""How `fuzz_coverage.py` changes inputs where plain bytes get nowhere: what has lengths
and checksums is taken apart, changed inside, and put together again.

Each function takes the bytes of an input and returns others. Bytes that aren't of its
format raise some error.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickletools
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from random import Random
from typing import Any

import fuzz_mutations as mutations

Blind = Callable[[bytes], bytes]
"""libFuzzer's own changes of bytes."""
MOST_BYTES = 1 << 22
"""The most that an archive may unfold to."""
BLOCK = 512
TAR_FIELDS = (
    (0, 100),
    (100, 8),
    (124, 12),
    (136, 12),
    (156, 1),
    (157, 100),
    (257, 8),
    (345, 155),
)
"""Where the fields of a tar header are, and their lengths."""
TAR_VALUES = (
    b"",
    b"../x",
    b"/x",
    b"a/b/c",
    b"a" * 100,
    b"0" * 11,
    b"7" * 11,
    b"-1",
    b"\x80" + b"\xff" * 11,
    b"\xff" * 12,
    b"12345 ",
    *(bytes([kind]) for kind in b"0123456gxLKSXV\0"),
)
PAX_LINES = (
    b"path=x",
    b"size=-1",
    b"size=99999999999999999999",
    b"mtime=nan",
    b"GNU.sparse.map=0,1",
    b"GNU.sparse.major=1",
    b"hdrcharset=x",
)
TAR_MAGIC = (257, b"ustar")
TAR_CHECKSUM = (148, 156)
PICKLE_PARTS = (
    *(bytes([code]) for code in b"()]}.0128:;<=>?@FIJKLMNPQRSTUVX\\abcdeghijlopqrstuv"),
    *(bytes([code]) for code in range(0x80, 0x99)),
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"cnumpy\nndarray\n",
    b"cnumpy\ndtype\n",
    b"c_codecs\nencode\n",
    b"c__builtin__\nset\n",
    b"cbuiltins\neval\n",
    b"K\x00\x85",
    b"U\x01b",
    b"q\x00",
    b"h\x00",
    b"I-1\n",
    b"L99999999999999999999L\n",
    b"F1e999\n",
    b"X\x02\x00\x00\x00\xed\xa0",
)
NPY_PARTS = (
    "'descr'",
    "'O'",
    "'|V8'",
    "'<M8[s]'",
    "'>f8'",
    "[('a', '<f4')]",
    "(1, 2)",
    "(-1,)",
    "(1 << 40,)",
    "99999999999999999999",
    "True",
    "None",
    "__import__",
    "{",
    "}",
    "L",
    "\\n",
    "#",
)
JSON_START = re.compile(rb'\{"')


@dataclass(frozen=True)
class Changes:
    """Changes of inputs, all drawn from one source of chance.

    # Arguments
        rng: the source.
        blind: changes bytes without knowing what they are.
        trees: configurations of which parts are put into others.
    """

    rng: Random
    blind: Blind
    trees: list[Any]

    def json(self, data: bytes) -> bytes:
        """Changes a text of JSON, in its structure or as text."""
        if self._often():
            tree = self._changed_tree(json.loads(data))
            return json.dumps(tree, separators=(",", ":")).encode()
        text = data.decode("utf-8", "replace")
        return mutations.change_text(text, self.rng).encode("utf-8", "surrogatepass")

    def yaml(self, data: bytes) -> bytes:
        """Changes a text of YAML."""
        text = data.decode("utf-8", "replace")
        parts = mutations.YAML_PARTS
        changed = mutations.change_text(text, self.rng, parts)
        return changed.encode("utf-8", "surrogatepass")

    def hdf5(self, data: bytes) -> bytes:
        """Changes numbers in the structures of an HDF5 file, or a configuration in its
        place."""
        draw = self.rng.random()
        if draw < 0.4:
            return mutations.change_records(data, self.rng)
        if draw < 0.6:
            return mutations.change_bytes(data, self.rng)
        return self._text_inside(data)

    def _text_inside(self, data: bytes) -> bytes:
        """Changes one of the JSON texts in a file; the new one isn't longer."""
        starts = [match.start() for match in JSON_START.finditer(data)]
        if not starts:
            return self.blind(data)
        start = self.rng.choice(starts)
        text = data[start:].decode("latin-1")
        tree, length = json.JSONDecoder().raw_decode(text)
        changed = json.dumps(self._changed_tree(tree), separators=(",", ":")).encode()
        if len(changed) > length:
            return self.blind(data)
        return data[:start] + changed.ljust(length) + data[start + length :]

    def npy(self, data: bytes) -> bytes:
        """Changes the header of a NumPy file, or what follows it."""
        end = 10 + int.from_bytes(data[8:10], "little")
        header = data[10:end]
        rest = data[end:]
        if self._often():
            text = header.decode("latin-1")
            changed = mutations.change_text(text, self.rng, NPY_PARTS)
            header = changed.encode("latin-1", "replace")[:65535]
        elif b"'O'" in header:
            rest = self.pickle(rest)
        else:
            rest = self.blind(rest)
        return data[:8] + len(header).to_bytes(2, "little") + header + rest

    def pickle(self, data: bytes) -> bytes:
        """Takes out, repeats, exchanges or adds operations of a pickle."""
        places = [position for _, _, position in pickletools.genops(data)]
        parts = [
            data[start:end]
            for start, end in zip(places, [*places[1:], len(data)], strict=True)
        ]
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            place = self.rng.randrange(len(parts))
            action = self.rng.randrange(5)
            if action == 0:
                parts.insert(place, self.rng.choice(PICKLE_PARTS))
            elif action == 1:
                parts[place] = self.rng.choice(PICKLE_PARTS)
            elif action == 2:
                parts.insert(place, self.rng.choice(parts))
            elif action == 3:
                parts[place] = self.blind(parts[place])
            elif len(parts) > 1:
                del parts[place]
        return b"".join(parts)

    def gzip(self, data: bytes) -> bytes:
        """Changes what a gzip file holds, as a pickle, or folds it in several parts."""
        unfolded = _unfolded(data)
        if self._often():
            return gzip.compress(self.pickle(unfolded), mtime=0)
        middle = self.rng.randrange(len(unfolded) + 1)
        parts = (unfolded[:middle], unfolded[middle:])
        return b"".join(gzip.compress(part, mtime=0) for part in parts)

    def tar(self, data: bytes) -> bytes:
        """Changes a field of a header in a tar archive, whose checksum is right again,
        and sometimes folds it."""
        if data.startswith(b"\x1f\x8b"):
            data = _unfolded(data)
        elif data.startswith(b"BZh"):
            data = bz2.decompress(data)
        blocks = [data[place : place + BLOCK] for place in range(0, len(data), BLOCK)]
        at, magic = TAR_MAGIC
        headers = [
            number
            for number, block in enumerate(blocks)
            if block[at : at + len(magic)] == magic
        ]
        number = self.rng.choice(headers)
        action = self.rng.randrange(8)
        if action == 0:
            blocks.insert(number, blocks[self.rng.choice(headers)])
        elif action == 1:
            blocks[number + 1 : number + 1] = [self._pax()]
        elif action == 2 and len(blocks) > 1:
            del blocks[self.rng.randrange(len(blocks))]
        else:
            blocks[number] = self._changed_header(blocks[number])
        changed = b"".join(blocks)
        return self.rng.choice((bytes, bytes, bytes, _folded, bz2.compress))(changed)

    def _changed_header(self, block: bytes) -> bytes:
        start, length = self.rng.choice(TAR_FIELDS)
        changed = bytearray(block.ljust(BLOCK, b"\0"))
        value = self.rng.choice(TAR_VALUES)[:length]
        changed[start : start + length] = value.ljust(length, b"\0")
        first, last = TAR_CHECKSUM
        changed[first:last] = b" " * (last - first)
        changed[first:last] = b"%06o\0 " % sum(changed)
        return bytes(changed)

    def _pax(self) -> bytes:
        """Returns a block with records of an extended header."""
        lines = []
        for _ in range(self.rng.randrange(1, 4)):
            line = self.rng.choice(PAX_LINES)
            lines.append(b"%d %s\n" % (len(line) + 4, line))
        return b"".join(lines)[:BLOCK].ljust(BLOCK, b"\0")

    def zip(self, data: bytes) -> bytes:
        """Changes a member of a zip archive, or its name."""
        members = _members(data)
        number = self.rng.randrange(len(members))
        name, content = members[number]
        action = self.rng.randrange(10)
        if action == 0:
            members[number] = (_whole(self.rng.choice(mutations.ODD_TEXTS)), content)
        elif action == 1:
            members.append((name, content))
        elif action == 2:
            del members[number]
        elif action == 3:
            members[number] = (f"{name}/", b"")
        else:
            members[number] = (name, self._changed_member(name, content))
        return _zipped(members, self.rng.choice((0, zipfile.ZIP_DEFLATED)))

    def _changed_member(self, name: str, content: bytes) -> bytes:
        by_suffix = {".json": self.json, ".h5": self.hdf5, ".npy": self.npy}
        change = by_suffix.get(PurePath(name).suffix, self.blind)
        return self.rng.choice((change, change, change, self.blind))(content)

    def safetensors(self, data: bytes) -> bytes:
        """Changes the header of a safetensors file."""
        return mutations.changed_safetensors(data, self.rng)

    def any(self, data: bytes) -> bytes:
        """Changes a file of one of these formats, known by its first bytes."""
        heads = {
            b"\x89HDF": self.hdf5,
            b"PK": self.zip,
            b"{": self.json,
            b"\x93NUMPY": self.npy,
        }
        for head, change in heads.items():
            if data.startswith(head):
                return change(data)
        return self.safetensors(data) if data[8:9] == b"{" else self.yaml(data)

    def _changed_tree(self, tree: Any) -> Any:
        return mutations.change_tree(tree, self.rng, [*self.trees, tree])

    def _often(self) -> bool:
        return self.rng.random() < 0.75


def _whole(text: str) -> str:
    """Returns a text without halves of characters, which names of members can't
    have."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unfolded(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(data, MOST_BYTES)


def _folded(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _members(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if sum(info.file_size for info in infos) > MOST_BYTES:
            raise ValueError("it unfolds to too much")
        return [(info.filename, archive.read(info)) for info in infos]


def _zipped(members: list[tuple[str, bytes]], method: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members:
            archive.writestr(zipfile.ZipInfo(name), member, method)
    return content.getvalue()

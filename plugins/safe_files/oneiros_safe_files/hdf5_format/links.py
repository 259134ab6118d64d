"""Links of a group: in a symbol table (III.A.1, III.B), in its header (IV.A.2.g), or in
a heap (IV.A.2.c)."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oneiros_safe_files.hdf5_format import btrees, object_header
from oneiros_safe_files.hdf5_format.heaps import FractalHeap, LocalHeap
from oneiros_safe_files.hdf5_format.object_header import Message
from oneiros_safe_files.hdf5_format.source import UNDEFINED, Fields, Source

HARD = 0
SOFT = 1
EXTERNAL = 64
"""Kinds of links."""

_SYMBOL_TABLE = struct.Struct("<QQ")
_NODE_HEADER = struct.Struct("<4xxxH")
_ENTRY = struct.Struct("<QQI20x")
_GROUP_KEY = 8
_SOFT_ENTRY = 2

_NAME_WIDTH = 0x03
_HAS_ORDER = 0x04
_HAS_KIND = 0x08
_HAS_CHARACTER_SET = 0x10
"""Flag bits of a link message."""

_INFO_HAS_ORDER = 0x01
_HASH = 4


@dataclass(frozen=True, slots=True)
class Link:
    """A name in a group.

    # Properties
        kind: `HARD`, `SOFT`, `EXTERNAL` or another number.
        address: int, where the object of a hard link is.
    """

    kind: int
    address: int = UNDEFINED


def read_links(source: Source, messages: Iterable[Message]) -> dict[bytes, Link]:
    """Returns the links of the group with these messages.

    # Raises
        ValueError: if they are damaged, or two have one name.
    """
    links: dict[bytes, Link] = {}
    for message in messages:
        for name, link in _links_in(source, message):
            if name in links:
                raise ValueError(f"a group has the name {name!r:.80} twice")
            links[name] = link
    return links


def _links_in(source: Source, message: Message) -> Iterator[tuple[bytes, Link]]:
    if message.kind == object_header.SYMBOL_TABLE:
        yield from _in_symbol_table(source, message.body)
    elif message.kind == object_header.LINK:
        yield _parse_link(message.body)
    elif message.kind == object_header.LINK_INFO:
        for body in dense_objects(
            source, message.body, btrees.LINK_NAMES, slice(_HASH, None)
        ):
            yield _parse_link(body)


def dense_objects(
    source: Source, info: bytes, kind: int, heap_id: slice, order_width: int = 8
) -> Iterator[bytes]:
    """Yields the links or attributes that are kept in a heap.

    # Arguments
        info: bytes, the message that says where they are.
        kind: the kind of the index's records.
        heap_id: slice, which bytes of a record are the object's identifier in the heap.
        order_width: int, bytes of the largest creation order in the message.
    """
    fields = Fields(info, 1)
    if fields.number(1) & _INFO_HAS_ORDER:
        fields.skip(order_width)
    heap_address = fields.number(8)
    index_address = fields.number(8)
    if heap_address == UNDEFINED:
        return
    heap = FractalHeap(source, heap_address)
    for record in btrees.read_records(source, index_address, kind):
        yield heap.object(record[heap_id])


def _in_symbol_table(source: Source, body: bytes) -> Iterator[tuple[bytes, Link]]:
    tree, heap_address = _SYMBOL_TABLE.unpack_from(body)
    heap = LocalHeap(source, heap_address)
    for _, node in btrees.leaves(source, tree, btrees.GROUP, _GROUP_KEY):
        (count,) = source.header(node, _NODE_HEADER, b"SNOD")
        entries = source.read(node + _NODE_HEADER.size, count * _ENTRY.size)
        for offset, address, cached in _ENTRY.iter_unpack(entries):
            source.quota.spend_steps()
            kind = SOFT if cached == _SOFT_ENTRY else HARD
            yield heap.name(offset), Link(kind, address)


def _parse_link(body: bytes) -> tuple[bytes, Link]:
    fields = Fields(body)
    version = fields.number(1)
    if version != 1:
        raise ValueError(f"a link has the unknown version {version}")
    flags = fields.number(1)
    kind = fields.number(1) if flags & _HAS_KIND else HARD
    if flags & _HAS_ORDER:
        fields.skip(8)
    if flags & _HAS_CHARACTER_SET:
        fields.skip(1)
    length = fields.number(1 << (flags & _NAME_WIDTH))
    name = fields.take(length)
    if kind != HARD:
        return name, Link(kind)
    return name, Link(HARD, fields.number(8))

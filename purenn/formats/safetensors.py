"""Named tensors to a safetensors file and back: the format that models are kept in.

PyTorch and Netron read it too, and nothing in it runs. What the names mean is for other modules to say.

    8 bytes    N, the size of the header: unsigned, little-endian
    N bytes    the header: JSON in UTF-8 that begins with { and may end in spaces
    the rest   the buffer: the values, little-endian, the last dimension fastest

The header gives each name an entry {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, in bytes from where
the buffer begins; sorted by offset, the tensors fill the buffer without holes or overlap. The key "__metadata__", which
may be missing, holds an object of strings.

>>> import io
>>> file = io.BytesIO()
>>> write(file, {"bias": Tensor((2,), [0.5, -1.0])}, {"made by": "purenn"})
>>> read_header(file).entries
{'bias': Entry(dtype='F64', shape=(2,), begin=0, end=16)}
>>> read(file)
({'bias': Tensor(shape=(2,), values=array('d', [0.5, -1.0]), dtype='F64')}, {'made by': 'purenn'})

Source: https://github.com/huggingface/safetensors, "Format". Where the official reader is laxer than that text (a key
that appears twice, a field it does not know, a space before the first brace), this one keeps to the text.
"""

from __future__ import annotations

import json
import math
import os
import struct
from array import array
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from reprlib import repr as brief  # for error messages: what was found may be very long, or very deep
from typing import BinaryIO, Union

from purenn.errors import FormatError, ShapeError
from purenn.formats.atomic import atomic_write

__all__ = ["DTYPES", "Entry", "Header", "Tensor", "read", "read_header", "write"]

HEADER_LIMIT = 100_000_000  # the format's own limit for N
METADATA = "__metadata__"  # the one name that no tensor can have

File = Union[str, os.PathLike[str], BinaryIO]
Json = Union[None, bool, int, float, str, list["Json"], "_Object"]

# The letter that struct has for each dtype; with "<" before it, it means the same bytes on every machine. There is none
# for BF16, the upper half of an F32: here it is the letter of that half, read as an integer.
_CODES = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H", "BOOL": "?"}
_CODES.update({"I64": "q", "I32": "i", "I16": "h", "I8": "b", "U64": "Q", "U32": "I", "U16": "H", "U8": "B"})
_WIDTHS = {dtype: struct.calcsize("<" + code) for dtype, code in _CODES.items()}  # bytes a value
DTYPES = tuple(_CODES)


@dataclass(frozen=True)
class Tensor:
    """Numbers, the last dimension fastest, with the shape they make and the dtype they have in a file.

    The shape () is that of a single number; a size may be 0. Any sequence of numbers will do for the values. `read`
    gives arrays, of floats for F64, F32, F16 and BF16, of ints for the others: 0 and 1 for BOOL.
    Raises ShapeError if shape and values do not agree, ValueError if the dtype is not one of DTYPES.
    """

    shape: tuple[int, ...]
    values: Sequence[float]
    dtype: str = "F64"

    def __post_init__(self) -> None:
        if _count(self.shape) != len(self.values):
            raise ShapeError(f"shape {self.shape} has {_count(self.shape)} values, got {len(self.values)}")
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, got {self.dtype!r}")


@dataclass(frozen=True)
class Entry:
    """What the header says of one tensor; its bytes are those from begin up to end, counted from the buffer's first."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """All that a file says but the values: entries by name, in the buffer's order, and the offset of the buffer."""

    entries: dict[str, Entry]
    metadata: dict[str, str]
    buffer: int


def read_header(source: File) -> Header:
    """Return the header of a path or of a seekable binary file, checked against the file's size; load no tensor.

    Raises FormatError, naming what was found where and what was expected, if the file breaks a rule of the format or
    has a dtype that is not one of DTYPES; OSError if it cannot be read.
    """
    with open(source, "rb") if isinstance(source, (str, os.PathLike)) else nullcontext(source) as file:
        return _header(file, str(source))


def read(source: File) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors, by name and in the buffer's order, and the metadata. Raises what `read_header` raises."""
    tensors: dict[str, Tensor] = {}
    with open(source, "rb") if isinstance(source, (str, os.PathLike)) else nullcontext(source) as file:
        header = _header(file, str(source))
        for name, entry in header.entries.items():  # in the buffer's order, so that nothing needs to be sought
            raw = _read_exactly(file, entry.end - entry.begin, f"{source}: tensor {name!r}")
            tensors[name] = Tensor(entry.shape, _unpack(raw, entry.dtype), entry.dtype)
    return tensors, header.metadata


def write(target: File, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] = {}) -> None:
    """Write to a path, atomically, or to an open binary file.

    Tensors go widest dtype first, so that every value lies at a multiple of its width, and then by name. F32, F16 and
    BF16 round to the nearest value, ties to the even one.
    Raises ValueError, before it writes anything, for a value that does not fit its dtype (it names tensor, index and
    value) and for a name or metadata that the header cannot hold.
    """
    names = sorted(tensors, key=lambda name: (-_WIDTHS[tensors[name].dtype], name))
    ordered = {name: tensors[name] for name in names}
    parts = [_pack_header(ordered, metadata), *(_pack(tensor, name) for name, tensor in ordered.items())]
    with atomic_write(target) if isinstance(target, (str, os.PathLike)) else nullcontext(target) as file:
        for part in parts:
            file.write(part)


def _count(shape: tuple[int, ...]) -> int:
    """Return the product of the sizes. Raises ShapeError if a size is negative or the product outgrows 64 bits.

    It looks at every step, as the official reader does: the product of a header's million sizes would be an integer of
    megabytes, and take Python hours, before a last size of 0 makes it harmless.
    """
    count = 1
    for size in shape:
        count *= size
        if size < 0 or count >= 2**64:
            raise ShapeError(f"shape {brief(shape)}: expected sizes from 0 whose product stays below 2**64")
    return count


class _Object(dict[str, Json]):
    """A JSON object. A class of its own, so that isinstance tells a type checker what the keys and the values are."""


def _read_exactly(file: BinaryIO, size: int, where: str) -> bytes:
    """Return the next `size` bytes. Raises FormatError if there are fewer, as when another program cuts the file."""
    raw = file.read(size)
    if len(raw) != size:
        raise FormatError(f"{where}: found {len(raw)} bytes, expected {size}")
    return raw


def _header(file: BinaryIO, where: str) -> Header:
    """Return the checked header, and leave the file where the buffer begins."""
    file_size = file.seek(0, os.SEEK_END)
    file.seek(0)
    size = int.from_bytes(_read_exactly(file, 8, f"{where}: not safetensors: the header's size"), "little")
    limit = min(HEADER_LIMIT, file_size - 8)
    if size > limit:
        raise FormatError(f"{where}: offset 0: not safetensors: a header of {size} bytes, expected at most {limit}")
    fields = _parse(_read_exactly(file, size, f"{where}: header"), where)
    metadata = _metadata(fields.pop(METADATA, _Object()), where)
    entries = [(name, _entry(value, f"{where}: tensor {name!r}")) for name, value in fields.items()]
    entries.sort(key=lambda named: (named[1].begin, named[1].end))
    end = 0
    for name, entry in entries:
        if entry.begin != end:
            raise FormatError(f"{where}: tensor {name!r}: begins at {entry.begin}, expected {end}: the last one's end")
        end = entry.end
    if file_size != 8 + size + end:
        raise FormatError(f"{where}: {file_size} bytes, expected {8 + size + end}: 8, header {size}, tensors {end}")
    return Header(dict(entries), metadata, 8 + size)


def _parse(raw: bytes, where: str) -> _Object:
    """Return the header's JSON. NaN and fractions pass here: no field is a float, so the check of each stops them."""
    try:
        # decoded first: given bytes, json.loads would guess at other encodings
        document: Json = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: offset 8: the header is not a JSON object in UTF-8: {error}") from error
    if not isinstance(document, _Object) or not raw.startswith(b"{"):
        raise FormatError(f"{where}: offset 8: the header begins with {raw[:1]!r}, expected {b'{'!r}")
    return document


def _object(pairs: list[tuple[str, Json]]) -> _Object:
    """Return a JSON object. Raises ValueError if a key appears twice (Python would keep the last) or is not Unicode."""
    found = _Object()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} appears twice")
        for text in (key, value):
            if isinstance(text, str):
                text.encode("utf-8")  # raises for half a surrogate pair: JSON can say "\ud800", UTF-8 cannot
        found[key] = value
    return found


def _number(digits: str) -> float:
    """Return an unsigned 64-bit integer. Others, even -0, become floats, which no size or offset may be.

    Their length is looked at first: int() of a million digits would take long.
    """
    return int(digits) if digits.isdigit() and len(digits) <= 20 and int(digits) < 2**64 else float(digits)


def _metadata(value: Json, where: str) -> dict[str, str]:
    """Return the strings of "__metadata__"."""
    if isinstance(value, _Object):
        strings = {key: text for key, text in value.items() if isinstance(text, str)}
        if len(strings) == len(value):
            return strings
    raise FormatError(f"{where}: {METADATA} is {brief(value)}, expected an object of strings")


def _entry(value: Json, where: str) -> Entry:
    """Return a tensor's entry, with all checked that can be checked without the others."""
    if not isinstance(value, _Object) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise FormatError(f"{where}: found {brief(value)}, expected an object of dtype, shape and data_offsets")
    dtype = value["dtype"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise FormatError(f"{where}: dtype is {brief(dtype)}, expected one of {', '.join(DTYPES)}")
    shape = _sizes(value["shape"], f"{where}: shape")
    offsets = _sizes(value["data_offsets"], f"{where}: data_offsets")
    if len(offsets) != 2:
        raise FormatError(f"{where}: data_offsets has {len(offsets)} numbers, expected 2")
    try:
        size = _count(shape) * _WIDTHS[dtype]
    except ShapeError as error:
        raise FormatError(f"{where}: {error}") from None
    begin, end = offsets
    if end - begin != size:
        raise FormatError(f"{where}: {begin} to {end} is {end - begin} bytes, expected {size}: {dtype} {brief(shape)}")
    return Entry(dtype, shape, begin, end)


def _sizes(value: Json, where: str) -> tuple[int, ...]:
    """Return a JSON list of unsigned integers."""
    if isinstance(value, list):
        sizes = tuple(item for item in value if type(item) is int)  # not isinstance: True is an int too
        if len(sizes) == len(value):
            return sizes
    raise FormatError(f"{where} is {brief(value)}, expected a list of unsigned 64-bit integers")


def _unpack(raw: bytes, dtype: str) -> Sequence[float]:
    """Return the values of a tensor's bytes."""
    count = len(raw) // _WIDTHS[dtype]
    values = struct.unpack(f"<{count}{_CODES[dtype]}", raw)
    if dtype == "BF16":
        values = struct.unpack(f"<{count}f", struct.pack(f"<{count}I", *(half << 16 for half in values)))
    return array("d" if "F" in dtype else "Q" if dtype == "U64" else "q", values)


def _pack_header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return N and the header, padded with spaces so that the buffer begins at a multiple of 8."""
    if METADATA in tensors:
        raise ValueError(f"a tensor cannot be named {METADATA!r}: in the file, that is the metadata's key")
    fields: dict[str, object] = {METADATA: dict(metadata)} if metadata else {}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + len(tensor.values) * _WIDTHS[tensor.dtype]
        fields[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": (begin, end)}
    header = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")  # raises as in _object
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header


def _pack(tensor: Tensor, name: str) -> bytes:
    """Return the bytes of a tensor. Raises ValueError for the first value that its dtype cannot hold."""
    dtype = tensor.dtype
    pack = _pack_bfloat16 if dtype == "BF16" else struct.Struct("<" + _CODES[dtype]).pack
    packed = bytearray()
    for index, value in enumerate(tensor.values):  # one by one: struct does not say which of many does not fit
        try:
            packed += pack(value)
        except (OverflowError, TypeError, struct.error) as error:
            raise ValueError(f"tensor {name!r}: value {index} is {value!r}, which {dtype} cannot hold") from error
        if dtype == "BOOL" and value not in (0, 1):
            raise ValueError(f"tensor {name!r}: value {index} is {value!r}, which is neither 0 nor 1")
    return bytes(packed)


def _pack_bfloat16(value: float) -> bytes:
    """Return the upper half of an F32: the sign, 8 bits of exponent, 7 bits after the point.

    Near the value, such numbers lie 2**place apart. Only `round` rounds here, ties to even; going by way of the nearest
    F32 would round twice. Given a second argument, it keeps -0.0, infinities and NaN.
    """
    exponent = math.frexp(value)[1]  # abs(value) is below 2**exponent, and not below half of that
    place = max(exponent, -125) - 8  # 8 significant bits; below 2**-126, fewer
    return struct.pack("<f", math.ldexp(round(math.ldexp(value, -place), 0), place))[2:]

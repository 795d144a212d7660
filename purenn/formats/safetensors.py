"""The safetensors file format, in which models are stored: named tensors, and metadata that are strings.

PyTorch and Netron read it too, and loading it runs no code. The meaning of the names is up to other modules.

    8 bytes    N, the size of the header: unsigned, little-endian
    N bytes    the header: JSON in UTF-8 that begins with { and may end in spaces
    the rest   the buffer: the values, little-endian, the last dimension fastest

The header gives each name an entry {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, in bytes from the
beginning of the buffer; sorted by offset, the tensors fill the buffer without holes or overlap. The key "__metadata__"
is optional and holds an object of strings.

>>> import io
>>> file = io.BytesIO()
>>> write(file, {"bias": Tensor((2,), [0.5, -1.0])}, {"made by": "purenn"})
>>> read_header(file).entries
{'bias': Entry(dtype='F64', shape=(2,), begin=0, end=16)}
>>> read(file)
({'bias': Tensor(shape=(2,), values=array('d', [0.5, -1.0]), dtype='F64')}, {'made by': 'purenn'})

Source: https://github.com/huggingface/safetensors, "Format". Where the official reader is laxer than that text (a key
that appears twice, an unknown field, a space before the first brace), this one follows the text.
"""

from __future__ import annotations

import json
import math
import os
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from reprlib import repr as brief  # for error messages: a value from a file may be very long, or very deep
from typing import BinaryIO, Union

from purenn.errors import FormatError, ShapeError, check_choice
from purenn.formats.atomic import atomic_write
from purenn.formats.json import Json, JsonObject, parse_json

__all__ = ["DTYPES", "Entry", "File", "SafetensorsHeader", "Tensor", "read", "read_header", "write"]

HEADER_LIMIT = 100_000_000  # the format's own limit for N
METADATA = "__metadata__"  # the only name that a tensor cannot have

File = Union[str, os.PathLike[str], BinaryIO]

# The letter of each dtype in struct; after "<" it stands for the same bytes on every machine. BF16, which is the upper
# half of an F32, has none: here it gets the letter of that half as an integer.
_CODES = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H", "BOOL": "?"}
_CODES.update({"I64": "q", "I32": "i", "I16": "h", "I8": "b", "U64": "Q", "U32": "I", "U16": "H", "U8": "B"})
_WIDTHS = {dtype: struct.calcsize("<" + code) for dtype, code in _CODES.items()}  # bytes per value
DTYPES = tuple(_CODES)


@dataclass(frozen=True)
class Tensor:
    """Numbers, the last dimension fastest, with their shape and their dtype in a file.

    The shape of a single number is (); a size may be 0. The values may be any sequence of numbers. `read` returns
    arrays: of floats for F64, F32, F16 and BF16, of ints for the others, with 0 and 1 for BOOL.
    Raises ShapeError if shape and values do not agree, ValueError if the dtype is not one of DTYPES.
    """

    shape: tuple[int, ...]
    values: Sequence[float]
    dtype: str = "F64"

    def __post_init__(self) -> None:
        if _count(self.shape) != len(self.values):
            raise ShapeError(f"shape {self.shape} has {_count(self.shape)} values, got {len(self.values)}")
        check_choice(DTYPES, dtype=self.dtype)


@dataclass(frozen=True)
class Entry:
    """The entry of a tensor in the header. Its bytes are buffer[begin:end]."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class SafetensorsHeader:
    """Everything in a file but the values: entries by name, in the buffer's order, and the offset of the buffer."""

    entries: dict[str, Entry]
    metadata: dict[str, str]
    buffer: int


def read_header(source: File) -> SafetensorsHeader:
    """Return the header of a path or of a seekable binary file, checked against the file's size, without the values.

    Raises FormatError, naming the place and what was found and expected there, if the file breaks a rule of the format
    or has a dtype that is not one of DTYPES; OSError if it cannot be read.
    """
    with open(source, "rb") if isinstance(source, (str, os.PathLike)) else nullcontext(source) as file:
        return _header(file, str(source))


def read(source: File) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors, by name and in the buffer's order, and the metadata. Raises the errors of `read_header`."""
    tensors: dict[str, Tensor] = {}
    with open(source, "rb") if isinstance(source, (str, os.PathLike)) else nullcontext(source) as file:
        header = _header(file, str(source))
        for name, entry in header.entries.items():  # in the buffer's order, so that reading goes on where it stopped
            raw = _read_exactly(file, entry.end - entry.begin, f"{source}: tensor {name!r}")
            tensors[name] = Tensor(entry.shape, _unpack(raw, entry.dtype), entry.dtype)
    return tensors, header.metadata


def write(target: File, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] = {}) -> None:
    """Write to a path, atomically, or to an open binary file.

    Tensors are ordered by dtype, the widest first, so that every value lies at a multiple of its width, and then by
    name. F32, F16 and BF16 round to the nearest value, ties to even.
    Raises ValueError, before anything is written, for a value that does not fit its dtype (naming tensor, index and
    value), for a name that the header cannot hold and for metadata that are not strings.
    """
    names = sorted(tensors, key=lambda name: (-_WIDTHS[tensors[name].dtype], name))
    ordered = {name: tensors[name] for name in names}
    parts = [_pack_header(ordered, metadata), *(_pack(tensor, name) for name, tensor in ordered.items())]
    with atomic_write(target) if isinstance(target, (str, os.PathLike)) else nullcontext(target) as file:
        for part in parts:
            file.write(part)


def _count(shape: tuple[int, ...]) -> int:
    """Return the product of the sizes. Raises ShapeError if a size is negative or the product outgrows 64 bits.

    Every partial product is checked, as in the official reader: a header with a million sizes would otherwise keep
    Python busy for hours with an integer of megabytes, even if the last size is 0.
    """
    count = 1
    for size in shape:
        count *= size
        if size < 0 or count >= 2**64:
            raise ShapeError(f"shape {brief(shape)}: expected sizes from 0 whose product stays below 2**64")
    return count


def _read_exactly(file: BinaryIO, size: int, where: str) -> bytes:
    """Return the next `size` bytes. Raises FormatError if there are fewer: another program may cut the file."""
    raw = file.read(size)
    if len(raw) != size:
        raise FormatError(f"{where}: found {len(raw)} bytes, expected {size}")
    return raw


def _header(file: BinaryIO, where: str) -> SafetensorsHeader:
    """Return the checked header, and leave the file positioned at the buffer."""
    file_size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = _read_exactly(file, 8, f"{where}: not safetensors: the header's size")
    size = int.from_bytes(head, "little")
    limit = min(HEADER_LIMIT, file_size - 8)
    if size > limit:
        what = f"it begins with {head!r}, which would be a header of {size} bytes, expected at most {limit}"
        raise FormatError(f"{where}: offset 0: not safetensors, in which networks are saved: {what}")
    fields = _parse(_read_exactly(file, size, f"{where}: header"), where)
    metadata = _metadata(fields.pop(METADATA, JsonObject()), where)
    entries = [(name, _entry(value, f"{where}: tensor {name!r}")) for name, value in fields.items()]
    entries.sort(key=lambda named: (named[1].begin, named[1].end))
    end = 0
    for name, entry in entries:
        if entry.begin != end:
            raise FormatError(f"{where}: tensor {name!r}: begins at {entry.begin}, expected {end}: the last one's end")
        end = entry.end
    if file_size != 8 + size + end:
        raise FormatError(f"{where}: {file_size} bytes, expected {8 + size + end}: 8, header {size}, tensors {end}")
    return SafetensorsHeader(dict(entries), metadata, 8 + size)


def _parse(raw: bytes, where: str) -> JsonObject:
    """Return the header's JSON. NaN and fractions are refused later: each field is checked, and none may be a float."""
    try:
        document = parse_json(raw.decode("utf-8"), parse_int=_number)
    except ValueError as error:
        raise FormatError(f"{where}: offset 8: the header is not a JSON object in UTF-8: {error}") from error
    if not isinstance(document, JsonObject) or not raw.startswith(b"{"):
        raise FormatError(f"{where}: offset 8: the header begins with {raw[:1]!r}, expected {b'{'!r}")
    return document


def _number(digits: str) -> float:
    """Return an unsigned 64-bit integer as an int, any other integer, even -0, as a float: no size or offset is one.

    The length is checked first, because int() of a million digits takes long.
    """
    return int(digits) if digits.isdigit() and len(digits) <= 20 and int(digits) < 2**64 else float(digits)


def _metadata(value: Json, where: str) -> dict[str, str]:
    """Return the strings of "__metadata__"."""
    if isinstance(value, JsonObject):
        strings = {key: text for key, text in value.items() if isinstance(text, str)}
        if len(strings) == len(value):
            return strings
    raise FormatError(f"{where}: {METADATA} is {brief(value)}, expected an object of strings")


def _entry(value: Json, where: str) -> Entry:
    """Return a tensor's entry after all checks that need no other entry."""
    if not isinstance(value, JsonObject) or value.keys() != {"dtype", "shape", "data_offsets"}:
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
    _check_strings(metadata.items())
    # encode() raises ValueError for half a surrogate pair in a name
    header = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header


def _check_strings(pairs: Iterable[tuple[object, object]]) -> None:
    """Raise ValueError for metadata that JSON would accept but `read` would refuse."""
    for key, value in pairs:
        if not (isinstance(key, str) and isinstance(value, str)):
            raise ValueError(f"metadata must be strings, got {key!r}: {value!r}")


def _pack(tensor: Tensor, name: str) -> bytes:
    """Return the bytes of a tensor. Raises ValueError for the first value that its dtype cannot hold."""
    dtype = tensor.dtype
    pack = _pack_bfloat16 if dtype == "BF16" else struct.Struct("<" + _CODES[dtype]).pack
    packed = bytearray()
    for index, value in enumerate(tensor.values):  # one by one, to name the one that does not fit
        try:
            packed += pack(value)
        except (OverflowError, TypeError, struct.error) as error:
            raise ValueError(f"tensor {name!r}: value {index} is {value!r}, which {dtype} cannot hold") from error
        if dtype == "BOOL" and value not in (0, 1):
            raise ValueError(f"tensor {name!r}: value {index} is {value!r}, which is neither 0 nor 1")
    return bytes(packed)


def _pack_bfloat16(value: float) -> bytes:
    """Return the upper half of an F32: the sign, 8 bits of exponent, 7 bits after the point.

    Near the value, such numbers are 2**place apart. `round` is the only rounding, ties to even; by way of the nearest
    F32 the value would be rounded twice. With a second argument, `round` keeps -0.0, infinities and NaN.
    """
    exponent = math.frexp(value)[1]  # abs(value) is below 2**exponent, and not below half of that
    place = max(exponent, -125) - 8  # 8 significant bits, fewer below 2**-126
    return struct.pack("<f", math.ldexp(round(math.ldexp(value, -place), 0), place))[2:]

"""The safetensors file format, in which models are stored: named tensors, and metadata that are strings.

PyTorch and Netron read it too, and loading it runs no code. The meaning of the names is up to other modules.

    8 bytes    N, the size of the header: unsigned, little-endian
    N bytes    the header: a JSON object in UTF-8, which may have spaces around it
    the rest   the buffer: the values, little-endian, the last dimension fastest

The header gives each name an entry {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, in bytes from the
beginning of the buffer; sorted by offset, the tensors fill the buffer without holes or overlap. The key "__metadata__"
is optional and holds an object of strings, or null. Tensors of F8, F6, F4 and C64 are listed, but not read.

>>> import io
>>> file = io.BytesIO()
>>> write(file, {"bias": Tensor((2,), [0.5, -1.0])}, {"made by": "purenn"})
>>> read_header(file).entries
{'bias': Entry(dtype='F64', shape=(2,), begin=0, end=16)}
>>> read(file)
({'bias': Tensor(shape=(2,), values=array('d', [0.5, -1.0]), dtype='F64')}, {'made by': 'purenn'})

Reading needs little more memory than the values that it returns, whatever the file claims: tensors are read in blocks
into arrays, and a header is parsed entry by entry.

Source: https://github.com/huggingface/safetensors, "Format". Where the official reader is laxer than that text (a key
that appears twice, an unknown field, an entry that is a list), this one follows the text.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, Union

from purenn.errors import FormatError, ShapeError, check_choice, check_kind
from purenn.formats.atomic import atomic_write
from purenn.formats.safetensors_header import (
    BITS,
    HEADER_LIMIT,
    METADATA,
    Entry,
    SafetensorsHeader,
    count,
    parse_header,
    shown,
)

__all__ = ["DTYPES", "File", "Tensor", "may_begin", "read", "read_header", "write"]

File = Union[str, os.PathLike[str], BinaryIO]

# The letter of each dtype in struct; after "<" it stands for the same bytes on every machine. BF16, which is the upper
# half of an F32, has none: here it gets the letter of that half as an integer.
_CODES = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H", "BOOL": "?"}
_CODES.update({"I64": "q", "I32": "i", "I16": "h", "I8": "b", "U64": "Q", "U32": "I", "U16": "H", "U8": "B"})
_TYPECODES = {**_CODES, "F16": "f", "BF16": "f", "BOOL": "B"}  # of the arrays that are returned
DTYPES = tuple(_CODES)  # that purenn reads and writes
_WIDTHS = {dtype: BITS[dtype] // 8 for dtype in DTYPES}  # bytes per value
_BLOCK = 1 << 18  # bytes read at once: a multiple of every width


@dataclass(frozen=True)
class Tensor:
    """Numbers, the last dimension fastest, with their shape and their dtype in a file.

    The shape of a single number is (); a size may be 0. The values may be any sequence of numbers. `read` returns
    arrays, whose items have the width of the dtype, but that of F32 for F16 and BF16: of floats for these four and F64,
    of ints for the others, with 0 and 1 for BOOL.
    Raises ShapeError if shape and values do not agree, ValueError if the dtype is not one of DTYPES.
    """

    shape: tuple[int, ...]
    values: Sequence[float]
    dtype: str = "F64"

    def __post_init__(self) -> None:
        if count(self.shape) != len(self.values):
            raise ShapeError(f"shape {self.shape} has {count(self.shape)} values, got {len(self.values)}")
        check_choice(DTYPES, dtype=self.dtype)


def may_begin(head: bytes) -> bool:
    """Return whether these can be the first 9 bytes of a file: the header's size, below 4 GiB, and the header, JSON."""
    return head[4:8] == bytes(4) and head[8:] in (b"{", b" ", b"\t", b"\n", b"\r")


def read_header(source: File) -> SafetensorsHeader:
    """Return the header of a path or of a seekable binary file, checked against the file's size, without the values.

    Raises FormatError, naming the place and what was found and expected there, if the file breaks a rule of the format;
    OSError if it cannot be read.
    """
    with _opened(source) as file:
        return _header(file, str(source))


def read(source: File) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors, by name and in the buffer's order, and the metadata.

    Raises the errors of `read_header`, and FormatError for a tensor whose dtype is not one of DTYPES.
    """
    tensors: dict[str, Tensor] = {}
    with _opened(source) as file:
        header = _header(file, str(source))
        for name, entry in header.entries.items():
            if entry.dtype not in DTYPES:
                known = f"purenn lists such tensors, but reads only {', '.join(DTYPES)}"
                raise FormatError(f"{source}: tensor {shown(name)}: dtype {entry.dtype} is not supported: {known}")
        for name, entry in header.entries.items():  # in the buffer's order, so that reading goes on where it stopped
            values = _values(file, entry, f"{source}: tensor {shown(name)}")
            tensors[name] = Tensor(entry.shape, values, entry.dtype)
    return tensors, header.metadata


def _opened(source: File) -> AbstractContextManager[BinaryIO]:
    """Open a path, or take an open file as it is. Raises TypeError for neither."""
    if isinstance(source, (str, os.PathLike)):
        return open(source, "rb")
    check_kind("read", 'the path "model.safetensors"', file=source)
    return nullcontext(source)


def write(target: File, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] = {}) -> None:
    """Write to a path, atomically, or to an open binary file.

    Tensors are ordered by dtype, the widest first, so that every value lies at a multiple of its width, and then by
    name. F32, F16 and BF16 round to the nearest value, ties to even.
    Raises ValueError, before anything is written, for a value that does not fit its dtype (naming tensor, index and
    value), for a header that `read` would refuse, over the format's limit or of names that are not strings, and for
    metadata that are not strings.
    """
    names = sorted(tensors, key=lambda name: (-_WIDTHS[tensors[name].dtype], name))
    ordered = {name: tensors[name] for name in names}
    parts = [_pack_header(ordered, metadata), *(_pack(tensor, name) for name, tensor in ordered.items())]
    if not isinstance(target, (str, os.PathLike)):
        check_kind("write", 'the path "model.safetensors"', file=target)
    with atomic_write(target) if isinstance(target, (str, os.PathLike)) else nullcontext(target) as file:
        for part in parts:
            file.write(part)


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
    try:
        text = _read_exactly(file, size, f"{where}: header").decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{where}: offset 8: the header is not a JSON object in UTF-8: {error}") from error
    return parse_header(text, 8 + size, file_size, where)


def _values(file: BinaryIO, entry: Entry, where: str) -> array[float] | array[int]:
    """Read the values of a tensor, block by block, into an array. F16 and BF16 become F32."""
    values: array[float] | array[int] = array(_TYPECODES[entry.dtype])
    for start in range(entry.begin, entry.end, _BLOCK):
        raw = _read_exactly(file, min(_BLOCK, entry.end - start), where)
        values.frombytes(_unpacked(raw, entry.dtype))
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _unpacked(raw: bytes, dtype: str) -> bytes | bytearray:
    """Return the bytes of values as they are in the array, but little-endian."""
    if dtype == "F16":
        halves = len(raw) // 2
        return struct.pack(f"<{halves}f", *struct.unpack(f"<{halves}e", raw))
    if dtype == "BF16":
        wide = bytearray(2 * len(raw))
        wide[2::4], wide[3::4] = raw[0::2], raw[1::2]
        return wide
    return bytes(map(bool, raw)) if dtype == "BOOL" else raw


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
    _rehearse(header, end, tensors, metadata)
    return len(header).to_bytes(8, "little") + header


def _rehearse(header: bytes, end: int, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Raise ValueError unless `read` will find these tensors and metadata in a file with this header."""
    if len(header) > HEADER_LIMIT:
        what = f"names and metadata take {len(header):,} bytes"
        raise ValueError(f"{what}, over the {HEADER_LIMIT:,} of the format: leave some metadata out")
    start = 8 + len(header)
    try:
        found = parse_header(header.decode("utf-8"), start, start + end, "the file to write")
    except FormatError as error:
        raise ValueError(f"this could not be read again: {error}") from error
    if found.entries.keys() != tensors.keys() or found.metadata != dict(metadata):
        raise ValueError(f"names of tensors must be strings, got {list(tensors)!r:.200}")


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
        except (OverflowError, TypeError, ValueError, struct.error) as error:  # PyPy's struct raises any of them
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

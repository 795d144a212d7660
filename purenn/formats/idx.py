"""The IDX file format, in which MNIST and its relatives are published.

    4 bytes      00 00 TYPE DIMENSIONS
    4 bytes each the size of each dimension: unsigned, big-endian
    the rest     the values, big-endian, the last dimension fastest

A file may be gzipped, which is recognized by its first bytes, not by its name. Files are not trusted: one from the
network may be half a file, an error page, or a few kB that decompress to exabytes. Memory use therefore grows with the
data that really arrive, never with the sizes that a header claims.
Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "file format".
"""

from __future__ import annotations

import gzip
import io
import math
import os
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, Protocol, Union

from purenn.errors import FormatError, ShapeError
from purenn.formats.atomic import atomic_write
from purenn.formats.gunzip import GZIP, Readable, Source, inflated, opened, take

__all__ = ["Idx", "IdxHeader", "Values", "read", "read_header", "write"]

Values = Union[bytes, "array[int]", "array[float]"]

_BLOCK = 1 << 20  # bytes read at once: a multiple of every width, and the most that a false header can make us allocate


class _Type(NamedTuple):
    """A type of values. C defines only a least width for a typecode of `array`, so there may be two to choose from."""

    code: int
    width: int  # bytes per value
    typecodes: str

    def fits(self, values: array[int] | array[float]) -> bool:
        """Return whether the array holds values of this type."""
        return values.typecode in self.typecodes and values.itemsize == self.width


_TYPES = {
    "uint8": _Type(0x08, 1, ""),  # held by bytes, not by an array
    "int8": _Type(0x09, 1, "b"),
    "int16": _Type(0x0B, 2, "hi"),
    "int32": _Type(0x0C, 4, "il"),
    "float32": _Type(0x0D, 4, "f"),
    "float64": _Type(0x0E, 8, "d"),
}
_NAMES = {kind.code: name for name, kind in _TYPES.items()}


@dataclass(frozen=True)
class IdxHeader:
    """The header of an IDX file: the type of the values and their shape. The shape of a single value is ()."""

    type_name: str
    shape: tuple[int, ...]

    @property
    def values_offset(self) -> int:
        """The offset of the values in the file: 4 bytes, and 4 for each dimension."""
        return 4 + 4 * len(self.shape)

    @property
    def values_size(self) -> int:
        """The number of bytes of all values: the product of the sizes times the width of a value."""
        return math.prod(self.shape) * _TYPES[self.type_name].width


@dataclass(frozen=True)
class Idx:
    """Values with their shape, the last dimension fastest. Bytes are uint8; the type of an array is that of its values.

    Raises ShapeError if the shape does not fit the values or the format, and ValueError if the format has no such type.

    >>> Idx((2, 3), b"abcdef").type_name
    'uint8'
    >>> Idx((2,), array("d", [0.5, 1.5])).type_name
    'float64'
    """

    shape: tuple[int, ...]
    values: Values = field(repr=False)  # 47 MB would not help in a traceback

    def __post_init__(self) -> None:
        if len(self.shape) > 255 or not all(0 <= size < 2**32 for size in self.shape):
            raise ShapeError(f"IDX holds at most 255 dimensions with sizes from 0 to 2**32 - 1, got {self.shape}")
        if math.prod(self.shape) != len(self.values):
            raise ShapeError(f"shape {self.shape} holds {math.prod(self.shape)} values, got {len(self.values)}")
        _type_name(self.values)

    @property
    def type_name(self) -> str:
        """The type of the values: uint8, int8, int16, int32, float32 or float64."""
        return _type_name(self.values)


def read(source: Source, *, limit: int = 2**31) -> Idx:
    """Read an IDX file, gzipped or not, from a path, or from the current position of a binary file object to its end.

    A path may be that of a file inside a package, from `importlib.resources`, even if the package is in a zip file.

    A file that declares more than `limit` bytes of values is refused before any of them is read. Offsets in error
    messages count from where reading began.
    Raises FormatError unless the file is one complete IDX file, and OSError if it cannot be opened or read.

    >>> read(io.BytesIO(bytes.fromhex("0000 0B 01 00000002 0007 FFFF")))
    Idx(shape=(2,))
    >>> read(io.BytesIO(bytes.fromhex("0000 0B 01 00000002 0007 FFFF"))).values
    array('h', [7, -1])
    >>> read(io.BytesIO(bytes.fromhex("0000 0B 01 00000002 0007 FF")))
    Traceback (most recent call last):
    purenn.errors.FormatError: <stream>: cut short at offset 11: (2,) of int16 are 4 bytes of values, found 3
    """
    with opened(source) as file:
        header, body, name = _start(file)
        blocks = _blocks(body, header, name, limit)
        values = _joined(blocks) if header.type_name == "uint8" else _array(blocks, _TYPES[header.type_name])
    return Idx(header.shape, values)


def read_header(source: Source, *, whole: bool = False, limit: int = 2**31) -> IdxHeader:
    """Read only the header of an IDX file, gzipped or not.

    whole: read the values through too, without keeping them, to make sure that they are complete.
    Raises the errors of `read`.

    >>> read_header(io.BytesIO(bytes.fromhex("0000 08 03 0000EA60 0000001C 0000001C")))
    IdxHeader(type_name='uint8', shape=(60000, 28, 28))
    """
    with opened(source) as file:
        header, body, name = _start(file)
        if whole:
            sum(map(len, _blocks(body, header, name, limit)))  # one block is in memory at a time
    return header


def write(target: str | os.PathLike[str] | BinaryIO, idx: Idx, *, compress: bool | None = None) -> None:
    """Write an IDX file to a path, atomically, or to a binary file object, which stays open.

    compress: whether to gzip; by default, if the path ends in ".gz". The same values always give the same bytes with
    the same version of zlib, because the gzip header contains neither the time nor a name.
    Raises ShapeError if an array has become longer or shorter since, and OSError if the file cannot be written; either
    way, a file that was there stays as it was.

    >>> file = io.BytesIO()
    >>> write(file, Idx((2,), array("b", [7, -1])))
    >>> file.getvalue().hex(" ")
    '00 00 09 01 00 00 00 02 07 ff'
    """
    Idx(idx.shape, idx.values)  # what is no IDX is refused before the file is touched
    if isinstance(target, (str, os.PathLike)):
        packed = os.fspath(target).endswith(".gz") if compress is None else compress
        with atomic_write(target) as file:
            write(file, idx, compress=packed)
    elif compress:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=target, mtime=0) as packer:
            _write_plain(packer, idx)
    else:
        _write_plain(target, idx)


class _Sink(Protocol):
    """Anything that bytes can be written to."""

    def write(self, data: bytes, /) -> object: ...


def _start(file: Readable) -> tuple[IdxHeader, Readable, str]:
    """Read the header. Return it with the source of the values behind it and the file's name for error messages."""
    head, source, name = inflated(file)
    if not head:
        raise FormatError(f"{name}: empty: 0 bytes, expected an IDX file, 00 00 TYPE DIMENSIONS at offset 0")
    if not b"\0\0".startswith(head):
        raise FormatError(f"{name}: not an IDX file: {_looks_like(head + take(source, 62))}")
    head += take(source, 2)
    if len(head) < 4:
        raise FormatError(f"{name}: header cut short at offset {len(head)}, expected 4 bytes, found {head.hex(' ')}")
    _, code, dimensions = struct.unpack(">HBB", head)
    if code not in _NAMES:
        types = ", ".join(f"{known:02x} ({type_name})" for known, type_name in _NAMES.items())
        raise FormatError(f"{name}: unknown type {code:02x} at offset 2, expected one of {types}")
    sizes = take(source, 4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise FormatError(
            f"{name}: header cut short at offset {4 + len(sizes)}: "
            f"expected {4 * dimensions} bytes of sizes for {dimensions} dimensions, found {len(sizes)}"
        )
    return IdxHeader(_NAMES[code], struct.unpack(f">{dimensions}I", sizes)), source, name


def _looks_like(head: bytes) -> str:
    """Describe the first bytes of a file that is not IDX."""
    expected = "expected 00 00 TYPE DIMENSIONS at offset 0"
    if head.startswith(GZIP):
        return f"gzip inside gzip, {expected}; unpack it once"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return f"it looks like an HTML page, {expected}; an error page saved in its place?"
    return f"the first bytes are {head[:4].hex(' ')}, {expected}"


def _described(header: IdxHeader) -> str:
    """Describe the values in an error message."""
    return f"{header.shape} of {header.type_name} are {header.values_size} bytes of values"


def _blocks(source: Readable, header: IdxHeader, name: str, limit: int) -> Iterator[bytes]:
    """Yield the bytes of the values, at most `limit`, in blocks of `_BLOCK`. The last may be shorter.

    Then make sure that the file ends there.
    """
    if header.values_size > limit:
        raise FormatError(f"{name}: declares {_described(header)} at offset 4, over the limit of {limit}")
    for start in range(0, header.values_size, _BLOCK):
        wanted = min(_BLOCK, header.values_size - start)
        block = take(source, wanted)
        if len(block) < wanted:
            found = start + len(block)
            place = header.values_offset + found
            raise FormatError(f"{name}: cut short at offset {place}: {_described(header)}, found {found}")
        yield block
    if source.read(1):  # at the end of gzip, this also makes zlib compare the checksum
        end = header.values_offset + header.values_size
        raise FormatError(f"{name}: too long: {_described(header)}, expected the end at offset {end}, found more")


def _joined(blocks: Iterator[bytes]) -> bytes:
    """Join the blocks. CPython's BytesIO returns its own buffer, where b"".join would hold all values twice."""
    joined = io.BytesIO()
    joined.writelines(blocks)
    return joined.getvalue()


def _array(blocks: Iterator[bytes], kind: _Type) -> array[int] | array[float]:
    """Return an array of the values, in the byte order of this machine."""
    values = _empty_array(kind)
    for block in blocks:
        values.frombytes(block)
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _empty_array(kind: _Type) -> array[int] | array[float]:
    """Return an empty array for values of this type."""
    empty: list[array[int] | array[float]] = [array("b"), array("h"), array("i"), array("l"), array("f"), array("d")]
    return next(values for values in empty if kind.fits(values))


def _type_name(values: Values) -> str:
    """Return the name of the values' type. Raises ValueError if the format has no such type."""
    if isinstance(values, bytes):
        return "uint8"
    for name, kind in _TYPES.items():
        if kind.fits(values):
            return name
    found = f"array({values.typecode!r}) of {values.itemsize}-byte values"
    raise ValueError(f"IDX holds bytes and arrays of signed 1-, 2- and 4-byte integers and of floats, got {found}")


def _write_plain(target: _Sink, idx: Idx) -> None:
    """Write header and values, uncompressed."""
    code = _TYPES[idx.type_name].code
    target.write(struct.pack(f">HBB{len(idx.shape)}I", 0, code, len(idx.shape), *idx.shape))
    for start in range(0, len(idx.values), _BLOCK):
        block = idx.values[start : start + _BLOCK]
        if isinstance(block, bytes):
            target.write(block)
            continue
        if sys.byteorder == "little":
            block.byteswap()  # in place: the slice is a copy
        target.write(block.tobytes())

"""Netpbm files, the simplest picture format there is: PBM (black and white), PGM (grey) and PPM (colour).

    P1 to P6          plain text (P1, P2, P3) or bytes (P4, P5, P6), of black and white, grey or colour
    width height      decimal numbers, between white space or comments from # to the end of the line
    maxval            the value of white, 1 to 65535; PBM has none
    the values        row after row from the top; bytes come behind exactly one white space, 2 a value above maxval 255

Source: the manual pages pbm(5), pgm(5) and ppm(5) of Netpbm.
"""

from __future__ import annotations

import os
import re
import sys
from array import array
from typing import BinaryIO, NamedTuple

from purenn.errors import FormatError
from purenn.formats.atomic import atomic_write
from purenn.formats.gunzip import Source, name_of, opened, take
from purenn.formats.picture import Picture

__all__ = ["read", "write"]

_NUMBER = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])+(\d+)")
_BEFORE_BYTES = re.compile(rb"(?:#[^\r\n]*)?\s")
_COMMENT = re.compile(rb"#[^\r\n]*")
_MAGIC = {1: b"P5", 3: b"P6"}  # by the number of channels


class _Header(NamedTuple):
    width: int
    height: int
    channels: int
    maxval: int
    plain: bool
    offset: int  # of the byte behind the last number

    @property
    def is_bitmap(self) -> bool:
        """True if the values are bits, where 1 is black."""
        return self.maxval == 0


def read(source: Source, *, limit: int = 2**27) -> Picture:
    """Read a PBM, PGM or PPM file from a path, or from the current position of a binary file object to its end.

    Values become 8-bit ones, v · 255 / maxval, rounded. A picture of more than `limit` values is refused.
    Raises FormatError, with the offset, unless the file is one complete picture, and OSError if it cannot be read.

    >>> import io
    >>> read(io.BytesIO(b"P2  # grey\\n3 1  15\\n0 5 15\\n")).values.hex(" ")
    '00 55 ff'
    """
    with opened(source) as file:
        name = name_of(file)
        head = take(file, 1 << 16)
        header = _parse_header(head, name)
        count = header.height * header.width * header.channels
        if count > limit:
            size = f"{header.height} x {header.width} pixels"
            raise FormatError(f"{name}: declares {size}, which are {count} values, over the limit of {limit}")
        # the longest value in text is 5 digits and a space; the rest of the allowance is for comments
        data = head + take(file, 2 * count + 1 if not header.plain else 8 * count + (1 << 20))
    values = _plain_values(data, header, name) if header.plain else _raw_values(data, header, name)
    return Picture(header.height, header.width, header.channels, values)


def write(target: str | os.PathLike[str] | BinaryIO, picture: Picture) -> None:
    """Write a picture as a PGM file (grey) or a PPM file (RGB) to a path, atomically, or to a binary file object.

    Raises ValueError for a picture with alpha, which the format does not have, and OSError if the file cannot be
    written.

    >>> import io
    >>> file = io.BytesIO()
    >>> write(file, Picture(2, 2, 1, b"abcd"))
    >>> file.getvalue()
    b'P5\\n2 2\\n255\\nabcd'
    """
    if picture.channels not in _MAGIC:
        raise ValueError("PGM and PPM have no alpha channel: take picture.grey()")
    if isinstance(target, (str, os.PathLike)):
        with atomic_write(target) as file:
            write(file, picture)
    else:
        target.write(b"%s\n%d %d\n255\n" % (_MAGIC[picture.channels], picture.width, picture.height) + picture.values)


def _parse_header(head: bytes, name: str) -> _Header:
    """Return the header. Raises FormatError if it is not one of P1 to P6 with sensible numbers."""
    kind = head[1:2]
    if head[:1] != b"P" or kind not in (b"1", b"2", b"3", b"4", b"5", b"6"):
        first = head[:4].hex(" ") or "missing"
        raise FormatError(f"{name}: not a PBM, PGM or PPM file: the first bytes are {first}, expected P1 to P6")
    bitmap, colour = kind in b"14", kind in b"36"
    numbers: list[int] = []
    offset = 2
    for what, most in (("width", 2**31 - 1), ("height", 2**31 - 1), ("maxval", 65535))[: 2 if bitmap else 3]:
        match = _NUMBER.match(head, offset)
        digits = match.group(1) if match else b""
        number = int(digits or b"0") if len(digits) <= 10 else most + 1
        if match is None or not 1 <= number <= most:
            found = digits[:20].decode() or head[offset : offset + 8].hex(" ") or "the end of the file"
            raise FormatError(f"{name}: {what} at offset {offset} is {found}, expected a number from 1 to {most}")
        numbers.append(number)
        offset = match.end()
    maxval = 0 if bitmap else numbers[2]
    return _Header(numbers[0], numbers[1], 3 if colour else 1, maxval, kind in b"123", offset)


def _plain_values(data: bytes, header: _Header, name: str) -> bytes:
    """Return the values of P1, P2 and P3. The digits of P1 may stand together."""
    text = _COMMENT.sub(b"", data[header.offset :])
    tokens = [bytes([digit]) for digit in b"".join(text.split())] if header.is_bitmap else text.split()
    count = header.height * header.width * header.channels
    if len(tokens) != count:
        size = f"{header.height} x {header.width} pixels are {count} values"
        raise FormatError(f"{name}: {size}, found {len(tokens)} from offset {header.offset} on")
    most = header.maxval or 1
    for i, token in enumerate(tokens):
        if not token.isdigit() or len(token) > 9 or int(token) > most:
            found = token[:20].decode("latin-1")
            raise FormatError(f"{name}: value {i} is {found!r}, expected a whole number from 0 to {most}")
    return _scaled([int(token) for token in tokens], header)


def _raw_values(data: bytes, header: _Header, name: str) -> bytes:
    """Return the values of P4, P5 and P6."""
    space = _BEFORE_BYTES.match(data, header.offset)
    if not space:
        found = data[header.offset : header.offset + 1].hex() or "the end of the file"
        raise FormatError(f"{name}: at offset {header.offset} is {found}, expected one white space before the values")
    row_size = -(-header.width // 8) if header.is_bitmap else header.width * header.channels
    row_size *= 2 if header.maxval > 255 else 1
    start, size = space.end(), header.height * row_size
    raw = data[start : start + size]
    if len(raw) < size:
        raise FormatError(f"{name}: cut short at offset {start + len(raw)}: expected {size} bytes of values")
    if len(data) > start + size:
        raise FormatError(f"{name}: too long: expected the end of the file at offset {start + size}, found more")
    if header.is_bitmap:
        bits = [bytes([byte >> shift & 1 for shift in range(7, -1, -1)]) for byte in range(256)]
        rows = (raw[i : i + row_size] for i in range(0, size, row_size))
        return _scaled(b"".join(b"".join(map(bits.__getitem__, row))[: header.width] for row in rows), header)
    values = raw if header.maxval < 256 else _sixteen(raw)
    if max(values) > header.maxval:
        i = next(i for i, value in enumerate(values) if value > header.maxval)
        raise FormatError(f"{name}: value {i} is {values[i]}, expected 0 to {header.maxval}")
    return _scaled(values, header)


def _sixteen(raw: bytes) -> array[int]:
    values = array("H")
    values.frombytes(raw)
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _scaled(values: bytes | list[int] | array[int], header: _Header) -> bytes:
    """Return values as 8-bit ones, where 255 is white."""
    if header.is_bitmap:
        return bytes(values).translate(b"\xff\x00" + bytes(254))
    if header.maxval == 255:
        return bytes(values)
    return bytes([(v * 255 + header.maxval // 2) // header.maxval for v in values])

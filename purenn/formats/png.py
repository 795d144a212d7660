"""PNG files: pictures without loss, which every browser shows and every scanner and paint program writes.

    8 bytes     89 50 4E 47 0D 0A 1A 0A
    chunks      length (4 bytes), kind (4 letters), data, CRC-32 of kind and data (4 bytes); numbers are big-endian
    IHDR        width, height, bit depth, colour type, 0, 0, interlacing: the first chunk
    PLTE, tRNS  the colours of a palette; which of them, or which colour, is transparent
    IDAT        the rows of the picture, each filtered and all compressed by zlib; may be several chunks
    IEND        the last chunk

A filter replaces a byte by its difference from its neighbours, which compresses better. All bit depths, colour types,
filters and both orders of rows are read; what only describes the picture (colour profiles, text, animation) is skipped.
Files are not trusted: no more is unpacked than the header declares, and a header over the limit is refused.
Source: Portable Network Graphics (PNG) Specification (Second Edition), W3C 2003; ISO/IEC 15948:2004.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import BinaryIO, NamedTuple

from purenn.errors import FormatError
from purenn.formats.atomic import atomic_write
from purenn.formats.gunzip import Readable, Source, name_of, opened, take
from purenn.formats.picture import Picture

__all__ = ["SIGNATURE", "read", "write"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6  # colour types
_CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
_DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
_COLOUR_TYPES = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGB_ALPHA}  # by the number of channels

_WHOLE = [(0, 0, 1, 1)]  # the first column and row of a pass, and the steps to the next ones
_ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def read(source: Source, *, limit: int = 2**27) -> Picture:
    """Read a PNG file from a path, or from the current position of a binary file object to its end.

    Values of 16 bits are rounded to 8. A palette becomes RGB; transparency becomes an alpha channel. A picture of more
    than `limit` bytes, as they are in the file uncompressed or as 8 bits a value, is refused before it is unpacked.
    Raises FormatError, with the offset, unless the file is one complete PNG file, and OSError if it cannot be read.

    >>> import io
    >>> file = io.BytesIO()
    >>> write(file, Picture(2, 3, 1, b"abcdef"))
    >>> read(io.BytesIO(file.getvalue())).values
    b'abcdef'
    """
    with opened(source) as file:
        contents = _read_chunks(file, name_of(file), limit)
    try:
        return _picture(contents)
    except FormatError as error:  # found in the data, behind all chunks
        raise FormatError(f"{contents.name}: {error}") from None


def write(target: str | os.PathLike[str] | BinaryIO, picture: Picture) -> None:
    """Write a picture as a PNG file to a path, atomically, or to a binary file object, which stays open.

    The same picture always gives the same bytes with the same version of zlib. Rows are not filtered, which suits the
    plain areas of charts. Raises OSError if the file cannot be written.
    """
    if isinstance(target, (str, os.PathLike)):
        with atomic_write(target) as file:
            write(file, picture)
        return
    size = picture.width * picture.channels
    rows = b"".join(b"\0" + picture.values[i : i + size] for i in range(0, len(picture.values), size))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, _COLOUR_TYPES[picture.channels], 0, 0, 0)
    target.write(SIGNATURE)
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")):
        target.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


# Chunks.


class _Chunk(NamedTuple):
    offset: int  # of its length, in the file
    kind: bytes
    data: bytes


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    interlaced: int

    @property
    def channels(self) -> int:
        """Samples in a pixel; an index into the palette is one."""
        return _CHANNELS[self.colour]

    @property
    def unpacked(self) -> int:
        """Bytes in a pixel once every sample has a byte, or two."""
        return self.channels * max(self.depth // 8, 1)

    def row_size(self, width: int) -> int:
        """Return the bytes of a row of `width` pixels, without the byte that names the filter."""
        return (width * self.channels * self.depth + 7) // 8

    def passes(self) -> Iterator[tuple[int, int, int, int, int, int]]:
        """Yield the first column and row, the steps, and the width and height of each pass that has pixels."""
        for left, top, right, down in _ADAM7 if self.interlaced else _WHOLE:
            width, height = -((left - self.width) // right), -((top - self.height) // down)  # rounded up
            if width > 0 and height > 0:
                yield left, top, right, down, width, height

    @property
    def filtered_size(self) -> int:
        """Bytes of all rows, each with the byte that names its filter."""
        return sum(height * (1 + self.row_size(width)) for *_, width, height in self.passes())


class _Contents(NamedTuple):
    name: str
    header: _Header
    filtered: bytes
    palette: bytes
    transparent: bytes | None


def _read_chunks(file: Readable, name: str, limit: int) -> _Contents:
    """Read all chunks, each in its place, and unpack the rows."""
    head = take(file, len(SIGNATURE))
    if head != SIGNATURE:
        shown = head.hex(" ") or "missing"
        raise FormatError(f"{name}: not a PNG file: the first bytes are {shown}, expected {SIGNATURE.hex(' ')}")
    chunks = _chunks(file, name, limit)
    header = _parse_header(next(chunks), name, limit)
    rows = _Rows(header.filtered_size, name)
    tables: dict[bytes, bytes] = {}
    before = b"IHDR"
    for chunk in chunks:
        place = f"{name}: {chunk.kind.decode('latin-1')} at offset {chunk.offset}"
        if chunk.kind == b"IDAT":
            if rows.begun and before != b"IDAT":
                raise FormatError(f"{place}: behind other chunks, expected all IDAT in a row")
            if header.colour == PALETTE and b"PLTE" not in tables:
                raise FormatError(f"{place}: there is no PLTE before it, expected the palette")
            rows.feed(chunk)
        elif chunk.kind in (b"PLTE", b"tRNS"):
            if rows.begun or chunk.kind in tables or (chunk.kind == b"PLTE" and b"tRNS" in tables):
                raise FormatError(f"{place}: there may be one only, before IDAT, PLTE before tRNS")
            _check_table(chunk, header, tables, place)
            tables[chunk.kind] = chunk.data
        elif chunk.kind != b"IEND" and not chunk.kind[0] & 32:  # a capital letter: it cannot be shown without
            raise FormatError(f"{place}: an unknown critical chunk, expected IDAT, PLTE or IEND")
        before = chunk.kind
    return _Contents(name, header, rows.whole(), tables.get(b"PLTE", b""), tables.get(b"tRNS"))


def _chunks(file: Readable, name: str, limit: int) -> Iterator[_Chunk]:
    """Yield all chunks, and check their checksums. The first is IHDR; behind IEND, which is the last, comes nothing."""
    offset, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        head = take(file, 8)
        if len(head) < 8:
            raise FormatError(f"{name}: cut short at offset {offset + len(head)}: expected more chunks, up to IEND")
        length, kind = struct.unpack(">I4s", head)
        place = f"{name}: chunk at offset {offset}"
        if not kind.isalpha() or (offset == len(SIGNATURE)) != (kind == b"IHDR"):
            expected = "IHDR" if offset == len(SIGNATURE) else "four letters other than IHDR"
            raise FormatError(f"{place}: its kind is {kind.hex(' ')}, expected {expected}")
        if length > limit:
            raise FormatError(f"{place}: declares {length} bytes, over the limit of {limit}")
        data = take(file, length + 4)
        if len(data) < length + 4:
            found = f"expected {length} bytes and a CRC, found {len(data)}"
            raise FormatError(f"{name}: cut short at offset {offset + 8 + len(data)}: {found}")
        data, stored = data[:-4], int.from_bytes(data[-4:], "big")
        computed = zlib.crc32(kind + data)
        if stored != computed:
            raise FormatError(f"{place}: damaged: its CRC is {stored:08x}, but that of the data is {computed:08x}")
        yield _Chunk(offset, kind, data)
        offset += 12 + length
    if take(file, 1):
        raise FormatError(f"{name}: too long: expected the end of the file behind IEND, at offset {offset}, found more")


def _parse_header(chunk: _Chunk, name: str, limit: int) -> _Header:
    """Return the header, if it is one that PNG has and its picture is within the limit."""
    place = f"{name}: IHDR at offset {chunk.offset}"
    if len(chunk.data) != 13:
        raise FormatError(f"{place}: has {len(chunk.data)} bytes, expected 13")
    width, height, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", chunk.data)
    if not (0 < width < 2**31 and 0 < height < 2**31):
        raise FormatError(f"{place}: {height} x {width} pixels, expected 1 to 2**31 - 1 each")
    if depth not in _DEPTHS.get(colour, ()):
        known = "; ".join(f"{t}: {', '.join(map(str, depths))}" for t, depths in _DEPTHS.items())
        raise FormatError(f"{place}: bit depth {depth} of colour type {colour}, expected one of {known}")
    if compression or filtering or interlaced > 1:
        found = f"{compression}, {filtering}, {interlaced}"
        raise FormatError(f"{place}: compression, filtering and interlacing are {found}, expected 0, 0, 0 or 1")
    header = _Header(width, height, depth, colour, interlaced)
    size = max(header.filtered_size, height * width * header.unpacked)
    if size > limit:
        raise FormatError(f"{place}: {height} x {width} pixels are {size} bytes, over the limit of {limit}")
    return header


def _check_table(chunk: _Chunk, header: _Header, tables: dict[bytes, bytes], place: str) -> None:
    """Raise FormatError unless a palette or transparency has a size that suits the colour type."""
    size = len(chunk.data)
    if chunk.kind == b"PLTE":
        most = 2**header.depth if header.colour == PALETTE else 256
        if header.colour in (GREY, GREY_ALPHA):
            raise FormatError(f"{place}: a grey picture has no palette")
        if size % 3 or not 3 <= size <= 3 * most:
            raise FormatError(f"{place}: has {size} bytes, expected 3 for each of 1 to {most} colours")
    elif header.colour == PALETTE:
        most = len(tables.get(b"PLTE", b"")) // 3
        if size > most:
            raise FormatError(f"{place}: has {size} bytes, expected at most one for each of {most} colours")
    elif header.colour in (GREY_ALPHA, RGB_ALPHA):
        raise FormatError(f"{place}: a picture with an alpha channel has no other transparency")
    elif size != 2 * header.channels:
        raise FormatError(f"{place}: has {size} bytes, expected {2 * header.channels}")


class _Rows:
    """The rows of a picture, being unpacked. Never more than one byte too many is unpacked."""

    def __init__(self, size: int, name: str) -> None:
        self.size, self.name = size, name
        self.begun = False
        self._rows = bytearray()
        self._zlib = zlib.decompressobj()
        self._end = 0  # offset behind the last IDAT

    def feed(self, chunk: _Chunk) -> None:
        """Unpack the next part. Raises FormatError if it is damaged, or if there is more than the header declares."""
        self.begun, self._end = True, chunk.offset + 8 + len(chunk.data)
        place = f"{self.name}: IDAT at offset {chunk.offset}"
        try:
            self._rows += self._zlib.decompress(chunk.data, self.size - len(self._rows) + 1)  # above 0: 0 is no limit
        except zlib.error as error:
            raise FormatError(f"{place}: damaged: {error}") from None
        if len(self._rows) > self.size or self._zlib.unused_data:
            raise FormatError(f"{place}: too long: expected {self.size} bytes of rows, found more")

    def whole(self) -> bytes:
        """Return all rows, or raise FormatError if some are missing."""
        if not self._zlib.eof:  # true only behind zlib's checksum
            found = f"expected {self.size} bytes of rows and their checksum, found {len(self._rows)}"
            raise FormatError(f"{self.name}: IDAT cut short at offset {self._end}: {found}")
        if len(self._rows) < self.size:
            found = f"expected {self.size} bytes of rows, found {len(self._rows)}"
            raise FormatError(f"{self.name}: IDAT ends at offset {self._end}: {found}")
        return bytes(self._rows)


# From rows to a picture.


def _picture(contents: _Contents) -> Picture:
    """Undo the filters and the interlacing, then turn samples of any depth into bytes, and a palette into colours."""
    header = contents.header
    samples = _samples(header, contents.filtered)
    channels, transparent = header.channels, contents.transparent
    if header.colour == PALETTE:
        channels = 3 if transparent is None else 4
        values = _painted(samples, contents.palette, transparent)
    else:
        alpha = b"" if transparent is None else _alpha(header, samples, transparent)
        values = _as_bytes(samples, header.depth)
        if alpha:
            channels += 1
            values = _woven([*(values[k :: channels - 1] for k in range(channels - 1)), alpha])
    return Picture(header.height, header.width, channels, values)


def _samples(header: _Header, filtered: bytes) -> bytes:
    """Return the samples in the order of the picture: a byte each, or two at 16 bits."""
    size = header.unpacked
    picture = bytearray(header.height * header.width * size)
    start = 0
    for left, top, right, down, width, height in header.passes():
        count = header.row_size(width) + 1
        rows = filtered[start : start + count * height]
        start += len(rows)
        y = top
        for row in _unfiltered(rows, count, max(header.channels * header.depth // 8, 1)):
            pixels = _unpacked(row, header.depth, width) if header.depth < 8 else row
            begin, end = (y * header.width + left) * size, (y + 1) * header.width * size
            for k in range(size):
                picture[begin + k : end : right * size] = pixels[k::size]
            y += down
    return bytes(picture)


def _unfiltered(rows: bytes, count: int, step: int) -> Iterator[bytes]:
    """Yield each row of `count` bytes without its first one, which names the filter, and with the filter undone.

    step: bytes from a value to the same one in the pixel on its left. With x a filtered byte, a the byte on its left,
    b the one above and c the one above a, each 0 outside the picture, the byte is, modulo 256:

        0: x    1: x + a    2: x + b    3: x + floor((a + b) / 2)    4: x + the one of a, b, c nearest to a + b - c
    """
    above = bytes(count - 1)
    for start in range(0, len(rows), count):
        kind, row = rows[start], rows[start + 1 : start + count]
        if kind == 2:
            row = _sum(row, above)
        elif kind:
            if kind > 4:
                raise FormatError(f"row {start // count} has filter {kind}, expected 0 to 4")
            undo = (_undo_sub, _undo_average, _undo_paeth)[kind - 2 if kind > 2 else 0]
            row = _woven([undo(row[k::step], above[k::step]) for k in range(step)])
        above = row
        yield row


def _sum(x: bytes, b: bytes) -> bytes:
    """Return (x + b) modulo 256, byte by byte.

    All bytes are added as two large integers. The highest bit of each byte is left out, so that no byte can carry into
    the next one, and set afterwards: it is the exclusive or of both highest bits and of what the lower seven carry.
    """
    lower = int.from_bytes(b"\x7f" * len(x), "big")
    p, q = int.from_bytes(x, "big"), int.from_bytes(b, "big")
    return (((p & lower) + (q & lower)) ^ ((p ^ q) & ~lower)).to_bytes(len(x), "big")


def _undo_sub(row: bytes, above: bytes) -> bytes:
    return bytes([a & 255 for a in accumulate(row)])


def _undo_average(row: bytes, above: bytes) -> bytes:
    out = bytearray()
    a = 0
    for x, b in zip(row, above):
        a = (x + (a + b >> 1)) & 255
        out.append(a)
    return bytes(out)


def _undo_paeth(row: bytes, above: bytes) -> bytes:
    """Undo the filter of Paeth, "Image file compression made easy", Graphics Gems II (1991)."""
    out = bytearray()
    a = c = 0
    for x, b in zip(row, above):
        # With p = a + b - c, the distances are |p - a| = |b - c|, |p - b| = |a - c| and |p - c|; a wins ties, then b.
        to_a, to_b = b - c, a - c
        to_c = abs(to_a + to_b)
        to_a, to_b = abs(to_a), abs(to_b)
        if to_a > to_b or to_a > to_c:
            a = b if to_b <= to_c else c
        c = b
        a = (x + a) & 255
        out.append(a)
    return bytes(out)


def _woven(planes: list[bytes]) -> bytes:
    """Return the first byte of each plane, then the second of each, and so on."""
    if len(planes) == 1:
        return planes[0]
    woven = bytearray(len(planes) * len(planes[0]))
    for k, plane in enumerate(planes):
        woven[k :: len(planes)] = plane
    return bytes(woven)


def _unpacked(row: bytes, depth: int, count: int) -> bytes:
    """Return the first `count` samples of `depth` bits in a row, a byte each; the leftmost is in the highest bits."""
    shifts = range(8 - depth, -1, -depth)
    mask = 2**depth - 1
    return _woven([bytes([byte >> shift & mask for byte in row]) for shift in shifts])[:count]


def _as_bytes(samples: bytes, depth: int) -> bytes:
    """Return samples of any depth as 8-bit values: v · 255 / (2^depth - 1), rounded."""
    if depth == 16:
        return bytes([(v + 128) // 257 for v in _sixteen(samples)])
    return samples.translate(bytes([v * 255 // (2**depth - 1) & 255 for v in range(256)])) if depth < 8 else samples


def _sixteen(samples: bytes) -> array[int]:
    values = array("H")
    values.frombytes(samples)
    if sys.byteorder == "little":
        values.byteswap()
    return values


def _painted(indices: bytes, palette: bytes, transparent: bytes | None) -> bytes:
    """Return the colours of a palette that samples stand for, with their alpha if there is transparency."""
    colours = len(palette) // 3
    if max(indices) >= colours:
        raise FormatError(f"a pixel has colour {max(indices)}, but the palette has {colours}, counted from 0")
    tables = [palette[k::3] for k in range(3)]
    if transparent is not None:
        tables.append(transparent.ljust(colours, b"\xff"))
    return _woven([indices.translate(table.ljust(256, b"\0")) for table in tables])


def _alpha(header: _Header, samples: bytes, transparent: bytes) -> bytes:
    """Return the alpha of every pixel: 0 for the transparent colour, else 255. Samples are as in the file."""
    key = struct.unpack(f">{header.channels}H", transparent)
    values = _sixteen(samples) if header.depth == 16 else samples
    pixels = zip(*(values[k :: header.channels] for k in range(header.channels)))
    return bytes([0 if pixel == key else 255 for pixel in pixels])

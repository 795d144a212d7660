"""Small files that were once read wrongly, or are near to those, each with how it must be read.

Every defect in reading that was found is here, for ever: `tests/test_corpus.py` reads all of them in each run of the
tests, and `make fuzz` begins its inputs with them.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from typing import NamedTuple

from purenn.formats import Picture, png, pnm
from tests.formats.test_safetensors import BAD, GOOD, LISTED, STRICTER

__all__ = ["IDX", "PICTURES", "SAFETENSORS", "TABLES", "Case"]


class Case(NamedTuple):
    """A file: its bytes, and whether it is read. What is not read is refused with FormatError."""

    raw: bytes
    is_read: bool


def idx(sizes: str, values: bytes, kind: int = 8) -> bytes:
    """An IDX file of these sizes in hexadecimal digits, with these bytes behind them."""
    return bytes([0, 0, kind, len(bytes.fromhex(sizes)) // 4]) + bytes.fromhex(sizes) + values


WHOLE = idx("00000002 00000003", b"abcdef")
PACKED = gzip.compress(WHOLE, mtime=0)
BOMB = gzip.compress(idx("7fffffff", b"") + bytes(5_000_000), mtime=0)  # 5 kB, which say that they are 2 GB

IDX = {
    "whole": Case(WHOLE, True),
    "a vector that begins with a brace": Case(idx("00000002", b"{}"), True),
    "no pictures, 123 high": Case(idx("00000000 7b000000", b""), True),
    "a single value": Case(idx("", b"x"), True),
    "no header": Case(b"", False),
    "half a header": Case(WHOLE[:7], False),
    "no values": Case(WHOLE[:12], False),
    "a value too few": Case(WHOLE[:-1], False),
    "a value too many": Case(WHOLE + b"g", False),
    "bytes called floats": Case(idx("00000002 00000003", b"abcdef", 0x0D), False),
    "a type that is none": Case(idx("00000002", b"ab", 0x0A), False),
    "255 sizes of 4 billion": Case(idx("ffffffff" * 255, b""), False),
    "exabytes of nothing": Case(idx("ffffffff ffffffff 00000000", b""), True),
    "packed": Case(PACKED, True),
    "packed, and a zero": Case(PACKED + b"\0", True),
    "packed, and many zeros": Case(PACKED + bytes(1000), True),
    "packed in two members, zeros between": Case(
        gzip.compress(WHOLE[:9], mtime=0) + bytes(99) + gzip.compress(WHOLE[9:], mtime=0), True
    ),
    "packed, and garbage behind zeros": Case(PACKED + bytes(9) + b"x", False),
    "packed, cut short": Case(PACKED[:-1], False),
    "packed, a wrong checksum": Case(PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:], False),
    "packed twice": Case(gzip.compress(PACKED, mtime=0), False),
    "packed, too long": Case(gzip.compress(WHOLE + bytes(9), mtime=0), False),
    "a bomb": Case(BOMB, False),
    "a page of an error": Case(b"<!doctype html><title>404</title>", False),
}

# Tensors of F8 and the like are listed, but not read.
SAFETENSORS = {
    **{name: Case(raw, True) for name, raw in GOOD.items()},
    **{name: Case(raw, False) for name, raw in LISTED.items()},
    **{name: Case(raw, False) for name, (raw, _) in {**BAD, **STRICTER}.items()},
}


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of PNG, with its length and its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG file of these rows, each with the byte of its filter first."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return png.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def written(picture: Picture, *, is_png: bool) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    (png if is_png else pnm).write(file, picture)
    return file.getvalue()


COLOURS = Picture(2, 3, 3, bytes(range(18)))
PICTURES = {
    "grey": Case(png_of(2, 1, b"\0\1\2"), True),
    "colours": Case(written(COLOURS, is_png=True), True),
    "16 bits": Case(png_of(1, 1, b"\0\1\2", depth=16), True),
    "a filter that is none": Case(png_of(2, 1, b"\5\1\2"), False),
    "no rows": Case(png_of(2, 1, b""), False),
    "a row too many": Case(png_of(2, 1, b"\0\1\2\0\1\2"), False),
    "no pixels": Case(png_of(0, 0, b""), False),
    "4 billion pixels wide": Case(png_of(2**31 - 1, 2**31 - 1, b"\0"), False),
    "a bomb of zeros": Case(png_of(2, 1, bytes(5_000_000)), False),
    "a palette that is missing": Case(png_of(2, 1, b"\0\1\2", colour=3), False),
    "cut short": Case(png_of(2, 1, b"\0\1\2")[:-5], False),
    "the signature alone": Case(png.SIGNATURE, False),
    "a PNM file": Case(written(COLOURS, is_png=False), True),
    "PNM in words": Case(b"P2 2 1 255 1 2", True),
    "PNM of 9s": Case(b"P5 " + b"9" * 5000 + b" 1 255 x", False),
    "PNM of too few values": Case(b"P5 2 2 255 abc", False),
}

TABLES = {
    "numbers and classes": Case(b"a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n", True),
    "German": Case("größe;preis\n1,5;1.234,50\n2,5;99,00\n3,5;1.100,00\n".encode("latin-1"), True),
    "quotes": Case(b'"a","b"\n"1","2\n3"\n"x","y"\n"z","w"\n', True),
    "packed": Case(gzip.compress(b"a,b\n1,2\n3,4\n5,7\n", mtime=0), True),
    "nothing": Case(b"", False),
    "zeros": Case(bytes(50), False),
    "an old workbook": Case(b"\xd0\xcf\x11\xe0" + bytes(20), False),
    "ragged": Case(b"a,b\n1,2\n3\n", False),
    "a quote that does not end": Case(b'a,b\n"1,2\n', False),
    "digits, and then no number": Case(b"0;,\n" + b"9" * 200_000 + b";0;,", False),
    "a number that is too large": Case(b"0,1\n1e999,0\n", True),
    "a cell of megabytes": Case(b"a,b\n" + b"1" * 200_000 + b",2\n3,4\n", False),
}

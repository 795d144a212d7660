"""Decompression of gzip in steps of limited size, so that a small malicious file cannot fill the memory."""

from __future__ import annotations

import os
import zlib
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol, Union, runtime_checkable

from purenn.errors import FormatError

__all__ = ["GZIP", "Inflater", "Openable", "Readable", "Source", "contents", "inflated", "name_of", "opened", "take"]

GZIP = b"\x1f\x8b"  # how every gzip file begins (RFC 1952, section 2.3.1)

_PACKED_BLOCK = 1 << 16
_BLOCK = 1 << 20


class Readable(Protocol):
    """A source of bytes. As with a pipe, `read` may return fewer bytes than asked for; it returns none at the end."""

    def read(self, size: int, /) -> bytes: ...


@runtime_checkable
class Openable(Protocol):
    """A file that can be opened, on disk (a pathlib.Path) or inside a zip file (what importlib.resources returns)."""

    def open(self, mode: Literal["rb"], /) -> AbstractContextManager[Readable]: ...


Source = Union[str, "os.PathLike[str]", Openable, Readable]


def take(source: Readable, size: int) -> bytes:
    """Return the next `size` bytes, or fewer if the source ends."""
    parts: list[bytes] = []
    while size > 0:
        part = source.read(min(size, _BLOCK))  # a false size may be huge, and `read` may allocate it at once
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Inflater:
    """The decompressed bytes of a gzip file, which may consist of several members, one after another. Zeros behind a
    member, with which tapes and some downloads are filled up, are passed over, as by Python's gzip and gzip itself.

    `head` are the bytes already read from `file` to recognize gzip; `name` is the file's name in error messages. Each
    `read` decompresses only as much as it returns, so a decompression bomb cannot exhaust the memory.
    `read` raises FormatError if the file is corrupt, cut short or followed by something else. The checksum of a member
    is compared at the member's end: the data are verified once `read` has returned b"".
    Source: RFC 1952.

    >>> import gzip, io
    >>> Inflater(io.BytesIO(gzip.compress(b"abc") + gzip.compress(b"def")), b"", "<stream>").read(2)
    b'ab'
    """

    def __init__(self, file: Readable, head: bytes, name: str) -> None:
        self._file, self._name = file, name
        self._packed = head  # read from the file, not yet decompressed
        self._offset = 0  # where `_packed` begins in the file
        self._inflated = 0
        self._member = zlib.decompressobj(wbits=31)  # 31: gzip header and checksum, largest window

    def read(self, size: int, /) -> bytes:
        """Return 1 to `size` bytes, or none at the end. `size` must be at least 1: to zlib, 0 means no limit."""
        while not self._member.eof or self._next_member():
            if not self._packed:
                self._packed = self._file.read(_PACKED_BLOCK)
            if not self._packed:
                raise FormatError(
                    f"{self._name}: gzip stream cut short: the file ends at offset {self._offset}, "
                    f"after {self._inflated} inflated bytes, expected more"
                )
            data = self._inflate(size)
            if data:
                return data
        return b""

    def _inflate(self, size: int) -> bytes:
        packed_end = self._offset + len(self._packed)
        try:
            data = self._member.decompress(self._packed, size)
        except zlib.error as error:
            place = f"between offsets {self._offset} and {packed_end}"
            raise FormatError(f"{self._name}: corrupt gzip data {place}: {error}") from None
        # Input beyond the `size` bytes of output, or input after the end of the member: never both.
        self._packed = self._member.unconsumed_tail or self._member.unused_data
        self._offset = packed_end - len(self._packed)
        self._inflated += len(data)
        return data

    def _next_member(self) -> bool:
        """Begin the next member, behind any zeros. Return False at the end of the file."""
        while True:
            content = self._packed.lstrip(b"\0")
            self._offset += len(self._packed) - len(content)
            self._packed = content or self._file.read(_PACKED_BLOCK)
            if content:
                break
            if not self._packed:
                return False
        self._packed += take(self._file, len(GZIP) - len(self._packed))
        if not self._packed.startswith(GZIP):
            found = self._packed[:8].hex(" ")
            raise FormatError(
                f"{self._name}: garbage after the gzip stream, at offset {self._offset}: {found}, "
                "expected the end of the file, zeros, or 1f 8b"
            )
        self._member = zlib.decompressobj(wbits=31)
        return True


def opened(source: Source) -> AbstractContextManager[Readable]:
    """Open a path. A file object is only wrapped: it stays open behind the `with` block."""
    if isinstance(source, (str, os.PathLike)):
        return open(source, "rb")
    return source.open("rb") if isinstance(source, Openable) else nullcontext(source)


def name_of(file: Readable) -> str:
    """Return the name of a file for error messages."""
    label: object = getattr(file, "name", None)  # a BytesIO has none; that of a file opened by descriptor is a number
    return label if isinstance(label, str) else "<stream>"


def inflated(file: Readable) -> tuple[bytes, Readable, str]:
    """Look at the first two bytes of a file, and unpack it if they say that it is gzip.

    Return the first two bytes of the content (fewer if there are no more), the source of the rest, and the file's name
    for error messages.
    """
    name = name_of(file)
    head = take(file, 2)
    if head != GZIP:
        return head, file, name
    source = Inflater(file, head, name)
    return take(source, 2), source, f"{name} (inflated)"


def contents(source: Source, limit: int) -> tuple[bytes, str]:
    """Return all bytes of a file, unpacked if it is gzipped, and its name for error messages.

    Raises FormatError for more than `limit` bytes, and OSError if it cannot be read.
    """
    with opened(source) as file:
        head, rest, _ = inflated(file)
        data, name = head + take(rest, limit), name_of(file)
    if len(data) > limit:
        raise FormatError(f"{name}: more than {limit:,} bytes: too large to hold in memory")
    return data, name

"""The header of a safetensors file: which tensors there are, where their bytes lie, and the metadata.

A header is not trusted. It may be as large as the format allows, and JSON can hold millions of lists in a few
megabytes, each a hundred times as large in memory as in the file. So the header is not parsed as a whole: a tensor's
entry is parsed alone, checked, and kept in a few numbers before the next is looked at, and the first that is wrong ends
it. The rules are told in `safetensors`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from reprlib import repr as brief  # for error messages: a value from a file may be very long
from typing import NamedTuple

from purenn.errors import FormatError, ShapeError
from purenn.formats.json import Json, JsonObject, checked_object

__all__ = ["BITS", "HEADER_LIMIT", "METADATA", "Entry", "SafetensorsHeader", "count", "parse_header", "shown"]

HEADER_LIMIT = 100_000_000  # the format's own limit for the header's bytes
METADATA = "__metadata__"  # the only name that a tensor cannot have
ENTRY_LIMIT = 100_000  # characters in a tensor's entry: far more than a shape needs

BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "BOOL": 8, "C64": 64}
BITS.update({"I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8})
BITS.update({"F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8})
BITS.update({"F6_E2M3": 6, "F6_E3M2": 6, "F4": 4})

_SPACE = re.compile("[ \t\n\r]*")
_PLAIN = re.compile(r'"([^"\\\x00-\x1f]*)"')  # a string without escapes, as nearly all are


class Entry(NamedTuple):
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


def count(shape: tuple[int, ...]) -> int:
    """Return the product of the sizes. Raises ShapeError if a size is negative or the product outgrows 64 bits.

    Every partial product is checked, as in the official reader: a header with many thousands of sizes would otherwise
    keep Python busy with an integer of megabytes, even if the last size is 0.
    """
    product = 1
    for size in shape:
        product *= size
        if size < 0 or product >= 2**64:
            raise ShapeError(f"shape {brief(shape)}: expected sizes from 0 whose product stays below 2**64")
    return product


def shown(name: str) -> str:
    """Return a name from a file for an error message: its beginning, in quotes."""
    return repr(name if len(name) <= 200 else f"{name[:200]}…")


def parse_header(text: str, buffer: int, size: int, where: str) -> SafetensorsHeader:
    """Return the header of a file of `size` bytes whose buffer begins at this offset, checked by all rules.

    `where` is the file in error messages. Raises FormatError.
    """
    entries, metadata = _Parser(text, where).header()
    ordered = {name: entries[name] for name in sorted(entries, key=lambda name: entries[name][2:])}
    end = 0
    for name, entry in ordered.items():
        if entry.begin != end:
            what = f"begins at {entry.begin}, expected {end}: the last one's end"
            raise FormatError(f"{where}: tensor {shown(name)}: {what}")
        end = entry.end
    if size != buffer + end:
        raise FormatError(f"{where}: {size} bytes, expected {buffer + end}: 8, header {buffer - 8}, tensors {end}")
    return SafetensorsHeader(ordered, metadata, buffer)


class _Parser:
    """Reads the header's JSON from left to right. `at` is the position of the next character."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = 0

    def header(self) -> tuple[dict[str, Entry], dict[str, str]]:
        """Return the entries, in the header's order, and the metadata."""
        entries: dict[str, Entry] = {}
        metadata: dict[str, str] | None = None
        for name in self.keys():
            if name in entries or (name == METADATA and metadata is not None):
                raise self.error(f"the key {shown(name)} appears twice")
            if name == METADATA:
                metadata = self.metadata()
            else:
                entries[name] = self.entry(f"{self.where}: tensor {shown(name)}")
        if self.next():
            raise self.error(f"extra data at character {self.at}: {self.text[self.at : self.at + 20]!r}")
        return entries, metadata or {}

    def metadata(self) -> dict[str, str]:
        """Return the strings of "__metadata__". The word null stands for none, as in the official reader."""
        metadata: dict[str, str] = {}
        if self.next() != "{" and self.text.startswith("null", self.at):
            self.at += len("null")
            return metadata
        self.expect_in_metadata("{")
        for key in self.keys():
            if key in metadata:
                raise self.error(f"the key {shown(key)} appears twice")
            self.expect_in_metadata('"')
            metadata[key] = self.string()
        return metadata

    def expect_in_metadata(self, sign: str) -> None:
        """Raise FormatError unless this is the next character."""
        if self.next() != sign:
            what = f"{METADATA} has {self.text[self.at : self.at + 20]!r}, expected an object of strings"
            raise FormatError(f"{self.where}: {what}")

    def entry(self, where: str) -> Entry:
        """Return the entry of a tensor. It has no other object inside and two lists, so it ends at the first brace."""
        text = self.text
        if self.next() != "{":
            raise FormatError(f"{where}: found {text[self.at : self.at + 20]!r}, expected {_FIELDS}")
        start = self.at
        self.at = text.find("}", start, start + ENTRY_LIMIT) + 1
        if not self.at:
            raise FormatError(f"{where}: no end within {ENTRY_LIMIT} characters, expected {_FIELDS}")
        if text.count("{", start, self.at) > 1 or text.count("[", start, self.at) > 2:
            raise FormatError(f"{where}: found {text[start : start + 60]!r}, expected {_FIELDS}")
        try:
            value: Json = _ENTRIES.decode(text[start : self.at])
        except ValueError as error:
            raise FormatError(f"{where}: not JSON: {error}") from error
        return _entry(value, where)

    def keys(self) -> Iterator[str]:
        """Yield the keys of the object that begins here. After each, the caller reads its value."""
        self.sign("{")
        if self.next() == "}":
            self.at += 1
            return
        sign = ","
        while sign == ",":
            key = self.string()
            self.sign(":")
            yield key
            sign = self.sign(",}")

    def string(self) -> str:
        """Return the string that begins here. Half a surrogate pair is refused: no file in UTF-8 can hold it."""
        if self.next() != '"':
            raise self.error(f"found {self.text[self.at : self.at + 20]!r} at character {self.at}, expected a string")
        plain = _PLAIN.match(self.text, self.at)
        if plain:
            self.at = plain.end()
            return plain[1]
        try:
            found: str
            found, self.at = _ENTRIES.raw_decode(self.text, self.at)
            found.encode("utf-8")
        except ValueError as error:
            raise self.error(str(error)) from error
        return found

    def sign(self, expected: str) -> str:
        """Return the next character, which must be one of the expected, and go on behind it."""
        found = self.next()
        if not found or found not in expected:
            what = f"{self.text[self.at : self.at + 20]!r} at character {self.at}"
            raise self.error(f"found {what}, expected {' or '.join(expected)}")
        self.at += 1
        return found

    def next(self) -> str:
        """Return the next character that is no white space, and stay in front of it. At the end, it is empty."""
        found = self.text[self.at : self.at + 1]
        if found in " \t\n\r":
            space = _SPACE.match(self.text, self.at)
            self.at = space.end() if space else self.at
            found = self.text[self.at : self.at + 1]
        return found

    def error(self, what: str) -> FormatError:
        """Return the error for a text that is not JSON, or not a header's."""
        return FormatError(f"{self.where}: offset 8: the header is not a JSON object in UTF-8: {what}")


def _number(digits: str) -> float:
    """Return an unsigned 64-bit integer as an int, any other integer, even -0, as a float: no size or offset is one.

    The length is checked first, because int() of many digits takes long.
    """
    return int(digits) if digits.isdigit() and len(digits) <= 20 and int(digits) < 2**64 else float(digits)


_FIELDS = "an object of dtype, shape and data_offsets"
_ENTRIES = json.JSONDecoder(object_pairs_hook=checked_object, parse_int=_number)


def _entry(value: Json, where: str) -> Entry:
    """Return a tensor's entry after all checks that need no other entry."""
    if not isinstance(value, JsonObject) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise FormatError(f"{where}: found {brief(value)}, expected {_FIELDS}")
    dtype = value["dtype"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise FormatError(f"{where}: dtype is {brief(dtype)}, expected one of {', '.join(BITS)}")
    shape = _sizes(value["shape"], f"{where}: shape")
    offsets = _sizes(value["data_offsets"], f"{where}: data_offsets")
    if len(offsets) != 2:
        raise FormatError(f"{where}: data_offsets has {len(offsets)} numbers, expected 2")
    try:
        size, rest = divmod(count(shape) * BITS[dtype], 8)
    except ShapeError as error:
        raise FormatError(f"{where}: {error}") from None
    if rest:
        raise FormatError(f"{where}: {dtype} {brief(shape)} is {size} bytes and {rest} bits, expected whole bytes")
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

"""Unpacking gzip: no more than is asked for, all of it in the end, and a name for whatever is wrong."""

from __future__ import annotations

import gzip
import io
import random
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats.gunzip import GZIP, Inflater, contents, take


class Trickle:
    """A source that brings at most three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(min(size, 3))


def test_take_joins_what_a_pipe_brings_in_parts() -> None:
    assert take(Trickle(b"abcdefgh"), 7) == b"abcdefg"
    assert take(Trickle(b"abc"), 7) == b"abc"
    assert take(Trickle(b"abc"), 0) == b""


def test_an_inflater_never_inflates_more_than_it_is_asked_for() -> None:
    inflater = Inflater(io.BytesIO(gzip.compress(bytes(1_000_000))), b"", "bomb")
    assert inflater.read(1) == b"\0"
    assert 0 < len(inflater.read(1000)) <= 1000


def test_an_inflater_brings_everything_and_then_nothing() -> None:
    data = random.Random(1).getrandbits(8 * 300_000).to_bytes(300_000, "big")  # does not pack: many blocks of gzip
    inflater = Inflater(Trickle(gzip.compress(data[:200_000]) + gzip.compress(data[200_000:])), b"", "data")
    assert take(inflater, len(data) + 1) == data
    assert inflater.read(1) == b""
    assert inflater.read(1) == b""


@pytest.mark.parametrize("head", [0, 2, 11])
def test_an_inflater_goes_on_behind_what_was_read_of_the_file(head: int) -> None:
    packed = gzip.compress(b"data")
    assert take(Inflater(io.BytesIO(packed[head:]), packed[:head], "data"), 9) == b"data"


def test_gzip_is_told_by_its_first_two_bytes() -> None:
    assert gzip.compress(b"data")[:2] == GZIP


def test_nothing_is_read_of_the_file_before_it_is_asked_for() -> None:
    file = io.BytesIO(gzip.compress(b"data"))
    inflater = Inflater(file, file.read(2), "data")
    assert file.tell() == 2
    assert inflater.read(9) == b"data"


def test_an_inflater_names_what_is_wrong() -> None:
    packed = gzip.compress(b"data")
    with pytest.raises(FormatError, match=r"^a: gzip stream cut short: .* after 4 inflated bytes"):
        take(Inflater(io.BytesIO(packed[:-1]), b"", "a"), 9)
    with pytest.raises(FormatError, match=f"^a: garbage after the gzip stream, at offset {len(packed)}: 21 21"):
        take(Inflater(io.BytesIO(packed + b"!!"), b"", "a"), 9)
    with pytest.raises(FormatError, match=r"^a: corrupt gzip data between offsets 0 and"):
        take(Inflater(io.BytesIO(packed[:10] + b"\xff" + packed[11:]), b"", "a"), 9)


@pytest.mark.parametrize("zeros", [1, 511, 200_000])
def test_zeros_behind_a_member_are_passed_over_as_python_does(zeros: int) -> None:
    packed, padding = gzip.compress(b"data"), bytes(zeros)
    for raw in (packed + padding, packed + padding + packed, packed + padding + packed + padding):
        assert take(Inflater(io.BytesIO(raw), b"", "a"), 99) == gzip.decompress(raw)
    with pytest.raises(FormatError, match=f"garbage after the gzip stream, at offset {len(packed) + zeros}: 21 21"):
        take(Inflater(io.BytesIO(packed + padding + b"!!"), b"", "a"), 99)
    second = len(packed) + zeros
    with pytest.raises(FormatError, match=f"corrupt gzip data between offsets {second} and {second + len(packed)}:"):
        take(Inflater(io.BytesIO(packed + padding + packed[:-8] + bytes(8)), b"", "a"), 99)


def test_contents_are_unpacked_and_named_and_not_larger_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "bytes.gz"
    path.write_bytes(gzip.compress(b"abcd"))
    assert contents(path, 4) == (b"abcd", str(path))
    assert contents(io.BytesIO(b"abcd"), 4) == (b"abcd", "<stream>")
    with pytest.raises(FormatError, match="more than 3 bytes: too large to hold in memory"):
        contents(path, 3)

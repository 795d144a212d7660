from __future__ import annotations

import gzip
import io
import os
import random
import struct
import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from purenn.errors import FormatError, ShapeError
from purenn.formats.gunzip import Inflater
from purenn.formats.idx import Idx, IdxHeader, Values, read, read_header, write

# Type name, its code in the file, its letter in `struct`, and three values with the extremes of the type.
TYPES: list[tuple[str, int, str, Values]] = [
    ("uint8", 0x08, "B", bytes([0, 7, 255])),
    ("int8", 0x09, "b", array("b", [-128, 7, 127])),
    ("int16", 0x0B, "h", array("h", [-(2**15), 7, 2**15 - 1])),
    ("int32", 0x0C, "i", array("i", [-(2**31), 7, 2**31 - 1])),
    ("float32", 0x0D, "f", array("f", [-0.0, 1.5, float("inf")])),
    ("float64", 0x0E, "d", array("d", [-0.0, 0.1, 1e300])),
]
SMALL = bytes.fromhex("0000 0B 02 00000002 00000003 0001 0002 0003 0004 0005 0006")  # int16, (2, 3), 1 to 6
SMALL_IDX = Idx((2, 3), array("h", [1, 2, 3, 4, 5, 6]))
ONE_GZIP = gzip.compress(SMALL, mtime=0)


class Pipe(io.BytesIO):
    """A stream that cannot be rewound and brings three bytes at a time at most."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(size, 3))

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("seek")


def parsed(data: bytes) -> Idx:
    return read(io.BytesIO(data))


def written(idx: Idx, *, compress: bool = False) -> bytes:
    file = io.BytesIO()
    write(file, idx, compress=compress)
    return file.getvalue()


def defect(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        parsed(data)
    return str(caught.value)


# --- values and shapes


@pytest.mark.parametrize(("name", "code", "letter", "values"), TYPES)
def test_every_type_agrees_with_struct(name: str, code: int, letter: str, values: Values) -> None:
    data = struct.pack(f">HBBI3{letter}", 0, code, 1, 3, *values)
    idx = parsed(data)
    assert idx.type_name == name
    assert idx.shape == (3,)
    assert idx.values == values
    assert written(idx) == data


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize(("name", "code", "letter", "values"), TYPES)
def test_every_type_survives_a_round_trip(name: str, code: int, letter: str, values: Values, compress: bool) -> None:
    idx = Idx((1, 3), values)
    assert parsed(written(idx, compress=compress)) == idx


@pytest.mark.parametrize(("name", "code", "letter", "values"), TYPES[1:])
def test_values_are_swapped_only_where_the_machine_needs_it(
    name: str, code: int, letter: str, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Believing that its order is the other one, this machine takes the bytes of a file for its own, or its own for
    # those of a file: either way the file that it understands is the one with the bytes of each value reversed.
    head, reversed_values = struct.pack(">HBBI", 0, code, 1, 3), struct.pack(f"<3{letter}", *values)
    if sys.byteorder == "big":
        monkeypatch.setattr(sys, "byteorder", "little")
    else:
        monkeypatch.setattr(sys, "byteorder", "big")
    assert parsed(head + reversed_values).values == values
    assert written(Idx((3,), values)) == head + reversed_values


def test_writing_leaves_the_values_alone() -> None:
    values = array("h", [1, 2])
    write(io.BytesIO(), Idx((2,), values))
    assert values == array("h", [1, 2])


def test_an_array_that_has_grown_is_refused_and_the_file_kept(tmp_path: Path) -> None:
    values = array("h", [1, 2])
    idx = Idx((2,), values)
    write(tmp_path / "two.idx", idx)
    values.append(3)
    with pytest.raises(ShapeError, match="holds 2 values, got 3"):
        write(tmp_path / "two.idx", idx)
    assert read(tmp_path / "two.idx").values == array("h", [1, 2])


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (0, 2**32 - 1), (1,) * 255])
def test_any_shape_is_kept(shape: tuple[int, ...]) -> None:
    idx = Idx(shape, b"" if 0 in shape else b"x")
    assert parsed(written(idx)) == idx
    assert parsed(written(idx, compress=True)) == idx


def test_values_longer_than_a_block_are_whole() -> None:
    values = array("d", map(float, range(300_000)))  # 2.4 MB: three blocks, the last of them a part
    idx = Idx((3, 100_000), values)
    assert written(idx)[12:] == struct.pack(">300000d", *values)
    assert parsed(written(idx)) == idx
    assert parsed(written(idx, compress=True)) == idx


def test_the_shape_must_fit_the_values() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 2\) holds 4 values, got 3"):
        Idx((2, 2), b"abc")


@pytest.mark.parametrize("shape", [(-1, -1), (2**32, 0), (1,) * 256])
def test_a_shape_that_the_format_cannot_hold_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="at most 255 dimensions"):
        Idx(shape, b"" if 0 in shape else b"x")


def test_an_array_that_the_format_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match=r"array\('q'\) of 8-byte values"):
        Idx((1,), array("q", [1]))


def test_a_repr_shows_no_values() -> None:
    assert repr(Idx((3,), b"abc")) == "Idx(shape=(3,))"


# --- where bytes come from and go to


@pytest.mark.parametrize("data", [SMALL, ONE_GZIP], ids=["plain", "gzip"])
def test_gzip_is_told_by_the_bytes_and_not_by_the_name(data: bytes, tmp_path: Path) -> None:
    for name in ("a", "a.gz"):
        (tmp_path / name).write_bytes(data)
        assert read(tmp_path / name) == SMALL_IDX
        assert read(str(tmp_path / name)) == SMALL_IDX
        assert read_header(tmp_path / name) == IdxHeader("int16", (2, 3))


@pytest.mark.parametrize("data", [SMALL, ONE_GZIP], ids=["plain", "gzip"])
def test_a_pipe_that_trickles_is_read(data: bytes) -> None:
    pipe = Pipe(data)
    assert read(pipe) == SMALL_IDX
    assert not pipe.closed


def test_a_file_object_is_read_from_where_it_stands() -> None:
    file = io.BytesIO(b"before" + SMALL)
    file.seek(6)
    assert read(file) == SMALL_IDX


def test_gzip_of_several_members_is_read() -> None:
    members = [gzip.compress(part) for part in (SMALL[:5], b"", SMALL[5:20], SMALL[20:], b"")]
    assert parsed(b"".join(members)) == SMALL_IDX
    assert read(Pipe(b"".join(members))) == SMALL_IDX


def test_the_header_is_read_without_the_values() -> None:
    file = io.BytesIO(SMALL)
    assert read_header(file) == IdxHeader("int16", (2, 3))
    assert file.tell() == 12
    assert read_header(io.BytesIO(SMALL[:12])).values_size == 12


def test_a_name_in_gz_is_written_as_gzip(tmp_path: Path) -> None:
    write(tmp_path / "a.gz", SMALL_IDX)
    write(tmp_path / "b", SMALL_IDX)
    write(tmp_path / "c.gz", SMALL_IDX, compress=False)
    write(tmp_path / "d", SMALL_IDX, compress=True)
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == SMALL
    assert (tmp_path / "b").read_bytes() == SMALL
    assert (tmp_path / "c.gz").read_bytes() == SMALL
    assert gzip.decompress((tmp_path / "d").read_bytes()) == SMALL


def test_gzip_carries_no_time_and_no_name(tmp_path: Path) -> None:
    write(tmp_path / "a.gz", SMALL_IDX)
    write(tmp_path / "other.gz", SMALL_IDX)
    data = (tmp_path / "a.gz").read_bytes()
    assert data[3:8] == bytes(5)  # RFC 1952: the flags, of which 08 announces a name, then 4 bytes of time
    assert data == (tmp_path / "other.gz").read_bytes() == written(SMALL_IDX, compress=True)


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError("no space left")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path / "a", SMALL_IDX)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("reader", [read, read_header])
def test_what_cannot_be_opened_stays_an_os_error(reader: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "none")
    with pytest.raises(OSError, match=tmp_path.name) as caught:
        reader(tmp_path)
    assert not isinstance(caught.value, FormatError)


# --- defects


def test_a_defect_names_the_path_or_the_file_object(tmp_path: Path) -> None:
    path = tmp_path / "bad-file"
    path.write_bytes(b"\0\0")
    with pytest.raises(FormatError) as by_path:
        read(path)
    with open(path, "rb") as file, pytest.raises(FormatError) as by_object:
        read(file)
    assert str(by_path.value).startswith(f"{path}: ")
    assert str(by_object.value).startswith(f"{path}: ")
    with open(os.open(path, os.O_RDONLY), "rb") as file, pytest.raises(FormatError, match=r"^<stream>: "):
        read(file)


def test_an_empty_file_is_called_empty() -> None:
    assert defect(b"") == "<stream>: empty: 0 bytes, expected an IDX file, 00 00 TYPE DIMENSIONS at offset 0"
    assert "(inflated): empty: 0 bytes" in defect(gzip.compress(b""))


def test_first_bytes_that_are_not_idx_are_shown() -> None:
    assert "the first bytes are 50 4b 03 04, expected 00 00 TYPE DIMENSIONS at offset 0" in defect(b"PK\3\4 and so on")
    assert "the first bytes are 00 01" in defect(b"\0\1")


@pytest.mark.parametrize("page", [b"<!DOCTYPE html>", b"\xef\xbb\xbf\r\n  <html>", b"<?xml?><Error/>"])
def test_a_saved_error_page_is_recognized(page: bytes) -> None:
    assert "it looks like an HTML page" in defect(page)
    assert "it looks like an HTML page" in defect(gzip.compress(page))


def test_gzip_inside_gzip_is_recognized() -> None:
    assert "gzip inside gzip" in defect(gzip.compress(ONE_GZIP))


def test_an_unknown_type_is_shown_with_those_known() -> None:
    message = defect(b"\0\0\x0a\1\0\0\0\0")
    assert "unknown type 0a at offset 2, expected one of 08 (uint8), 09 (int8), 0b (int16), 0c (int32)" in message


def test_a_header_cut_short_says_where() -> None:
    assert "header cut short at offset 3, expected 4 bytes, found 00 00 0b" in defect(SMALL[:3])
    assert "header cut short at offset 9: expected 8 bytes of sizes for 2 dimensions, found 5" in defect(SMALL[:9])


def test_a_truncated_file_names_the_missing_bytes() -> None:
    message = "cut short at offset 21: (2, 3) of int16 are 12 bytes of values, found 9"
    assert defect(SMALL[:21]) == f"<stream>: {message}"
    assert defect(gzip.compress(SMALL[:21])) == f"<stream> (inflated): {message}"


def test_a_file_too_long_says_where_its_end_should_be() -> None:
    message = "too long: (2, 3) of int16 are 12 bytes of values, expected the end at offset 24, found more"
    assert defect(SMALL + b"\0") == f"<stream>: {message}"
    assert defect(gzip.compress(SMALL + b"\0")) == f"<stream> (inflated): {message}"
    assert defect(ONE_GZIP + ONE_GZIP) == f"<stream> (inflated): {message}"


def test_gzip_cut_short_says_where() -> None:
    end = len(ONE_GZIP) - 1
    message = f"gzip stream cut short: the file ends at offset {end}, after 24 inflated bytes, expected more"
    assert defect(ONE_GZIP[:-1]) == f"<stream>: {message}"
    assert "cut short: the file ends at offset 2, after 0 inflated bytes" in defect(ONE_GZIP[:2])
    assert "gzip stream cut short" in defect(ONE_GZIP + gzip.compress(b"")[:-1])


def test_a_wrong_checksum_is_found() -> None:
    crc = ONE_GZIP[:-8] + bytes([ONE_GZIP[-8] ^ 1]) + ONE_GZIP[-7:]
    assert "corrupt gzip data between offsets" in defect(crc)
    length = ONE_GZIP[:-1] + bytes([ONE_GZIP[-1] ^ 1])
    assert "corrupt gzip data between offsets" in defect(length)


@pytest.mark.parametrize("garbage", [b"\x1f", b"\x1f\x8c", b"more and more"])
def test_garbage_after_gzip_is_shown(garbage: bytes) -> None:
    expected = f"garbage after the gzip stream, at offset {len(ONE_GZIP)}: {garbage[:8].hex(' ')}, expected the end"
    assert expected in defect(ONE_GZIP + garbage)


def test_a_size_over_the_limit_is_refused() -> None:
    assert read(io.BytesIO(SMALL), limit=12) == SMALL_IDX
    with pytest.raises(FormatError, match="12 bytes of values at offset 4, over the limit of 11"):
        read(io.BytesIO(SMALL), limit=11)
    exabytes = b"\0\0\x0e\xff" + b"\xff" * 4 * 255
    assert "over the limit of 2147483648" in defect(exabytes)
    assert "over the limit of 2147483648" in defect(gzip.compress(exabytes))


def peak_of_defect(path: Path) -> int:
    """Return the most bytes that were allocated at once while a bad file was read."""
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read(path)
        found: int = tracemalloc.get_traced_memory()[1]
        return found
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "code", "letter", "values"), TYPES)
def test_a_claim_allocates_nothing(name: str, code: int, letter: str, values: Values, tmp_path: Path) -> None:
    claim = struct.pack(">HBBI", 0, code, 1, 1_900_000_000 // struct.calcsize(letter)) + bytes(20)
    (tmp_path / "plain").write_bytes(claim)
    (tmp_path / "packed").write_bytes(gzip.compress(claim))
    assert peak_of_defect(tmp_path / "plain") < 4_000_000
    assert peak_of_defect(tmp_path / "packed") < 4_000_000


def test_a_gzip_bomb_is_stopped_one_byte_behind_the_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(SMALL + bytes(30_000_000))
    inflated: list[int] = []
    inflate = Inflater.read

    def noted(inflater: Inflater, size: int) -> bytes:
        data = inflate(inflater, size)
        inflated.append(len(data))
        return data

    monkeypatch.setattr(Inflater, "read", noted)
    assert "too long" in defect(bomb)
    assert sum(inflated) == len(SMALL) + 1
    (tmp_path / "bomb").write_bytes(bomb)
    assert peak_of_defect(tmp_path / "bomb") < 1_000_000


# --- fuzzing: only FormatError may come out


@pytest.mark.parametrize("data", [SMALL, ONE_GZIP], ids=["plain", "gzip"])
def test_every_cut_is_noticed(data: bytes) -> None:
    for length in range(len(data)):
        defect(data[:length])


@pytest.mark.parametrize("data", [SMALL, ONE_GZIP], ids=["plain", "gzip"])
def test_every_flipped_byte_is_a_format_error_or_harmless(data: bytes) -> None:
    refused = 0
    for at in range(len(data)):
        for flip in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF):
            spoiled = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            try:
                idx = parsed(spoiled)
            except FormatError:
                refused += 1
                continue
            if data is SMALL:
                assert at >= 12  # a flip in the header shows, one in the values cannot
                assert written(idx) == spoiled
            else:
                assert idx == SMALL_IDX  # a flip in gzip's own header may be harmless, but the checksum guards the data
    assert refused > 0


def test_noise_is_a_format_error() -> None:
    rng = random.Random(1)
    for _ in range(3000):
        noise = bytes(rng.randrange(256) for _ in range(rng.randrange(30)))
        head = rng.choice([b"", b"\0\0", b"\0\0\x08\1", b"\x1f\x8b", ONE_GZIP[:10], ONE_GZIP])
        try:
            parsed(head + noise)
        except FormatError:
            continue
        assert head + noise == ONE_GZIP


# --- the real thing


def mnist(name: str) -> Path:
    if "PURENN_DATA" not in os.environ:
        pytest.skip("PURENN_DATA is not set: it names the folder that holds mnist/*.gz")
    return Path(os.environ["PURENN_DATA"], "mnist", name)


@pytest.mark.parametrize(("part", "count"), [("train", 60_000), ("t10k", 10_000)])
def test_mnist_is_read_as_gzip_unpacks_it(part: str, count: int) -> None:
    images, labels = mnist(f"{part}-images-idx3-ubyte.gz"), mnist(f"{part}-labels-idx1-ubyte.gz")
    assert read_header(images) == IdxHeader("uint8", (count, 28, 28))
    assert read(images) == Idx((count, 28, 28), gzip.decompress(images.read_bytes())[16:])
    assert read(labels) == Idx((count,), gzip.decompress(labels.read_bytes())[8:])


def test_mnist_begins_with_the_digits_that_everybody_knows() -> None:
    labels = read(mnist("train-labels-idx1-ubyte.gz"))
    assert list(labels.values[:10]) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]

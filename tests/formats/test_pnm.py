"""PBM, PGM and PPM, plain and in bytes: small files written by hand, good and bad."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats import Picture
from purenn.formats.pnm import read, write


def values(file: bytes) -> list[int]:
    return list(read(io.BytesIO(file)).values)


def defect(file: bytes, limit: int = 2**27) -> str:
    """The complaint about a file."""
    with pytest.raises(FormatError) as caught:
        read(io.BytesIO(file), limit=limit)
    message = str(caught.value)
    assert message.startswith("<stream>: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (b"P1 3 2\n1 0 1\n0 1 0\n", [0, 255, 0, 255, 0, 255]),  # 1 is black
        (b"P1\n3 2\n101010", [0, 255, 0, 255, 0, 255]),  # digits may stand together
        (b"P2 3 1 15 0 5 15", [0, 85, 255]),  # 5 * 255 / 15
        (b"P2 2 1 65535\n0\t65535\r\n", [0, 255]),
        (b"P3 1 2 255 1 2 3  4 5 6\n", [1, 2, 3, 4, 5, 6]),
        (b"P4 3 2\n\xa0\x5f", [0, 255, 0, 255, 0, 255]),  # 101 and 010 from the left; what pads a row does not count
        (b"P4 9 1\n\x80\x80", [0, 255, 255, 255, 255, 255, 255, 255, 0]),
        (b"P5 2 1 255\n\x07\xf0", [7, 240]),
        (b"P5 2 1 255\n\n\n", [10, 10]),  # one white space, and the rest are values
        (b"P5 2 1 1\n\x00\x01", [0, 255]),
        (b"P5 2 1 1000\n\x00\x02\x03\xe8", [1, 255]),  # 2 * 255 / 1000 = 0.51; two bytes each above maxval 255
        (b"P5 3 1 65535\n\x00\x80\x00\x81\xff\xff", [0, 1, 255]),  # 128 / 257 = 0.498, 129 / 257 = 0.502
        (b"P6 1 1 255\n\x01\x02\x03", [1, 2, 3]),
    ],
)
def test_each_kind_becomes_8_bits(file: bytes, expected: list[int]) -> None:
    assert values(file) == expected


def test_sizes_are_width_before_height() -> None:
    picture = read(io.BytesIO(b"P6 3 1 255\n" + bytes(9)))
    assert (picture.height, picture.width, picture.channels) == (1, 3, 3)


def test_comments_are_skipped() -> None:
    assert values(b"P2 # plain\n# 7 7 7\n2 # wide\r1\n255 1 # the first\n2 # the last") == [1, 2]
    assert values(b"P5#no space\n2 1\n#and\n255\n\x01\x02") == [1, 2]
    assert values(b"P5 2 1 255# a comment before the values\n\x01\x02") == [1, 2]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "not a PBM, PGM or PPM file: the first bytes are missing, expected P1 to P6"),
        (b"P7\nWIDTH 1", "not a PBM, PGM or PPM file: the first bytes are 50 37 0a 57"),
        (b"P", "not a PBM, PGM or PPM file: the first bytes are 50"),
        (b"P5", "width at offset 2 is the end of the file, expected a number from 1 to 2147483647"),
        (b"P512 1", "width at offset 2 is 31 32 20 31"),
        (b"P5 0 1 255\n", "width at offset 2 is 0, expected a number from 1"),
        (b"P5 1 -1 255\n", "height at offset 4 is 20 2d 31 20 32 35 35 0a"),
        (b"P5 1 1 65536\n", "maxval at offset 6 is 65536, expected a number from 1 to 65535"),
        (b"P5 1 " + b"9" * 5000, "height at offset 4 is 99999999999999999999, expected"),
        (b"P5 1 1 255", "at offset 10 is the end of the file, expected one white space before the values"),
        (b"P5 1 1 255x", "at offset 10 is 78, expected one white space"),
        (b"P5 2 2 255\n123", "cut short at offset 14: expected 4 bytes of values"),
        (b"P5 2 1 256\n123", "cut short at offset 14: expected 4 bytes of values"),
        (b"P5 1 1 255\n12", "too long: expected the end of the file at offset 12, found more"),
        (b"P5 2 1 9\n\x09\x0a", "value 1 is 10, expected 0 to 9"),
        (b"P2 2 1 9\n9 10", "value 1 is '10', expected a whole number from 0 to 9"),
        (b"P2 2 1 9\n9 x", "value 1 is 'x', expected a whole number from 0 to 9"),
        (b"P2 1 1 9\n" + b"9" * 9999, f"value 0 is '{'9' * 20}', expected"),
        (b"P2 2 2 9\n1 2 3", "2 x 2 pixels are 4 values, found 3 from offset 8 on"),
        (b"P2 1 1 9\n1 2", "1 x 1 pixels are 1 values, found 2 from offset 8 on"),
        (b"P1 2 1\n12", "value 1 is '2', expected a whole number from 0 to 1"),
    ],
)
def test_a_bad_file_is_named_with_the_place(file: bytes, said: str) -> None:
    assert said in defect(file)


def test_a_picture_over_the_limit_is_refused_by_its_header() -> None:
    assert "declares 2000 x 1000 pixels, which are 6000000 values, over the limit of 5000000" in defect(
        b"P6 1000 2000 255\n", 5_000_000
    )


def test_a_header_that_promises_much_allocates_little() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    for kind in (b"P5", b"P2", b"P4", b"P1"):
        defect(kind + b" 10000 10000 255\n1")
    most: int = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3_000_000


def test_mutated_files_raise_format_errors_and_nothing_else() -> None:
    rng = random.Random(4)
    good = [
        b"P1 3 1\n101",
        b"P2 2 1 15\n0 15",
        b"P3 1 1 255\n1 2 3",
        b"P4 9 1\n12",
        b"P5 3 1 255\nabc",
        b"P6 1 1 300\n" + bytes(6),
    ]
    outcomes = {True: 0, False: 0}
    for _ in range(1000):
        file = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(file))
            file[place : place + rng.randint(0, 2)] = bytes(
                rng.choice(b"0123456789 #\n\xff") for _ in range(rng.randint(0, 3))
            )
            file = file or bytearray(b"P")
        try:
            read(io.BytesIO(bytes(file)), limit=10_000)
            outcomes[True] += 1
        except FormatError:
            outcomes[False] += 1
    assert min(outcomes.values()) > 50


@pytest.mark.parametrize("channels", [1, 3])
def test_a_written_picture_reads_back(channels: int, tmp_path: Path) -> None:
    picture = Picture(3, 5, channels, bytes(range(15 * channels)))
    write(tmp_path / "picture.pnm", picture)
    assert read(tmp_path / "picture.pnm") == picture


def test_alpha_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"PGM and PPM have no alpha channel: take picture\.grey\(\)"):
        write(tmp_path / "picture.pgm", Picture(1, 1, 2, bytes(2)))
    assert list(tmp_path.iterdir()) == []


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.pgm"
    path.write_bytes(b"P5 1 1 255\n")
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: cut short at offset 11: expected 1 bytes of values"

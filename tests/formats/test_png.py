"""PNG: filters, depths and colour types worked out by hand, and files that are damaged, cut short or malicious."""

from __future__ import annotations

import io
import random
import struct
import time
import zlib
from pathlib import Path

import pytest

from purenn.errors import FormatError
from purenn.formats import Picture, png
from purenn.formats.png import SIGNATURE, read, write


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk with its length and its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 0, interlaced: int = 0) -> bytes:
    """The signature and IHDR."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def data(rows: str | bytes) -> bytes:
    """IDAT of these rows (hexadecimal, each with the byte of its filter first), and IEND."""
    raw = bytes.fromhex(rows) if isinstance(rows, str) else rows
    return chunk(b"IDAT", packed(raw)) + chunk(b"IEND")


def packed(raw: bytes) -> bytes:
    """The bytes in the format of zlib, not compressed, so that every version of zlib makes the same 11 more of them."""
    return zlib.compress(raw, 0)


def values(file: bytes) -> str:
    """The values of a picture as hexadecimal digits."""
    return read(io.BytesIO(file)).values.hex(" ")


def defect(file: bytes, limit: int = 2**27) -> str:
    """The complaint about a file."""
    with pytest.raises(FormatError) as caught:
        read(io.BytesIO(file), limit=limit)
    message = str(caught.value)
    assert message.startswith("<stream>: ")
    assert "\n" not in message
    return message


GREY_2 = header(2, 1) + data("00 0102")

# Filters. The second row of each is the one that is filtered; the first is 10 20 30.

FILTERS = {
    # no filter
    0: ("01 02 03", "01 02 03"),
    # Sub, the byte on the left is added: 1, 1 + 2 = 3, 3 + 255 = 258 = 2 modulo 256
    1: ("01 02 ff", "01 03 02"),
    # Up, the byte above: 0x10 + 1, 0x20 + 2, 0x30 + 0xff = 0x12f, modulo 256 0x2f
    2: ("01 02 ff", "11 22 2f"),
    # Average of left and above, rounded down: 1 + (0 + 16) / 2 = 9; 2 + (9 + 32) / 2 = 22; 3 + (22 + 48) / 2 = 38
    3: ("01 02 03", "09 16 26"),
    # Paeth, nearest to left + above - corner: 16 of (0, 16, 0) to 16: 1 + 16 = 17.
    # left 17, above 32, corner 16: 17 + 32 - 16 = 33, nearest is 32: 2 + 32 = 34 = 0x22
    # left 34, above 48, corner 32: 34 + 48 - 32 = 50, nearest is 48: 3 + 48 = 51 = 0x33
    4: ("01 02 03", "11 22 33"),
}


@pytest.mark.parametrize("kind", FILTERS)
def test_each_filter_is_undone(kind: int) -> None:
    filtered, expected = FILTERS[kind]
    file = header(3, 2) + data(f"00 10 20 30  0{kind} {filtered}")
    assert values(file) == f"10 20 30 {expected}"


def test_above_the_first_row_and_left_of_the_first_pixel_is_0() -> None:
    assert values(header(2, 1) + data("01 05 06")) == "05 0b"
    assert values(header(2, 1) + data("02 05 06")) == "05 06"
    assert values(header(2, 1) + data("03 05 06")) == "05 08"  # 6 + 5 // 2
    assert values(header(2, 1) + data("04 05 06")) == "05 0b"  # all that is not 0 is on the left


def test_paeth_takes_the_corner_if_it_is_nearest_and_else_prefers_the_left_then_the_one_above() -> None:
    # left 0, above 10, corner 5: 0 + 10 - 5 = 5 is the corner itself: 1 + 5 = 6
    assert values(header(2, 2) + data("00 05 0a  04 fb 01")) == "05 0a 00 06"
    # left 4, above 13, corner 10: 7 is 3 from the left and from the corner: 1 + 4 = 5
    assert values(header(2, 2) + data("00 0a 0d  04 fa 01")) == "0a 0d 04 05"
    # left 13, above 4, corner 10: 7 is 3 from above and from the corner: 1 + 4 = 5
    assert values(header(2, 2) + data("00 0a 04  04 03 01")) == "0a 04 0d 05"


def test_filters_look_one_pixel_to_the_left_and_not_one_byte() -> None:
    # RGB: Sub adds the same colour of the pixel before
    assert values(header(2, 1, colour=2) + data("01 010203 101010")) == "01 02 03 11 12 13"
    # 16 bits: the same byte of the sample before: 01 02, then 10 + 01 and 10 + 02; 0x0102 / 257 = 1, 0x1112 / 257 = 17
    assert values(header(2, 1, depth=16) + data("01 0102 1010")) == "01 11"
    # below 8 bits: one byte, which holds eight pixels: 0x80, then 0x80 + 0x01 = 0x81
    assert values(header(9, 1, depth=1) + data("01 80 00")) == "ff 00 00 00 00 00 00 00 ff"


def test_a_filter_that_does_not_exist_is_named_with_its_row() -> None:
    assert defect(header(1, 3) + data("00 01 00 01 05 01")) == "<stream>: row 2 has filter 5, expected 0 to 4"


# Depths and colour types.


@pytest.mark.parametrize(
    ("depth", "width", "row", "expected"),
    [
        (1, 3, "a0", "ff 00 ff"),  # 101 and five bits of padding
        (2, 4, "1b", "00 55 aa ff"),  # 00 01 10 11: times 255 / 3 = 85
        (4, 3, "0f 30", "00 ff 33"),  # times 255 / 15 = 17
        (8, 2, "07 f0", "07 f0"),
        (16, 4, "0000 ffff 0080 0081", "00 ff 00 01"),  # 0x80 / 257 = 0.498, 0x81 / 257 = 0.502
    ],
)
def test_grey_of_every_depth_becomes_8_bits(depth: int, width: int, row: str, expected: str) -> None:
    assert values(header(width, 1, depth) + data("00" + row)) == expected


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("depth", [8, 16])
def test_channels_of_8_and_16_bits(colour: int, channels: int, depth: int) -> None:
    samples = [10, 200, 30, 255, 0, 60, 70, 80][: 2 * channels]
    row = b"".join(bytes([value] * (depth // 8)) for value in samples)  # 0xabab / 257 = 0xab
    picture = read(io.BytesIO(header(2, 1, depth, colour) + data(b"\0" + row)))
    assert (picture.height, picture.width, picture.channels) == (1, 2, channels)
    assert list(picture.values) == samples


PALETTE = chunk(b"PLTE", bytes.fromhex("ff0000 00ff00 0000ff"))


@pytest.mark.parametrize(("depth", "row"), [(2, "18"), (4, "01 20"), (8, "00 01 02")])  # 00 01 10, padded
def test_a_palette_becomes_colours(depth: int, row: str) -> None:
    file = header(3, 1, depth, 3) + PALETTE + data("00" + row)
    assert values(file) == "ff 00 00 00 ff 00 00 00 ff"


def test_a_palette_may_be_transparent_in_part_and_its_rest_is_opaque() -> None:
    file = header(3, 1, 8, 3) + PALETTE + chunk(b"tRNS", b"\x00\x80") + data("00 00 01 02")
    assert values(file) == "ff 00 00 00 00 ff 00 80 00 00 ff ff"


def test_a_pixel_outside_the_palette_is_refused() -> None:
    message = defect(header(3, 1, 8, 3) + PALETTE + data("00 00 03 01"))
    assert message == "<stream>: a pixel has colour 3, but the palette has 3, counted from 0"


@pytest.mark.parametrize(
    ("depth", "colour", "key", "row", "expected"),
    [
        (8, 0, "0007", "07 08", "07 00 08 ff"),
        (2, 0, "0001", "60", "55 00 aa ff"),  # 01 10: compared before they are spread over 0 to 255
        (16, 0, "1234", "1234 1235", "12 00 12 ff"),  # as 8 bits they would be equal
        (8, 2, "000100020003", "010203 010204", "01 02 03 00 01 02 04 ff"),
        (16, 2, "000100020003", "000100020003 000100020004", "00 00 00 00 00 00 00 ff"),
    ],
)
def test_one_colour_may_be_transparent(depth: int, colour: int, key: str, row: str, expected: str) -> None:
    file = header(2, 1, depth, colour) + chunk(b"tRNS", bytes.fromhex(key)) + data("00" + row)
    assert values(file) == expected


# Interlacing.


def test_the_seven_passes_fill_a_square_of_8() -> None:
    # The numbers of the passes, from the specification's figure: pass n has all pixels with number n.
    adam7 = """
        1 6 4 6 2 6 4 6
        7 7 7 7 7 7 7 7
        5 6 5 6 5 6 5 6
        7 7 7 7 7 7 7 7
        3 6 4 6 3 6 4 6
        7 7 7 7 7 7 7 7
        5 6 5 6 5 6 5 6
        7 7 7 7 7 7 7 7
    """
    numbers = [int(number) for number in adam7.split()]
    sizes = [(1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8)]  # height and width of each pass
    rows = b"".join((b"\0" + bytes([n] * width)) * height for n, (height, width) in enumerate(sizes, start=1))
    assert list(read(io.BytesIO(header(8, 8, interlaced=1) + data(rows))).values) == numbers


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_passes_without_pixels_are_left_out_and_bits_are_unpacked_in_each(depth: int) -> None:
    # 2 x 2 pixels: pass 1 has the first, 6 the second, 7 the second row
    white = 2**depth - 1
    first, last = white << (8 - depth), 2 * [white]
    row = sum(value << (8 - depth * (i + 1)) for i, value in enumerate(last))
    file = header(2, 2, depth, interlaced=1) + data(bytes([0, first, 0, 0, 0, row]))
    assert values(file) == "ff 00 ff ff"


def test_each_pass_begins_without_a_row_above() -> None:
    # 1 x 5: passes 1 (row 0), 3 (row 4), 5 (row 2), 7 (rows 1 and 3); Up adds nothing in the first row of a pass
    file = header(1, 5, interlaced=1) + data("02 01  02 05  02 03  02 02  02 02")
    assert values(file) == "01 02 03 04 05"


# Chunks.


def test_rows_may_be_in_any_number_of_chunks() -> None:
    rows = packed(bytes.fromhex("00 0102"))
    parts = b"".join(chunk(b"IDAT", rows[i : i + 1]) for i in range(len(rows)))
    assert values(header(2, 1) + chunk(b"IDAT") + parts + chunk(b"IDAT") + chunk(b"IEND")) == "01 02"


def test_chunks_that_only_describe_the_picture_are_skipped() -> None:
    # acTL, fcTL and fdAT are those of an animation: its first picture is the one in IDAT
    before = b"".join(chunk(kind, b"any") for kind in (b"tEXt", b"gAMA", b"acTL", b"fcTL"))
    after = chunk(b"fcTL", b"any") + chunk(b"fdAT", b"any") + chunk(b"tIME")
    file = header(2, 1) + before + chunk(b"IDAT", packed(b"\0\1\2")) + after + chunk(b"IEND")
    assert values(file) == "01 02"


def test_an_rgb_picture_may_suggest_a_palette() -> None:
    assert values(header(1, 1, colour=2) + PALETTE + data("00 010203")) == "01 02 03"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "not a PNG file: the first bytes are missing, expected 89 50 4e 47 0d 0a 1a 0a"),
        (b"\xff\xd8\xff\xe0", "not a PNG file: the first bytes are ff d8 ff e0"),
        (SIGNATURE, "cut short at offset 8: expected more chunks, up to IEND"),
        (GREY_2[:20], "cut short at offset 20: expected 13 bytes and a CRC, found 4"),
        (GREY_2[:-12], "cut short at offset 59: expected more chunks, up to IEND"),
        (GREY_2[:-1], "cut short at offset 70: expected 0 bytes and a CRC, found 3"),
        (GREY_2 + b"\n", "too long: expected the end of the file behind IEND, at offset 71, found more"),
        (SIGNATURE + data("00 01"), "chunk at offset 8: its kind is 49 44 41 54, expected IHDR"),
        (header(1, 1) + header(1, 1)[8:], "chunk at offset 33: its kind is 49 48 44 52, expected four letters other"),
        (header(1, 1) + chunk(b"ID T"), "chunk at offset 33: its kind is 49 44 20 54, expected four letters"),
        (header(1, 1) + chunk(b"FRAC"), "FRAC at offset 33: an unknown critical chunk, expected IDAT, PLTE or IEND"),
        (header(1, 1) + struct.pack(">I4s", 2**31, b"IDAT"), "declares 2147483648 bytes, over the limit of 134217728"),
        (SIGNATURE + chunk(b"IHDR", bytes(12)), "IHDR at offset 8: has 12 bytes, expected 13"),
        (header(0, 1), "IHDR at offset 8: 1 x 0 pixels, expected 1 to 2**31 - 1 each"),
        (header(1, 2**31), "IHDR at offset 8: 2147483648 x 1 pixels, expected 1 to 2**31 - 1 each"),
        (header(1, 1, 3), "IHDR at offset 8: bit depth 3 of colour type 0, expected one of 0: 1, 2, 4, 8, 16;"),
        (header(1, 1, 16, 3), "IHDR at offset 8: bit depth 16 of colour type 3"),
        (header(1, 1, 8, 5), "IHDR at offset 8: bit depth 8 of colour type 5"),
        (header(1, 1, interlaced=2), "compression, filtering and interlacing are 0, 0, 2, expected 0, 0, 0 or 1"),
        (header(1, 1) + chunk(b"IEND"), "IDAT cut short at offset 0: expected 2 bytes of rows and their checksum"),
        (header(1, 1, colour=3) + data("00 00"), "IDAT at offset 33: there is no PLTE before it, expected the palette"),
        (header(1, 1) + PALETTE, "PLTE at offset 33: a grey picture has no palette"),
        (header(1, 1, 1, 3) + PALETTE, "PLTE at offset 33: has 9 bytes, expected 3 for each of 1 to 2 colours"),
        (header(1, 1, 8, 3) + chunk(b"PLTE"), "PLTE at offset 33: has 0 bytes, expected 3 for each of 1 to 256"),
        (header(1, 1, 8, 3) + chunk(b"PLTE", b"1234"), "PLTE at offset 33: has 4 bytes"),
        (header(1, 1, 8, 3) + PALETTE + PALETTE, "PLTE at offset 54: there may be one only"),
        (
            header(1, 1, 8, 3) + chunk(b"tRNS", b"1"),
            "tRNS at offset 33: has 1 bytes, expected at most one for each of 0",
        ),
        (header(1, 1) + chunk(b"tRNS", b"1"), "tRNS at offset 33: has 1 bytes, expected 2"),
        (header(1, 1, 8, 4) + chunk(b"tRNS", b"12"), "tRNS at offset 33: a picture with an alpha channel has no other"),
        (GREY_2[:59] + chunk(b"tRNS", b"12") + GREY_2[59:], "tRNS at offset 59: there may be one only, before IDAT"),
    ],
)
def test_a_bad_file_is_named_with_the_place(file: bytes, said: str) -> None:
    assert said in defect(file)


def test_idat_chunks_must_follow_each_other() -> None:
    rows = packed(b"\0\1\2")
    parts = [chunk(b"IDAT", rows[:4]), chunk(b"tEXt"), chunk(b"IDAT", rows[4:]), chunk(b"IEND")]
    assert "IDAT at offset 61: behind other chunks" in defect(header(2, 1) + b"".join(parts))


@pytest.mark.parametrize("place", [20, 30, 45, 52])
def test_one_wrong_bit_is_noticed_by_the_checksum(place: int) -> None:
    file = bytearray(GREY_2)
    file[place] ^= 1
    assert "damaged: its CRC is" in defect(bytes(file))


def test_rows_that_are_missing_or_too_many_are_noticed() -> None:
    assert "IDAT ends at offset 54: expected 3 bytes of rows, found 2" in defect(header(2, 1) + data("00 01"))
    assert "too long: expected 3 bytes of rows, found more" in defect(header(2, 1) + data("00 01 02 03"))
    short = header(2, 1) + chunk(b"IDAT", packed(b"\0\1\2")[:-1]) + chunk(b"IEND")
    assert "expected 3 bytes of rows and their checksum, found 3" in defect(short)
    more = header(2, 1) + chunk(b"IDAT", packed(b"\0\1\2") + b"?") + chunk(b"IEND")
    assert "too long" in defect(more)
    assert "damaged: Error -3" in defect(header(2, 1) + chunk(b"IDAT", b"no zlib") + chunk(b"IEND"))


# Files that are not to be trusted.


def peak(file: bytes, limit: int) -> int:
    """The most memory that refusing a file took, in bytes."""
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    defect(file, limit)
    most: int = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_picture_over_the_limit_is_refused_by_its_header() -> None:
    file = header(2**31 - 1, 2**31 - 1, 16, 6)
    # 8 bytes a pixel, and for each row the one that names the filter
    size = 8 * (2**31 - 1) ** 2 + 2**31 - 1
    assert f"{2**31 - 1} x {2**31 - 1} pixels are {size} bytes, over the limit of 134217728" in defect(file)
    # 8 pixels in a byte: it is what they become that counts
    assert "1000 x 1000 pixels are 1000000 bytes, over the limit of 500000" in defect(header(1000, 1000, 1), 500_000)


def test_a_bomb_is_unpacked_no_further_than_its_header_says() -> None:
    bomb = header(10, 10) + chunk(b"IDAT", zlib.compress(bytes(50_000_000), 9))
    assert len(bomb) < 60_000
    assert peak(bomb, limit=2**27) < 2_000_000


def test_a_header_that_promises_much_allocates_little() -> None:
    assert peak(header(10_000, 10_000) + data("00 01"), limit=2**27) < 3_000_000
    promised = header(10_000, 10_000) + struct.pack(">I4s", 100_000_000, b"IDAT") + b"little"
    assert peak(promised, limit=2**27) < 3_000_000


def samples(rng: random.Random) -> bytes:
    """A small valid file of any kind."""
    colour, depths = rng.choice([(0, (1, 2, 4, 8, 16)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))])
    depth = rng.choice(depths)
    width, height, interlaced = rng.randint(1, 9), rng.randint(1, 9), rng.randint(0, 1)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = png._ADAM7 if interlaced else png._WHOLE
    rows = b""
    for left, top, right, down in passes:
        across, deep = len(range(left, width, right)), len(range(top, height, down))
        for _ in range(deep if across else 0):
            row = bytes(rng.choice([0, 255, rng.randrange(256)]) for _ in range((across * channels * depth + 7) // 8))
            rows += bytes([rng.randrange(5)]) + row
    palette = chunk(b"PLTE", bytes(rng.randrange(256) for _ in range(3 * 2**depth))) if colour == 3 else b""
    return header(width, height, depth, colour, interlaced) + palette + data(rows)


def test_mutated_files_raise_format_errors_and_nothing_else() -> None:
    rng = random.Random(9)
    refused = read_all = 0
    started = time.process_time()
    for _ in range(600):
        file = bytearray(samples(rng))
        assert read(io.BytesIO(bytes(file)))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(file))
            change = rng.randrange(4)
            if change == 0:
                file[place] = rng.randrange(256)
            elif change == 1:
                del file[place : place + rng.randint(1, 20)]
                file = file or bytearray(b"?")
            elif change == 2:
                file[place:place] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 20)))
            else:
                file[8:] = repaired(bytes(file[8:]))
        try:
            read(io.BytesIO(bytes(file)), limit=100_000)
            read_all += 1
        except FormatError:
            refused += 1
    assert refused > 300
    assert read_all + refused == 600
    assert time.process_time() - started < 30.0


def repaired(chunks: bytes) -> bytes:
    """The chunks with checksums that are right again, so that what is behind them is reached."""
    out, place = b"", 0
    while place + 12 <= len(chunks):
        length, kind = struct.unpack(">I4s", chunks[place : place + 8])
        if place + 12 + length > len(chunks):
            break
        out += chunk(kind, chunks[place + 8 : place + 8 + length])
        place += 12 + length
    return out + chunks[place:]


# Writing.


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_written_picture_reads_back(channels: int, tmp_path: Path) -> None:
    picture = Picture(3, 5, channels, bytes(range(15 * channels)))
    write(tmp_path / "picture.png", picture)
    assert read(tmp_path / "picture.png") == picture
    assert read(str(tmp_path / "picture.png")) == picture
    with open(tmp_path / "picture.png", "rb") as file:
        assert read(file) == picture


def test_the_same_picture_is_written_as_the_same_bytes() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write(first, Picture(1, 2, 1, b"\1\2"))
    write(second, Picture(1, 2, 1, b"\1\2"))
    assert first.getvalue() == second.getvalue()
    # a PNG file's own bytes, up to IDAT; CRC-32 of IHDR by zlib
    assert first.getvalue()[:33] == header(2, 1)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    broken = Picture(1, 1, 1, b"1")
    object.__setattr__(broken, "channels", 7)
    with pytest.raises(KeyError):
        write(path, broken)
    assert path.read_bytes() == b"old"


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(header(1, 1) + data("09 00"))
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: row 0 has filter 9, expected 0 to 4"

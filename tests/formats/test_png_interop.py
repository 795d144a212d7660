"""PNG against Pillow: each reads what the other writes, in every colour type, depth and order of rows."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest

from purenn.errors import FormatError
from purenn.formats import Picture, png, pnm
from tests.formats.test_png import samples

image = pytest.importorskip("PIL.Image")

pytestmark = pytest.mark.interop

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def noise(mode: str, width: int, height: int, seed: int) -> Any:
    """A Pillow picture with areas and noise, so that its writer chooses different filters."""
    rng = random.Random(seed)
    channels = len(image.new(mode, (1, 1)).getbands())
    values = bytes(
        rng.choice([x * 3 & 255, y * 5 & 255, (x + y) & 255, rng.randrange(256)])
        for y in range(height)
        for x in range(width)
        for _ in range(channels)
    )
    return image.frombytes(mode, (width, height), values)


def written(picture: Any, **options: object) -> bytes:
    """The picture as Pillow writes it in PNG."""
    file = io.BytesIO()
    picture.save(file, "png", **options)
    return file.getvalue()


def as_pillow(file: bytes, channels: int) -> bytes:
    """The values that Pillow finds in a file."""
    values: bytes = image.open(io.BytesIO(file)).convert(MODES[channels]).tobytes()
    return values


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (33, 65), (200, 100)])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_purenn_reads_what_pillow_writes(mode: str, size: tuple[int, int], level: int) -> None:
    source = noise("L" if mode == "1" else mode, *size, seed=level)
    file = written(source.convert(mode), compress_level=level)
    picture = png.read(io.BytesIO(file))
    assert (picture.width, picture.height) == size
    assert picture.values == as_pillow(file, picture.channels)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("transparent", [None, 1])
def test_palettes_of_every_depth(bits: int, transparent: int | None) -> None:
    source = noise("RGB", 37, 21, seed=bits).quantize(2**bits)
    options = {} if transparent is None else {"transparency": transparent}
    file = written(source, bits=bits, **options)
    picture = png.read(io.BytesIO(file))
    assert picture.channels == (3 if transparent is None else 4)
    assert picture.values == as_pillow(file, picture.channels)


@pytest.mark.parametrize(("mode", "colour"), [("L", 70), ("RGB", (10, 20, 30))])
def test_one_transparent_colour(mode: str, colour: int | tuple[int, ...]) -> None:
    source = noise(mode, 30, 30, seed=2)
    source.putpixel((3, 4), colour)
    file = written(source, transparency=colour)
    picture = png.read(io.BytesIO(file))
    assert picture.values == as_pillow(file, picture.channels)
    assert 0 in picture.values[picture.channels - 1 :: picture.channels]


def test_16_bits_of_grey_are_rounded() -> None:
    rng = random.Random(1)
    values = [0, 65535, 127, 128, 129, *(rng.randrange(65536) for _ in range(595))]
    source = image.new("I;16", (60, 10))
    source.frombytes(b"".join(value.to_bytes(2, "little") for value in values))
    assert list(png.read(io.BytesIO(written(source))).values) == [round(value / 257) for value in values]


def test_both_read_alike_what_neither_has_written() -> None:
    """Small files of every colour type, depth, filter and order of rows, made by the test's own writer."""
    rng = random.Random(5)
    compared = 0
    for _ in range(500):
        file = samples(rng)
        depth = file[24]
        try:
            picture = png.read(io.BytesIO(file))
        except FormatError as error:
            raise AssertionError(file.hex()) from error
        if depth < 16:  # Pillow cuts 16 bits off, or keeps them
            assert picture.values == as_pillow(file, picture.channels), file.hex()
            compared += 1
    assert compared > 300


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pillow_reads_what_purenn_writes(channels: int, tmp_path: Path) -> None:
    rng = random.Random(channels)
    picture = Picture(13, 17, channels, bytes(rng.randrange(256) for _ in range(13 * 17 * channels)))
    png.write(tmp_path / "p.png", picture)
    with image.open(tmp_path / "p.png") as found:
        found.load()
        assert (found.mode, found.size, found.tobytes()) == (MODES[channels], (17, 13), picture.values)
    if channels in (1, 3):
        pnm.write(tmp_path / "p.pnm", picture)
        with image.open(tmp_path / "p.pnm") as found:
            assert (found.mode, found.size, found.tobytes()) == (MODES[channels], (17, 13), picture.values)


@pytest.mark.parametrize(("mode", "magic"), [("1", b"P4"), ("L", b"P5"), ("RGB", b"P6")])
def test_purenn_reads_the_netpbm_files_of_pillow(mode: str, magic: bytes) -> None:
    source = noise("L" if mode == "1" else mode, 37, 11, seed=8).convert(mode)
    file = io.BytesIO()
    source.save(file, "ppm")
    assert file.getvalue()[:2] == magic
    picture = pnm.read(io.BytesIO(file.getvalue()))
    assert picture.values == source.convert(MODES[picture.channels]).tobytes()


def test_grey_is_that_of_pillow() -> None:
    """Pillow computes luma with integers of 16 bits: it may round the other way."""
    source = noise("RGB", 100, 100, seed=3)
    picture = png.read(io.BytesIO(written(source)))
    expected = source.convert("L").tobytes()
    assert max(abs(ours - theirs) for ours, theirs in zip(picture.grey().values, expected)) <= 1


@pytest.mark.parametrize("size", [(10, 20), (5, 5), (100, 200), (40, 80)])
def test_resizing_is_that_of_pillow(size: tuple[int, int]) -> None:
    """By whole factors, averages of areas are Pillow's BOX; upwards, bilinear interpolation is its BILINEAR."""
    source = noise("L", 40, 20, seed=4)
    picture = png.read(io.BytesIO(written(source)))
    height, width = size
    resized = picture.resized(height, width)
    scale = min(height / 20, width / 40)
    inner = (round(40 * scale), round(20 * scale))
    method = image.Resampling.BOX if scale <= 1 else image.Resampling.BILINEAR
    expected = source.resize(inner, method).tobytes()
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    rows = [resized.values[y * width + left : y * width + left + inner[0]] for y in range(top, top + inner[1])]
    assert max(abs(ours - theirs) for ours, theirs in zip(b"".join(rows), expected)) <= 1

"""The built-in digits: alike on every Python, the committed files, and the geometry they are drawn with."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from purenn.datasets import strokes
from purenn.datasets.strokes import DIGITS, PARTS, SIDE, curve, digits, distance, ink, main, picture, points, scrawl
from purenn.formats.idx import read
from tests.conftest import ROOT

COMMITTED = ROOT / "purenn" / "datasets" / "builtin" / "strokes"


def values(folder: Path, name: str) -> bytes:
    found = read(folder / f"{name}-ubyte.gz").values
    assert isinstance(found, bytes)
    return found


def pictures(folder: Path, part: str) -> list[bytes]:
    pixels, size = values(folder, f"{part}-images-idx3"), SIDE * SIDE
    return [pixels[start : start + size] for start in range(0, len(pixels), size)]


def test_same_seeds_give_the_same_pictures_on_every_python() -> None:
    ten = b"".join(picture(digit, Random(digit)) for digit in range(10))
    # Golden: no outside source; the same bytes came from CPython 3.9 to 3.15 and PyPy.
    assert sha256(ten).hexdigest() == "7dc7e5d06ba96430dcbb1452010ea1b2f0aeaa876f4f42a89d47b60f43fe04b4"


@pytest.mark.parametrize("part", PARTS)
def test_committed_pictures_are_what_the_generator_draws(part: str) -> None:
    count, seed = PARTS[part]
    committed, labels = pictures(COMMITTED, part), values(COMMITTED, f"{part}-labels-idx1")
    assert len(committed) == count
    assert labels == digits(count, seed)
    for number in range(0, count, 97):
        assert committed[number] == picture(labels[number], Random(seed + number)), f"{part} picture {number}"


def test_no_committed_picture_stands_twice() -> None:
    everything = [drawn for part in PARTS for drawn in pictures(COMMITTED, part)]
    assert len(set(everything)) == len(everything)


def test_committed_files_stay_under_two_megabytes() -> None:
    assert sum(file.stat().st_size for file in COMMITTED.iterdir()) < 2_000_000


@pytest.mark.parametrize("part", PARTS)
def test_every_digit_is_as_frequent_as_the_others(part: str) -> None:
    count, seed = PARTS[part]
    drawn = digits(count, seed)
    assert [drawn.count(digit) for digit in range(10)] == [count // 10] * 10


def test_digits_are_shuffled_and_differ_with_the_seed() -> None:
    assert len({digits(100, 0), digits(100, 1), bytes(range(10)) * 10}) == 3


def test_most_of_the_paper_is_exactly_white() -> None:
    drawn = b"".join(pictures(COMMITTED, "t10k"))
    assert drawn.count(0) > 0.75 * len(drawn)


@pytest.mark.parametrize("digit", range(10))
def test_no_two_hands_write_a_digit_alike(digit: int) -> None:
    assert len({picture(digit, Random(seed)) for seed in range(20)}) == 20


@pytest.mark.parametrize("digit", range(10))
def test_ways_of_writing_fit_the_paper_with_room_to_move(digit: int) -> None:
    for way in DIGITS[digit]:
        for stroke in points(way):
            assert len(stroke) >= 2, way
            assert all(8 <= x <= 21 and 3 <= y <= 24 for x, y in stroke), way


def test_strokes_that_share_a_point_still_do_after_scrawling() -> None:
    roof, stem = scrawl(points("8,5 20,5 / 20,5 12,24"), Random(1))
    assert roof[-1] == stem[0]
    assert roof[-1] != (20.0, 5.0)


def test_curve_goes_through_every_point_in_as_many_steps_as_asked() -> None:
    stroke = [(2.0, 3.0), (9.0, 4.0), (7.0, 11.0), (1.0, 8.0)]
    smooth = curve(stroke, steps=4)
    assert smooth[::4] == stroke
    assert len(smooth) == 13


def test_curve_halfway_between_two_points_weighs_their_neighbours_too() -> None:
    smooth = curve([(0.0, 3.0), (1.0, 3.0), (5.0, 3.0), (2.0, 3.0)], steps=2)
    assert smooth[3] == (3.25, 3.0)  # p(1/2) = (-a + 9b + 9c - d) / 16 = (0 + 9 + 45 - 2) / 16


def test_distance_is_to_the_piece_and_not_to_the_line_through_it() -> None:
    a, b = (1.0, 1.0), (4.0, 5.0)  # 3 along x and 4 along y: 5 long
    assert distance((2.5, 3.0), a, b) == pytest.approx(0.0)  # its middle
    assert distance((1.0 - 4.0, 1.0 + 3.0), a, b) == pytest.approx(5.0)  # (-4, 3) stands upright on (3, 4)
    assert distance((7.0, 9.0), a, b) == pytest.approx(5.0)  # on the line, as far beyond b again
    assert distance((-2.0, -3.0), a, b) == pytest.approx(5.0)  # and before a


def test_distance_to_a_dot_is_to_its_point() -> None:
    assert distance((3.0, 4.0), (0.0, 0.0), (0.0, 0.0)) == 5.0


def test_ink_is_full_inside_half_on_the_rim_and_none_outside() -> None:
    paper = ink([[(5.0, 10.0), (20.0, 10.0)]], radius=2.0, soft=2.0)
    down = [paper[y * SIDE + 12] for y in range(6, 15)]
    # 1/2 + (2 - d) / 2 at d = 4, 3, 2, 1, 0 is -1/2, 0, 1/2, 1, 3/2
    assert down == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0])


def test_ink_where_strokes_cross_is_not_darker_than_full() -> None:
    paper = ink([[(5.0, 10.0), (15.0, 10.0)], [(10.0, 5.0), (10.0, 15.0)]], radius=1.0, soft=1.0)
    assert max(paper) == 1.0


def test_ink_beyond_the_paper_is_cut_off_and_does_not_wrap_round() -> None:
    paper = ink([[(-9.0, -9.0), (-5.0, 40.0)], [(33.0, -4.0), (33.0, 33.0)]], radius=1.5, soft=1.0)
    assert paper == [0.0] * (SIDE * SIDE)


def test_command_writes_the_same_four_files_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strokes, "PARTS", {"train": (20, 0), "t10k": (10, 1_000_000)})
    assert main([str(tmp_path / "a" / "strokes")]) == 0
    assert main([str(tmp_path / "b")]) == 0
    first = {file.name: file.read_bytes() for file in (tmp_path / "a" / "strokes").iterdir()}
    assert first == {file.name: file.read_bytes() for file in (tmp_path / "b").iterdir()}
    assert sorted(first) == sorted(file.name for file in COMMITTED.iterdir())
    assert read(tmp_path / "b" / "train-images-idx3-ubyte.gz").shape == (20, SIDE, SIDE)


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--help"]])
def test_command_with_other_words_shows_how_it_is_called(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "FOLDER" in capsys.readouterr().err


def test_command_names_the_folder_it_cannot_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main([str(tmp_path / "file")]) == 1
    message = capsys.readouterr().err
    assert str(tmp_path / "file") in message
    assert message.count("\n") == 1

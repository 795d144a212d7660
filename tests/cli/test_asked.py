"""The samples that `purenn predict` is asked about: tables, numbers, pictures, and what is right about them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.asked import asked_about
from purenn.cli.main import parse_arguments
from purenn.cli.own_data import described
from purenn.cli.saved import SavedNetwork, load_network
from purenn.datasets import from_csv
from purenn.formats import Picture, png
from purenn.losses import BinaryCrossEntropy
from purenn.matrix import Matrix
from purenn.samples import Labels
from tests.cli.conftest import METADATA, Captured, failure, left_or_right, linear_network

pytestmark = pytest.mark.usefixtures("empty")

HOUSES = "area;town;price\n50,5;Ulm;100\n60;Bonn;120\n70;Ulm;140\n80;Bonn;160\n1.000;Ulm;180\n"


@pytest.fixture
def houses(empty: Path) -> SavedNetwork:
    """A network for area and town; its price is twice the area."""
    Path("houses.csv").write_text(HOUSES, encoding="utf-8")
    linear_network([[2.0, 0.0]]).save("m", {**described(from_csv("houses.csv"), empty)})
    return load_network(Path("m"))


@pytest.fixture
def sum_network() -> SavedNetwork:
    """A network for two numbers that says it was trained on nothing."""
    linear_network([[1.0, 1.0]]).save("sum")
    return load_network(Path("sum"))


def asked(saved: SavedNetwork, *words: str) -> Matrix:
    found = asked_about(saved, list(words), None).inputs
    return found.take(range(len(found)))


def test_rows_of_a_table_are_read_as_in_training_and_named_by_their_lines(houses: SavedNetwork) -> None:
    Path("new.csv").write_text("town;area\n\nUlm;1.500,5\nBonn;2\n", encoding="utf-8")
    found = asked_about(houses, ["new.csv"], None)
    # Bonn goes before Ulm, so Ulm is 1
    assert found.inputs == Matrix([[1500.5, 1], [2, 0]])
    assert (found.labels, found.targets) == (["line 3", "line 4"], None)


def test_a_target_in_the_table_is_what_is_right(houses: SavedNetwork) -> None:
    assert asked_about(houses, ["houses.csv"], None).targets == Matrix([[100], [120], [140], [160], [180]])


def test_a_table_can_come_from_stdin(houses: SavedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"50;Ulm\n")))
    assert asked(houses, "-") == Matrix([[50, 1]])


def test_the_values_of_one_sample_stand_in_the_call(houses: SavedNetwork, sum_network: SavedNetwork) -> None:
    assert asked(houses, "50.5", "Ulm") == asked(houses, "50,5", "Ulm") == Matrix([[50.5, 1]])
    assert asked(sum_network, "0.5", "-0.2") == Matrix([[0.5, -0.2]])


@pytest.mark.parametrize(
    ("word", "area"),
    [("4,500", 4.5), ("1.500", 1500), ("1.500,00", 1500), ("0.5", 0.5), ("-4,500", -4.5), ("-1.500,5", -1500.5)],
)
def test_typed_numbers_have_the_decimal_comma_and_the_thousands_of_the_table(
    word: str, area: float, houses: SavedNetwork
) -> None:
    words = vars(parse_arguments(["predict", "m", word, "Ulm"]))["inputs"]
    assert asked(houses, *words) == Matrix([[area, 1]])


def test_typed_numbers_have_the_decimal_point_of_a_table_with_points(empty: Path) -> None:
    Path("points.csv").write_text("x,y\n1.5,3\n2.5,5\n3.5,7\n", encoding="utf-8")
    linear_network([[2.0]]).save("p", {**described(from_csv("points.csv"), empty)})
    saved = load_network(Path("p"))
    assert [asked(saved, word)[0][0] for word in ("1.500", "1,500", "0,5")] == [1.5, 1500, 0.5]


@pytest.mark.parametrize(
    "words",
    ["-0.5 -2", "-5e-1 -2", "-0,5 -2", "-.5 -2e0", "--json -0.5 -2", "-0.5 --json -2", "-0.5 -2 --json", "-0.5, -2"],
)
def test_negative_numbers_are_no_options_wherever_they_stand(
    words: str, sum_network: SavedNetwork, capsys: Captured
) -> None:
    assert asked(sum_network, *vars(parse_arguments(["predict", "sum", *words.split()]))["inputs"]) == Matrix(
        [[-0.5, -2]]
    )
    assert main(["predict", "sum", *words.split()]) == 0


def test_an_unknown_option_is_no_number(sum_network: SavedNetwork, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "sum", "1", "-x"])
    assert "unexpected argument '-x'" in capsys.readouterr().err


def test_the_values_of_one_sample_may_be_one_word_with_commas(houses: SavedNetwork, sum_network: SavedNetwork) -> None:
    assert asked(houses, "60,Bonn") == Matrix([[60, 0]])
    assert asked(sum_network, "5,1") == Matrix([[5, 1]])


@pytest.mark.parametrize("words", [["5.5, 1"], ["5.5,", "1"], ["5.5 1"], ["5,5 1"], [" 5.5 , 1"], ["5.5,1"]])
def test_values_may_have_commas_and_spaces_between_them(words: list[str], sum_network: SavedNetwork) -> None:
    assert asked(sum_network, *words) == Matrix([[5.5, 1]])
    assert main(["predict", "sum", *words]) == 0


def test_texts_with_spaces_are_told_apart_by_commas(empty: Path) -> None:
    Path("towns.csv").write_text("area,town,price\n50,New Ulm,1\n60,Bonn,2\n70,Bonn,3\n", encoding="utf-8")
    linear_network([[2.0], [1.0]]).save("towns", {**described(from_csv("towns.csv"), empty)})
    assert asked(load_network(Path("towns")), "50, New Ulm") == Matrix([[50, 1]])


def test_a_number_with_a_decimal_comma_stays_one_number_where_one_is_asked_for(empty: Path) -> None:
    Path("one.csv").write_text("area;price\n50,5;100\n60;120\n70;140\n80;160\n", encoding="utf-8")
    linear_network([[2.0]]).save("one", {**described(from_csv("one.csv"), empty)})
    assert asked(load_network(Path("one")), "5,1") == Matrix([[5.1]])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["50,Ulm,3"], "m takes 2 values, got 3; in order: area, town"),
        (["50"], "m takes 2 values, got 1; in order: area, town"),
        (["50", "Ullm"], "column town: 'Ullm' is unknown, expected one of Bonn, Ulm; did you mean Ulm?"),
        (["much", "Ulm"], "column area: 'much' is not a number"),
        (["none.csv"], "'none.csv' is neither a file nor a number"),
    ],
)
def test_values_that_the_network_does_not_take_are_named(
    words: list[str], said: str, houses: SavedNetwork, capsys: Captured
) -> None:
    assert said in failure(capsys, "predict", "m", *words)


def test_numbers_of_another_count_are_refused_by_a_network_for_points(
    sum_network: SavedNetwork, capsys: Captured
) -> None:
    assert "sum takes 2 numbers, got 3: 1 2 3" in failure(capsys, "predict", "sum", "1", "2", "3")
    assert "'x' is not a number" in failure(capsys, "predict", "sum", "1", "x")
    assert "sum takes 2 numbers, got 3: 1 2 3" in failure(capsys, "predict", "sum", "1, 2, 3")
    assert "sum takes 2 numbers, got 3: 1 2 3" in failure(capsys, "predict", "sum", "1 2 3")


def test_a_table_for_a_network_for_points_may_have_a_last_column_of_answers(sum_network: SavedNetwork) -> None:
    Path("points.csv").write_text("x,y,class\n0.5,1,1\n-2,1,0\n", encoding="utf-8")
    found = asked_about(sum_network, ["points.csv"], None)
    assert (found.inputs, found.targets) == (Matrix([[0.5, 1], [-2, 1]]), Matrix([[1], [0]]))
    Path("points.csv").write_text("1,2,3,4\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"points.csv: line 1 has 4 values, expected 2, the inputs of sum"):
        asked_about(sum_network, ["points.csv"], None)


def test_without_words_the_test_samples_are_asked_about(houses: SavedNetwork) -> None:
    assert len(asked_about(houses, [], None).inputs) == 1
    left_or_right().save("xor", {"dataset": "xor"})
    found = asked_about(load_network(Path("xor")), [], None)
    assert (len(found.inputs), found.targets) == (4, Matrix([[0], [1], [1], [0]]))


def pictures(folder: Path, size: int) -> None:
    """Save a picture that is bright on the left, and one that is bright on the right, in the folders of their class."""
    half = size // 2
    for name, row in (("left", [255] * half + [0] * half), ("right", [0] * half + [255] * half)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        png.write(folder / name / "one.png", Picture(size, size, 1, bytes(row * size)))


def test_pictures_are_resized_as_in_training_and_their_folder_is_the_right_answer(empty: Path) -> None:
    pictures(empty / "new", 4)
    left_or_right().save("m", {**METADATA, "height": "2", "width": "2"})
    saved = load_network(Path("m"))
    found = asked_about(saved, ["new"], None)
    assert found.targets == Labels([0, 1], 2)
    assert (len(found.inputs), found.inputs.columns) == (2, 4)
    one = asked_about(saved, ["new/left/one.png"], None)
    assert (one.inputs.columns, one.targets) == (4, None)


def test_a_picture_of_another_size_is_refused_where_nothing_says_how_to_resize_it(
    empty: Path, capsys: Captured
) -> None:
    pictures(empty / "new", 4)
    left_or_right().save("m", METADATA)
    said = failure(capsys, "predict", "m", "new/left/one.png")
    assert "which has 4 x 4 pixels" in said
    assert "expected 4 features, got 16" in said


def test_a_photo_of_another_format_is_answered_with_how_to_convert_it(empty: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    Path("photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert "convert it, for example by `magick FILE FILE.png`" in failure(capsys, "predict", "m", "photo.jpg")


def test_a_folder_without_pictures_is_named(empty: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    Path("new").mkdir()
    assert "new has no pictures: expected PNG, PGM or PPM files" in failure(capsys, "predict", "m", "new")


def test_pictures_that_cannot_be_read_are_named_and_the_others_answered(empty: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    Path("new", "more").mkdir(parents=True)
    for name in ("new/1.png", "new/.hidden.png"):
        png.write(name, Picture(2, 2, 1, bytes([255, 0, 0, 0])))
    for name in ("new/2.jpg", "new/more/3.HEIC"):
        Path(name).write_bytes(b"")
    assert main(["predict", "m", "new"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == str(Path("new/1.png"))
    left_out = f"2.jpg, {Path('more/3.HEIC')}"
    assert f"2 pictures are left out, as only PNG, PGM and PPM can be read: {left_out}; convert them" in err
    Path("new/1.png").unlink()
    assert "magick" in failure(capsys, "predict", "m", "new")


def test_all_broken_pictures_of_a_folder_are_named(empty: Path, capsys: Captured) -> None:
    pictures(empty / "new", 2)
    left_or_right().save("m", METADATA)
    for name in ("a.png", "b.png"):
        (empty / "new" / name).write_bytes(b"broken")
    said = failure(capsys, "predict", "m", "new")
    assert "a.png: is not a picture" in said
    assert "and 1 more that cannot be read: " in said
    assert "b.png" in said


def test_all_unknown_texts_of_a_table_are_named(houses: SavedNetwork, capsys: Captured) -> None:
    Path("new.csv").write_text("area;town\n50;Ulmm\n60;Ulm\n70;Rom\n;Bonn\n", encoding="utf-8")
    said = failure(capsys, "predict", "m", "new.csv")
    assert "new.csv: line 2, column town: 'Ulmm' is unknown" in said
    assert "and 2 more that cannot be read: line 4, column town: 'Rom'; line 5, column area: ''" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,1,1.7", "line 1: 1.7 is not a class of xor, expected a whole number from 0 to 1"),
        ("0,1,1\n1,1,-1", "line 2: -1 is not a class of xor, expected a whole number from 0 to 1"),
        ("0,1\n1e999,1", "line 2: 1e999 is too large, or not finite"),
        ("a,b", "a line of names and no rows below it"),
    ],
)
def test_rows_for_a_network_of_points_are_checked(text: str, said: str, empty: Path, capsys: Captured) -> None:
    linear_network([[1.0, 1.0]], loss=BinaryCrossEntropy(), classes=("0", "1")).save("xor", {"dataset": "xor"})
    Path("x.csv").write_text(f"{text}\n", encoding="utf-8")
    assert failure(capsys, "predict", "xor", "x.csv").strip() == f"purenn predict: x.csv: {said}"


def test_a_sample_in_one_word_longer_than_the_name_of_a_file_can_be(sum_network: SavedNetwork) -> None:
    word = ",".join(f"{1.0:.200f}" for _ in range(sum_network.network.in_features))
    assert asked(sum_network, word) == Matrix([[1.0] * sum_network.network.in_features])


def test_a_folder_within_that_cannot_be_read_is_told(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(empty / "new", 2)
    left_or_right().save("m", METADATA)
    scandir = os.scandir

    def locked(path: str) -> object:
        if str(path).endswith("left"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(PermissionError):
        asked_about(load_network(Path("m")), ["new"], None)

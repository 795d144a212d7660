"""Values far outside the range of training: told once, with row, column and range, and never where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.cli.asked import Asked
from purenn.cli.outside import about_values_far_off
from purenn.cli.own_data import described
from purenn.cli.saved import SavedNetwork, load_network
from purenn.formats import Picture, png
from purenn.losses import MeanSquaredError
from purenn.matrix import Matrix
from tests.cli.conftest import Captured, json_lines, left_or_right, linear_network

pytestmark = pytest.mark.usefixtures("empty")


@pytest.fixture
def rents(empty: Path) -> SavedNetwork:
    """A network for area, from 50 to 80, and town; its rent is 8 times the area."""
    lines = [f"{area},{town},{8 * area}" for area in range(50, 81) for town in ("Bonn", "Ulm")]
    Path("rents.csv").write_text("\n".join(["area,town,rent", *lines]), encoding="utf-8")
    linear_network([[8.0, 0.0]], loss=MeanSquaredError()).save(
        "m", described(datasets.from_csv("rents.csv", test="rents.csv"), empty)
    )
    return load_network(Path("m"))


def about(saved: SavedNetwork, *rows: list[float]) -> str:
    asked = Asked("new.csv", Matrix(list(rows)), [f"line {i}" for i in range(2, 2 + len(rows))], single=len(rows) == 1)
    return about_values_far_off(saved, asked, range(len(rows)))


def test_a_value_is_far_outside_where_it_is_beyond_the_range_by_more_than_its_width(rents: SavedNetwork) -> None:
    for near in (50.0, 80.0, 20.0, 110.0):
        assert about(rents, [near, 1.0]) == ""
    said = "area is {}, far outside the 50 to 80 of training: the prediction is a guess"
    for far in (19, 111, -1234567):
        assert about(rents, [float(far), 1.0]) == said.format(far)


def test_the_first_row_is_named_and_the_others_are_counted(rents: SavedNetwork) -> None:
    said = about(rents, [60, 0], [500, 0], [60, 0], [700, 0], [-90, 0])
    start = "line 3: area is 500, far outside the 50 to 80 of training: the prediction is a guess"
    assert said == f"{start}; so are those of 2 more"
    assert about(rents, [60, 0], [500, 0], [700, 0]) == f"{start}; so is that of one more"


def test_it_is_told_once_to_people_and_to_programs(rents: SavedNetwork, capsys: Captured) -> None:
    warning = "area is 500, far outside the 50 to 80 of training: the prediction is a guess"
    assert main(["predict", "m", "500", "Ulm"]) == 0
    assert capsys.readouterr() == ("rent: 4000\n", f"{warning}\n")
    Path("new.csv").write_text("area,town\n60,Ulm\n500,Bonn\n", encoding="utf-8")
    assert main(["predict", "m", "new.csv", "--json"]) == 0
    first, *lines = json_lines(capsys)
    assert first == {"event": "warning", "message": f"line 3: {warning}"}
    assert [line["event"] for line in lines] == ["prediction", "prediction"]
    assert main(["predict", "m", "new.csv", "--index", "0"]) == 0
    assert capsys.readouterr().err == "", "the row that is far outside was not asked about"


@pytest.mark.parametrize("name", ["iris", "wine", "breast-cancer", "moons", "spirals", "house-prices", "xor"])
def test_no_test_row_of_a_data_set_with_a_name_is_far_outside(name: str, empty: Path) -> None:
    dataset = datasets.load(name)
    left_or_right().save("m", described(dataset, empty))
    inputs = dataset.test.inputs
    asked = Asked(name, inputs, [str(i) for i in range(len(inputs))])
    assert about_values_far_off(load_network(Path("m")), asked, range(len(inputs))) == ""


def test_the_values_of_a_data_set_with_a_name_have_a_range_too(capsys: Captured) -> None:
    assert main(["train", "house-prices", "--epochs", "1"]) == 0
    assert main(["predict", "house-prices.safetensors", "1600"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("the input is 1600, far outside the 0.8")
    assert said.endswith(" of training: the prediction is a guess")


def test_a_range_of_a_single_number_is_not_left_by_a_little() -> None:
    linear_network([[1.0, 1.0]]).save("m", {"ranges": "0.0 to 0.0, 5.0 to 5.0"})
    saved = load_network(Path("m"))
    assert about(saved, [0.0, 11.0]).startswith("input 2 is 11, far outside the 5 to 5 of training")
    assert [about(saved, [a, b]) != "" for a, b in ((1.0, 5.1), (2.0, 5.0), (0.0, 11.0))] == [False, True, True]


def test_a_network_that_does_not_say_its_ranges_is_asked_without_a_word(capsys: Captured) -> None:
    linear_network([[1.0, 1.0]]).save("m")
    assert main(["predict", "m", "1e9", "1e9"]) == 0
    assert capsys.readouterr().err == ""
    linear_network([[1.0, 1.0]]).save("m", {"ranges": "0 to 1, much"})
    assert main(["predict", "m", "1", "1"]) == 1
    assert "m: the ranges of its inputs are '0 to 1, much', expected LOW to HIGH, …" in capsys.readouterr().err


def test_a_picture_paler_than_all_of_training_is_told_and_an_empty_one(empty: Path, capsys: Captured) -> None:
    for name, place in (("left", 0), ("right", 1)):
        (empty / "dots" / name).mkdir(parents=True)
        for i in range(2):
            page = bytearray(b"\xff" * 4)
            page[place] = 10 * i
            png.write(empty / "dots" / name / f"{i}.png", Picture(2, 2, 1, bytes(page)))
    left_or_right().save("m", described(datasets.from_folder("dots"), empty))
    for name, ink in (("good", 255), ("pale", 51), ("empty", 0)):
        png.write(f"{name}.png", Picture(2, 2, 1, bytes([255 - ink, 255, 255, 255])))
    said: list[str] = []
    for name in ("good", "pale", "empty"):
        assert main(["predict", "m", f"{name}.png"]) == 0
        said.append(capsys.readouterr().err)
    pale = "pale.png is paler than every picture of training: 5.0% of it is ink, of the palest in training 2"
    assert said[0] == ""
    assert said[1].startswith(pale)
    assert "draw larger, or thicker" in said[1]
    assert said[2] == "empty.png is empty, without any ink: the prediction is a guess\n"
    assert main(["predict", "m", "empty.png", "good.png", "pale.png"]) == 0
    assert capsys.readouterr().err.endswith("a guess; so is one more\n")
    left_or_right().save("old", {"dataset": "tiny", "height": "2", "width": "2"})
    for name, told in (("pale", ""), ("empty", "empty.png is empty, without any ink: the prediction is a guess\n")):
        assert main(["predict", "old", f"{name}.png"]) == 0
        assert capsys.readouterr().err == told

"""New rows and pictures for a trained network: read as those were that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from purenn import Sequential, datasets, feed_forward, fit, load, standardize
from purenn.datasets.inputs import New, read_inputs
from purenn.errors import FormatError, ShapeError
from purenn.formats import Picture, png
from purenn.matrix import Matrix
from purenn.samples import Images

RENTS = "area;town;rent\n50,5;Ulm;500\n60;Bonn;600\n70;Ulm;700\n80;Bonn;800\n90;Ulm;900\n1.000;Bonn;10000\n"


@pytest.fixture
def rents(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "rents.csv").write_text(RENTS, encoding="utf-8")
    return datasets.from_csv(tmp_path / "rents.csv").source


@pytest.fixture
def dots(tmp_path: Path) -> Mapping[str, str]:
    """Pictures of 4 x 4 pixels, black ink on white paper."""
    for name, place in (("left", 0), ("right", 3)):
        (tmp_path / "dots" / name).mkdir(parents=True)
        for i in range(3):
            page = bytearray(b"\xff" * 16)
            page[4 * i + place] = 0
            png.write(tmp_path / "dots" / name / f"{i}.png", Picture(4, 4, 1, bytes(page)))
    return datasets.from_folder(tmp_path / "dots").source


@pytest.mark.parametrize(
    "rows",
    [
        [50.5, "Ulm"],
        ["50,5", "Ulm"],
        ["50.5", " Ulm "],
        [[50.5, "Ulm"]],
        [(50.5, "Ulm")],
        {"town": "Ulm", "area": 50.5, "rent": 0},
        [{"town": "Ulm", "area": "50,5"}],
    ],
)
def test_a_row_of_texts_and_numbers_becomes_inputs(rows: New, rents: Mapping[str, str]) -> None:
    assert read_inputs(rows, rents) == Matrix([[50.5, 1]])


def test_texts_have_the_thousands_of_the_table_and_numbers_are_numbers(rents: Mapping[str, str]) -> None:
    assert read_inputs([["1.500", "Ulm"], [1.5, "Bonn"], [1e-7, "Bonn"]], rents) == Matrix(
        [[1500, 1], [1.5, 0], [1e-7, 0]]
    )


def test_a_csv_file_is_read_by_its_path(rents: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("town;area\nUlm;70\nBonn;1.000\n", encoding="utf-8")
    for path in (tmp_path / "new.csv", str(tmp_path / "new.csv")):
        assert read_inputs(path, rents) == Matrix([[70, 1], [1000, 0]])


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([[1, "Ulm"], [1, "Ulmm"], [None, "Bonn"]], "new rows: row 1, column town: 'Ulmm' is unknown, expected one of"),
        ([[1, "Ulm"], [1, "Ulmm"], [None, "Bonn"]], "and 1 more that cannot be read: row 2, column area: ''"),
        ([{"Area": 1, "town": "Ulm"}], "row 0 has no 'area': Area, town; did you mean Area"),
        ([1], "row 0 has 1 value, expected 2, in this order: area, town"),
        ([[1, "Ulm"], 1], "1 stands among rows"),
        ([Path("new.csv")], "a CSV file is read alone"),
    ],
)
def test_rows_that_cannot_be_read_are_named(rows: New, what: str, rents: Mapping[str, str]) -> None:
    with pytest.raises((FormatError, ShapeError, TypeError)) as caught:
        read_inputs(rows, rents)
    assert what in str(caught.value)


def test_a_picture_several_or_a_folder_are_read_as_in_training(dots: Mapping[str, str], tmp_path: Path) -> None:
    path = tmp_path / "dots" / "left" / "0.png"
    one = read_inputs(path, dots)
    assert isinstance(one, Images)
    assert one.picture(0) == bytes([255, *[0] * 15]), "light and dark are swapped"
    assert len(read_inputs([path, str(path)], dots)) == 2
    assert len(read_inputs(tmp_path / "dots", dots)) == 6
    with pytest.raises(TypeError, match=r"trained on pictures: expected the path .* got \[1, 2\]"):
        read_inputs([1, 2], dots)


def test_all_pictures_that_cannot_be_read_are_named(dots: Mapping[str, str], tmp_path: Path) -> None:
    for name in ("2.png", "9.png"):
        (tmp_path / "dots" / "right" / name).write_bytes(b"broken")
    with pytest.raises(FormatError, match=r"right.2\.png: is not a picture.*; and 1 more .*right.9\.png"):
        read_inputs(tmp_path / "dots", dots)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="has no pictures"):
        read_inputs(tmp_path / "empty", dots)


def test_a_network_that_was_trained_on_no_files_has_no_source_to_read_by() -> None:
    with pytest.raises(ValueError, match=r"expected that of a network trained on from_csv .* read_picture\(path, "):
        read_inputs("new.png", feed_forward([784, 10]).source)


def test_a_trained_network_names_the_call_for_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "rents.csv").write_text(RENTS, encoding="utf-8")
    rents = datasets.from_csv(tmp_path / "rents.csv").train
    network = Sequential(standardize(rents.inputs), *feed_forward([2, 1]))
    fit(network, rents, epochs=1)
    network.save(tmp_path / "rents.safetensors")
    network = load(tmp_path / "rents.safetensors")
    for rows in ([[60, "Ulm"]], [{"area": 60, "town": "Ulm"}], "new.csv", [[60, 1, 2]]):
        with pytest.raises((TypeError, ShapeError), match=r"datasets\.read_inputs\(rows, network\.source\)"):
            getattr(network, "predict")(rows)  # noqa: B009
    assert network.predict(read_inputs([[60, "Ulm"]], network.source)).rows == 1


def test_a_network_for_pictures_names_the_call_that_reads_one(tmp_path: Path) -> None:
    strokes = datasets.load("strokes").train.select(range(100))
    network = feed_forward([784, 10])
    fit(network, strokes, epochs=1)
    assert network.pixels
    with pytest.raises(TypeError, match=r"datasets\.read_picture\(path, \(height, width\)\)"):
        getattr(network, "predict")("new.png")  # noqa: B009
    png.write(tmp_path / "new.png", Picture(4, 4, 1, b"\xff" * 16))
    assert network.predict(datasets.read_picture(tmp_path / "new.png", (28, 28))).columns == 10

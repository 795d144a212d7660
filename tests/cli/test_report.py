"""`purenn report`: where the page goes, its parts in order, and that it is whole and safe whatever the files say."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

from purenn import datasets
from purenn.cli import main
from purenn.formats import Picture, png, safetensors
from purenn.losses import CrossEntropy
from purenn.network import Sequential, feed_forward
from tests.charts.pages import Page, read
from tests.cli.conftest import METADATA, Captured, failure, json_lines, left_or_right, trained
from tests.cli.reports import reported

HOSTILE = "\"><script>alert('1')</script>&amp;<b>"
FIRST = ["Result", "What was trained on what", "The course of the training"]
LAST = ["What looked wrong", "How to repeat it", "What was measured, and what was not"]
CLASSES = ["Confusion matrix", "Class by class", "Most confident mistakes"]
QUANTITIES = ["Predicted against true", "Worst predictions"]


def headings(page: Page) -> list[str]:
    return [heading.text for heading in page.all("h2")]


def test_a_network_for_points_is_told_in_order(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "5")
    page = reported(capsys, "moons.safetensors")
    assert headings(page) == [*FIRST, "Answers over both inputs", *CLASSES, *LAST]
    assert page.one("h1").text == "moons.safetensors"
    assert page.title.startswith("moons.safetensors: ")


def test_a_network_for_quantities_has_errors_in_the_place_of_mistakes(empty: Path, capsys: Captured) -> None:
    trained(capsys, "house-prices", "--epochs", "5")
    assert headings(reported(capsys, "house-prices.safetensors")) == [*FIRST, "Predictions", *QUANTITIES, *LAST]


def test_a_network_for_pictures_shows_its_weights(folder: Path, capsys: Captured) -> None:
    trained(capsys, "tiny", "--epochs", "1", "--hidden", "3")
    page = reported(capsys, "tiny.safetensors")
    assert headings(page) == [*FIRST, *CLASSES, "What the first layer looks for", *LAST]


def test_a_network_of_another_program_is_told_as_far_as_it_is_known(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m")
    page = reported(capsys, "m", "tiny")
    assert headings(page) == [*FIRST[:2], *CLASSES, "What the first layer looks for", *LAST[1:]]
    assert page.said("The file does not tell how the network was trained")


def test_without_data_the_network_is_told_and_the_reason_is_given(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m")
    assert main(["report", "m"]) == 0
    out, err = capsys.readouterr()
    reason = "m does not say what it was trained on: name a data set"
    assert err == f"the report has nothing about its answers: {reason}\n"
    assert out.startswith("m.html: ")
    page = read(Path("m.html").read_text(encoding="utf-8"))
    assert headings(page) == ["What was trained on what", *LAST[1:]]
    assert page.said(f"The answers of the network were not measured, for want of samples: {reason}.")


def test_data_that_are_named_and_not_there_are_an_error(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert "strokes" in failure(capsys, "report", "m", "strokes")
    assert not Path("m.html").exists()


def test_no_report_is_written_over_without_force(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m.safetensors", METADATA)
    Path("m.html").write_text("mine", encoding="utf-8")
    assert main(["report", "m.safetensors"]) == 0
    assert capsys.readouterr().out.startswith("m-2.html: ")
    assert Path("m.html").read_text(encoding="utf-8") == "mine"
    assert "m.html is there already: --force replaces it" in failure(capsys, "report", "m", "--out", "m.html")
    assert main(["report", "m.safetensors", "--force", "--json"]) == 0
    (line,) = json_lines(capsys)
    size = Path("m.html").stat().st_size
    assert line == {"event": "report", "file": "m.html", "bytes": size}
    assert size == Path("m-2.html").stat().st_size


def test_another_format_is_refused_before_anything_is_read(folder: Path, capsys: Captured) -> None:
    said = failure(capsys, "report", "none", "--out", "m.pdf")
    assert "m.pdf: reports are written as HTML, which browsers show: call the file 'm.html'" in said


def test_a_missing_file_is_answered_with_the_network_that_was_meant(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m.safetensors", METADATA)
    assert "m is not the file of a network; did you mean m.safetensors?" in failure(capsys, "report", "m")
    assert ". is no saved network: " in failure(capsys, "report", ".")


def test_equal_files_give_equal_bytes(empty: Path, capsys: Captured) -> None:
    for name in ("a.html", "b.html"):
        trained(capsys, "moons", "--epochs", "3", "--out", "m", "--force")
        assert main(["report", "m", "--out", name]) == 0
        capsys.readouterr()
    assert Path("a.html").read_bytes() == Path("b.html").read_bytes()


def test_words_from_files_are_text_and_nothing_else(empty: Path, capsys: Captured) -> None:
    rng = Random(0)
    with open("<i>.csv", "w", newline="", encoding="utf-8") as file:
        rows = [[rng.random(), rng.random(), "fine" if n % 2 else HOSTILE] for n in range(60)]
        csv.writer(file).writerows([[HOSTILE, "b&", f"{HOSTILE} class"], *rows])
    trained(capsys, "<i>.csv", "--epochs", "2", "--out", "m<u>")
    metadata = dict(safetensors.read_header("m<u>").metadata)
    for name in ("loss", "classes"):  # which the network writes itself
        del metadata[name]
    metadata.update({"settings": HOSTILE, "made by": HOSTILE})
    Sequential.load("m<u>").save("n<u>", metadata)
    page = reported(capsys, "n<u>")
    assert page.one("h1").text == "n<u>"
    assert HOSTILE in [cell for row in page.table("Figures of each class") for cell in row]
    assert page.facts()["Made by"] == HOSTILE
    assert page.said("held back from <i>.csv")


def test_large_pictures_of_many_classes_stay_below_two_megabytes(empty: Path, capsys: Captured) -> None:
    rng = Random(0)
    for k in range(63):
        Path("pictures", f"class {k}").mkdir(parents=True)
        for i in range(2):
            png.write(Path("pictures", f"class {k}", f"{i}.png"), Picture(100, 100, 1, rng.randbytes(10_000)))
    network = feed_forward([10_000, 31, 63])
    network.remember(datasets.from_folder("pictures").train, CrossEntropy())
    network.save("m")
    page = reported(capsys, "m")  # which checks its size
    assert len(page.all("img")) == 12
    assert page.said("A confusion matrix of 63 classes is too large to be drawn.")
    assert page.said("Weights of the first layer: 30 of 31 units")

"""The sections of a report on classes: the figures of `evaluate`, and the mistakes, the surest first."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.cli.report_classes import ClassesReport
from purenn.cli.report_subject import subject_of
from purenn.formats import idx, png
from purenn.losses import BinaryCrossEntropy, CrossEntropy
from purenn.network import load
from purenn.samples import Images
from tests.cli.conftest import METADATA, PIXELS, Captured, json_lines, left_or_right, linear_network, number, trained
from tests.cli.reports import reported


def report_on(model: str, named: str | None = None) -> ClassesReport:
    subject = subject_of(Path(model), named, None)
    assert subject.tested is not None
    assert subject.found is not None
    return ClassesReport(subject, subject.tested, subject.found)


def wrong_third(folder: Path) -> None:
    """Let the third picture of `tiny` be of the class 1, which the network `left_or_right` takes for 0."""
    idx.write(folder / "tiny" / "t10k-labels-idx1-ubyte", idx.Idx((3,), bytes([0, 1, 1])))


def test_the_figures_are_those_of_evaluate(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "4", "--out", "m")
    assert main(["evaluate", "m", "--json"]) == 0
    (line,) = json_lines(capsys)
    assert main(["evaluate", "m"]) == 0
    printed = capsys.readouterr().out.splitlines()
    page = reported(capsys, "m")
    accuracy = number(line, "accuracy")
    assert 0.5 < accuracy < 1.0
    assert page.one("p", "headline").text == f"{100 * accuracy:.2f} %"
    assert page.facts()["Loss"] == f"{number(line, 'loss'):.4f}"
    table = page.table("Figures of each class")
    assert [row.split() for row in printed[4:7]] == table
    confusion = line["confusion_matrix"]
    assert isinstance(confusion, list)
    drawn = [element.text for element in page.all("text")]
    assert {str(count) for row in confusion for count in row} <= {*drawn}
    assert page.facts()["Mistakes"] == f"{confusion[0][1] + confusion[1][0]} of 300"


def test_the_uncertainty_is_wilson_s_interval_and_the_commonest_class_a_comparison(
    folder: Path, capsys: Captured
) -> None:
    wrong_third(folder)
    left_or_right().save("m", METADATA)
    facts = reported(capsys, "m").facts()
    # f = 2/3, z²/n = 1.28053: (2/3 + 0.640267 ± 1.96 √(2/27 + 0.106711)) / 2.28053 = 0.57308 ± 0.36540
    assert facts["95 % interval"] == "20.77 % to 93.85 %"
    assert facts["Mistakes"] == "1 of 3"
    assert facts["Always answering 1"] == "66.67 % right"


def test_samples_of_the_training_have_no_interval(empty: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "2")
    page = reported(capsys, "xor.safetensors")
    assert "95 % interval" not in page.facts()
    assert page.said("The network was trained on these very samples: the figure says nothing about others.")
    assert page.said("Measured was the 4 test samples of xor, on which the network was trained")


def test_a_mistake_is_shown_with_its_picture_the_answer_and_the_truth(folder: Path, capsys: Captured) -> None:
    wrong_third(folder)
    left_or_right().save("m", METADATA)
    page = reported(capsys, "m")
    image = page.one("img")
    data = image.attributes["src"].partition("base64,")[2]
    picture = png.read(BytesIO(b64decode(data)))
    assert (picture.height, picture.width) == (2, 2)
    assert picture.values[1::2] == PIXELS[8:]  # the ink of each pixel
    assert image.attributes["alt"] == "Test sample 2, which is 1 and was taken for 0"
    # its upper pixels are 128 and 0: logits 20 * 128 / 255 = 10.04 and 0, e^-10.04 = 0.00004
    spans = [element.text for element in page.all("span") if not element.attributes]
    assert spans == ["answer 0, 100.0 %", "is 1, 0.0 %", "sample 2"]
    assert page.said("1 was taken for 0: 1 of 2 (50.00 %)")


def test_mistakes_are_those_of_predict_the_surest_first(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "3", "--out", "m")
    assert main(["predict", "m", "--json"]) == 0
    lines = [line for line in json_lines(capsys) if line["event"] == "prediction"]
    wrong = [line for line in lines if line["class"] != line["actual"]]
    probabilities = {int(number(line, "index")): line["probabilities"] for line in wrong}
    report = report_on("m")
    assert {*report.surest_mistakes} == {*probabilities}
    assert report.certainty is not None
    sure = [max(report.certainty[i]) for i in report.surest_mistakes]
    assert sure == sorted(sure, reverse=True)
    assert len(wrong) > 12
    rows = reported(capsys, "m").table("Answers that are wrong")
    assert rows[0] == ["sample", "input 1", "input 2", "is", "answer", "probability", "of the truth"]
    assert len(rows) == 1 + 12
    (inputs,) = datasets.load("moons").test.inputs.take([report.surest_mistakes[0]])
    assert rows[1][:2] == [f"sample {report.surest_mistakes[0]}", f"{inputs[0]:.4g}"]


def test_a_network_without_mistakes_has_none(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    page = reported(capsys, "m")
    assert page.said("There was no mistake.")
    assert page.said("No class was mistaken for another.")
    assert not page.said("The weakest class")
    assert page.all("img") == []


def test_the_boundary_marks_the_mistakes(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "3", "--out", "m")
    page = reported(capsys, "m")
    assert page.said("those with a ring are answered wrong")
    mistakes = int(page.facts()["Mistakes"].partition(" ")[0])
    assert page.said(f"Answered wrong: {mistakes}.")


def test_a_single_output_has_two_classes(folder: Path, capsys: Captured) -> None:
    linear_network([[1.0, 1.0]], bias=-0.5, loss=BinaryCrossEntropy()).save("m")  # which computes "or"
    page = reported(capsys, "m", "and")
    assert page.table("Figures of each class") == [
        ["class", "precision", "recall", "F1", "samples"],
        ["0", "1.0000", "0.3333", "0.5000", "3"],
        ["1", "0.3333", "1.0000", "0.5000", "1"],
    ]
    # sigmoid(0.5) = 0.62246
    assert page.table("Answers that are wrong")[1] == ["sample 1", "0", "1", "0", "1", "62.2 %", "37.8 %"]
    assert page.said("named for this report: it is not known whether it was trained on some.")


def test_outputs_that_are_no_probabilities_are_called_outputs(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--loss", "mse", "--epochs", "3", "--out", "m")
    report = report_on("m")
    assert report.certainty is None
    page = reported(capsys, "m")
    assert page.table("Answers that are wrong")[0][-2:] == ["output", "of the truth"]
    assert not page.said("On average, the network gave its answers a probability")


def test_classes_over_one_feature_have_curves(empty: Path, capsys: Captured) -> None:
    Path("line.csv").write_text("x,y\n" + "".join(f"{x},{'ab'[x > 20]}\n" for x in range(40)), encoding="utf-8")
    trained(capsys, "line.csv", "--epochs", "2", "--out", "m")
    page = reported(capsys, "m")
    assert "Answers over the input" in [heading.text for heading in page.all("h2")]
    assert [element.text for element in page.all("figcaption")][1] == "The probability of each class."


def test_few_samples_of_a_class_are_a_doubt(empty: Path, capsys: Captured) -> None:
    trained(capsys, "iris", "--epochs", "2", "--out", "m")
    assert reported(capsys, "m").said("3 classes have fewer than 30 test samples")


@pytest.mark.usefixtures("few_strokes")
def test_pictures_of_mistakes_are_those_of_the_data(empty: Path, capsys: Captured) -> None:
    trained(capsys, "strokes", "--epochs", "1", "--hidden", "8", "--out", "m")
    page = reported(capsys, "m")
    test, network = datasets.load("strokes", None).test, load("m")
    assert isinstance(test.inputs, Images)
    addresses = [image.attributes["src"].partition("base64,")[2] for image in page.all("img")]
    numbers = [int(re.sub(r"\D", "", e.text)) for e in page.all("span") if e.text.startswith("sample ")]
    assert len(addresses) == len(numbers) == 12
    for address, i in zip(addresses, numbers):
        assert png.read(BytesIO(b64decode(address))).values[1::2] == test.inputs.picture(i)
    answers = network.predict_classes(test.inputs)
    (right,) = [test.targets.take([i])[0].index(1.0) for i in numbers[:1]]
    assert answers[numbers[0]] != right
    assert isinstance(network.loss, CrossEntropy)

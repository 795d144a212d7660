"""The sections of a report on the training: facts, curves, weights, findings, and all that repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.report_subject import subject_of
from purenn.cli.report_training import about_course, in_a_sentence
from purenn.network import Sequential
from tests.charts.pages import Page
from tests.charts.pictures import elements
from tests.cli.conftest import METADATA, Captured, best_of, interrupt_at, left_or_right, linear_network, trained
from tests.cli.reports import reported


def names(page: Page) -> list[str]:
    """The names of the drawings."""
    return [element.text for element in page.all("title") if "svg" in element.around]


def test_what_was_trained_on_what_is_told_in_facts(empty: Path, capsys: Captured) -> None:
    epochs = trained(capsys, "moons", "--epochs", "7", "--patience", "9").epochs
    facts = reported(capsys, "moons.safetensors").facts()
    assert facts["Data"] == "moons"
    assert facts["Samples"] == "270 samples to train on, 30 to validate, 300 to test"
    assert facts["Inputs"] == "2 numbers"
    assert facts["Network"] == "Linear(2, 16) → Activation('tanh') → Linear(16, 2)"
    assert facts["Training"] == "SGD, momentum 0.9, learning rate 0.1 (linear), batches of 32, 7 epochs"
    assert facts["Ended"] == "all 7 epochs were done"
    assert facts["Kept"] == f"the network after epoch {best_of(epochs)['epoch']}, the best in validation"


def test_a_network_is_told_in_a_sentence(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    linear_network([[1.0]]).save("n", {"dataset": "house-prices"})
    told = [in_a_sentence(subject_of(Path(name), None, None)) for name in ("m", "n")]
    assert told[0] == "A network of 10 parameters that tells 2 classes apart: 0, 1."
    assert told[1] == "A network of 2 parameters that predicts a quantity, in thousand dollars."


def test_the_curves_have_a_ring_at_the_epoch_whose_network_was_kept(empty: Path, capsys: Captured) -> None:
    best = best_of(trained(capsys, "moons", "--epochs", "15", "--learning-rate", "0.3").epochs)["epoch"]
    page = reported(capsys, "moons.safetensors")
    assert names(page)[1:3] == ["Loss", "Accuracy"]
    assert page.said(f"The ring is at epoch {best}, the best in validation by its accuracy and, among equals, its loss")
    section = about_course(subject_of(Path("moons.safetensors"), None, None))
    assert section is not None
    picture = section.content[0].partition("<svg")[2].partition("</svg>")[0]
    assert len(elements(f"<svg{picture}</svg>", "circle")) == 2


def test_quantities_have_no_accuracy_and_those_of_a_table_are_standardized(empty: Path, capsys: Captured) -> None:
    Path("double.csv").write_text("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(40)), encoding="utf-8")
    trained(capsys, "double.csv", "--task", "quantities", "--epochs", "2")
    page = reported(capsys, "double.safetensors")
    assert "Loss" in names(page)
    assert "Accuracy" not in names(page)
    assert page.said("targets in standard deviations from their mean")
    assert page.facts()["Columns"] == "inputs: 1 number; target y: a quantity"


def test_what_looked_wrong_is_told_in_the_words_of_the_training(empty: Path, capsys: Captured) -> None:
    said = trained(capsys, "xor", "--hidden", "0", "--epochs", "20").said
    page = reported(capsys, "xor.safetensors")
    (finding,) = [line for line in said if line.startswith("learned nothing: ")]
    assert page.said(f"L{finding[1:]}.")
    trained(capsys, "moons", "--epochs", "40")
    assert reported(capsys, "moons.safetensors").said("Nothing looked wrong")


def test_an_interrupted_training_says_so(empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_at(monkeypatch, batch=8 * 3 + 5)
    assert main(["train", "moons"]) == 130
    page = reported(capsys, "moons.safetensors")
    assert page.said("The training was interrupted, or broke off")
    assert not page.said("Nothing looked wrong")


def test_the_commands_and_settings_that_repeat_it_are_shown(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "2", "--seed", "5")
    page = reported(capsys, "moons.safetensors")
    (code,) = page.all("code")
    assert "".join(code.texts).splitlines() == [
        "python3 -m purenn train moons --epochs 2 --seed 5",
        "python3 -m purenn evaluate moons.safetensors",
        "python3 -m purenn report moons.safetensors",
    ]
    settings = dict(page.table("All that its result depends on"))
    assert (settings["seed"], settings["engine"], settings["batch size"]) == ("5", "float", "32")
    assert "None" not in settings.values()


def test_a_file_without_a_record_says_that_it_does_not_tell(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    page = reported(capsys, "m")
    assert page.said("The file does not tell how the network was trained")
    assert "".join(page.one("code").texts).splitlines()[0] == "python3 -m purenn evaluate m"


def test_the_weights_are_drawn_as_pictures(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert "Weights of the first layer" in names(reported(capsys, "m"))
    assert Sequential.load("m").picture_shape is None  # the samples have told it

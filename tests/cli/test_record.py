"""The record of a training in the file of its network: what `train` writes, and what is read back or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.record import Record, read_record
from purenn.errors import FormatError
from purenn.formats import safetensors
from tests.cli.conftest import Captured, best_of, interrupt_at, number, trained


def record_of(path: str) -> Record:
    return read_record(safetensors.read_header(path).metadata, path)


def test_a_training_is_told_by_its_options_samples_settings_epochs_and_end(empty: Path, capsys: Captured) -> None:
    options = ["--epochs", "4", "--hidden", "3", "2", "--activation", "leaky_relu(0.2)", "--seed", "7"]
    lines = trained(capsys, "moons", *options, "--out", "m", "--force", "--checkpoint", "c").epochs
    found = record_of("m")
    assert sorted(found.options or ()) == sorted(options)
    assert found.samples == "270 samples to train on, 30 to validate, 300 to test"
    assert (found.details["engine"], found.details["seed"]) == ("float", "7")
    assert found.details["schedule"] == "linear_decay(0.1, epochs=4, final=0.005)"
    assert "network" not in found.details
    assert found.epoch == best_of(lines)["epoch"]
    assert found.ended == "all 4 epochs were done"
    assert found.history is not None
    assert [epoch.number for epoch in found.history.epochs] == [1, 2, 3, 4]
    for epoch, line in zip(found.history.epochs, lines):
        assert epoch.loss == pytest.approx(number(line, "loss"), rel=1e-5)
        assert epoch.validation_accuracy == pytest.approx(number(line, "validation_accuracy"), rel=1e-5)
        assert (epoch.seconds, epoch.metrics) == (0.0, {})


def test_equal_trainings_write_equal_files_also_when_one_was_resumed(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "3", "--out", "a")
    trained(capsys, "moons", "--epochs", "3", "--out", "b", "--checkpoint", "c")
    trained(capsys, "moons", "--epochs", "3", "--out", "d", "--checkpoint", "c", "--resume")
    assert Path("a").read_bytes() == Path("b").read_bytes() == Path("d").read_bytes()


def test_of_many_epochs_some_are_kept_among_them_the_first_the_best_and_the_last(empty: Path, capsys: Captured) -> None:
    lines = trained(capsys, "moons", "--limit", "20", "--epochs", "403", "--out", "m").epochs
    found = record_of("m")
    assert found.history is not None
    numbers = [epoch.number for epoch in found.history.epochs]
    assert numbers == sorted({1, *range(3, 403, 3), int(number(best_of(lines), "epoch")), 403})
    assert len(safetensors.read_header("m").metadata["history"]) < 20_000


def test_why_a_training_ended_early_and_what_looked_wrong_is_kept(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--target-accuracy", "0.8", "--out", "m")
    assert (record_of("m").ended, record_of("m").findings) == ("validation has reached 80.00 %", ())
    trained(capsys, "xor", "--hidden", "0", "--epochs", "20", "--out", "n")
    assert record_of("n").findings[0].startswith("learned nothing: ")


def test_an_interrupted_training_has_epochs_but_no_end(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, batch=8 * 3 + 5)
    assert main(["train", "moons", "--json"]) == 130
    found = record_of("moons.safetensors")
    assert found.history is not None
    assert [epoch.number for epoch in found.history.epochs] == [1, 2, 3]
    assert (found.ended, found.findings) == ("", ())


def test_the_file_tells_of_the_epochs_after_the_best_one_too(empty: Path, capsys: Captured) -> None:
    lines = trained(capsys, "moons", "--epochs", "40", "--learning-rate", "0.3", "--out", "m").epochs
    found = record_of("m")
    assert found.history is not None
    assert found.epoch < len(found.history.epochs) == len(lines) == 40


def test_a_file_without_a_record_is_read_as_one_that_says_nothing() -> None:
    assert read_record({"made by": "purenn 0.1.0"}, "m") == Record()
    assert read_record({"options": ""}, "m").options == ()


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"options": "--hidden '3"}, "No closing quotation"),
        ({"epoch": "seven"}, "the epoch of the network is 'seven', expected a whole number"),
        ({"details": "[]"}, "the details are [], expected an object"),
        ({"details": "{"}, "Expecting property name"),
        ({"findings": "{}"}, "the findings are {}, expected a list"),
        ({"history": "epoch,loss\n1,2"}, "the history: line 2 is not an epoch: learning_rate and seconds missing"),
    ],
)
def test_a_damaged_record_is_named_with_its_file(metadata: dict[str, str], reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_record(metadata, "m.safetensors")
    assert str(caught.value).startswith("m.safetensors: the record of its training is damaged: ")
    assert reason in str(caught.value)


def test_a_text_in_a_record_can_be_anything() -> None:
    finding = '"a" <b> \\ é\u2028'
    assert read_record({"findings": json.dumps([finding])}, "m").findings == (finding,)

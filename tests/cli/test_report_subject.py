"""The subject of a report: its data, the names and values of its inputs, and the commands that repeat it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from purenn.cli import report_subject
from purenn.cli.report_subject import Subject, percent, subject_of
from purenn.errors import FormatError
from purenn.formats import safetensors
from tests.cli.conftest import METADATA, Captured, left_or_right, linear_network, trained

TOWNS = ["Bonn", "Ulm", "Kiel"]


def words_of(command: str) -> list[str]:
    """The words of a command, without those that start purenn."""
    assert command.startswith("python3 -m purenn ")
    return shlex.split(command)[3:]


def table(path: str, count: int = 40) -> None:
    rows = [f"{i},{TOWNS[i % 3]},{'yes' if i % 2 else 'no'},€{1000 + 10 * i}" for i in range(count)]
    Path(path).write_text("\n".join(["area,town,garden,rent", *rows]), encoding="utf-8")


def rents(capsys: Captured, *words: str) -> Subject:
    table("my rents.csv")
    trained(capsys, "my rents.csv", "--task", "quantities", "--epochs", "2", *words, "--out", "m")
    return subject_of(Path("m"), None, None)


def test_the_inputs_of_a_sample_are_shown_as_they_stand_in_the_table(empty: Path, capsys: Captured) -> None:
    found = rents(capsys)
    assert found.columns == ["area", "town", "garden"]
    assert found.tested is not None
    for i, line in enumerate(found.tested.lines):
        n = line - 2  # the first line is the heading
        assert found.inputs(i) == [str(n), TOWNS[n % 3], "yes" if n % 2 else "no"]
        assert found.sample(i) == f"line {line}"
    assert (found.unit, found.data) == ("€", "my rents.csv")


def test_numbers_without_names_are_counted_and_many_are_not_shown(empty: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "1", "--out", "m")
    found = subject_of(Path("m"), None, None)
    assert (found.columns, found.inputs(2), found.sample(2)) == (["input 1", "input 2"], ["1", "0"], "sample 2")
    trained(capsys, "wine", "--epochs", "1", "--out", "n")
    many = subject_of(Path("n"), None, None)
    assert (many.columns, many.inputs(0)) == ([], [])


def test_pictures_give_their_size_to_a_network_that_does_not_know_it(folder: Path) -> None:
    left_or_right().save("m", METADATA)
    found = subject_of(Path("m"), None, None)
    assert (found.columns, found.saved.network.picture_shape) == ([], (2, 2))
    assert found.images is not None


def test_the_commands_repeat_what_was_done_also_from_another_folder(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rents(capsys, "--hidden", "3", "--activation", "leaky_relu(0.2)", "--seed", "7")
    again = found.training_command()
    assert words_of(again)[:2] == ["train", "my rents.csv"]
    trained(capsys, *words_of(again)[1:], "--out", "n")
    assert Path("m").read_bytes() == Path("n").read_bytes()
    assert words_of(found.command("evaluate")) == ["evaluate", "m"]
    (empty / "elsewhere").mkdir()
    monkeypatch.chdir(empty / "elsewhere")
    elsewhere = subject_of(Path("../m"), None, Path("data"))
    command = words_of(elsewhere.training_command())
    assert command[1] == os.path.join("..", "my rents.csv")
    assert command[-2:] == ["--data", "data"]
    assert words_of(elsewhere.command("predict", "--index", 3)) == [
        "predict",
        "../m",
        "--index",
        "3",
        "--data",
        "data",
    ]


def test_a_file_to_test_on_is_named_by_its_place(empty: Path, capsys: Captured) -> None:
    table("test.csv")
    found = rents(capsys, "--test", "test.csv")
    command = words_of(found.training_command())
    assert command[-2:] == ["--test", "test.csv"]
    trained(capsys, *command[1:], "--out", "n")
    assert Path("m").read_bytes() == Path("n").read_bytes()


def test_a_network_tested_on_the_samples_of_its_training_is_known(empty: Path, capsys: Captured) -> None:
    found = rents(capsys, "--test", "my rents.csv")
    assert found.tested is not None
    assert found.tested.seen
    trained(capsys, "and", "--epochs", "1", "--out", "and")
    trained(capsys, "moons", "--epochs", "1", "--out", "moons")
    seen = [subject_of(Path(name), named, None) for name, named in (("and", None), ("and", "or"), ("moons", None))]
    assert [subject.tested.seen for subject in seen if subject.tested] == [True, False, False]


def test_without_the_data_there_is_a_reason_and_without_a_record_no_command(empty: Path, capsys: Captured) -> None:
    rents(capsys)
    Path("my rents.csv").unlink()
    found = subject_of(Path("m"), None, None)
    assert (found.tested, found.found) == (None, None)
    assert found.reason.startswith("my rents.csv, which m was trained on, is not there")
    assert words_of(found.training_command())[1] == "my rents.csv"
    linear_network([[1.0, 0.0]]).save("other")
    assert subject_of(Path("other"), None, None).training_command() == ""


def test_data_that_are_named_must_be_there_and_fit(empty: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "1", "--out", "m")
    with pytest.raises(ValueError, match="m is not a network for house-prices"):
        subject_of(Path("m"), "house-prices", None)
    named = subject_of(Path("m"), "and", None)
    assert words_of(named.command("evaluate")) == ["evaluate", "m", "and"]


def test_plugins_that_are_loaded_are_part_of_the_commands(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(capsys, "xor", "--epochs", "1", "--out", "m")
    Path("mine.py").touch()
    monkeypatch.setattr(report_subject, "plugins", [str(empty / "mine.py"), "some.module"])
    command = subject_of(Path("m"), None, None).training_command()
    assert words_of(command)[:6] == ["--plugin", "mine.py", "--plugin", "some.module", "train", "xor"]


def test_a_damaged_record_names_the_file(folder: Path) -> None:
    left_or_right().save("m", {**METADATA, "findings": "{"})
    with pytest.raises(FormatError, match=r"^m: the record of its training is damaged: "):
        subject_of(Path("m"), None, None)
    assert "findings" in safetensors.read_header("m").metadata


def test_percents_do_not_break_before_their_sign() -> None:
    assert percent(0.12345) == "12.35\xa0%" or percent(0.12345) == "12.34\xa0%"
    assert percent(1.0) == "100.00\xa0%"

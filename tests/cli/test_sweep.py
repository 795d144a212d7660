"""`purenn sweep`: it makes trials as `train` would, goes on after Ctrl-C, and prints the best, and how to make it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.search import ResultsFile, Trial
from tests.charts.pictures import check
from tests.cli.conftest import Captured, Line, failure, json_lines, trained

MOONS = ["sweep", "moons", "--epochs", "2", "--vary", "hidden", "2", "8", "--vary", "learning-rate", "0.01", "0.3"]


def trials_in(path: Path) -> list[Line]:
    """The trials in a file by their numbers and epochs, without the seconds."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    found = sorted(lines, key=lambda line: (line["trial"], line["epochs"] or 0))
    return [{name: value for name, value in line.items() if name != "seconds"} for line in found]


def refused(capsys: Captured, *words: str) -> str:
    """The reason why a sweep of moons with these words is refused, with status 2."""
    with pytest.raises(SystemExit) as caught:
        main(["sweep", "moons", *words])
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return str(err)


def test_the_best_is_printed_first_and_then_the_command_that_makes_it(empty: Path, capsys: Captured) -> None:
    assert main(MOONS) == 0
    out, err = capsys.readouterr()
    heading, first, *_, best, line = out.splitlines()
    assert heading.split()[:5] == ["trial", "hidden", "learning-rate", "validation", "loss"]
    lines = trials_in(empty / "moons-sweep.jsonl")
    order = sorted(lines, key=lambda line: (-float(str(line["validation_accuracy"])), line["validation_loss"]))
    assert first.split()[0] == str(order[0]["trial"])
    assert best.startswith(f"best: trial {order[0]['trial']}, validation ")
    words = line.partition(" purenn ")[2]
    options = order[0]["options"]
    assert isinstance(options, dict)
    hidden, rate = options.values()
    assert words == f"train moons --epochs 2 --hidden {hidden} --learning-rate {rate}"
    epochs = trained(capsys, *shlex.split(words)[1:]).epochs
    assert epochs[int(str(order[0]["best_epoch"])) - 1]["validation_loss"] == order[0]["validation_loss"]
    assert re.search(
        r"^trial 1: hidden 2, learning-rate 0.01: validation [\d.]+ % after epoch \d, [\d.]+ s$", err, re.M
    )


def test_several_workers_and_threads_find_the_same(empty: Path) -> None:
    for name, words in (("1", []), ("2", ["--workers", "2"]), ("3", ["--workers", "2", "--executor", "threads"])):
        assert main([*MOONS, "--results", name, *words]) == 0
    assert trials_in(Path("1")) == trials_in(Path("2")) == trials_in(Path("3"))


def test_after_an_interruption_the_same_command_goes_on(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ResultsFile.add

    def interrupted(self: ResultsFile, trial: Trial) -> None:
        add(self, trial)
        if trial.number == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(ResultsFile, "add", interrupted)
    assert main(MOONS) == 130
    out, err = capsys.readouterr()
    assert out == ""
    there = "moons-sweep.jsonl has 2 of 4 trainings: the same command goes on after them"
    assert err.splitlines()[-1] == f"interrupted; {there}"
    monkeypatch.undo()
    monkeypatch.chdir(empty)
    assert main(MOONS) == 0
    out, err = capsys.readouterr()
    assert "going on after 2 of 4 trainings in moons-sweep.jsonl" in err
    assert re.findall(r"^trial (\d)", err, re.M) == ["3", "4"]
    again = trials_in(Path("moons-sweep.jsonl"))
    assert main([*MOONS, "--results", "whole.jsonl"]) == 0
    assert again == trials_in(Path("whole.jsonl"))


def test_halving_goes_up_to_the_epochs_that_are_named(empty: Path, capsys: Captured) -> None:
    words = ["--vary", "learning-rate", "1e-6", "1e-5", "0.1", "0.3", "--epochs", "4", "--search", "halving"]
    assert main(["sweep", "moons", *words, "--chart", "c.svg"]) == 0
    out, err = capsys.readouterr()
    assert "4 for 1 epoch; 2 for 2 epochs; 1 for 4 epochs" in err
    assert [line["epochs"] for line in trials_in(Path("moons-sweep.jsonl"))].count(2) == 2
    assert re.search(r"train moons --epochs 4 --learning-rate 0\.[13]$", out.splitlines()[-1])
    check(Path("c.svg").read_text(encoding="utf-8"), ["learning-rate", "1 epoch", "2 epochs", "4 epochs"])


def test_a_trial_that_diverges_is_a_line_and_the_others_go_on(empty: Path, capsys: Captured) -> None:
    assert main(["sweep", "moons", "--epochs", "2", "--vary", "learning-rate", "1e12", "0.1", "--json"]) == 0
    failed, good, done = json_lines(capsys)
    assert (failed["event"], good["event"], done["event"]) == ("trial", "trial", "done")
    assert "--learning-rate 0.1" in str(failed["error"])
    assert done["trial"] == good["trial"] == 2
    assert str(done["command"]).endswith("train moons --epochs 2 --learning-rate 0.1")


def test_where_all_fail_the_table_is_printed_and_the_status_is_1(empty: Path, capsys: Captured) -> None:
    assert main(["sweep", "moons", "--epochs", "1", "--batch-size", "9999", "--vary", "learning-rate", "1", "2"]) == 1
    out, err = capsys.readouterr()
    assert out.count("batch_size must be from 1 to the 270 training samples") == 2
    assert err.splitlines()[-1] == "purenn sweep: no trial has ended well"


def test_the_results_of_another_sweep_are_refused(empty: Path, capsys: Captured) -> None:
    assert main(["sweep", "moons", "--epochs", "1", "--vary", "hidden", "2"]) == 0
    capsys.readouterr()
    said = failure(capsys, "sweep", "moons", "--epochs", "2", "--vary", "hidden", "2")
    assert (
        'moons-sweep.jsonl holds the results of another sweep: options "moons --epochs 1", now "moons --epochs 2"'
        in said
    )


def test_quantities_are_judged_by_their_loss_which_is_always_the_same(empty: Path, capsys: Captured) -> None:
    words = ["sweep", "house-prices", "--epochs", "2", "--limit", "40"]
    assert main([*words, "--vary", "hidden", "0", "4"]) == 0
    assert "validation loss" in capsys.readouterr().out.splitlines()[0]
    with pytest.raises(SystemExit):
        main([*words, "--vary", "loss", "mse", "mae"])
    assert "for quantities, trials are judged by their losses" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "the following arguments are required: --vary"),
        (
            "--vary hidden",
            "hidden: expected the values to try after it, or a range such as 0.001..0.1",
        ),
        ("--vary hidden 4 --vary hidden 8", "hidden is named twice; give all its values at once"),
        ("--hidden 4 --vary hidden 8", "argument --vary: hidden: --hidden is given, too"),
        ("--vary hidden 8..4", "hidden: a range goes from 0 or more to a larger number, got 8 to 4"),
        ("--vary hidden 0.5..2 --search random --trials 2", "hidden: expected a whole number of at least 0, got '0.5'"),
        ("--vary hidden 4..8", "hidden is a range, which is for random and halving"),
        ("--vary hidden 4 8 --search halving", "argument --search: halving needs --epochs N, for its last round"),
        ("--vary epochs 4 8 --search halving", "epochs: halving varies them by itself"),
        ("--vary hidden 4 --search random", "the number of trials is missing, which random search draws; see"),
        ("--vary hidden 4 --chart c.png", "argument --chart: charts are SVG: call the file c.svg"),
        ("--vary hidden 4 --executor threads", "argument --executor: threads is for several workers"),
    ],
)
def test_what_cannot_be_searched_is_refused(words: str, reason: str, empty: Path, capsys: Captured) -> None:
    assert reason in refused(capsys, *words.split())
    assert list(empty.iterdir()) == []


def test_a_chart_is_not_written_over(empty: Path) -> None:
    words = ["sweep", "moons", "--epochs", "1", "--vary", "hidden", "2", "4", "--chart", "c.svg"]
    assert main(words) == 0
    assert main(words) == 0
    assert Path("c.svg").read_bytes() == Path("c-2.svg").read_bytes()


def test_a_table_that_has_changed_is_read_again(empty: Path, capsys: Captured) -> None:
    words = ["sweep", "t.csv", "--epochs", "1", "--vary", "hidden", "2"]
    for number, rows in enumerate(("1,a\n2,b\n" * 10, "1,b\n2,a\n" * 20)):
        Path("t.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
        assert main([*words, "--results", str(number)]) == 0
    first, second = (json.loads(Path(name).read_text(encoding="utf-8").splitlines()[0]) for name in "01")
    assert (first["samples"].split()[0], second["samples"].split()[0]) == ("16", "32")
    assert main([*words, "--results", "0"]) == 1
    assert "holds the results of another sweep: samples " in capsys.readouterr().err

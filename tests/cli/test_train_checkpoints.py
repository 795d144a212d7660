"""`purenn train` with --checkpoint and --resume: what it says, what it keeps, and what it leaves alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from purenn.float_engine import FloatEngine

from purenn import checkpoints
from purenn.cli import recipes
from purenn.cli.main import main
from purenn.engine import Score
from purenn.formats import safetensors
from purenn.matrix import Matrix
from purenn.samples import Samples

Captured = pytest.CaptureFixture[str]
Line = dict[str, object]
MOONS = ["train", "moons", "--schedule", "constant"]  # to which epochs can be added


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: what is not told where to go is written here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    return tmp_path


def trained(capsys: Captured, *words: str) -> tuple[list[int], Line, list[str]]:
    """The numbers of the epochs in the lines for programs, the last line, and what is said to people."""
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    *epochs, done = [json.loads(line) for line in out.splitlines()]
    assert done["event"] == "done"
    return [epoch["epoch"] for epoch in epochs], done, err.splitlines()


def failure(capsys: Captured, *words: str) -> str:
    """The last line of what is said of a training that fails."""
    assert main([*words]) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    line: str = err.splitlines()[-1]
    assert line.startswith("purenn train: ")
    return line.partition(": ")[2]


def without_seconds(path: str) -> object:
    """All that a checkpoint holds, but how long the epochs took."""
    saved = checkpoints.load(path)
    figures = [(e.number, e.loss, e.watched_loss, e.learning_rate, e.metrics) for e in saved.epochs]
    return saved.settings, saved.state, saved.best, figures


# Going on.


@pytest.mark.parametrize(
    "words",
    [
        ["moons", "--schedule", "constant", "--dropout", "0.1"],
        ["moons", "--schedule", "plateau", "--optimizer", "adam", "--learning-rate", "0.1"],
        ["strokes", "--schedule", "constant", "--limit", "300", "--hidden", "8"],
        ["strokes", "--schedule", "plateau", "--limit", "300", "--hidden", "8", "--workers", "2"],
    ],
    ids=" ".join,
)
def test_a_training_that_goes_on_ends_with_the_bytes_of_one_without_a_break(words: list[str], capsys: Captured) -> None:
    assert trained(capsys, "train", *words, "--epochs", "7", "--checkpoint", "c", "--out", "whole")[0] == [*range(1, 8)]
    pieces = ["train", *words, "--checkpoint", "d", "--resume", "--out", "pieces"]
    assert trained(capsys, *pieces, "--epochs", "3")[0] == [1, 2, 3]
    epochs, done, said = trained(capsys, *pieces, "--epochs", "7")
    assert epochs == [4, 5, 6, 7]
    assert done["epochs"] == 7
    assert said[2] == "going on after epoch 3, from d"
    assert said[3].startswith("epoch 4/7 ")
    assert Path("pieces").read_bytes() == Path("whole").read_bytes()
    assert without_seconds("d") == without_seconds("c")


def test_a_training_that_is_over_has_nothing_left_to_do_but_its_network_is_saved_again(capsys: Captured) -> None:
    words = [*MOONS, "--epochs", "4", "--checkpoint", "c", "--out", "m", "--resume"]
    _, first, said = trained(capsys, *words)
    assert said[2] == "c is not there yet: beginning with epoch 1"
    model, checkpoint = Path("m").read_bytes(), Path("c").read_bytes()
    Path("m").unlink()
    epochs, again, said = trained(capsys, *words)
    assert epochs == []
    assert said[2:] == ["c ends with epoch 4: all 4 are done"]
    assert {**again, "seconds": 0} == {**first, "seconds": 0}
    assert (Path("m").read_bytes(), Path("c").read_bytes()) == (model, checkpoint)
    assert trained(capsys, *words, "--epochs", "2")[2][2:] == ["c ends with epoch 4: all 2 are done"]


def test_without_resume_a_checkpoint_that_is_there_is_told_of_and_written_over(capsys: Captured) -> None:
    words = [*MOONS, "--checkpoint", "c"]
    assert len(trained(capsys, *words, "--epochs", "3")[2]) == 2 + 3
    epochs, _, said = trained(capsys, *words, "--epochs", "2")
    assert epochs == [1, 2]
    assert said[2] == "c is there already and will be written over; --resume would go on from it"
    assert len(checkpoints.load("c").epochs) == 2


# Patience, which is not a matter of bits.


def script(monkeypatch: pytest.MonkeyPatch, accuracies: list[float]) -> None:
    """Let the validation accuracies of the next epochs be these."""
    answers: Iterator[float] = iter(accuracies)

    def evaluate(self: FloatEngine, samples: Samples) -> Score:
        return Score(1.0, next(answers) if len(samples) == 30 else 0.5)

    monkeypatch.setattr(FloatEngine, "evaluate", evaluate)


def test_patience_ends_a_training_and_says_why(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, [0.5, 0.6, 0.6, 0.5, 0.7, 0.7, 0.7, 0.7, 0.9])
    epochs, done, said = trained(capsys, *MOONS, "--epochs", "100", "--patience", "3")
    assert epochs == [*range(1, 9)]
    assert done["epochs"] == 8
    assert said[-1] == "stopped: validation has not been better since epoch 5"
    assert said[-2].startswith("epoch 8/100 ")  # the last gets a line though it is not among the 20


def test_with_more_patience_a_training_that_ended_goes_on(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*MOONS, "--epochs", "9", "--checkpoint", "c", "--resume"]
    script(monkeypatch, [0.6, 0.5, 0.5])
    assert trained(capsys, *words, "--patience", "2")[0] == [1, 2, 3]
    for patience in ("2", "1"):
        epochs, _, said = trained(capsys, *words, "--patience", patience)
        assert epochs == []
        assert said[2:] == ["c ends with epoch 3: validation has not been better since epoch 1"]
    script(monkeypatch, [0.5, 0.7, 0.6, 0.6, 0.6, 0.6])
    epochs, _, said = trained(capsys, *words, "--patience", "4")
    assert epochs == [4, 5, 6, 7, 8, 9]
    assert said[2] == "going on after epoch 3, from c"
    assert said[-1] == "stopped: validation has not been better since epoch 5"


def test_a_target_that_is_reached_ends_a_training_and_one_that_is_raised_goes_on(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*MOONS, "--epochs", "9", "--checkpoint", "c", "--resume"]
    script(monkeypatch, [0.5, 0.8])
    epochs, _, said = trained(capsys, *words, "--target-accuracy", "0.8")
    assert (epochs, said[-1]) == ([1, 2], "stopped: validation has reached 80.00 %")
    assert trained(capsys, *words, "--target-accuracy", "0.8")[0] == []
    script(monkeypatch, [0.7, 0.9])
    assert trained(capsys, *words, "--target-accuracy", "0.9")[0] == [3, 4]


# What is refused, with everything left as it was.


def test_other_options_are_refused_and_named(capsys: Captured, folder: Path) -> None:
    trained(capsys, *MOONS, "--epochs", "2", "--checkpoint", "c", "--out", "m")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = failure(capsys, *MOONS, "--checkpoint", "c", "--resume", "--out", "m", "--optimizer", "adam", "--seed", "3")
    changed = "optimizer sgd, now adam; learning rate 0.1, now 0.01; momentum 0.9, now 0.0; seed 0, now 3"
    assert said == f"c is the checkpoint of another training: {changed}"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_is_no_checkpoint_or_a_newer_one_is_refused(capsys: Captured) -> None:
    trained(capsys, *MOONS, "--epochs", "1", "--checkpoint", "newer", "--out", "model")
    tensors, metadata = safetensors.read("newer")
    safetensors.write("newer", tensors, {**metadata, "purenn checkpoint": "2"})
    safetensors.write("damaged", tensors, {**metadata, "notes": "{}"})
    Path("text").write_text("a shopping list", encoding="utf-8")
    for name, words in {
        "model": "model: no checkpoint of purenn: its metadata does not say 'purenn checkpoint'",
        "newer": "newer: a checkpoint of version 2, and this purenn reads up to version 1: go on with the purenn that ",
        "damaged": "damaged: a damaged checkpoint: the state of another engine: it has no 'steps', only nothing",
        "text": "text: offset 0: not safetensors: ",
    }.items():
        before = Path(name).read_bytes()
        assert failure(capsys, *MOONS, "--checkpoint", name, "--resume").startswith(words)
        assert Path(name).read_bytes() == before


@pytest.mark.parametrize("checkpoint", ["none/c", ".", "file/c"])
def test_a_checkpoint_that_cannot_be_written_is_told_before_anything_else(
    checkpoint: str, capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_bytes(b"")
    monkeypatch.setattr("purenn.datasets.load", None)
    assert failure(capsys, *MOONS, "--checkpoint", checkpoint).startswith(f"{checkpoint}: ")
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_checkpoint_and_network_cannot_be_one_file(capsys: Captured, folder: Path) -> None:
    os.symlink("m", "link")
    for words in (["--out", "m", "--checkpoint", "./m"], ["--out", "m", "--checkpoint", "link"]):
        said = "m cannot be the checkpoint and the saved network too: give --checkpoint another name"
        assert failure(capsys, *MOONS, *words) == said
    assert failure(capsys, *MOONS, "--checkpoint", "moons.safetensors").startswith("moons.safetensors cannot be the ")
    assert [path.name for path in folder.iterdir()] == ["link"]


# When it breaks off.


def interrupt_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Let Ctrl-C be pressed in this batch of 32."""
    take, batches = Samples.take, count(1)

    def interrupted(self: Samples, indices: list[int]) -> tuple[Matrix, Matrix]:
        if len(indices) == 32 and next(batches) == batch:
            raise KeyboardInterrupt
        return take(self, indices)

    monkeypatch.setattr(Samples, "take", interrupted)


def test_an_interrupted_training_says_that_it_can_go_on_and_can(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*MOONS, "--epochs", "6", "--dropout", "0.1"]
    trained(capsys, *words, "--out", "whole", "--checkpoint", "w")
    words += ["--out", "m", "--checkpoint", "c", "--resume"]
    done = 0
    # 270 samples are 8 batches of 32 and a smaller one: in the middle of epochs, and as the first thing of one
    for batch, more in ((8 * 2 + 5, 2), (1, 0), (8 * 2 + 1, 2)):
        with monkeypatch.context() as patch:
            interrupt_at(patch, batch)
            assert main([*words, "--json"]) == 130
        done += more
        best = max(checkpoints.load("c").epochs, key=lambda e: (e.validation_accuracy, -e.watched_loss))
        said = f"interrupted; m holds the network after epoch {best.number}; --resume goes on from c"
        assert capsys.readouterr().err.splitlines()[-1] == said
        assert len(checkpoints.load("c").epochs) == done
    assert trained(capsys, *words)[0] == [5, 6]
    assert Path("m").read_bytes() == Path("whole").read_bytes()
    assert without_seconds("c") == without_seconds("w")


def test_one_interrupted_between_an_epoch_and_its_checkpoint_keeps_the_network_and_does_that_epoch_again(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    words = [*MOONS, "--epochs", "2", "--checkpoint", "c", "--resume", "--out", "m"]
    with monkeypatch.context() as patch:
        patch.setattr("purenn.cli.train._Keeper.consider", interrupted)
        assert main(words) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; m holds the network after epoch 1"
    assert not Path("c").exists()
    assert trained(capsys, *words)[0] == [1, 2]


def test_one_interrupted_before_its_first_epoch_has_nothing_to_go_on_from(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    interrupt_at(monkeypatch, 4)
    assert main([*MOONS, "--checkpoint", "c"]) == 130
    said = "interrupted; moons.safetensors holds the network after its first steps"
    assert capsys.readouterr().err.splitlines()[-1] == said
    assert [path.name for path in folder.iterdir()] == ["moons.safetensors"]


def test_one_begun_anew_and_interrupted_before_its_first_epoch_leaves_the_old_checkpoint_unmentioned(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(capsys, *MOONS, "--epochs", "2", "--checkpoint", "c", "--out", "m")
    before = Path("c").read_bytes()
    interrupt_at(monkeypatch, 4)
    assert main([*MOONS, "--checkpoint", "c", "--out", "m"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; m is as it was"
    assert Path("c").read_bytes() == before


def test_a_training_that_diverges_leaves_a_checkpoint_that_can_be_gone_on_from(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", "house-prices", "--schedule", "constant", "--epochs", "8", "--checkpoint", "c", "--resume"]
    with monkeypatch.context() as patch:
        patch.setitem(recipes.SCHEDULES, "constant", lambda recipe: lambda epoch: 0.05 if epoch < 5.0 else 1e200)
        assert "epoch 6, batch 2: the loss is " in failure(capsys, *words)
        assert len(checkpoints.load("c").epochs) == 5
        assert failure(capsys, *words).endswith("; house-prices.safetensors holds the network after epoch 5")
    assert trained(capsys, *words)[0] == [6, 7, 8]

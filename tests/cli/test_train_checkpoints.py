"""`purenn train` with --checkpoint and --resume: what goes on, what is refused, and what is left alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from purenn import checkpoints, datasets, schedules
from purenn.cli import main
from purenn.engine import FloatEngine
from purenn.formats import idx, safetensors
from purenn.history import Epoch
from purenn.metrics import Score
from purenn.samples import Samples
from purenn.schedules import SCHEDULES
from tests.cli.conftest import Captured, failure, interrupt_at, train_failure, trained

pytestmark = pytest.mark.usefixtures("empty", "few_strokes")
MOONS = ["moons", "--schedule", "constant"]  # to which epochs can be added


def without_seconds(path: str) -> object:
    """Return all that a checkpoint holds, but how long the epochs took."""
    saved = checkpoints.load(path)
    figures = [(e.number, e.loss, e.watched_loss, e.learning_rate, e.metrics) for e in saved.epochs]
    return saved.settings, saved.state, saved.best, figures


def numbers(capsys: Captured, *words: str) -> list[object]:
    """Return the numbers of the epochs that a training does."""
    return [line["epoch"] for line in trained(capsys, *words).epochs]


# Going on.


@pytest.mark.parametrize(
    "words",
    [
        ["moons", "--schedule", "constant", "--dropout", "0.1"],
        ["moons", "--schedule", "plateau", "--optimizer", "adam", "--learning-rate", "0.1"],
        ["strokes", "--schedule", "constant", "--hidden", "8"],
        ["strokes", "--schedule", "plateau", "--hidden", "8", "--workers", "2"],
    ],
    ids=" ".join,
)
def test_a_training_that_goes_on_ends_with_the_bytes_of_one_without_a_break(words: list[str], capsys: Captured) -> None:
    assert numbers(capsys, *words, "--epochs", "7", "--checkpoint", "c", "--out", "whole") == [*range(1, 8)]
    pieces = [*words, "--checkpoint", "d", "--resume", "--out", "pieces"]
    assert numbers(capsys, *pieces, "--epochs", "3") == [1, 2, 3]
    assert numbers(capsys, *pieces, "--epochs", "7") == [4, 5, 6, 7]
    assert Path("pieces").read_bytes() == Path("whole").read_bytes()
    assert without_seconds("d") == without_seconds("c")


def test_a_training_that_is_over_has_nothing_left_to_do_but_its_network_is_saved_again(capsys: Captured) -> None:
    words = [*MOONS, "--epochs", "4", "--checkpoint", "c", "--out", "m", "--resume"]
    assert numbers(capsys, *words) == [1, 2, 3, 4]
    model, checkpoint = Path("m").read_bytes(), Path("c").read_bytes()
    Path("m").unlink()
    assert numbers(capsys, *words) == []
    assert (Path("m").read_bytes(), Path("c").read_bytes()) == (model, checkpoint)


def test_a_checkpoint_is_begun_again_by_force_only(capsys: Captured) -> None:
    words = [*MOONS, "--checkpoint", "c"]
    assert numbers(capsys, *words, "--epochs", "3") == [1, 2, 3]
    said = "c is there already: --resume goes on from it, --force replaces it, or give --checkpoint another name"
    assert train_failure(capsys, *words, "--epochs", "2") == said
    assert len(checkpoints.load("c").epochs) == 3
    assert numbers(capsys, *words, "--epochs", "2", "--force") == [1, 2]
    assert len(checkpoints.load("c").epochs) == 2


# Patience and the target, which may change.


def script(monkeypatch: pytest.MonkeyPatch, accuracies: list[float]) -> None:
    """Let the validation accuracies of the next epochs be these."""
    answers: Iterator[float] = iter(accuracies)

    def evaluate(self: FloatEngine, samples: Samples) -> Score:
        return Score(1.0, next(answers) if len(samples) == 30 else 0.5)

    monkeypatch.setattr(FloatEngine, "evaluate", evaluate)


def test_with_more_patience_a_training_that_ended_goes_on(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*MOONS, "--epochs", "9", "--checkpoint", "c", "--resume"]
    script(monkeypatch, [0.6, 0.5, 0.5])
    assert numbers(capsys, *words, "--patience", "2") == [1, 2, 3]
    for patience in ("2", "1"):
        epochs, _, said = trained(capsys, *words, "--patience", patience)
        assert epochs == []
        assert said[3:] == ["c ends with epoch 3: validation has not been better since epoch 1"]
    script(monkeypatch, [0.5, 0.7, 0.6, 0.6, 0.6, 0.6])
    epochs, _, said = trained(capsys, *words, "--patience", "4")
    assert [line["epoch"] for line in epochs] == [4, 5, 6, 7, 8, 9]
    assert said[3] == "going on after epoch 3, from c"
    assert said[-1] == "stopped: validation has not been better since epoch 5"


def test_a_target_that_is_reached_ends_a_training_and_one_that_is_raised_goes_on(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*MOONS, "--epochs", "9", "--checkpoint", "c", "--resume"]
    script(monkeypatch, [0.5, 0.8])
    epochs, _, said = trained(capsys, *words, "--target-accuracy", "0.8")
    assert (len(epochs), said[-1]) == (2, "stopped: validation has reached 80.00 %")
    assert numbers(capsys, *words, "--target-accuracy", "0.8") == []
    script(monkeypatch, [0.7, 0.9])
    assert numbers(capsys, *words, "--target-accuracy", "0.9") == [3, 4]


# Settings, which must be the same.


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--batch-size 7", ["batch size 32, now 7"]),
        ("--learning-rate 0.3", ["schedule linear_decay(0.1, epochs=3, ", "now linear_decay(0.3, epochs=3, "]),
        ("--schedule cosine", ["schedule linear_decay(0.1, epochs=3, ", "now cosine(0.1, epochs=3, "]),
        ("--schedule plateau", ["now constant(0.1)", "plateau None, now "]),
        ("--epochs 9", ["schedule linear_decay(0.1, epochs=3, ", "now linear_decay(0.1, epochs=9, "]),
        ("--momentum 0", ["optimizer SGD ", "'momentum': 0.9", "now SGD ", "'momentum': 0.0"]),
        ("--weight-decay 0.01", ["optimizer ", "'weight_decay': 0.0", "now ", "'weight_decay': 0.01"]),
        ("--optimizer rmsprop", ["optimizer SGD ", "now RMSProp ", "schedule linear_decay(0.1", "linear_decay(0.01"]),
        ("--loss MeanSquaredError", ["loss CrossEntropy(), now MeanSquaredError()"]),
        ("--seed 1", ["samples 270 of checksum ", "now 270 of checksum ", "seed 0, now 1"]),
        ("--limit 200", ["training samples 270 of checksum ", "now 180 of checksum ", "validation samples 30 of "]),
        ("--engine lanes", ["engine float, now lanes", "batch size 32, now 1"]),
        ("--engine lanes --workers 2", ["engine float, now lanes; workers 1, now 2"]),
        ("--hidden 7", ['network {"0": ', '"out_features": 16', "now ", '"out_features": 7']),
        ("--activation relu", ["network ", '"tanh"', "now ", '"relu"']),
        ("--dropout 0.1", ["network ", "now ", '"Dropout"']),
    ],
)
def test_another_option_makes_another_training_and_is_named(
    option: str, said: list[str], empty: Path, capsys: Captured
) -> None:
    words = ["moons", "--epochs", "3", "--checkpoint", "c", "--out", "m"]
    trained(capsys, *words)
    before = {path.name: path.read_bytes() for path in empty.iterdir()}
    message = train_failure(capsys, *words, "--resume", *option.split())
    start, _, message = message.partition(": ")
    assert start == "c is the checkpoint of another training"
    for part in said:  # in this order
        assert part in message
        message = message.partition(part)[2]
    assert {path.name: path.read_bytes() for path in empty.iterdir()} == before


def test_other_data_of_the_same_name_and_size_are_refused(empty: Path, capsys: Captured) -> None:
    def save(labels: bytes) -> None:
        for part in ("train", "t10k"):
            pixels, folder = bytes(range(120)), empty / "mine"
            folder.mkdir(exist_ok=True)
            idx.write(folder / f"{part}-images-idx3-ubyte", idx.Idx((30, 2, 2), pixels))
            idx.write(folder / f"{part}-labels-idx1-ubyte", idx.Idx((30,), labels * 10))

    words = ["mine", "--data", ".", "--epochs", "2", "--hidden", "2", "--checkpoint", "c", "--resume"]
    save(bytes([0, 1, 2]))
    assert numbers(capsys, *words) == [1, 2]
    assert numbers(capsys, *words) == []
    save(bytes([2, 1, 0]))
    assert "training samples 27 of checksum " in train_failure(capsys, *words)


@pytest.mark.parametrize("option", ["--patience 3", "--target-accuracy 1", "--out n", "--diagnose", "--data d"])
def test_options_that_the_numbers_do_not_depend_on_may_change(option: str, capsys: Captured) -> None:
    words = [*MOONS, "--checkpoint", "c", "--resume"]
    assert numbers(capsys, *words, "--epochs", "2") == [1, 2]
    assert numbers(capsys, *words, "--epochs", "3", *option.split()) == [3]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_epochs_may_be_added_where_the_rates_do_not_depend_on_their_number(schedule: str, capsys: Captured) -> None:
    words = ["moons", "--schedule", schedule, "--checkpoint", "c", "--resume"]
    trained(capsys, *words, "--epochs", "4")
    preset = SCHEDULES[schedule]
    if str(preset.schedule(0.1, 4)) == str(preset.schedule(0.1, 6)):
        assert numbers(capsys, *words, "--epochs", "6") == [5, 6]
    else:
        assert train_failure(capsys, *words, "--epochs", "6").startswith("c is the checkpoint of another training: ")


def test_what_is_not_a_checkpoint_or_a_newer_one_is_refused(capsys: Captured) -> None:
    trained(capsys, *MOONS, "--epochs", "1", "--checkpoint", "newer", "--out", "model")
    tensors, metadata = safetensors.read("newer")
    safetensors.write("newer", tensors, {**metadata, "purenn checkpoint": "2"})
    changed = {**metadata, "notes": "{}"}
    safetensors.write("changed", tensors, changed)
    safetensors.write("damaged", tensors, {**changed, "checksum": checkpoints.checksum(tensors, changed)})
    Path("text").write_text("a shopping list", encoding="utf-8")
    for name, words in {
        "model": "model: not a checkpoint of purenn: its metadata does not say 'purenn checkpoint'",
        "newer": "newer: a checkpoint of version 2, and this purenn reads up to version 1: continue with the purenn ",
        "changed": "changed: a damaged checkpoint: its checksum is another: something in it was changed",
        "damaged": "damaged: a damaged checkpoint: the state of another engine: it has no 'steps', only nothing",
        "text": "text: offset 0: not safetensors, in which networks are saved: ",
    }.items():
        before = Path(name).read_bytes()
        assert train_failure(capsys, *MOONS, "--checkpoint", name, "--resume").startswith(words)
        assert Path(name).read_bytes() == before


def test_checkpoint_and_network_cannot_be_one_file(empty: Path, capsys: Captured) -> None:
    os.symlink("m", "link")
    for words in (["--out", "m", "--checkpoint", "./m"], ["--out", "m", "--checkpoint", "link"]):
        said = "m cannot be the checkpoint and the saved network too: give --checkpoint another name"
        assert train_failure(capsys, *MOONS, *words) == said
    said = train_failure(capsys, *MOONS, "--checkpoint", "moons.safetensors")
    assert said.startswith("moons.safetensors cannot be the ")
    assert [path.name for path in empty.iterdir()] == ["link"]


# When it is interrupted or fails.


def merit(epoch: Epoch) -> tuple[float, float]:
    """Return how good an epoch is in validation."""
    return epoch.watched_accuracy or 0.0, -epoch.watched_loss


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
            assert main(["train", *words, "--json"]) == 130
        done += more
        best = max(checkpoints.load("c").epochs, key=merit)
        said = f"interrupted; m holds the network after epoch {best.number}; --resume goes on from c"
        assert capsys.readouterr().err.splitlines()[-1] == said
        assert len(checkpoints.load("c").epochs) == done
    assert numbers(capsys, *words) == [5, 6]
    assert Path("m").read_bytes() == Path("whole").read_bytes()
    assert without_seconds("c") == without_seconds("w")


def test_one_interrupted_between_an_epoch_and_its_checkpoint_does_that_epoch_again(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    words = [*MOONS, "--epochs", "2", "--checkpoint", "c", "--resume", "--out", "m"]
    with monkeypatch.context() as patch:
        patch.setattr("purenn.cli.train.Keeper.consider", interrupted)
        assert main(["train", *words]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted; m holds the network after epoch 1"
    assert numbers(capsys, *words) == [1, 2]


def test_one_interrupted_before_its_first_epoch_has_nothing_to_go_on_from(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, 4)
    assert main(["train", *MOONS, "--checkpoint", "c"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted in epoch 1; nothing was saved"
    assert list(empty.iterdir()) == []


def test_one_begun_again_and_interrupted_before_its_first_epoch_leaves_the_old_checkpoint_unmentioned(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(capsys, *MOONS, "--epochs", "2", "--checkpoint", "c", "--out", "m")
    before = Path("c").read_bytes()
    interrupt_at(monkeypatch, 4)
    assert main(["train", *MOONS, "--checkpoint", "c", "--out", "m", "--force"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted in epoch 1; nothing was saved; m is as it was"
    assert Path("c").read_bytes() == before


def test_a_training_that_diverges_leaves_a_checkpoint_that_can_be_gone_on_from(capsys: Captured) -> None:
    last = [1e200]

    @schedules.register("unsteady")
    def unsteady(learning_rate: float, epochs: int) -> schedules.Schedule:
        return lambda epoch: 0.05 if epoch < 5.0 else last[0]

    words = ["house-prices", "--schedule", "unsteady", "--epochs", "8", "--checkpoint", "c", "--resume"]
    assert "epoch 6, batch 2: the loss is " in train_failure(capsys, *words)
    assert len(checkpoints.load("c").epochs) == 5
    assert train_failure(capsys, *words).endswith("; house-prices.safetensors holds the network after epoch 5")
    last[0] = 0.05
    assert numbers(capsys, *words) == [6, 7, 8]


def test_a_checkpoint_that_another_training_has_written_meanwhile_is_kept(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = datasets.load

    def slow(name: str, folder: Path | None = None) -> datasets.Dataset:
        Path("c").write_bytes(b"of another")
        return load(name, folder)

    monkeypatch.setattr(datasets, "load", slow)
    said = failure(capsys, "train", "xor", "--checkpoint", "c")
    assert "c is there already: --resume goes on from it, --force replaces it" in said
    assert Path("c").read_bytes() == b"of another"

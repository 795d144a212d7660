"""Saved networks: which one a training keeps, what is on disk however it ends, and the files that are refused."""

from __future__ import annotations

import json
import time
from math import inf, nan
from pathlib import Path

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.cli.saved import destination
from purenn.engine import FloatEngine, Progress
from purenn.findings import Watch
from purenn.formats import Tensor, safetensors
from purenn.metrics import Score
from purenn.network import Sequential
from purenn.schedules import Schedule
from tests.cli.conftest import (
    METADATA,
    Captured,
    best_of,
    evaluated,
    failure,
    interrupt_at,
    json_lines,
    left_or_right,
    linear_network,
    number,
    train_failure,
    trained,
)

PRICES = ["house-prices", "--schedule", "constant"]


# The network that is kept.


@pytest.mark.usefixtures("empty", "few_strokes")
@pytest.mark.parametrize(("engine", "tolerance"), [("float", 1e-12), ("lanes", 0.02)])
def test_the_network_scores_in_evaluate_as_train_has_said(engine: str, tolerance: float, capsys: Captured) -> None:
    done = trained(capsys, "strokes", "--hidden", "8", "--epochs", "2", "--engine", engine).done
    result = evaluated(capsys, "strokes.safetensors")
    # lanes see fewer shades of grey than the floats of `evaluate`
    assert result["accuracy"] == pytest.approx(done["test_accuracy"], abs=2 * tolerance)
    assert result["loss"] == pytest.approx(done["test_loss"], rel=tolerance)
    assert safetensors.read_header("strokes.safetensors").metadata["classes"].split("\n") == list("0123456789")


@pytest.mark.parametrize(
    ("words", "loss"),
    [
        ("xor", "BinaryCrossEntropy"),
        ("moons", "CrossEntropy"),
        ("house-prices", "MeanSquaredError"),
        ("house-prices --loss MeanAbsoluteError", "MeanAbsoluteError"),
        ("moons --loss CrossEntropyOfProbabilities", "CrossEntropyOfProbabilities"),
        ("xor --loss BinaryCrossEntropyOfProbabilities", "BinaryCrossEntropyOfProbabilities"),
        ("moons --loss BinaryCrossEntropy", "BinaryCrossEntropy"),
        ("moons --loss MeanSquaredError", "MeanSquaredError"),
    ],
)
def test_the_network_knows_its_data_set_and_its_loss(words: str, loss: str, empty: Path, capsys: Captured) -> None:
    done = trained(capsys, *words.split(), "--epochs", "2", "--out", "m").done
    metadata = safetensors.read_header("m").metadata
    assert (metadata["dataset"], metadata["loss"]) == (words.split()[0], loss)
    assert metadata["made by"].startswith("purenn ")
    result = evaluated(capsys, "m")
    assert result["loss"] == pytest.approx(done["test_loss"], rel=1e-12)
    assert result.get("accuracy") == done["test_accuracy"]


def test_the_network_loads_bit_for_bit(empty: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "1")
    tensors, metadata = safetensors.read("moons.safetensors")
    Sequential.load("moons.safetensors").save("again", {k: v for k, v in metadata.items() if k != "architecture"})
    assert Path("again").read_bytes() == Path("moons.safetensors").read_bytes()
    assert all(tensor.dtype == "F64" for tensor in tensors.values())
    assert sorted(path.name for path in empty.iterdir()) == ["again", "moons.safetensors"]  # and nothing temporary


@pytest.mark.usefixtures("empty", "shock")
def test_the_best_network_in_validation_is_kept_and_not_the_last(capsys: Captured) -> None:
    epochs = trained(capsys, "moons", "--schedule", "shock", "--epochs", "8").epochs
    best, last = best_of(epochs), epochs[-1]
    assert number(best, "epoch") <= 5
    assert number(last, "test_accuracy") < number(best, "test_accuracy")
    assert evaluated(capsys, "moons.safetensors")["accuracy"] == best["test_accuracy"]


def test_a_network_is_saved_at_most_once_a_second_and_at_the_end(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, save, epochs, saved = FloatEngine.train, Sequential.save, list[int](), list[int]()

    def noted_train(self: FloatEngine, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        epochs.append(epoch + 1)
        return train(self, epoch, schedule, progress)

    def noted_save(self: Sequential, path: Path, metadata: dict[str, str]) -> None:
        saved.append(epochs[-1])
        save(self, path, metadata)

    monkeypatch.setattr(FloatEngine, "train", noted_train)
    monkeypatch.setattr(Sequential, "save", noted_save)
    monkeypatch.setattr(time, "monotonic", lambda: 0.4 * len(epochs))  # an epoch takes 0.4 s
    lines = trained(capsys, *PRICES, "--epochs", "6").epochs
    assert best_of(lines) is lines[-1], "each is better than the one before"
    assert saved == [1, 4, 6]
    assert evaluated(capsys, "house-prices.safetensors")["loss"] == pytest.approx(lines[-1]["test_loss"])


# Files that are there already.


def test_a_network_that_is_there_stays_and_the_next_one_gets_a_number(empty: Path, capsys: Captured) -> None:
    first = trained(capsys, *PRICES, "--epochs", "2")
    before = Path("house-prices.safetensors").read_bytes()
    assert not any("already" in line for line in first.said)
    for name in ("house-prices-2.safetensors", "house-prices-3.safetensors"):
        done, said = trained(capsys, *PRICES, "--epochs", "1")[1:]
        assert said[3] == (
            f"house-prices.safetensors is there already and stays: this network goes to {name} (--force replaces it)"
        )
        assert done["model"] == name
        assert Path(name).exists()
    assert Path("house-prices.safetensors").read_bytes() == before
    assert len(list(empty.iterdir())) == 3, "and no temporary file"


def test_the_name_that_a_network_got_is_in_the_result_and_in_the_hint(empty: Path, capsys: Captured) -> None:
    (empty / "xor.safetensors").write_bytes(b"something")
    assert main(["train", "xor", "--epochs", "1"]) == 0
    *_, saved, hint = capsys.readouterr().out.splitlines()
    assert saved == "saved xor-2.safetensors; xor.safetensors is as it was"
    assert hint.endswith(" evaluate xor-2.safetensors")
    assert (empty / "xor.safetensors").read_bytes() == b"something"


def test_programs_are_warned_of_the_other_name_too(empty: Path, capsys: Captured) -> None:
    (empty / "xor.safetensors").write_bytes(b"something")
    assert main(["train", "xor", "--epochs", "1", "--json"]) == 0
    first = json_lines(capsys)[0]
    assert first["event"] == "warning"
    assert str(first["message"]).startswith("xor.safetensors is there already and stays: ")


@pytest.mark.parametrize("option", ["--out", "--checkpoint"])
def test_a_file_that_is_named_and_there_is_refused_before_the_data_are_loaded(
    option: str, empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda name, folder: pytest.fail("the data were loaded"))
    (empty / "m").write_bytes(b"my diary")
    said = train_failure(capsys, "moons", option, "m")
    instead = "" if option == "--out" else "--resume goes on from it, "
    assert said == f"m is there already: {instead}--force replaces it, or give {option} another name"
    assert (empty / "m").read_bytes() == b"my diary"


def test_force_replaces_the_network_and_says_so(empty: Path, capsys: Captured) -> None:
    trained(capsys, *PRICES, "--epochs", "1")
    for words in ([], ["--out", "house-prices.safetensors"]):
        before = Path("house-prices.safetensors").read_bytes()
        done, said = trained(capsys, *PRICES, "--epochs", "2", "--seed", str(len(words)), "--force", *words)[1:]
        assert said[3] == "house-prices.safetensors is there already and will be replaced"
        assert done["model"] == "house-prices.safetensors"
        assert Path("house-prices.safetensors").read_bytes() != before
    assert [path.name for path in empty.iterdir()] == ["house-prices.safetensors"]


def test_ctrl_c_and_divergence_leave_the_network_that_was_there(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(capsys, "moons", "--epochs", "3")
    before = Path("moons.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        interrupt_at(patch, batch=8 + 5)
        assert main(["train", "moons"]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "interrupted; moons-2.safetensors holds the network after epoch 1"
    with monkeypatch.context() as patch:
        interrupt_at(patch, batch=5)
        assert main(["train", "moons"]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "interrupted in epoch 1; nothing was saved; moons.safetensors is as it was"
    assert Path("moons.safetensors").read_bytes() == before
    (empty / "house-prices.safetensors").write_bytes(before)
    said = train_failure(capsys, *PRICES, "--learning-rate", "1e200")
    assert said.endswith("; nothing was saved; house-prices.safetensors is as it was")
    assert Path("house-prices.safetensors").read_bytes() == before


def test_a_resumed_training_goes_on_with_its_own_file_and_no_other(empty: Path, capsys: Captured) -> None:
    words = [*PRICES, "--checkpoint", "c", "--resume"]
    trained(capsys, *PRICES, "--epochs", "4", "--seed", "1")
    assert trained(capsys, *words, "--epochs", "2").done["model"] == "house-prices-2.safetensors"
    before = Path("house-prices-2.safetensors").read_bytes()
    done, said = trained(capsys, *words, "--epochs", "4")[1:]
    assert done["model"] == "house-prices-2.safetensors"
    assert Path("house-prices-2.safetensors").read_bytes() != before
    assert not any("already" in line for line in said)
    assert "house-prices.safetensors is there already: " in train_failure(
        capsys, *words, "--epochs", "5", "--out", "house-prices.safetensors"
    )
    assert {path.name for path in empty.iterdir()} == {"c", "house-prices.safetensors", "house-prices-2.safetensors"}


@pytest.mark.parametrize("out", [[], ["--out", "m"]], ids=str)
def test_a_training_that_was_killed_before_it_wrote_to_its_file_goes_on_with_it(
    out: list[str], empty: Path, capsys: Captured
) -> None:
    name = out[-1] if out else "house-prices.safetensors"
    (empty / name).write_bytes(b"")  # so far it has got: the name is taken, the content will be renamed to it
    done = trained(capsys, *PRICES, "--epochs", "1", "--checkpoint", "c", "--resume", *out).done
    assert done["model"] == name
    assert {path.name for path in empty.iterdir()} == {"c", name}
    (empty / name).write_bytes(b"")
    if out:
        assert "m is there already: " in train_failure(capsys, *PRICES, *out)


def test_two_trainings_at_once_write_two_files(empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    save, others = Sequential.save, Path("house-prices.safetensors")
    train = FloatEngine.train

    def meanwhile(self: FloatEngine, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        if epoch == 0:
            save(linear_network([[1.0]]), others)
        return train(self, epoch, schedule, progress)

    monkeypatch.setattr(FloatEngine, "train", meanwhile)
    done = trained(capsys, *PRICES, "--epochs", "2").done
    assert done["model"] == "house-prices-2.safetensors"
    assert Sequential.load(others).widths == [1]
    assert len(list(empty.iterdir())) == 2


def test_a_save_that_fails_leaves_no_empty_file(empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Sequential, path: Path, metadata: dict[str, str]) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Sequential, "save", full)
    assert main(["train", *PRICES, "--epochs", "1"]) == 1
    assert capsys.readouterr().err.endswith("house-prices.safetensors: No space left on device\n")
    assert list(empty.iterdir()) == []


# When training fails.


@pytest.mark.usefixtures("few_strokes")
def test_a_network_that_is_to_be_replaced_survives_until_there_is_another(empty: Path, capsys: Captured) -> None:
    words = ["strokes", "--hidden", "8", "--learning-rate", "1e200", "--out", "m"]
    assert train_failure(capsys, *words).endswith("; nothing was saved")
    assert list(empty.iterdir()) == []
    trained(capsys, "moons", "--epochs", "1", "--out", "m")
    before = Path("m").read_bytes()
    assert train_failure(capsys, *words, "--force").endswith("; nothing was saved; m is as it was")
    assert Path("m").read_bytes() == before


def test_a_training_that_never_learned_and_diverges_late_saves_nothing(empty: Path, capsys: Captured) -> None:
    said = train_failure(capsys, "house-prices", "--learning-rate", "1e6")
    assert said.startswith("epoch 8, batch 2: the loss is inf; try a lower learning rate")
    assert said.endswith("; nothing was saved")
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("words", [["xor", "--learning-rate", "1e10"], ["house-prices", "--learning-rate", "0.5"]])
def test_a_training_that_has_diverged_with_finite_numbers_saves_nothing(
    words: list[str], empty: Path, capsys: Captured
) -> None:
    (empty / "m").write_bytes(b"something")
    said = train_failure(capsys, *words, "--out", "m", "--force")
    assert "diverged: the loss on " in said
    assert f"the learning rate of {float(words[-1]):.4g} is too high. Try --learning-rate 0." in said
    assert said.endswith("; nothing was saved; m is as it was")
    assert (empty / "m").read_bytes() == b"something"


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_was_saved_on_the_way_is_taken_back_if_training_has_diverged(
    force: list[str], empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epochs that looked good were saved before the last ones showed that they were so by chance."""
    save, saved = Sequential.save, list[Path]()

    def noted(self: Sequential, path: Path, metadata: dict[str, str]) -> None:
        saved.append(path)
        save(self, path, metadata)

    monkeypatch.setattr(Sequential, "save", noted)
    monkeypatch.setattr(Watch, "promises", lambda self, epoch: True)  # by chance, which differs between Pythons
    before = {"moons.safetensors": b"a good network"} if force else {}
    for name, content in before.items():
        (empty / name).write_bytes(content)
    assert "diverged: " in train_failure(capsys, "moons", "--learning-rate", "10", *force)
    assert saved, "the test is about one that was saved"
    assert {path.name: path.read_bytes() for path in empty.iterdir()} == before


def test_one_interrupted_after_it_has_diverged_saves_nothing(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, batch=8 * 8 + 5)  # before it ends by itself
    assert main(["train", "moons", "--learning-rate", "1000"]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "interrupted, and the training had diverged; nothing was saved"
    assert list(empty.iterdir()) == []


@pytest.mark.usefixtures("empty")
def test_a_training_that_has_diverged_ends_without_a_result(capsys: Captured) -> None:
    assert main(["train", "xor", "--learning-rate", "1e10", "--json"]) == 1
    assert "done" not in [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("empty", "shock")
def test_a_training_that_diverges_late_has_its_best_network_on_disk(capsys: Captured) -> None:
    words = ["house-prices", "--schedule", "shock", "--learning-rate", "0.05", "--batch-size", "8"]
    assert main(["train", *words, "--json"]) == 1
    out, err = capsys.readouterr()
    *epochs, error = [json.loads(line) for line in out.splitlines()]
    assert (error["event"], error["message"] in err) == ("error", True)
    best = best_of(epochs)
    assert number(best, "epoch") > 1, "and not the one that was saved at once"
    assert err.endswith(f"; house-prices.safetensors holds the network after epoch {best['epoch']}\n")
    assert evaluated(capsys, "house-prices.safetensors")["loss"] == pytest.approx(best["test_loss"])


# When it is interrupted. What a real Ctrl-C does is in test_main.py.


def test_an_interrupted_training_keeps_its_best_network(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, batch=8 * 3 + 5)
    assert main(["train", "moons", "--json"]) == 130
    out, err = capsys.readouterr()
    *epochs, error = [json.loads(line) for line in out.splitlines()]
    assert len(epochs) == 3
    assert error == {"event": "error", "message": err.splitlines()[-1], "status": 130}
    best = best_of(epochs)
    said = f"interrupted; moons.safetensors holds the network after epoch {best['epoch']}"
    assert err.splitlines()[-1] == said
    assert evaluated(capsys, "moons.safetensors")["accuracy"] == best["test_accuracy"]


def test_one_interrupted_before_its_first_epoch_saves_nothing(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, batch=5)
    assert main(["train", "moons"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "interrupted in epoch 1; nothing was saved"
    assert list(empty.iterdir()) == []


def test_one_interrupted_while_it_saves_saves_once_more(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, saves = Sequential.save, iter([1, 2, 3])

    def interrupted(self: Sequential, path: Path, metadata: dict[str, str]) -> None:
        if next(saves) == 2:
            raise KeyboardInterrupt
        save(self, path, metadata)

    monkeypatch.setattr(Sequential, "save", interrupted)
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)  # the next is at the end, however long an epoch takes here
    assert main(["train", *PRICES, "--json"]) == 130
    out, err = capsys.readouterr()
    *epochs, error = [json.loads(line) for line in out.splitlines()]
    assert (error["event"], error["message"] in err) == ("error", True)
    best = best_of(epochs)
    said = f"interrupted; house-prices.safetensors holds the network after epoch {best['epoch']}"
    assert err.splitlines()[-1] == said
    assert evaluated(capsys, "house-prices.safetensors")["loss"] == pytest.approx(best["test_loss"])


# Files that `evaluate` and `predict` refuse.


@pytest.mark.parametrize("command", [["evaluate", "m"], ["predict", "m", "tiny/t10k-images-idx3-ubyte"]])
def test_a_file_that_is_not_a_network_is_named(folder: Path, capsys: Captured, command: list[str]) -> None:
    assert failure(capsys, *command).endswith("m: No such file or directory\n")
    left_or_right().save("m", METADATA)
    whole = Path("m").read_bytes()
    for bad in (b"", whole[:-1], whole + b"\0", b"\x80\4K*.", whole.replace(b"Linear", b"Lumpen"), b"<html>"):
        Path("m").write_bytes(bad)
        assert failure(capsys, *command).startswith(f"purenn {command[0]}: m: ")
    safetensors.write("m", {"x": Tensor((1,), [1.0])})
    assert "m: the metadata has no architecture" in failure(capsys, *command)
    architecture = left_or_right().architecture
    safetensors.write("m", left_or_right().state(), {"architecture": architecture, "loss": "Hinge"})
    assert "m: it was trained with the loss 'Hinge': no loss is called 'Hinge'" in failure(capsys, *command)


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_the_name_of_a_data_set_is_answered_with_the_file_of_its_network(
    empty: Path, capsys: Captured, command: str
) -> None:
    linear_network([[1.0, 1.0]]).save("xor.safetensors")
    assert failure(capsys, command, "xor") == (
        f"purenn {command}: xor is not the file of a network; did you mean xor.safetensors?\n"
    )
    assert "No such file" in failure(capsys, command, "iris")


def test_a_checkpoint_is_not_a_network(folder: Path, capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "1", "--checkpoint", "c")
    assert "c: a checkpoint of a training, expected a model" in failure(capsys, "evaluate", "c")


@pytest.mark.parametrize("value", [nan, inf])
def test_a_network_with_a_weight_that_is_not_finite_is_refused(folder: Path, capsys: Captured, value: float) -> None:
    linear_network([[0.0, 1.0, 2.0, 3.0], [4.0, value, 6.0, 7.0]]).save("m", METADATA)
    assert f"m: tensor 0.weight, value 5 is {value}" in failure(capsys, "evaluate", "m")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("onw.safetensors", "; did you mean own.safetensors?"),
        ("iris", "; a network for these data is made by: python3 -m purenn train iris"),
        ("other.model", ""),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_network_that_is_not_there_is_answered_with_the_one_that_is_or_how_to_make_it(
    command: str, typed: str, hint: str, folder: Path, capsys: Captured
) -> None:
    left_or_right().save("own.safetensors", METADATA)
    assert failure(capsys, command, typed).endswith(f" {typed}: No such file or directory{hint}\n")


def test_a_name_that_promises_another_format_is_refused_before_the_training(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"call the file 'm\.safetensors'$"):
        destination(tmp_path / "m.h5", tmp_path / "usual.safetensors")

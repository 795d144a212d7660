"""Checkpoints: what is in the file, which files are refused, and when one is written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from math import nan
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from purenn import checkpoints
from purenn.checkpoints import Checkpoint, CheckpointFile, Settings
from purenn.engine import FloatEngine, Job, State
from purenn.errors import FormatError
from purenn.formats import Tensor, random_state, safetensors
from purenn.history import Epoch, to_json
from purenn.losses import MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples, as_rows
from purenn.schedules import constant
from tests.conftest import Clock, silent

SETTINGS = {"seed": "1", "loss": "CrossEntropy"}
EPOCHS = [
    Epoch(1, 0.7, 0.25, 0.8, 0.125, 0.1, 1.5, {"mean error": 0.1 + 0.2}),
    Epoch(2, 0.5, None, None, None, 0.1, 3.0),
]
SAVED = Checkpoint(
    SETTINGS,
    State({"network.0.bias": Tensor((2,), [0.5, -1.0])}, {"random": "…", "bits": "12"}),
    EPOCHS,
    {"0.bias": Tensor((2,), [0.25, 0.0])},
    ended=True,
)


def listed(tensors: Mapping[str, Tensor]) -> dict[str, tuple[tuple[int, ...], list[float]]]:
    return {name: (tensor.shape, list(tensor.values)) for name, tensor in tensors.items()}


def epoch(number: int, loss: float = 0.5) -> Epoch:
    return Epoch(number, loss, None, None, None, 0.1, 0.0)


def edited(path: Path, metadata: Mapping[str, str | None], tensors: Mapping[str, Tensor] = {}) -> bytes:
    """Write other metadata into a checkpoint, leaving out what is None, and other tensors. The bytes of the file."""
    old_tensors, old = safetensors.read(path)
    new = {key: value for key, value in {**old, **metadata}.items() if value is not None}
    if new.get("checksum") == old["checksum"]:
        new["checksum"] = checkpoints.checksum({**old_tensors, **tensors}, new)  # so that other checks are tried
    safetensors.write(path, {**old_tensors, **tensors}, new)
    return path.read_bytes()


# The file.


@pytest.mark.parametrize("ended", [True, False])
def test_a_checkpoint_comes_back_as_it_was(ended: bool, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", Checkpoint(SETTINGS, SAVED.state, EPOCHS, SAVED.best, ended))
    loaded = checkpoints.load(tmp_path / "c")
    assert loaded.settings == SETTINGS
    assert loaded.state.notes == SAVED.state.notes
    assert listed(loaded.state.tensors) == listed(SAVED.state.tensors)
    assert listed(loaded.best) == listed(SAVED.best)
    assert loaded.epochs == EPOCHS
    assert loaded.ended is ended


def test_a_newer_version_is_refused_politely(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {"purenn checkpoint": "2"})
    with pytest.raises(FormatError, match=r"c: a checkpoint of version 2, and this purenn reads up to version 1: "):
        checkpoints.load(tmp_path / "c")


def test_a_model_is_no_checkpoint(tmp_path: Path) -> None:
    feed_forward([2, 1], Random(0)).save(tmp_path / "model")
    with pytest.raises(FormatError, match="model: not a checkpoint of purenn"):
        checkpoints.load(tmp_path / "model")


@pytest.mark.parametrize("key", ["settings", "notes", "epochs"])
@pytest.mark.parametrize("value", ["", "{", "[1]", '{"seed": 1}', "[" * 100_000])
def test_a_damaged_checkpoint_is_a_format_error(key: str, value: str, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {key: value})
    with pytest.raises(FormatError, match="c: a damaged checkpoint: "):
        checkpoints.load(tmp_path / "c")


@pytest.mark.parametrize("key", ["settings", "notes", "epochs", "ended", "checksum"])
def test_a_checkpoint_that_lacks_a_part_names_it(key: str, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {key: None})
    with pytest.raises(FormatError, match=f"c: a damaged checkpoint: its metadata has no '{key}'"):
        checkpoints.load(tmp_path / "c")


@pytest.mark.parametrize("numbers", [[], [2, 3], [1, 3], [1, 1]])
def test_the_epochs_must_be_all_from_the_first(numbers: list[int], tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    before = edited(tmp_path / "c", {"epochs": "\n".join(to_json(epoch(number)) for number in numbers)})
    with pytest.raises(FormatError, match=r"c: a damaged checkpoint: the epochs are .*, expected all from 1 on"):
        checkpoints.load(tmp_path / "c")
    with pytest.raises(ValueError, match=r"c: the checkpoint could not be read again: the epochs are .*"):
        checkpoints.save(tmp_path / "c", Checkpoint(SETTINGS, SAVED.state, list(map(epoch, numbers)), {}))
    assert (tmp_path / "c").read_bytes() == before


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "9" * 4301, "", "one"])
def test_a_version_that_is_no_small_number_is_none(version: str, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {"purenn checkpoint": version})
    with pytest.raises(FormatError, match="c: not a checkpoint of purenn"):
        checkpoints.load(tmp_path / "c")


def test_whatever_is_changed_by_hand_is_found_at_once(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    tensors, metadata = safetensors.read(tmp_path / "c")
    versions = [(tensors, {**metadata, "epochs": metadata["epochs"].replace("0.7", "0.6")})]
    versions.append((tensors, {**metadata, "ended": "false"}))
    versions.append((tensors, {**metadata, "more": ""}))
    for name, tensor in tensors.items():
        others = {other: kept for other, kept in tensors.items() if other != name}
        versions += [(others, metadata), ({**others, f"{name}2": tensor}, metadata)]
        for changed in ([-tensor.values[0], tensor.values[1]], [tensor.values[0], nan], [1e300, tensor.values[1]]):
            versions.append(({**others, name: Tensor((2,), changed)}, metadata))
        versions.append(({**others, name: Tensor((1, 2), tensor.values)}, metadata))
        versions.append(({**others, name: Tensor((2,), tensor.values, "F32")}, metadata))
    for changed_tensors, changed_metadata in versions:
        safetensors.write(tmp_path / "c", changed_tensors, changed_metadata)
        with pytest.raises(FormatError, match=r"c: a damaged checkpoint: its checksum is another: something in it was"):
            checkpoints.load(tmp_path / "c")


def test_other_settings_are_refused_and_all_of_them_named(tmp_path: Path) -> None:
    said = "seed 1, now 2; loss CrossEntropy, now not given; rate not given, now 3"
    with pytest.raises(ValueError, match=f"^c is the checkpoint of another training: {said}$"):
        SAVED.check({"seed": "2", "rate": "3"}, "c")
    SAVED.check(dict(SETTINGS), "c")


# When it is written.


def settings(seed: str = "1") -> Settings:
    """Settings of which only the seed is of interest."""
    return Settings(**{**{field.name: "any" for field in fields(Settings)}, "seed": seed})


def float_engine() -> FloatEngine:
    samples = Samples(as_rows([[0, 1], [1, 0], [1, 1]]), as_rows([1, 2, 3]))
    return FloatEngine(Job(feed_forward([2, 1], Random(0)), samples, MeanSquaredError(), SGD(momentum=0.9)))


def epochs_on_disk(path: Path) -> int:
    return len(checkpoints.load(path).epochs)


def test_it_is_written_after_the_first_epoch_then_at_most_once_a_second_and_when_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, found, done = Clock(), list[int](), list[Epoch]()
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=clock))
    engine, file = float_engine(), CheckpointFile(tmp_path / "c", settings())
    assert not (tmp_path / "c").exists()
    for number, now in enumerate([0.0, 0.5, 1.0, 1.1, 2.0, 2.2, 2.3], start=1):
        clock.now = 1000.0 + now
        done.append(epoch(number))
        file.take(engine, done, {})
        file.save(ended=False)
        found.append(epochs_on_disk(tmp_path / "c"))
    assert found == [1, 1, 1, 4, 4, 6, 6]
    file.flush(ended=False)
    assert epochs_on_disk(tmp_path / "c") == 7


def test_a_checkpoint_on_disk_is_not_written_again(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "c", settings())
    file.take(float_engine(), [epoch(1)], {})
    file.save(ended=False)
    (tmp_path / "c").unlink()
    file.flush(ended=False)
    assert not (tmp_path / "c").exists()


def test_the_state_on_disk_is_the_one_that_was_taken_and_not_a_later_one(tmp_path: Path) -> None:
    engine, file = float_engine(), CheckpointFile(tmp_path / "c", settings())
    engine.train(0, constant(0.1), silent)
    state = engine.state()
    file.take(engine, [epoch(1)], {})
    engine.train(1, constant(0.1), silent)  # and here something breaks it off
    file.flush(ended=False)
    saved = checkpoints.load(tmp_path / "c")
    assert listed(saved.state.tensors) == listed(state.tensors) != listed(engine.state().tensors)
    assert saved.state.notes == state.notes


def test_a_training_that_was_ended_is_written_as_ended(tmp_path: Path) -> None:
    for ended in (True, False):
        file = CheckpointFile(tmp_path / "c", settings())
        file.take(float_engine(), [epoch(1)], {})
        file.flush(ended=ended)
        assert checkpoints.load(tmp_path / "c").ended is ended


def test_without_a_path_nothing_is_written_and_no_state_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FloatEngine, "state", None)
    file = CheckpointFile(None, settings())
    file.take(float_engine(), [epoch(1)], {})
    file.save(ended=True)
    file.flush(ended=True)
    assert list(tmp_path.iterdir()) == []


def test_an_old_checkpoint_stays_until_there_is_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    checkpoints.save(tmp_path / "c", SAVED)
    before = (tmp_path / "c").read_bytes()
    file = CheckpointFile(tmp_path / "c", settings())
    file.flush(ended=False)
    assert (tmp_path / "c").read_bytes() == before
    file.take(float_engine(), [epoch(1)], {})
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.flush(ended=False)
    monkeypatch.undo()
    assert (tmp_path / "c").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    file.flush(ended=False)
    assert epochs_on_disk(tmp_path / "c") == 1


# Which one a training goes on from.


def test_a_file_that_is_not_there_yet_is_nothing_to_resume_from(tmp_path: Path) -> None:
    engine = float_engine()
    before = engine.state()
    assert CheckpointFile(tmp_path / "c", settings()).resume(engine) is None
    assert engine.state() == before


def test_without_a_path_there_is_nothing_to_resume_from() -> None:
    with pytest.raises(ValueError, match=r"^there is nothing to resume from without a checkpoint$"):
        CheckpointFile(None, settings()).resume(float_engine())


def test_resuming_restores_the_engine_and_returns_the_checkpoint(tmp_path: Path) -> None:
    engine, other = float_engine(), float_engine()
    engine.train(0, constant(0.1), silent)
    file = CheckpointFile(tmp_path / "c", settings())
    best = feed_forward([2, 1], Random(5)).state()
    file.take(engine, [epoch(1)], best)
    file.flush(ended=False)
    saved = CheckpointFile(tmp_path / "c", settings()).resume(other)
    assert saved is not None
    assert (saved.epochs, listed(saved.best)) == ([epoch(1)], listed(best))
    assert other.state() == engine.state()


def test_a_best_network_of_another_shape_is_a_damaged_checkpoint(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "c", settings())
    file.take(float_engine(), [epoch(1)], SAVED.best)
    file.flush(ended=False)
    with pytest.raises(FormatError, match=r"c: a damaged checkpoint: this state is not of the network: "):
        CheckpointFile(tmp_path / "c", settings()).resume(float_engine())


def test_a_file_that_cannot_be_resumed_from_stays_as_it_is_and_so_does_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "c"
    file = CheckpointFile(path, settings("1"))
    file.take(float_engine(), [epoch(1)], {})
    file.flush(ended=False)
    versions = [path.read_bytes(), b"", b"something else"]
    versions.append(edited(path, {"purenn checkpoint": "2"}))
    feed_forward([2, 1], Random(0)).save(path)
    versions.append(path.read_bytes())
    for number, version in enumerate(versions):
        path.write_bytes(version)
        said = "another training: seed 1, now 2$" if number == 0 else "c: "
        engine = float_engine()
        before = engine.state()
        with pytest.raises(ValueError, match=said):
            CheckpointFile(path, settings("2")).resume(engine)
        assert path.read_bytes() == version
        assert engine.state() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_best_network_that_is_missing_is_found_before_the_training_goes_on(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "c", settings())
    file.take(float_engine(), [epoch(1)], {})
    file.flush(ended=False)
    with pytest.raises(FormatError, match=r"c: a damaged checkpoint: .* 0.weight is missing; 0.bias is missing"):
        CheckpointFile(tmp_path / "c", settings()).resume(float_engine())
    kept_none = replace(settings(), best_by="None")
    file = CheckpointFile(tmp_path / "d", kept_none)
    file.take(float_engine(), [epoch(1)], {})
    file.flush(ended=False)
    assert CheckpointFile(tmp_path / "d", kept_none).resume(float_engine()) is not None


@pytest.mark.parametrize("damage", ["a note", "steps", "a tensor", "a shape", "the random numbers", "the memory"])
def test_a_state_that_the_engine_cannot_take_is_a_format_error_that_names_the_file(damage: str, tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "c", settings())
    file.take(float_engine(), [epoch(1)], {})
    file.flush(ended=False)
    metadata: dict[str, str | None] = {}
    tensors: dict[str, Tensor] = {}
    if damage == "a note":
        metadata = {"notes": '{"bits": "12"}'}
    elif damage == "steps":
        metadata = {"notes": json.dumps({"steps": "-1", "random": random_state(Random(0))})}
    elif damage == "a tensor":
        tensors = {"state.network.9.weight": Tensor((1,), [0.0])}
    elif damage == "a shape":
        tensors = {"state.network.0.weight": Tensor((2, 1), [0.0, 0.0])}
    elif damage == "the random numbers":
        metadata = {"notes": '{"steps": "1", "random": "[3, [], null]"}'}
    else:
        tensors = {"state.optimizer.velocity.first": Tensor((1, 1), [0.0])}
    before = edited(tmp_path / "c", metadata, tensors)
    with pytest.raises(FormatError, match="c: a damaged checkpoint: "):
        CheckpointFile(tmp_path / "c", settings()).resume(float_engine())
    assert (tmp_path / "c").read_bytes() == before


@pytest.mark.parametrize("place", ["none/c", ".", "file/c"])
def test_a_place_that_cannot_be_written_is_an_error_at_once(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r"cannot write here|is a folder") as caught:
        CheckpointFile(tmp_path / place, settings())
    assert Path(str(caught.value.filename)) == tmp_path / place
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

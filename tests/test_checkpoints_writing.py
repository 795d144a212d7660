"""When a checkpoint is written, and that nothing on disk is lost by it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from purenn.float_engine import FloatEngine

from purenn import checkpoints
from purenn.checkpoints import Logbook
from purenn.errors import TrainingError
from purenn.formats import Tensor, safetensors
from purenn.history import Epoch, low_loss
from purenn.losses import Loss, MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples, as_rows
from purenn.schedules import constant
from purenn.training import fit

SETTINGS = {"seed": "1", "loss": "CrossEntropy"}
INPUTS, TARGETS = [[0, 1], [1, 0], [1, 1]], [1, 2, 3]


def listed(tensors: Mapping[str, Tensor]) -> dict[str, list[float]]:
    return {name: list(tensor.values) for name, tensor in tensors.items()}


def float_engine() -> FloatEngine:
    samples = Samples(as_rows(INPUTS), as_rows(TARGETS))
    return FloatEngine(feed_forward([2, 1], Random(0)), samples, MeanSquaredError(), SGD(momentum=0.9), 3, Random(0))


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def epoch(number: int, loss: float = 0.5) -> Epoch:
    return Epoch(number, loss, None, None, None, 0.1, 0.0)


def logbook(path: Path, *, resume: bool = False, engine: FloatEngine | None = None) -> Logbook:
    return Logbook(engine or float_engine(), SETTINGS, path, resume=resume, merit=low_loss)


class Clock:
    """Stands for the module `time`: it is as late as it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def epochs_on_disk(path: Path) -> int:
    return len(checkpoints.load(path).epochs)


def test_it_is_written_after_the_first_epoch_then_at_most_once_a_second_and_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, found = Clock(), list[int]()
    monkeypatch.setattr(checkpoints, "time", clock)
    with logbook(tmp_path / "c") as log:
        assert not (tmp_path / "c").exists()
        for number, now in enumerate([0.0, 0.5, 1.0, 1.1, 2.0, 2.2, 2.3], start=1):
            clock.now = 1000.0 + now
            log.add(epoch(number))
            log.save()
            found.append(epochs_on_disk(tmp_path / "c"))
    assert found == [1, 1, 1, 4, 4, 6, 6]
    assert epochs_on_disk(tmp_path / "c") == 7


def test_what_is_written_already_is_not_written_again_in_the_end(tmp_path: Path) -> None:
    with logbook(tmp_path / "c") as log:
        log.add(epoch(1))
        log.save()
        (tmp_path / "c").unlink()
    assert not (tmp_path / "c").exists()


def test_what_is_written_in_the_end_is_the_state_after_an_epoch_and_not_in_the_middle_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS", 1e9)
    engine = float_engine()
    with logbook(tmp_path / "c", engine=engine) as log:
        for number in (1, 2):
            engine.train(number, constant(0.1), silent)
            log.add(epoch(number))
            log.save()
            state = engine.state()
        engine.train(3, constant(0.1), silent)  # and here something breaks it off
    saved = checkpoints.load(tmp_path / "c")
    assert listed(saved.state.tensors) == listed(state.tensors) != listed(engine.state().tensors)
    assert saved.state.notes == state.notes
    assert len(saved.epochs) == 2


def test_without_a_path_nothing_is_written_and_no_state_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FloatEngine, "state", None)
    with Logbook(float_engine(), SETTINGS, None, resume=True, merit=None) as log:
        log.add(epoch(1))
        log.save()
    assert list(tmp_path.iterdir()) == []


# What is on disk already.


def trained(path: Path, *, epochs: int = 2, resume: bool = False, seed: int = 0) -> list[int]:
    network = feed_forward([2, 1], Random(0))
    history = fit(
        network, INPUTS, TARGETS, loss=MeanSquaredError(), epochs=epochs, seed=seed, checkpoint=path, resume=resume
    )
    return [epoch.number for epoch in history.epochs]


def test_without_resume_a_checkpoint_is_begun_anew(tmp_path: Path) -> None:
    assert trained(tmp_path / "c", epochs=4) == [1, 2, 3, 4]
    assert trained(tmp_path / "c", epochs=2) == [1, 2]
    assert epochs_on_disk(tmp_path / "c") == 2


def test_without_resume_an_old_checkpoint_stays_until_there_is_a_new_one(tmp_path: Path) -> None:
    trained(tmp_path / "c")
    before = (tmp_path / "c").read_bytes()
    with pytest.raises(RuntimeError), logbook(tmp_path / "c"):
        raise RuntimeError("before the first epoch was done")
    assert (tmp_path / "c").read_bytes() == before


def test_a_file_that_cannot_be_gone_on_from_stays_as_it_is_and_so_does_the_engine(tmp_path: Path) -> None:
    path = tmp_path / "c"
    engine = float_engine()
    with Logbook(engine, {"seed": "1"}, path, resume=False, merit=None) as log:
        engine.train(0, constant(0.1), silent)
        log.add(epoch(1))
        log.save()
    versions = [path.read_bytes(), b"", b"something else"]
    tensors, metadata = safetensors.read(path)
    safetensors.write(path, tensors, {**metadata, "purenn checkpoint": "2"})
    versions.append(path.read_bytes())
    feed_forward([2, 1], Random(0)).save(path)
    versions.append(path.read_bytes())
    for number, version in enumerate(versions):
        path.write_bytes(version)
        said = "another training: seed 1, now 2$" if number == 0 else "c: "
        engine = float_engine()
        before = engine.state()
        with pytest.raises(ValueError, match=said):
            Logbook(engine, {"seed": "2"}, path, resume=True, merit=None)
        assert path.read_bytes() == version
        assert engine.state() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_an_old_checkpoint_survives_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path / "c")
    before = (tmp_path / "c").read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trained(tmp_path / "c", epochs=4, resume=True)
    assert (tmp_path / "c").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    monkeypatch.undo()
    assert trained(tmp_path / "c", epochs=4, resume=True) == [1, 2, 3, 4]


class Huber(MeanSquaredError):
    """A loss with options, one of which is an object."""

    def __init__(self, delta: float) -> None:
        self.delta = delta
        self.helper = object()


def test_a_loss_is_told_by_its_options_and_not_by_the_addresses_of_objects(tmp_path: Path) -> None:
    def train(loss: Loss) -> None:
        fit(feed_forward([2, 1], Random(0)), INPUTS, TARGETS, loss=loss, checkpoint=tmp_path / "c", resume=True)

    for _ in range(2):
        train(Huber(1.0))
    with pytest.raises(ValueError, match=r"loss MeanSquaredError\(delta=1\.0\), now MeanSquaredError\(delta=2\.0\)$"):
        train(Huber(2.0))


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt(), TrainingError()])
def test_a_training_that_breaks_off_leaves_the_checkpoint_of_the_last_epoch_that_was_done(
    error: BaseException, tmp_path: Path
) -> None:
    def breaks(epoch: Epoch) -> None:
        if epoch.number == 4:
            raise error

    network = feed_forward([2, 1], Random(0))
    with pytest.raises(type(error)):
        fit(network, INPUTS, TARGETS, loss=MeanSquaredError(), checkpoint=tmp_path / "c", callbacks=[breaks])
    assert epochs_on_disk(tmp_path / "c") == 3
    assert trained(tmp_path / "c", epochs=5, resume=True) == [1, 2, 3, 4, 5]

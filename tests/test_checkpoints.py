"""Checkpoints: what is in the file, what is refused, when it is written, and that nothing on disk is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from purenn import checkpoints, safetensors
from purenn.checkpoints import Checkpoint, Logbook
from purenn.engine import State
from purenn.errors import FormatError, TrainingError
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, History, low_loss
from purenn.losses import MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD, Optimizer
from purenn.safetensors import Tensor
from purenn.samples import Samples, as_rows
from purenn.schedules import constant
from purenn.training import fit

SETTINGS = {"seed": "1", "loss": "CrossEntropy"}
INPUTS, TARGETS = [[0, 1], [1, 0], [1, 1]], [1, 2, 3]
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


def float_engine(optimizer: Optimizer | None = None) -> FloatEngine:
    samples = Samples(as_rows(INPUTS), as_rows(TARGETS))
    network = feed_forward([2, 1], Random(0))
    return FloatEngine(network, samples, MeanSquaredError(), optimizer or SGD(momentum=0.9), 3, Random(0))


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def epoch(number: int, loss: float = 0.5) -> Epoch:
    return Epoch(number, loss, None, None, None, 0.1, 0.0)


def logbook(path: Path, *, resume: bool = False, engine: FloatEngine | None = None) -> Logbook:
    return Logbook(engine or float_engine(), SETTINGS, path, resume=resume, merit=low_loss)


def edited(path: Path, metadata: Mapping[str, str | None], tensors: Mapping[str, Tensor] = {}) -> bytes:
    """Write other metadata into a checkpoint, leaving out what is None, and other tensors. The bytes of the file."""
    old_tensors, old = safetensors.read(path)
    new = {key: value for key, value in {**old, **metadata}.items() if value is not None}
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
    with pytest.raises(FormatError, match="model: no checkpoint of purenn"):
        checkpoints.load(tmp_path / "model")


@pytest.mark.parametrize("key", ["settings", "notes", "epochs"])
@pytest.mark.parametrize("value", ["", "{", "[1]", '{"seed": 1}', "[" * 100_000])
def test_a_damaged_checkpoint_is_a_format_error(key: str, value: str, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {key: value})
    with pytest.raises(FormatError, match="c: a damaged checkpoint: "):
        checkpoints.load(tmp_path / "c")


@pytest.mark.parametrize("key", ["settings", "notes", "epochs", "ended"])
def test_a_checkpoint_that_lacks_a_part_names_it(key: str, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    edited(tmp_path / "c", {key: None})
    with pytest.raises(FormatError, match=f"c: a damaged checkpoint: its metadata has no '{key}'"):
        checkpoints.load(tmp_path / "c")


@pytest.mark.parametrize("numbers", [[], [2, 3], [1, 3], [1, 1]])
def test_the_epochs_must_be_all_from_the_first(numbers: list[int], tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", Checkpoint(SETTINGS, SAVED.state, list(map(epoch, numbers)), {}))
    with pytest.raises(FormatError, match=r"c: a damaged checkpoint: the epochs are .*, expected all from 1 on"):
        checkpoints.load(tmp_path / "c")


def test_other_settings_are_refused_and_all_of_them_named(tmp_path: Path) -> None:
    said = "seed 1, now 2; loss CrossEntropy, now not given; rate not given, now 3"
    with pytest.raises(ValueError, match=f"^c is the checkpoint of another training: {said}$"):
        SAVED.check({"seed": "2", "rate": "3"}, "c")
    SAVED.check(dict(SETTINGS), "c")


# What a resumed training has behind it.


def test_a_resumed_training_knows_its_best_epoch(tmp_path: Path) -> None:
    engine = float_engine()
    with logbook(tmp_path / "c", engine=engine) as log:
        for number, loss in enumerate([0.9, 0.3, 0.5, 0.3], start=1):
            engine.train(number, constant(0.1), silent)
            log.add(epoch(number, loss))
            log.save()
        best = listed(log.best_state)
    again = logbook(tmp_path / "c", resume=True)
    assert again.best is not None
    assert again.best.number == History(again.epochs).best.number == 2
    assert listed(again.best_state) == best != listed(engine.network().state())


def test_the_best_network_is_that_after_the_best_epoch_and_without_a_merit_the_last(tmp_path: Path) -> None:
    for merit in (low_loss, None):
        engine = float_engine()
        log = Logbook(engine, SETTINGS, None, resume=False, merit=merit)
        log.add(epoch(1, 0.5))
        first = engine.network().state()
        engine.train(0, constant(0.1), silent)
        log.add(epoch(2, 0.6))
        last = engine.network().state()
        assert first != last
        assert log.best_network().state() == (first if merit else last)


@pytest.mark.parametrize("damage", ["a note", "a tensor", "a shape", "the random numbers", "the memory"])
def test_a_state_that_the_engine_cannot_take_over_is_a_format_error_that_names_the_file(
    damage: str, tmp_path: Path
) -> None:
    with logbook(tmp_path / "c") as log:
        log.add(epoch(1))
        log.save()
    metadata: dict[str, str | None] = {}
    tensors: dict[str, Tensor] = {}
    if damage == "a note":
        metadata = {"notes": '{"bits": "12"}'}
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
        logbook(tmp_path / "c", resume=True)
    assert (tmp_path / "c").read_bytes() == before


# When it is written.


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


def test_a_file_that_cannot_be_gone_on_from_stays_as_it_is_and_so_does_the_network(tmp_path: Path) -> None:
    path = tmp_path / "c"
    trained(path)
    versions: list[bytes] = [path.read_bytes(), edited(path, {"purenn checkpoint": "2"}), b"", b"something else"]
    feed_forward([2, 1], Random(0)).save(path)
    versions.append(path.read_bytes())
    for number, version in enumerate(versions):
        path.write_bytes(version)
        said = "another training: seed 0, now 1$" if number == 0 else "c: "
        with pytest.raises(ValueError, match=said):
            trained(path, resume=True, seed=1)
        assert path.read_bytes() == version
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

"""Checkpoints: what is in the file, what is refused, and what a resumed training knows from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from purenn import checkpoints
from purenn.checkpoints import Checkpoint, Logbook
from purenn.engine import State
from purenn.errors import FormatError
from purenn.float_engine import FloatEngine
from purenn.formats import Tensor, safetensors
from purenn.history import Epoch, History, low_loss
from purenn.losses import MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples, as_rows
from purenn.schedules import constant

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


def float_engine() -> FloatEngine:
    samples = Samples(as_rows(INPUTS), as_rows(TARGETS))
    return FloatEngine(feed_forward([2, 1], Random(0)), samples, MeanSquaredError(), SGD(momentum=0.9), 3, Random(0))


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

"""Checkpoints: what is in the file, what is refused, and that a resumed training gives the same bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from purenn import checkpoints, safetensors
from purenn.checkpoints import Checkpoint, Logbook
from purenn.engine import Engine, State
from purenn.errors import FormatError, ShapeError
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, History
from purenn.lanes_engine import LanesEngine
from purenn.layers import Activation, Dropout, Layer, Linear
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.parallel import ParallelEngine
from purenn.safetensors import Tensor
from purenn.samples import Images, Labels, Samples
from purenn.schedules import Plateau, Schedule, constant, cosine, linear, reduce_on_plateau
from purenn.training import epochs, fit

SETTINGS = {"seed": "1", "loss": "CrossEntropy"}


def bars() -> Samples:
    """60 pictures of 4 × 4 grey pixels with one bright row, which is the class."""
    rng = Random(8)
    labels = [rng.randrange(4) for _ in range(60)]
    pixels = [rng.randrange(200, 256) if i // 4 == label else rng.randrange(90) for label in labels for i in range(16)]
    return Samples(Images(bytes(pixels), height=4, width=4), Labels(labels, classes=4))


def normalized(rng: Random) -> Sequential:
    """A network with a running mean, and with 14 parameters, so that the numbers of the last have two digits."""
    layers: list[Layer] = [Linear(16, 8, rng), BatchNorm(8), Activation("relu"), Dropout(0.2)]
    for _ in range(4):
        layers += [Linear(8, 8, rng), Activation("tanh")]
    return Sequential(*layers, Linear(8, 4, rng))


def with_optimizer(make: Callable[[], Optimizer]) -> Callable[[], Engine]:
    return lambda: FloatEngine(normalized(Random(1)), bars(), CrossEntropy(), make(), 16, Random(2))


ENGINES: dict[str, Callable[[], Engine]] = {
    "sgd": with_optimizer(lambda: SGD(momentum=0.9, nesterov=True, weight_decay=0.01)),
    "plain sgd": with_optimizer(SGD),
    "adagrad": with_optimizer(AdaGrad),
    "rmsprop": with_optimizer(lambda: RMSProp(centred=True, momentum=0.5)),
    "adam": with_optimizer(lambda: Adam(amsgrad=True)),
    "adamw": with_optimizer(AdamW),
    "lanes": lambda: LanesEngine(
        feed_forward([16, 8, 8, 4], Random(1), dropout=0.1), bars(), CrossEntropy(), Random(2), weight_decay=0.001
    ),
    "workers": lambda: ParallelEngine(
        feed_forward([16, 8, 4], Random(1)), bars(), CrossEntropy(), 2, 2, executors=[ThreadPoolExecutor(2)]
    ),
}
every_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def logbook(engine: Engine, path: Path, *, resume: bool) -> Logbook:
    return Logbook(engine, SETTINGS, path, resume=resume, merit=lambda epoch: (-epoch.loss,))


def go_on(engine: Engine, path: Path, until: int, schedule: Schedule) -> tuple[list[list[float]], list[list[float]]]:
    """Train from the checkpoint up to this epoch. Every figure of the record but the seconds, and every number of the
    network."""
    with logbook(engine, path, resume=True) as log:
        for epoch in epochs(engine, until, schedule, validation=bars(), done=tuple(log.epochs)):
            log.add(epoch)
            log.save()
    figures = [[e.number, e.loss, e.accuracy or 0.0, e.watched_loss, e.learning_rate] for e in log.epochs]
    assert log.best is not None
    best = [value for _, tensor in sorted(log.best_state.items()) for value in tensor.values]
    numbers = [list(tensor.values) for tensor in engine.network().state().values()]
    return figures, [*numbers, best, [log.best.number]]


@every_engine
@pytest.mark.parametrize("stops", [[1, 2, 3, 4, 5], [3, 5], [4, 5]])
def test_a_training_in_pieces_gives_the_same_bits_as_one_in_a_whole(
    engine: Callable[[], Engine], stops: list[int], tmp_path: Path
) -> None:
    schedule = linear(0.05, epochs=5)
    whole = go_on(engine(), tmp_path / "whole", 5, schedule)
    for stop in stops:
        pieces = go_on(engine(), tmp_path / "pieces", stop, schedule)
    assert pieces == whole


def run_of_fit(
    path: Path | None, upto: int, plateau: Plateau | None = None, patience: int | None = None
) -> list[object]:
    network = normalized(Random(1))
    history = fit(
        network,
        bars().inputs,
        bars().targets,
        loss=CrossEntropy(),
        optimizer=Adam(),
        epochs=upto,
        schedule=cosine(0.02, epochs=8),
        plateau=plateau,
        validation=0.2,
        patience=patience,
        checkpoint=path,
        resume=True,
    )
    return [[[e.number, e.loss, e.watched_loss, e.learning_rate] for e in history.epochs], network.parameters]


@pytest.mark.parametrize("patience", [None, 1, 3])
@pytest.mark.parametrize("plateau", [None, reduce_on_plateau(factor=0.5, patience=0)])
def test_fit_goes_on_from_its_checkpoint(plateau: Plateau | None, patience: int | None, tmp_path: Path) -> None:
    whole = run_of_fit(None, 8, plateau, patience)
    for upto in (1, 4, 5, 8, 8):  # the last finds all done
        pieces = run_of_fit(tmp_path / "checkpoint", upto, plateau, patience)
    assert pieces == whole


def test_what_a_callback_has_ended_stays_ended(tmp_path: Path) -> None:
    def run() -> int:
        network = feed_forward([16, 4], Random(0))
        history = fit(
            network,
            bars().inputs,
            bars().targets,
            loss=CrossEntropy(),
            checkpoint=tmp_path / "c",
            resume=True,
            callbacks=[lambda epoch: epoch.number == 3],
        )
        return len(history.epochs)

    assert run() == 3
    assert run() == 3


def test_without_resume_a_checkpoint_is_begun_anew(tmp_path: Path) -> None:
    network = feed_forward([16, 4], Random(0))
    for _ in range(2):
        history = fit(network, bars().inputs, bars().targets, loss=CrossEntropy(), epochs=2, checkpoint=tmp_path / "c")
        assert [epoch.number for epoch in history.epochs] == [1, 2]
    assert len(checkpoints.load(tmp_path / "c").epochs) == 2


def test_a_training_that_fails_leaves_its_last_checkpoint(tmp_path: Path) -> None:
    def fail(epoch: Epoch) -> None:
        if epoch.number == 4:
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fit(
            feed_forward([16, 4], Random(0)),
            bars().inputs,
            bars().targets,
            loss=CrossEntropy(),
            checkpoint=tmp_path / "c",
            callbacks=[fail],
        )
    assert len(checkpoints.load(tmp_path / "c").epochs) == 3


# The file.

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


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    loaded = checkpoints.load(tmp_path / "c")
    assert loaded.settings == SETTINGS
    assert loaded.state.notes == SAVED.state.notes
    assert listed(loaded.state.tensors) == listed(SAVED.state.tensors)
    assert listed(loaded.best) == listed(SAVED.best)
    assert loaded.epochs == EPOCHS
    assert loaded.ended


def test_a_newer_version_is_refused_politely(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    tensors, metadata = safetensors.read(tmp_path / "c")
    safetensors.write(tmp_path / "c", tensors, {**metadata, "purenn checkpoint": "2"})
    with pytest.raises(FormatError, match=r"c: a checkpoint of version 2, and this purenn reads up to version 1: "):
        checkpoints.load(tmp_path / "c")


def test_a_model_is_no_checkpoint(tmp_path: Path) -> None:
    feed_forward([2, 1], Random(0)).save(tmp_path / "model")
    with pytest.raises(FormatError, match="model: no checkpoint of purenn"):
        checkpoints.load(tmp_path / "model")


@pytest.mark.parametrize("key", ["settings", "notes", "epochs"])
@pytest.mark.parametrize("value", [None, "{", "[1]", '{"seed": 1}'])
def test_a_damaged_checkpoint_is_a_format_error(key: str, value: str | None, tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "c", SAVED)
    tensors, metadata = safetensors.read(tmp_path / "c")
    del metadata[key]
    safetensors.write(tmp_path / "c", tensors, metadata if value is None else {**metadata, key: value})
    with pytest.raises(FormatError, match="c: a damaged checkpoint: "):
        checkpoints.load(tmp_path / "c")


def test_other_settings_are_refused_and_all_of_them_named(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"another training: seed was 1, now it is 2; rate was not given, now it is 3$"
    ):
        SAVED.check({"seed": "2", "loss": "CrossEntropy", "rate": "3"}, "c")
    SAVED.check(dict(SETTINGS), "c")


def test_another_schedule_is_refused(tmp_path: Path) -> None:
    engine = ENGINES["plain sgd"]()
    done = tuple(epochs(engine, 3, constant(0.1)))
    with pytest.raises(ValueError, match=r"begins epoch 2 with a learning rate of 0\.05, but it was trained with 0\.1"):
        list(epochs(engine, 5, linear(0.1, epochs=2), done=done))


@every_engine
def test_the_state_of_another_network_is_refused(engine: Callable[[], Engine]) -> None:
    other = FloatEngine(feed_forward([16, 5, 4], Random(0)), bars(), CrossEntropy(), SGD(), 10, Random(0))
    with pytest.raises((ShapeError, KeyError)):
        engine().restore(other.state())


def test_a_resumed_training_knows_its_best_epoch(tmp_path: Path) -> None:
    figures = [0.9, 0.3, 0.5]
    engine = ENGINES["plain sgd"]()
    with logbook(engine, tmp_path / "c", resume=False) as log:
        for number, loss in enumerate(figures, start=1):
            log.add(Epoch(number, loss, None, None, None, 0.1, 0.0))
            log.save()
    again = logbook(engine, tmp_path / "c", resume=True)
    assert again.best is not None
    assert again.best.number == 2
    assert History(again.epochs).best.number == 2


def test_a_network_trained_on_is_not_the_best_one_kept(tmp_path: Path) -> None:
    engine = ENGINES["plain sgd"]()
    log = logbook(engine, tmp_path / "c", resume=False)
    log.add(Epoch(1, 0.5, None, None, None, 0.1, 0.0))
    best = [parameter.copy() for parameter in engine.network().parameters]
    engine.train(0, constant(0.5), lambda done, total: None)
    assert engine.network().parameters != best
    network = log.best_network()
    assert network.parameters == best
    assert isinstance(network.parameters[0], Matrix)

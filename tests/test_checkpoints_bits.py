"""That a training which goes on from a checkpoint gives the same bits as one without a break, on every engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from purenn.float_engine import FloatEngine

from purenn import checkpoints
from purenn.checkpoints import Logbook
from purenn.engine import Engine
from purenn.lanes.engine import NUMBER_SCALE, LanesEngine
from purenn.lanes.workers import ParallelEngine
from purenn.layers import Activation, Layer, Linear
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.regularization import Dropout
from purenn.samples import Images, Labels, Samples, as_rows
from purenn.schedules import Plateau, Schedule, constant, cosine, linear, reduce_on_plateau
from purenn.training import epochs, fit

ROOT = Path(__file__).parent.parent
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
        resume=path is not None,
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


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def numbers(engine: Engine) -> list[list[float]]:
    return [list(tensor.values) for tensor in engine.network().state().values()]


@every_engine
@pytest.mark.parametrize("before", [0, 1])
def test_an_engine_goes_back_to_an_earlier_state_as_if_nothing_had_happened_since(
    engine: Callable[[], Engine], before: int
) -> None:
    # back to before its first step too, when there is nothing that an optimizer could remember
    same = engine()
    for epoch in range(before):
        same.train(epoch, constant(0.05), silent)
    state = same.state()
    results: list[object] = []
    for _ in range(2):
        scores = [same.train(epoch, constant(0.05), silent) for epoch in range(before, before + 2)]
        results.append([scores, numbers(same), same.evaluate(bars())])
        same.restore(state)
    assert results[0] == results[1]
    assert same.state() == state


@every_engine
def test_a_state_is_a_copy_that_training_leaves_alone(engine: Callable[[], Engine]) -> None:
    trained = engine()
    trained.train(0, constant(0.05), silent)
    state = trained.state()
    before = {name: list(tensor.values) for name, tensor in state.tensors.items()}
    trained.train(1, constant(0.05), silent)
    assert {name: list(tensor.values) for name, tensor in state.tensors.items()} == before


@every_engine
def test_evaluating_and_looking_at_a_restored_engine_changes_nothing(engine: Callable[[], Engine]) -> None:
    first, second = engine(), engine()
    first.train(0, constant(0.05), silent)
    second.restore(first.state())
    for sample in (bars(), bars().select([3])):
        second.evaluate(sample)
    assert second.state() == first.state()
    assert second.network().parameters == first.network().parameters
    assert second.train(1, constant(0.05), silent) == first.train(1, constant(0.05), silent)
    assert second.state() == first.state()


def test_a_restored_lanes_engine_still_minds_the_loudest_inputs_it_has_seen() -> None:
    network = feed_forward([1, 1], Random(0))
    engine = LanesEngine(network, Samples(as_rows([1.0]), as_rows([1.0])), MeanSquaredError(), Random(0))
    engine.evaluate(Samples(as_rows([100.0]), as_rows([1.0])))
    highest = engine.packed.first.highest
    engine.restore(engine.state())
    assert engine.packed.first.highest == highest == 100 * NUMBER_SCALE


def test_python_may_hash_otherwise_in_the_process_that_goes_on(tmp_path: Path) -> None:
    def train(epochs: int, seed: str, name: str) -> object:
        command = [sys.executable, "-m", "purenn", "train", "circles", "--schedule", "constant", "--dropout", "0.1"]
        command += ["--epochs", f"{epochs}", "--resume", "--checkpoint", str(tmp_path / name)]
        command += ["--out", str(tmp_path / "model")]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
        state = checkpoints.load(tmp_path / name).state
        return {name: list(tensor.values) for name, tensor in state.tensors.items()}, state.notes

    train(2, "1", "pieces")
    assert train(4, "2", "pieces") == train(4, "3", "whole")


def trained(
    path: Path, *, seed: int = 8, patience: int = 2, upto: int = 6, weights: Sequence[float] | None = None
) -> int:
    """How many epochs a training has in the end, on samples of this seed."""
    rng = Random(seed)
    inputs = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    history = fit(
        feed_forward([8, 30, 1], Random(0), hidden="tanh"),
        inputs,
        [rng.gauss(0, 1) for _ in inputs],
        loss=MeanSquaredError(),
        optimizer=SGD(0.2),
        epochs=upto,
        validation=0.5,
        patience=patience,
        sample_weights=weights,
        checkpoint=path,
        resume=True,
    )
    return len(history.epochs)


def test_a_training_whose_patience_ran_out_goes_on_with_more_of_it(tmp_path: Path) -> None:
    ended = trained(tmp_path / "c", upto=50)
    assert ended < 50
    assert trained(tmp_path / "c", upto=50) == ended
    assert trained(tmp_path / "c", upto=50, patience=5) >= ended + 3


@pytest.mark.parametrize("other", [{"seed": 9}, {"weights": [2.0] * 40}], ids=["numbers", "weights"])
def test_a_checkpoint_of_other_samples_is_refused(other: dict[str, int | list[float]], tmp_path: Path) -> None:
    trained(tmp_path / "c")
    anything: Callable[..., object] = trained
    with pytest.raises(ValueError, match=r"training samples 20 of checksum [0-9a-f]{8}, now 20 of checksum"):
        anything(tmp_path / "c", **other)

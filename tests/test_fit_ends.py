"""When `fit` ends, by patience or by a callback, what is held back to go by, and what the network is in the end."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from random import Random

import pytest

from purenn.engine import Progress, Score, evaluate
from purenn.float_engine import FloatEngine
from purenn.history import Epoch, stop_at
from purenn.layers import Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.metrics import classes
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples, as_rows
from purenn.schedules import Schedule, constant, linear, reduce_on_plateau
from purenn.training import fit


def line() -> Sequential:
    """y = weight · x + bias, which begin at 0."""
    layer = Linear(1, 1, Random(0))
    layer.weight = Matrix([[0.0]])
    return Sequential(layer)


def noisy() -> tuple[list[list[float]], list[float]]:
    rng = Random(4)
    inputs = [[rng.gauss(0, 1) for _ in range(8)] for _ in range(40)]
    return inputs, [row[0] + rng.gauss(0, 1.0) for row in inputs]


def overfitted(patience: int | None) -> tuple[list[Epoch], float]:
    """A network that learns noise by heart: its epochs, and its loss on what was held back, in the end."""
    inputs, targets = noisy()
    network = feed_forward([8, 30, 1], Random(0), hidden="tanh")
    validation = Samples(as_rows(inputs[20:]), as_rows(targets[20:]))
    history = fit(
        network,
        inputs[:20],
        targets[:20],
        loss=MeanSquaredError(),
        optimizer=SGD(0.1),
        epochs=80,
        validation=validation,
        patience=patience,
    )
    return list(history.epochs), evaluate(network, validation, MeanSquaredError()).loss


def test_patience_ends_training_and_brings_back_the_best_weights() -> None:
    epochs, loss = overfitted(patience=4)
    best = min(epochs, key=lambda epoch: epoch.watched_loss)
    assert len(epochs) == best.number + 4 < 80
    assert loss == pytest.approx(best.watched_loss, rel=1e-12)
    assert loss < epochs[-1].watched_loss


def test_without_patience_the_last_weights_stay() -> None:
    epochs, loss = overfitted(patience=None)
    assert len(epochs) == 80
    assert loss == pytest.approx(epochs[-1].watched_loss, rel=1e-12)
    assert loss > min(epoch.watched_loss for epoch in epochs)


def test_patience_that_is_never_exhausted_brings_back_the_best_weights_too() -> None:
    epochs, loss = overfitted(patience=80)
    assert len(epochs) == 80
    assert loss == pytest.approx(min(epoch.watched_loss for epoch in epochs), rel=1e-12)


def scripted(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], patience: int, *, validation: bool
) -> tuple[int, int]:
    """After how many epochs a training of these losses ends, and the number of the epoch whose weights it ends with."""
    script: Iterator[float] = iter(losses)
    learn = FloatEngine.train

    def train(self: FloatEngine, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        score = learn(self, epoch, schedule, progress)
        return score if validation else Score(next(script), None)

    monkeypatch.setattr(FloatEngine, "train", train)
    monkeypatch.setattr(FloatEngine, "evaluate", lambda self, samples: Score(next(script), None))
    network, weights = line(), [nan]
    history = fit(
        network,
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(0.01),
        epochs=len(losses),
        patience=patience,
        validation=Samples(as_rows([1.0]), as_rows([1.0])) if validation else None,
        callbacks=[lambda epoch: weights.append(network.parameters[0][0, 0])],
    )
    return len(history.epochs), weights.index(network.parameters[0][0, 0])


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [
        ([5.0, 4.0, 6.0, 3.0], 1, (3, 2)),
        ([5.0, 4.0, 6.0, 3.0], 2, (4, 4)),  # better just in time
        ([5.0, 4.0, 4.0, 4.0, 3.0], 2, (4, 2)),  # as good is not better, and of equals the first is kept
        ([5.0, 4.0, 6.0, 3.0, 6.0, 3.5, 1.0], 2, (6, 4)),  # each better epoch begins the count anew
        ([nan, inf, 2.0, nan, nan, 1.0], 2, (5, 3)),  # what is no number is never the best
        ([3.0, 2.0, 1.0], 1, (3, 3)),
    ],
)
def test_patience_counts_the_epochs_since_the_best(
    losses: list[float], patience: int, expected: tuple[int, int], validation: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scripted(monkeypatch, losses, patience, validation=validation) == expected


def test_the_best_weights_come_back_when_a_callback_ends_the_training_too() -> None:
    seen: list[float] = []
    network = line()
    fit(
        network,
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        schedule=lambda epoch: 0.01 if epoch < 3 else 1.0,  # which throws everything over
        epochs=9,
        patience=9,
        validation=Samples(as_rows([1, 3]), as_rows([2, 4])),
        callbacks=[lambda epoch: seen.append(network.parameters[0][0, 0]), lambda epoch: epoch.number == 6],
    )
    assert len(seen) == 6
    assert network.parameters[0][0, 0] == seen[2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_best_weights_come_back_when_an_error_ends_the_training_too(error: type[BaseException]) -> None:
    inputs, targets = noisy()
    network = feed_forward([8, 30, 1], Random(0), hidden="tanh")
    validation = Samples(as_rows(inputs[20:]), as_rows(targets[20:]))
    seen: list[float] = []

    def stop(epoch: Epoch) -> None:
        seen.append(epoch.watched_loss)
        if epoch.number == 6:
            raise error

    optimizer = SGD(0.1)
    with pytest.raises(error):
        fit(
            network,
            inputs[:20],
            targets[:20],
            loss=MeanSquaredError(),
            optimizer=optimizer,
            schedule=constant(0.2),
            validation=validation,
            patience=50,
            callbacks=[stop],
        )
    assert min(seen) < seen[-1]
    assert evaluate(network, validation, MeanSquaredError()).loss == pytest.approx(min(seen), rel=1e-12)
    assert optimizer.learning_rate == 0.1


def test_a_target_ends_training() -> None:
    history = fit(line(), [1, 3], [2, 4], loss=MeanSquaredError(), epochs=500, callbacks=[stop_at(loss=0.01)])
    assert history.losses[-1] <= 0.01 < history.losses[-2]


def test_callbacks_may_be_an_iterator() -> None:
    seen: list[Epoch] = []
    fit(line(), [1, 3], [2, 4], loss=MeanSquaredError(), epochs=3, optimizer=SGD(0.01), callbacks=iter([seen.append]))
    assert [epoch.number for epoch in seen] == [1, 2, 3]


def test_a_plateau_lowers_the_rate() -> None:
    # a rate so low that the loss stays within a ten-thousandth: after 2 epochs without progress the rate is halved
    history = fit(
        line(),
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        optimizer=SGD(1e-9),
        epochs=6,
        plateau=reduce_on_plateau(factor=0.5, patience=1),
    )
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([1e-9] * 3 + [5e-10] * 2 + [2.5e-10])


def test_a_plateau_goes_by_validation_and_multiplies_the_rate_of_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([5.0, 4.0, 4.0, 4.0, 4.0])
    monkeypatch.setattr(FloatEngine, "evaluate", lambda self, samples: Score(next(losses), None))
    history = fit(
        line(),
        [1, 3],
        [2, 4],
        loss=MeanSquaredError(),
        epochs=5,
        validation=([1], [2]),
        schedule=linear(0.01, epochs=10),
        plateau=reduce_on_plateau(factor=0.5, patience=0),
    )
    assert history.losses == sorted(history.losses, reverse=True)  # in training there is no plateau
    factors = [1.0, 1.0, 1.0, 0.5, 0.25]
    rates = [factor * 0.001 * (10 - number) for number, factor in enumerate(factors)]
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx(rates)


# What is held back.


def rare(seed: int, often: int = 190, seldom: int = 10) -> tuple[list[list[float]], list[int]]:
    """Two clouds that overlap; class 1 is rare."""
    rng = Random(seed)
    targets = [0] * often + [1] * seldom
    return [[rng.gauss(1.2 * label, 1.0), rng.gauss(1.2 * label, 1.0)] for label in targets], targets


@pytest.mark.parametrize("outputs", [1, 2])
def test_each_class_is_held_back_in_its_proportion(outputs: int) -> None:
    inputs, targets = rare(0, often=90, seldom=10)

    def ones(predictions: Matrix, t: Matrix) -> float:
        return sum(classes(t))

    network = feed_forward([2, outputs], Random(0))
    loss = BinaryCrossEntropy()
    for seed in range(3):
        history = fit(network, inputs, targets, loss=loss, epochs=1, validation=0.2, metrics={"ones": ones}, seed=seed)
        assert history.epochs[0].metrics == {"ones": 8, "validation_ones": 2}


def test_quantities_are_held_back_as_they_come() -> None:
    history = fit(line(), [1, 2, 3, 4], [1, 1, 1, 2], loss=MeanSquaredError(), optimizer=SGD(0.01), validation=0.25)
    assert history.epochs[0].validation_loss is not None


def test_a_class_of_one_sample_goes_to_one_part_or_the_other() -> None:
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 2, 2]
    network = feed_forward([2, 3], Random(0))
    history = fit(
        network, inputs, targets, loss=CrossEntropy(), validation=0.75, class_weights="balanced", metrics={"n": rows}
    )
    assert history.epochs[0].metrics == {"n": 1, "validation_n": 3}


def rows(predictions: Matrix, t: Matrix) -> float:
    return t.rows

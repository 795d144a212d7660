"""Engines: who computes when a network is trained, and how an answer is scored.

The training loop decides when and how often; an engine does the arithmetic of one pass over the samples. `float_engine`
computes with Python floats and takes any network; `lanes_engine` is fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from random import Random
from typing import NamedTuple, Protocol, Union

from purenn.formats.safetensors import Tensor
from purenn.losses import Loss, check_target
from purenn.matrix import Matrix
from purenn.metrics import classes, labels
from purenn.network import Sequential
from purenn.samples import Images, Labels, Rows, Samples, Selection
from purenn.schedules import Schedule

__all__ = [
    "Answers",
    "Engine",
    "Progress",
    "Score",
    "State",
    "answers_of",
    "check_samples",
    "count_right",
    "evaluate",
    "note_of",
    "part_of",
    "random_state",
    "restore_random",
    "score_of",
    "weighted_loss",
    "weights_of",
]

Progress = Callable[[int, int], None]  # samples done in this epoch, samples in all
Answers = Callable[[Matrix], Union[list[int], list[list[int]]]]
ADVICE = "try a lower learning rate or inputs on a smaller scale"


class Score(NamedTuple):
    """The loss, averaged over samples, and the part of them answered right: None where the targets are quantities."""

    loss: float
    accuracy: float | None


class State(NamedTuple):
    """What the next epoch of an engine depends on, besides its samples and options: in tensors, and in a few words."""

    tensors: dict[str, Tensor]
    notes: dict[str, str]


class Engine(Protocol):
    """Who computes. An engine has its training samples from the start and trains a network on them."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples in random order; `epoch` counts from 0. TrainingError if it diverges."""
        ...

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        ...

    def network(self) -> Sequential:
        """The network as it is now, in floats."""
        ...

    def state(self) -> State:
        """What an equal engine needs to go on from here, between two epochs, and give the same bits."""
        ...

    def restore(self, state: State) -> None:
        """Go on from this state of an equal engine. Raises ValueError or ShapeError if it is of another."""
        ...


def part_of(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with this prefix, under what follows it."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def note_of(state: State, name: str) -> str:
    """What an engine has noted under this name. Raises ValueError if there is no such note: another engine wrote it."""
    if name not in state.notes:
        raise ValueError(f"the state of another engine: it has no {name!r}, only {', '.join(state.notes) or 'nothing'}")
    return state.notes[name]


def random_state(rng: Random) -> str:
    """Where a generator is in its sequence, as JSON."""
    return json.dumps(rng.getstate())


def restore_random(rng: Random, state: str) -> None:
    """Put a generator back to where `random_state` found it. Raises ValueError for anything else."""
    try:
        version, numbers, spare = json.loads(state)
        rng.setstate((version, tuple(numbers), None if spare is None else float(spare)))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"not the state of a random number generator, {state[:40]!r}: {error}") from error


def evaluate(network: Sequential, samples: Samples, loss: Loss) -> Score:
    """The loss of a network on these samples, and its accuracy where their targets are classes or labels."""
    return score_of(network, samples, loss, answers_of(samples.targets))


def score_of(network: Sequential, samples: Samples, loss: Loss, answers: Answers | None) -> Score:
    """The same for answers of this kind, that of the samples trained on: among the few of a validation part, labels may
    look like classes."""
    total, right = 0.0, 0
    for start in range(0, len(samples), 100):
        batch = range(start, min(start + 100, len(samples)))
        x, targets = samples.take(batch)
        outputs = network(x)
        total += weighted_loss(loss, outputs, targets, weights_of(samples, batch)) * x.rows
        right += count_right(answers, loss, outputs, targets)
    return Score(total / len(samples), right / len(samples) if answers else None)


def weights_of(samples: Samples, batch: Sequence[int]) -> list[float]:
    """The weight of each sample; an empty list if they all count the same."""
    return [] if samples.weights is None else [float(samples.weights[i]) for i in batch]


def weighted_loss(loss: Loss, outputs: Matrix, targets: Matrix, weights: Sequence[float]) -> float:
    """The loss of a batch: Σ weight · loss / n, with each sample's loss taken alone where weights are given."""
    if not weights:
        return loss.value(outputs, targets)
    pairs = zip(weights, outputs, targets)
    return sum(w * loss.value(Matrix.wrap([y]), Matrix.wrap([t])) for w, y, t in pairs if w) / outputs.rows


def count_right(answers: Answers | None, loss: Loss, outputs: Matrix, targets: Matrix) -> int:
    """How many of a batch are answered right; 0 where there is nothing to be right about."""
    if answers is None:
        return 0
    return sum(p == t for p, t in zip(answers(loss.predictions(outputs)), answers(targets)))


def answers_of(targets: Rows) -> Answers | None:
    """What makes an answer of a row: `classes` for one-hot rows and for a single yes or no, `labels` where several may
    hold at once (an answer is right if they all are), None for quantities."""
    if isinstance(targets, Selection):
        return answers_of(targets.whole)
    if isinstance(targets, Labels):
        return classes
    ones: set[int] = set()
    for row in _rows(targets):
        if not {*row} <= {0.0, 1.0}:
            return None
        ones.add(1 if len(row) == 1 else row.count(1.0))
    return classes if ones == {1} else labels


def check_samples(samples: Samples, loss: Loss, what: str = "") -> None:
    """Raise ValueError, naming the place, for a number that is not finite or a target that the loss cannot mean."""
    _check_finite(samples.inputs, f"{what}input")
    _check_finite(samples.targets, f"{what}target")
    _check_targets(loss, samples.targets, f"{what}target")


def _check_targets(loss: Loss, targets: Rows, what: str) -> None:
    if isinstance(targets, Selection):
        _check_targets(loss, targets.whole, what)
    else:
        for i, row in enumerate(_rows(targets)):
            check_target(loss, row, f"{what} row {i}")
            if isinstance(targets, Labels):
                break  # they are all one-hot


def _check_finite(rows: Rows, what: str) -> None:
    """Raise ValueError naming the first number that is infinite or NaN. Bytes and class numbers cannot be."""
    if isinstance(rows, Selection):
        _check_finite(rows.whole, what)
    elif not isinstance(rows, (Images, Labels)):
        for i, row in enumerate(_rows(rows)):
            for j, value in enumerate(row):
                if not isfinite(value):
                    raise ValueError(f"{what} row {i}, column {j} is {value}, expected a finite number")


def _rows(rows: Rows) -> Iterator[list[float]]:
    """Row after row, without holding all of them at once."""
    return (rows.take([i])[0] for i in range(len(rows)))

"""`purenn train`: choose sensible settings, train, report every epoch, and keep the best network on disk.

The best is chosen, and a target reached, on a validation part of the training samples. The test set is scored after
each epoch for the reader's eyes and decides nothing.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from purenn import __version__, datasets, schedules
from purenn.console import Bar
from purenn.datasets import Dataset
from purenn.engine import Engine, FloatEngine, Score
from purenn.errors import TrainingError
from purenn.files import check_writable
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.options import Options
from purenn.preprocessing import split
from purenn.safetensors import Tensor
from purenn.samples import Labels, Samples
from purenn.schedules import Schedule
from purenn.training import Epoch, epochs

__all__ = ["RECIPES", "Recipe", "train"]


@dataclass(frozen=True)
class Recipe:
    """Settings that suit a data set, for all that the user leaves open; those of pictures were chosen by validation."""

    hidden: tuple[int, ...]
    epochs: int
    learning_rate: float
    batch_size: int = 32
    momentum: float = 0.0
    activation: str = "relu"


PICTURES = Recipe(hidden=(128,), epochs=10, learning_rate=0.5)
RECIPES = {
    "fashion-mnist": Recipe(hidden=(128,), epochs=10, learning_rate=0.2),
    "strokes": Recipe(hidden=(64,), epochs=5, learning_rate=0.5),
    "and": Recipe(hidden=(), epochs=200, learning_rate=1.0),
    "or": Recipe(hidden=(), epochs=200, learning_rate=1.0),
    "xor": Recipe(hidden=(8,), epochs=500, learning_rate=0.5, activation="tanh"),
    "house-prices": Recipe(hidden=(), epochs=100, learning_rate=0.05),
    "circles": Recipe(hidden=(16,), epochs=100, learning_rate=0.1, activation="tanh", momentum=0.9),
    "moons": Recipe(hidden=(16,), epochs=100, learning_rate=0.1, activation="tanh", momentum=0.9),
    "spirals": Recipe(hidden=(24, 24), epochs=60, learning_rate=0.1, batch_size=16, momentum=0.9),
    "blobs": Recipe(hidden=(), epochs=30, learning_rate=0.1),
}


def train(options: Options) -> int:
    """Train, and save the network whenever it is the best so far on the validation samples."""
    started = time.monotonic()
    name = options.dataset or "strokes"
    out = options.out or Path(f"{name}.safetensors")
    check_writable(out)  # now, and not after an hour of training
    dataset = datasets.load(name, options.data)
    rng = Random(options.seed)
    training, validation = _parts(dataset.train, options.limit, rng)
    recipe = _recipe(options, len(training))
    loss = _loss(dataset)
    sizes = [training.inputs.columns, *recipe.hidden, training.targets.columns]
    network = feed_forward(sizes, rng, hidden=recipe.activation, dropout=options.dropout)
    optimizer = SGD(recipe.learning_rate, momentum=recipe.momentum, weight_decay=options.weight_decay)
    engine = FloatEngine(network, training, loss, optimizer, recipe.batch_size, rng)
    schedule = SCHEDULES[options.schedule](recipe)
    keeper = _Keeper(engine, out, {"dataset": name, "loss": loss.name, "classes": "\n".join(dataset.classes)})
    report = _Report(dataset, engine, options.json, started, recipe.epochs)
    try:
        report.begin(len(training), len(validation))
        for epoch in epochs(engine, recipe.epochs, schedule, validation=validation, progress=report.progress):
            test = engine.evaluate(dataset.test)
            keeper.consider(epoch, test)
            report.epoch(epoch, test)
            if options.target_accuracy and (epoch.validation_accuracy or 0.0) >= options.target_accuracy:
                break
        keeper.flush()
    except KeyboardInterrupt:
        report.bar.clear()
        keeper.interrupted()
        print(f"interrupted; {keeper.words}", file=sys.stderr)
        return 130
    except TrainingError as error:
        report.bar.clear()
        keeper.flush()
        raise TrainingError(f"{error}; {keeper.words}") from error
    report.done(keeper)
    return 0


SCHEDULES: dict[str, Callable[[Recipe], Schedule]] = {
    "constant": lambda r: schedules.constant(r.learning_rate),
    "linear": lambda r: schedules.linear(r.learning_rate, r.epochs),
    "cosine": lambda r: schedules.cosine(r.learning_rate, r.epochs),
    "step": lambda r: schedules.step_decay(r.learning_rate, every=max(r.epochs // 3, 1)),
    "exponential": lambda r: schedules.exponential_decay(r.learning_rate, 0.01 ** (1.0 / r.epochs)),  # to a hundredth
}


def _recipe(options: Options, samples: int) -> Recipe:
    """What the user chose, and for the rest what suits the data set, which has so many samples to train on."""
    recipe = RECIPES.get(options.dataset or "strokes", PICTURES)
    return Recipe(
        hidden=recipe.hidden if options.hidden is None else tuple(options.hidden),
        epochs=options.epochs or recipe.epochs,
        learning_rate=options.learning_rate or recipe.learning_rate,
        batch_size=options.batch_size or min(recipe.batch_size, samples),
        momentum=recipe.momentum if options.momentum is None else options.momentum,
        activation=options.activation or recipe.activation,
    )


def _parts(samples: Samples, limit: int | None, rng: Random) -> tuple[Samples, Samples]:
    """Samples to train on, and a tenth of them, each class in its proportion, to choose by: at most 5,000.

    Where there are fewer than 20, as in a logical gate, they are all needed for both.
    """
    count = min(limit or len(samples), len(samples))
    if count < 20:
        samples = samples.select(range(count))
        return samples, samples
    labels = samples.targets.values[:count] if isinstance(samples.targets, Labels) else None
    larger, smaller = split(count, min(0.1, 5000 / count), rng, stratify=labels)
    return samples.select(larger), samples.select(smaller)


def _loss(dataset: Dataset) -> Loss:
    """Cross-entropy for classes, in its binary form for a single yes or no, and squared error for a quantity."""
    if not dataset.classes:
        return MeanSquaredError()
    return BinaryCrossEntropy() if dataset.train.targets.columns == 1 else CrossEntropy()


class _Keeper:
    """Keeps the best network: in memory at once, on disk at most once a second, and `flush` writes what is left."""

    def __init__(self, engine: Engine, out: Path, metadata: dict[str, str]) -> None:
        self.engine = engine
        self.out = out
        self.metadata = {"made by": f"purenn {__version__}", **metadata}
        self.best: Epoch | None = None
        self.test = Score(0.0, None)
        self.unsaved: dict[str, Tensor] = {}
        self.saved_at = -math.inf

    def consider(self, epoch: Epoch, test: Score) -> None:
        """Keep the network if it is better on the validation samples than any before: more accurate, then less loss."""
        if self.best is None or _merit(epoch) > _merit(self.best):
            self.unsaved = self.engine.network().state()
            self.best, self.test = epoch, test
            if time.monotonic() - self.saved_at > 1.0:  # a save waits for the disk; epochs of milliseconds do not
                self.flush()

    def flush(self) -> None:
        """Write the best network, if it is not on disk yet."""
        if self.unsaved:
            network = self.engine.network()
            network.load_state(self.unsaved)
            network.save(self.out, self.metadata)
            self.unsaved, self.saved_at = {}, time.monotonic()

    def interrupted(self) -> None:
        """Write the best network or, where no epoch has ended yet, the network as it is."""
        if self.best is None:
            self.unsaved = self.engine.network().state()
        self.flush()

    @property
    def words(self) -> str:
        """What is in the file, for an error message."""
        if self.saved_at == -math.inf:
            return "nothing was saved"
        return f"{self.out} holds the network after {f'epoch {self.best.number}' if self.best else 'its first steps'}"


def _merit(epoch: Epoch) -> tuple[float, float]:
    return epoch.validation_accuracy or 0.0, -(epoch.validation_loss or 0.0)


class _Report:
    """Tells how the training goes: to people on stderr, to programs as JSON lines on stdout."""

    def __init__(self, dataset: Dataset, engine: Engine, json_lines: bool, started: float, epochs: int) -> None:
        self.dataset = dataset
        self.engine = engine
        self.json_lines = json_lines
        self.started = started
        self.epochs = epochs
        self.bar = Bar()
        self.label = f"epoch 1/{epochs}"
        self.number = 0

    def begin(self, training: int, validation: int) -> None:
        """Say what will be trained on what."""
        counts = f"{training:,} samples to train on, {validation:,} to validate, {len(self.dataset.test):,} to test"
        print(f"{self.dataset.name}: {counts}", file=sys.stderr)
        print(f"{self.engine.name} engine: {self.engine.network()}", file=sys.stderr)
        self.bar.start()

    def progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.show(self.label, done, total)

    def epoch(self, epoch: Epoch, test: Score) -> None:
        """Report an epoch, and make the bar ready for the next."""
        seconds = time.monotonic() - self.started
        self.bar.clear()
        print(f"{self.label:<12} {_figures(epoch, test)}  {seconds:6.1f} s", file=sys.stderr)
        self.number = epoch.number
        self.label = f"epoch {epoch.number + 1}/{self.epochs}"
        self.bar.start()
        self._json(
            event="epoch",
            epoch=epoch.number,
            loss=epoch.loss,
            accuracy=epoch.accuracy,
            validation_loss=epoch.validation_loss,
            validation_accuracy=epoch.validation_accuracy,
            test_loss=test.loss,
            test_accuracy=test.accuracy,
            learning_rate=epoch.learning_rate,
            seconds=round(seconds, 3),
        )

    def done(self, keeper: _Keeper) -> None:
        """Report the network that was kept and say what can be done with it."""
        self._json(
            event="done",
            dataset=self.dataset.name,
            engine=self.engine.name,
            workers=1,
            test_accuracy=keeper.test.accuracy,
            test_loss=keeper.test.loss,
            epochs=self.number,
            seconds=round(time.monotonic() - self.started, 3),
            model=str(keeper.out),
        )
        if self.json_lines or keeper.best is None:
            return
        score = keeper.test
        result = f"loss {score.loss:.4g}" if score.accuracy is None else f"accuracy {_percent(score.accuracy)}"
        print(f"test {result}, after epoch {keeper.best.number}, the best in validation")
        print(f"saved {keeper.out}")
        print(f"try   python -m purenn evaluate {keeper.out}")

    def _json(self, **fields: str | int | float | None) -> None:
        if self.json_lines:
            print(json.dumps(fields), flush=True)


def _figures(epoch: Epoch, test: Score) -> str:
    if epoch.accuracy is None or epoch.validation_accuracy is None or test.accuracy is None:
        return f"loss {epoch.loss:9.4g}  validation {epoch.validation_loss:9.4g}  test {test.loss:9.4g}"
    parts = f"validation {_percent(epoch.validation_accuracy)}  test {_percent(test.accuracy)}"
    return f"loss {epoch.loss:.4f}  accuracy {_percent(epoch.accuracy)}  {parts}"


def _percent(part: float) -> str:
    return f"{100.0 * part:.2f} %"

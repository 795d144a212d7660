"""`purenn train`: train a network as the recipe says, report every epoch, and keep the best network on disk.

The best is chosen, and a target reached, on a validation part of the training samples. The test set is scored after
each epoch for the reader's eyes and decides nothing.
"""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from purenn import __version__, datasets
from purenn.console import Bar
from purenn.datasets import Dataset
from purenn.engine import Engine, Score
from purenn.errors import TrainingError
from purenn.files import check_writable
from purenn.options import Options
from purenn.recipes import prepare
from purenn.safetensors import Tensor
from purenn.training import Epoch, epochs

__all__ = ["train"]


def train(options: Options) -> int:
    """Train, and save the network whenever it is the best so far on the validation samples."""
    started = time.monotonic()
    name = options.dataset or "strokes"
    out = options.out or Path(f"{name}.safetensors")
    check_writable(out)  # now, and not after an hour of training
    dataset = datasets.load(name, options.data)
    with ExitStack() as stack:
        run = prepare(options, dataset, stack)
        metadata = {"dataset": name, "loss": run.loss.name, "classes": "\n".join(dataset.classes)}
        keeper = _Keeper(run.engine, out, metadata)
        report = _Report(dataset, run.engine.name, options, started, run.epochs)
        try:
            report.begin(len(run.training), len(run.validation), f"{run.why}: {run.engine.network()}")
            progress = report.progress
            for epoch in epochs(run.engine, run.epochs, run.schedule, validation=run.validation, progress=progress):
                test = run.engine.evaluate(dataset.test)
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

    def __init__(self, dataset: Dataset, engine: str, options: Options, started: float, epochs: int) -> None:
        self.dataset = dataset
        self.engine = engine
        self.json_lines = options.json
        self.workers = options.workers
        self.started = started
        self.epochs = epochs
        self.bar = Bar()
        self.label = f"epoch 1/{epochs}"
        self.number = 0

    def begin(self, training: int, validation: int, what: str) -> None:
        """Say what will be trained on what."""
        counts = f"{training:,} samples to train on, {validation:,} to validate, {len(self.dataset.test):,} to test"
        print(f"{self.dataset.name}: {counts}", file=sys.stderr)
        print(what, file=sys.stderr)
        self.bar.start()

    def progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.show(self.label, done, total)

    def epoch(self, epoch: Epoch, test: Score) -> None:
        """Report an epoch, and make the bar ready for the next."""
        seconds = time.monotonic() - self.started
        self.bar.clear()
        self.number = epoch.number
        if self.epochs <= 50 or self.number % (self.epochs // 20) == 0:  # hundreds of lines would tell no more
            print(f"{self.label:<12} {_figures(epoch, test)}  {seconds:6.1f} s", file=sys.stderr)
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
            engine=self.engine,
            workers=self.workers,
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

"""The report of a training in progress: lines and a bar for people on stderr, JSON lines for programs on stdout."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from purenn.cli.invocation import command
from purenn.cli.output import print_json
from purenn.cli.terminal import Bar
from purenn.datasets import Dataset
from purenn.history import Epoch, History
from purenn.training import Training

__all__ = ["Report", "say"]


def say(text: str) -> None:
    """Print a line for people, if there is something to say."""
    if text:
        print(text, file=sys.stderr)


class Report:
    """The report of a training on a data set from a folder, None for the usual places.

    `epochs` is how many there will be, `started` when the command began.
    """

    def __init__(self, dataset: Dataset, folder: Path | None, epochs: int, started: float, *, as_json: bool) -> None:
        self.dataset = dataset
        self.folder = folder
        self.epochs = epochs
        self.started = started
        self.as_json = as_json
        self.bar = Bar()
        self.label = f"epoch 1/{epochs}"
        self.number = 0

    def warn(self, text: str) -> None:
        """Say something that may be wrong or unexpected, to people and to programs, if there is something to say."""
        if text:
            self.bar.clear()
            say(text)
            self._json("warning", message=text)

    def begin(self, samples: int, engine: str, training: Training, checkpoint: Path | None, *, resume: bool) -> None:
        """Say what will be trained, on how many samples and by which engine, and what is done already."""
        counts = f"{samples:,} samples to train on, {len(training.plan.validation or ()):,} to validate"
        say(f"{self.dataset.name}: {counts}, {len(self.dataset.test):,} to test")
        say(f"{engine}: {training.engine.network()}")
        say(self._about_checkpoint(training, checkpoint, resume))
        self.number = len(training.done)
        self.label = f"epoch {self.number + 1}/{self.epochs}"
        self.bar.start()

    def _about_checkpoint(self, training: Training, path: Path | None, resume: bool) -> str:
        """Say what is in the checkpoint and what becomes of it, if there is something to say."""
        done = len(training.done)
        if done:
            reason = training.stopped or (f"all {self.epochs} are done" if done >= self.epochs else "")
            return f"{path} ends with epoch {done}: {reason}" if reason else f"going on after epoch {done}, from {path}"
        if resume:
            return f"{path} is not there yet: beginning with epoch 1"
        there = path is not None and path.exists()
        return f"{path} is there already and will be replaced" if there else ""

    def progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.show(self.label, done, total)

    def epoch(self, epoch: Epoch, *, last: bool) -> bool:
        """Report an epoch. Return True if people got a line too: of hundreds of epochs they are shown about 20.

        `last` says that training stops after it.
        """
        seconds = time.monotonic() - self.started
        self.bar.clear()
        self.number = epoch.number
        shown = self.epochs <= 50 or self.number % (self.epochs // 20) == 0 or last
        if shown:
            say(f"{self.label:<12} {_figures(epoch)}  {seconds:6.1f} s")
        self.label = f"epoch {epoch.number + 1}/{self.epochs}"
        self.bar.start()
        self._json(
            "epoch",
            epoch=epoch.number,
            loss=epoch.loss,
            accuracy=epoch.accuracy,
            validation_loss=epoch.validation_loss,
            validation_accuracy=epoch.validation_accuracy,
            test_loss=epoch.metrics["test_loss"],
            test_accuracy=epoch.metrics.get("test_accuracy"),
            learning_rate=epoch.learning_rate,
            seconds=round(seconds, 3),
        )
        return shown

    def interrupted(self, text: str) -> None:
        """Say what is on disk after Ctrl-C."""
        say(f"interrupted; {text}")
        self._json("error", message=f"interrupted; {text}", status=130)

    def done(self, training: Training, workers: int, out: Path, kept: Path | None = None) -> None:
        """Report the network that was saved, and say what can be done with it. `kept` is a file that stays."""
        best = training.best or training.done[-1]
        loss, accuracy = best.metrics["test_loss"], best.metrics.get("test_accuracy")
        self._json(
            "done",
            dataset=self.dataset.name,
            engine=training.engine.name,
            workers=workers,
            test_accuracy=accuracy,
            test_loss=loss,
            epochs=self.number,
            seconds=round(time.monotonic() - self.started, 3),
            model=str(out),
        )
        if self.as_json:
            return
        say(History(training.done).overfitting)
        folder = ["--data", self.folder] if self.folder else []
        result = f"loss {loss:.4g}" if accuracy is None else f"accuracy {_percent(accuracy)}"
        print(f"test {result}, after epoch {best.number}, the best in validation")
        print(f"saved {out}{f'; {kept} is as it was' if kept else ''}")
        print(f"try   {command('evaluate', out, *folder)}")

    def _json(self, event: str, **fields: object) -> None:
        if self.as_json:
            print_json(event, fields)


def _figures(epoch: Epoch) -> str:
    test = epoch.metrics
    if epoch.accuracy is None or epoch.validation_accuracy is None:
        return f"loss {epoch.loss:9.4g}  validation {epoch.validation_loss:9.4g}  test {test['test_loss']:9.4g}"
    parts = f"validation {_percent(epoch.validation_accuracy)}  test {_percent(test['test_accuracy'])}"
    loss = f"{epoch.loss:.4f}" if epoch.loss < 1000.0 else f"{epoch.loss:.4g}"
    return f"loss {loss}  accuracy {_percent(epoch.accuracy)}  {parts}"


def _percent(part: float) -> str:
    return f"{100.0 * part:.2f} %"

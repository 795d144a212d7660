"""The report of a training in progress: lines and a bar for people on stderr, JSON lines for programs on stdout."""

from __future__ import annotations

import math
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from purenn import datasets
from purenn.charts import screen
from purenn.cli.invocation import command
from purenn.cli.output import amount, print_json, print_note
from purenn.cli.own_data import is_plain, unit_of
from purenn.cli.scores import Scores
from purenn.cli.terminal import wrapped
from purenn.datasets import Dataset
from purenn.engine import Job
from purenn.history import Epoch, History
from purenn.progress import TrainingBar
from purenn.samples import Labels
from purenn.training import Training

__all__ = ["Report", "about_workers", "parts_in_words", "say"]


def say(text: str) -> None:
    """Print a line for people, if there is something to say."""
    if text:
        print(wrapped(text), file=sys.stderr)


def about_workers(workers: int) -> str:
    """Return a warning if there are more workers than processor cores, otherwise an empty string."""
    if sys.platform == "linux" and hasattr(os, "sched_getaffinity"):  # PyPy 3.9 has no such function
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or workers
    if workers <= cores:
        return ""
    there_are = "there is 1 core" if cores == 1 else f"there are {cores} cores"
    return f"warning: {workers} workers, but {there_are}: more workers than cores only slow each other down"


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
        self.bar = TrainingBar(epochs)
        self.number = 0  # of the last epoch that has ended

    def warn(self, text: str) -> None:
        """Say something that may be wrong or unexpected, to people and to programs, if there is something to say."""
        self.bar.clear()
        print_note(text, as_json=self.as_json)

    def note(self, text: str) -> None:
        """Say what was found in the data, to people and to programs, if there is something to say."""
        print_note(text, as_json=self.as_json, event="note")

    def begin(self, samples: str, how: str, training: Training, checkpoint: Path | None, *, resume: bool) -> None:
        """Say what will be trained, on how many `samples` and `how`, both in words, and what is done already."""
        say(f"{self.dataset.name}: {samples}")
        say(how)
        say(self._about_checkpoint(training, checkpoint, resume))
        for cause in training.watch.causes if training.watch else ():
            self.warn(cause)
        self.number = len(training.done)

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

    def epoch(self, epoch: Epoch, *, last: bool) -> bool:
        """Report an epoch. Return True if people got a line too: of hundreds of epochs they are shown about 20.

        `last` says that training stops early after it.
        """
        seconds = time.monotonic() - self.started
        self.number = epoch.number
        shown = self.epochs <= 50 or self.number % (self.epochs // 20) == 0 or last or self.number == self.epochs
        if shown or self.as_json:
            self.bar.clear()
        if shown:
            say(self._line(epoch, seconds))
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
            train_seconds=round(epoch.train_seconds, 3),
            evaluate_seconds=round(epoch.evaluate_seconds, 3),
        )
        return shown

    def _line(self, epoch: Epoch, seconds: float) -> str:
        """Return the line of an epoch. In a narrow terminal it has only the figures that matter most."""
        last = f"{self.epochs}/{self.epochs}"
        count = f"{epoch.number}/{self.epochs}".ljust(len(last))
        cells = [(0, f"epoch {count}".ljust(11)), *_cells(epoch), (4, f"{seconds:7.1f} s")]
        figure = min(cells[1:])[1].partition(" ")[2]  # of the validation, which matters most
        lines: list[str] = []  # from the widest to the narrowest
        while len(cells) > 1:
            lines.append("  ".join(cell for _, cell in cells))
            cells.remove(max(cells))
        lines += [f"epoch {count}  {figure}", f"{count}  {figure}"]
        if not self.bar.line.live:
            return lines[0]
        return next((line for line in lines if len(line) < screen.columns()), lines[-1])

    def interrupted(self, text: str, status: int) -> None:
        """Say what is on disk after Ctrl-C or another signal."""
        say(f"interrupted{text}")
        self._json("error", message=f"interrupted{text}", status=status)

    def findings(self, training: Training, history: History) -> None:
        """Say what went wrong in the training. What was wrong before it has been said in the beginning."""
        for finding in history.findings:
            if not training.watch or finding not in training.watch.causes:
                self.warn(finding)

    def done(self, training: Training, workers: int, out: Path, kept: Path | None, scores: Scores) -> None:
        """Report the network that was saved, with its scores on the test samples, and say what can be done with it.

        `kept` is a file that stays.
        """
        best, figures = training.best or training.done[-1], scores.figures
        is_table = self.dataset.source.get("kind") == datasets.TABLE
        schema = datasets.schema_of(self.dataset.source) if is_table else None
        unit = unit_of(self.dataset.name, schema)
        self._json(
            "done",
            dataset=self.dataset.name,
            engine=training.engine.name,
            workers=workers,
            test_accuracy=figures.get("accuracy"),
            **{f"test_{name}": value for name, value in figures.items() if name != "accuracy"},
            **({"unit": unit} if unit else {}),
            rounded=bool(training.engine.rounding()),
            epochs=self.number,
            best_epoch=best.number,
            seconds=round(time.monotonic() - self.started, 3),
            model=str(out),
        )
        if self.as_json:
            return
        folder = ["--data", self.folder] if self.folder else []
        of_target = "" if schema is None or self.dataset.classes else f"{schema.target}: "
        result = f"test {of_target}{_result(figures, unit)}, after epoch {best.number}, the best in validation"
        print(wrapped(result, sys.stdout))
        if scores.rounding:
            rounds = f"the {training.engine.name} engine {scores.rounding}"
            print(wrapped(f"({rounds}; evaluate rounds nothing and may differ a little)", sys.stdout))
        print(end=wrapped(_about_commonest(self.dataset, figures), sys.stdout))
        print(wrapped(f"saved {out}{f'; {kept} is as it was' if kept else ''}", sys.stdout))
        data = [] if self.dataset.source or is_plain(self.dataset.name) else [self.dataset.name]
        print(f"try   {command('evaluate', out, *data, *folder)}")

    def _json(self, event: str, **fields: object) -> None:
        if self.as_json:
            print_json(event, fields)


def parts_in_words(training: Training, job: Job, dataset: Dataset) -> str:
    """Return how many samples there are for what, and say so where one is used for more than one thing."""
    samples, validation, tested = len(job.samples), training.plan.validation or (), len(dataset.test)
    count = f"{samples:,} sample{'s' * (samples != 1)} to train on"
    if dataset.train is dataset.test and samples == tested:
        return f"{count}, {len(validation):,} to validate, {tested:,} to test, all of them the same"
    if samples == len(validation):  # there are too few to hold a tenth of them back
        return f"{count}, the same to validate, {tested:,} to test"
    return f"{count}, {len(validation):,} to validate, {tested:,} to test"


def _cells(epoch: Epoch) -> list[tuple[int, str]]:
    """Return the figures of an epoch, each as wide in every epoch, with a rank: 1 matters most."""
    test, loss, checked = epoch.metrics, epoch.loss, epoch.validation_loss or 0.0
    if epoch.accuracy is None or epoch.validation_accuracy is None:
        checked_and_tested = [(1, f"validation {_loss(checked)}"), (2, f"test {_loss(test['test_loss'])}")]
        return [(3, f"loss {_loss(loss)}"), *checked_and_tested]
    return [
        (3, f"loss {_loss(loss)}"),
        (5, f"accuracy {_percent(epoch.accuracy):>8}"),
        (1, f"validation {_percent(epoch.validation_accuracy):>8}"),
        (2, f"test {_percent(test['test_accuracy']):>8}"),
    ]


def _loss(loss: float) -> str:
    """Return a loss in nine characters, with four decimals if that is no loss.

    >>> [_loss(loss) for loss in (0.6497, 1234.5, 1e-9, 1.5e12, 1e300)]
    ['   0.6497', '1234.5000', '1.000e-09', '1.500e+12', '1.00e+300']
    """
    plain = f"{loss:.4f}" if loss == 0.0 or 0.001 <= abs(loss) < 1e4 else f"{loss:.3e}"
    return f"{plain if len(plain) <= 9 else f'{loss:.2e}':>9}"


def _result(figures: Mapping[str, float], unit: str) -> str:
    """Return the figures that people ask for first; `unit` is that of quantities."""
    if "accuracy" in figures:
        return f"accuracy {_percent(figures['accuracy'])}"
    squared = "²" if "²".encode(sys.stdout.encoding or "utf-8", "ignore") else "2"  # not "R?"
    error = amount(figures["mean_absolute_error"], unit=unit)
    return f"R{squared} {figures['r2']:.3f}, mean absolute error {error}"


def _about_commonest(dataset: Dataset, figures: Mapping[str, float]) -> str:
    """Return a line about the class that most test samples have, if an accuracy says little without it: it has more
    than 90 % of them, or always answering it is right as often, within two standard deviations."""
    targets = dataset.test.targets
    if "accuracy" not in figures or not isinstance(targets, Labels) or not dataset.classes:
        return ""
    (label, times), *_ = Counter(targets.values).most_common()
    part, n = times / len(targets), len(targets)
    if part <= 0.9 and figures["accuracy"] > part + 2.0 * math.sqrt(part * (1.0 - part) / n):
        return ""
    return f"always answering {dataset.classes[label]} is right for {_percent(part)} of them\n"


def _percent(part: float) -> str:
    return f"{100.0 * part:.2f} %"

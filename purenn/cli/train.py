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
from dataclasses import replace
from pathlib import Path

from purenn import __version__, datasets
from purenn.checkpoints import Logbook
from purenn.cli.arguments import Options
from purenn.cli.recipes import Run, prepare
from purenn.cli.terminal import Bar
from purenn.datasets.dataset import Dataset
from purenn.diagnosis import diagnose
from purenn.errors import TrainingError
from purenn.formats.atomic import check_writable
from purenn.history import Epoch, History, low_loss
from purenn.samples import Samples
from purenn.training import epochs

__all__ = ["train"]

DIAGNOSED = 200  # samples that a diagnosis looks at


def train(options: Options) -> int:
    """Train, and save the network whenever it is the best so far on the validation samples."""
    started = time.monotonic()
    name = options.dataset or "strokes"
    out = options.out or Path(f"{name}.safetensors")
    for path in (out, options.checkpoint):
        if path:
            check_writable(path)  # now, and not after an hour of training
    if options.checkpoint and options.checkpoint.resolve() == out.resolve():
        raise ValueError(f"{out} cannot be the checkpoint and the saved network too: give --checkpoint another name")
    dataset = datasets.load(name, options.data)
    with ExitStack() as stack:
        run = prepare(options, dataset, stack)
        log = Logbook(run.engine, run.settings, options.checkpoint, resume=options.resume, merit=_merit)
        stack.enter_context(log)
        keeper = _Keeper(log, out, {"dataset": name, "loss": run.loss.name, "classes": "\n".join(dataset.classes)})
        report = _Report(dataset, run.engine.name, options, started, run.epochs)
        try:
            report.begin(run, log)
            _train(run, dataset.test, log, keeper, report, options)
            keeper.flush()
        except KeyboardInterrupt:
            report.bar.clear()
            keeper.interrupted()
            there = options.checkpoint and log.epochs and options.checkpoint.exists()
            _say(f"interrupted; {keeper.words}{f'; --resume goes on from {options.checkpoint}' if there else ''}")
            return 130
        except TrainingError as error:
            report.bar.clear()
            keeper.flush()
            raise TrainingError(f"{error}; {keeper.words}") from error
    report.done(log, out)
    return 0


def _train(run: Run, test: Samples, log: Logbook, keeper: _Keeper, report: _Report, options: Options) -> None:
    """All epochs that are still to do."""
    running = epochs(
        run.engine,
        len(log.epochs) if log.epochs and _enough(log, options) else run.epochs,
        run.schedule,
        validation=run.validation,
        plateau=run.plateau,
        done=tuple(log.epochs),
        progress=report.progress,
    )
    for epoch in running:
        score = run.engine.evaluate(test)
        figures = {"test_loss": score.loss}
        if score.accuracy is not None:
            figures["test_accuracy"] = score.accuracy
        log.add(replace(epoch, metrics=figures))
        keeper.consider()
        reason = _enough(log, options)
        if report.epoch(log.epochs[-1], last=bool(reason)) and options.diagnose:
            few = run.training.select(range(min(len(run.training), DIAGNOSED)))
            _say(str(diagnose(run.engine.network(), few.inputs, few.targets, run.loss)))
        _say(f"stopped: {reason}" if reason else "")
        log.ended = bool(reason)
        log.save()
        if reason:
            break


def _enough(log: Logbook, options: Options) -> str:
    """Why training ends before all its epochs are done; an empty string if it does not.

    A resumed training asks anew, and not what the checkpoint says: it may have been given more patience.
    """
    last, best = log.epochs[-1], log.best
    if options.target_accuracy and (last.validation_accuracy or 0.0) >= options.target_accuracy:
        return f"validation has reached {_percent(options.target_accuracy)}"
    if options.patience and best and last.number - best.number >= options.patience:
        return f"validation has not been better since epoch {best.number}"
    return ""


def _merit(epoch: Epoch) -> tuple[float, float]:
    """The more accurate in validation the better, and among equals the one of less loss."""
    return (epoch.validation_accuracy or 0.0, *low_loss(epoch))


class _Keeper:
    """Puts the best network of the log on disk: at most once a second, and `flush` writes what is left."""

    def __init__(self, log: Logbook, out: Path, metadata: dict[str, str]) -> None:
        self.log = log
        self.out = out
        self.metadata = {"made by": f"purenn {__version__}", **metadata}
        self.kept: Epoch | None = None  # that after which the network in the file was taken
        self.saved_at = -math.inf

    def consider(self) -> None:
        """Keep the network if the last epoch was the best."""
        # a save waits for the disk; epochs of milliseconds do not
        if self.log.best is self.log.epochs[-1] and time.monotonic() - self.saved_at > 1.0:
            self.flush()

    def flush(self) -> None:
        """Write the best network, if it is not on disk yet."""
        if self.log.best is not self.kept:
            self._save()

    def interrupted(self) -> None:
        """Write the best network or, where no epoch has ended and there is no file, the network as it is."""
        if not self.out.exists():  # otherwise first steps are worth less than what is there
            self._save()
        self.flush()

    def _save(self) -> None:
        self.log.best_network().save(self.out, self.metadata)
        self.kept, self.saved_at = self.log.best, time.monotonic()

    @property
    def words(self) -> str:
        """What is in the file, for an error message."""
        if self.saved_at == -math.inf:
            return f"{self.out} is as it was" if self.out.exists() else "nothing was saved"
        return f"{self.out} holds the network after {f'epoch {self.kept.number}' if self.kept else 'its first steps'}"


class _Report:
    """Tells how the training goes: to people on stderr, to programs as JSON lines on stdout."""

    def __init__(self, dataset: Dataset, engine: str, options: Options, started: float, epochs: int) -> None:
        self.dataset = dataset
        self.engine = engine
        self.options = options
        self.started = started
        self.epochs = epochs
        self.bar = Bar()
        self.label = f"epoch 1/{epochs}"
        self.number = 0

    def begin(self, run: Run, log: Logbook) -> None:
        """Say what will be trained on what, and what is done already."""
        counts = f"{len(run.training):,} samples to train on, {len(run.validation):,} to validate"
        _say(f"{self.dataset.name}: {counts}, {len(self.dataset.test):,} to test")
        _say(f"{run.why}: {run.engine.network()}")
        _say(self._about_checkpoint(log))
        self.number = len(log.epochs)
        self.label = f"epoch {self.number + 1}/{self.epochs}"
        self.bar.start()

    def _about_checkpoint(self, log: Logbook) -> str:
        """What there is in the checkpoint and what becomes of it, if there is something to say."""
        path, done = self.options.checkpoint, len(log.epochs)
        if done:
            reason = _enough(log, self.options) or (f"all {self.epochs} are done" if done >= self.epochs else "")
            return f"{path} ends with epoch {done}: {reason}" if reason else f"going on after epoch {done}, from {path}"
        if self.options.resume:
            return f"{path} is not there yet: beginning with epoch 1"
        there = path is not None and path.exists()
        return f"{path} is there already and will be written over; --resume would go on from it" if there else ""

    def progress(self, done: int, total: int) -> None:
        """Move the bar."""
        self.bar.show(self.label, done, total)

    def epoch(self, epoch: Epoch, *, last: bool) -> bool:
        """Report an epoch, which may be the last before its time, and make the bar ready for the next. True if people
        got a line too: hundreds of them would tell no more than 20."""
        seconds = time.monotonic() - self.started
        self.bar.clear()
        self.number = epoch.number
        shown = self.epochs <= 50 or self.number % (self.epochs // 20) == 0 or last
        if shown:
            _say(f"{self.label:<12} {_figures(epoch)}  {seconds:6.1f} s")
        self.label = f"epoch {epoch.number + 1}/{self.epochs}"
        self.bar.start()
        self._json(
            event="epoch",
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

    def done(self, log: Logbook, out: Path) -> None:
        """Report the network that was kept and say what can be done with it."""
        best = log.best or log.epochs[-1]
        loss, accuracy = best.metrics["test_loss"], best.metrics.get("test_accuracy")
        self._json(
            event="done",
            dataset=self.dataset.name,
            engine=self.engine,
            workers=self.options.workers,
            test_accuracy=accuracy,
            test_loss=loss,
            epochs=self.number,
            seconds=round(time.monotonic() - self.started, 3),
            model=str(out),
        )
        if self.options.json:
            return
        _say(History(log.epochs).overfitting)
        result = f"loss {loss:.4g}" if accuracy is None else f"accuracy {_percent(accuracy)}"
        print(f"test {result}, after epoch {best.number}, the best in validation")
        print(f"saved {out}")
        print(f"try   python -m purenn evaluate {out}")

    def _json(self, **fields: str | int | float | None) -> None:
        if self.options.json:
            print(json.dumps(fields), flush=True)


def _say(text: str) -> None:
    """Tell people something, if there is something to tell."""
    if text:
        print(text, file=sys.stderr)


def _figures(epoch: Epoch) -> str:
    test = epoch.metrics
    if epoch.accuracy is None or epoch.validation_accuracy is None:
        return f"loss {epoch.loss:9.4g}  validation {epoch.validation_loss:9.4g}  test {test['test_loss']:9.4g}"
    parts = f"validation {_percent(epoch.validation_accuracy)}  test {_percent(test['test_accuracy'])}"
    loss = f"{epoch.loss:.4f}" if epoch.loss < 1000.0 else f"{epoch.loss:.4g}"
    return f"loss {loss}  accuracy {_percent(epoch.accuracy)}  {parts}"


def _percent(part: float) -> str:
    return f"{100.0 * part:.2f} %"

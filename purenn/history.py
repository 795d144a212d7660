"""History: the record of a training, with the figures of every epoch, in memory and in files.

It says which epoch was the best and, in plain words, what went wrong: a learning rate that was too high, a network that
has learned nothing, or one that overfits.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from purenn.charts import Svg, learning_curves
from purenn.errors import FormatError, check_finite, check_function
from purenn.foreign import foreign, foreign_attribute
from purenn.formats import File, JsonObject, atomic_write, parse_json

__all__ = [
    "Epoch",
    "History",
    "Judge",
    "Merit",
    "check_metrics",
    "checked_callbacks",
    "from_json",
    "high_accuracy",
    "low_loss",
    "stop_at",
    "to_json",
]

TIMES = ("seconds", "train_seconds", "evaluate_seconds")
NUMBERS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", *TIMES)
ALWAYS = ("loss", "learning_rate", "seconds")  # in every record; the others may be missing
PARTED = 0.05  # a validation loss is worse than the best from 5 % above it; less is noise
LASTING = 3  # epochs for which it has to be worse


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples.

    The training figures are averages over the epoch, taken while the weights change, so they lag a little behind; the
    validation figures are taken at the end of the epoch. `learning_rate` is that of the first step. `seconds` is the
    time of the pass and its validation, `train_seconds` that of the pass alone, and `evaluate_seconds` that of the
    validation and the metrics; the last two are 0 if they were not measured. `metrics` holds further figures by name.
    Raises ValueError for a metric with the name of another figure.
    """

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    train_seconds: float = field(default=0.0, compare=False)
    evaluate_seconds: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        check_metrics(self.metrics)

    if not TYPE_CHECKING:
        __getattr__ = foreign_attribute

    def __str__(self) -> str:
        """Return the figures in one line.

        >>> print(Epoch(3, 0.25, 0.9, None, None, learning_rate=0.1, seconds=1.5, metrics={"mae": 0.125}))
        epoch 3: loss 0.25, accuracy 0.9, seconds 1.5, mae 0.125
        """
        figures = {name: value for name, value in _fields(self).items() if value is not None}
        shown = [name for name in figures if name not in ("epoch", "learning_rate", *TIMES[1:])]
        return f"epoch {self.number}: {', '.join(f'{name} {figures[name]:.4g}' for name in shown)}"

    @property
    def watched_loss(self) -> float:
        """The loss by which epochs are judged: the validation loss or, without validation, the training loss."""
        return self.loss if self.validation_loss is None else self.validation_loss

    @property
    def watched_accuracy(self) -> float | None:
        """The accuracy by which epochs are judged: in validation or, without validation, in training."""
        return self.accuracy if self.validation_loss is None else self.validation_accuracy


class Judge(Protocol):
    """Measurements by which a training is judged, as `purenn.findings.Evidence` has them."""

    @property
    def generalizes_worse(self) -> bool:
        """True if the validation loss is further above the training loss than chance explains."""
        ...

    @property
    def by_heart(self) -> bool:
        """True if the last network is good on the training samples, but one that is not was the best in validation."""
        ...

    @property
    def worthless(self) -> bool:
        """True if the training has diverged and the network kept does not answer well either."""
        ...

    def findings(self, epochs: Sequence[Epoch]) -> tuple[str, ...]:
        """Return what looked wrong before the training, and how it went wrong, if it did."""
        ...


@dataclass(frozen=True)
class History:
    """The record of every epoch, in order.

    engine: the name of the engine and, if known, the reason why it was chosen, as in "float (for momentum)".
    evidence: losses measured before and after the training, by which it is judged; None in a history from a file.
    """

    epochs: Sequence[Epoch]
    engine: str = ""
    evidence: Judge | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """Give the number of epochs and the best of them.

        >>> History([Epoch(1, 0.5, None, None, None, learning_rate=0.1, seconds=1.0)])
        History(1 epoch, best 1: loss 0.5)
        """
        count = f"{len(self.epochs)} epoch{'s' * (len(self.epochs) != 1)}"
        if not self.epochs:
            return f"History({count})"
        best = self.best
        name = "loss" if best.validation_loss is None else "validation_loss"
        return f"History({count}, best {best.number}: {name} {best.watched_loss:.4g})"

    if not TYPE_CHECKING:
        __getattr__ = foreign_attribute

        def __getitem__(self, name):
            """Refuse history["loss"], with a hint."""
            hint = foreign(name if isinstance(name, str) else "history", "History") or foreign("history", "History")
            raise TypeError(f"a History has no item {name!r}; {hint}")

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest validation loss or, without validation, with the lowest training loss."""
        return max(self.epochs, key=low_loss)

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        return [epoch.loss for epoch in self.epochs]

    @property
    def validation_losses(self) -> list[float]:
        """The validation loss of every epoch that has one."""
        return [epoch.validation_loss for epoch in self.epochs if epoch.validation_loss is not None]

    @property
    def accuracies(self) -> list[float]:
        """The training accuracy of every epoch that has one."""
        return [epoch.accuracy for epoch in self.epochs if epoch.accuracy is not None]

    @property
    def validation_accuracies(self) -> list[float]:
        """The validation accuracy of every epoch that has one."""
        return [epoch.validation_accuracy for epoch in self.epochs if epoch.validation_accuracy is not None]

    @property
    def findings(self) -> tuple[str, ...]:
        """Everything that looks wrong, in words, causes first, each with what to try; empty if nothing does.

        Causes: classes without a sample, badly scaled inputs, workers with too few samples. Effects: the training has
        diverged, has learned nothing, is not finished, or overfits.
        """
        found = self.evidence.findings(self.epochs) if self.evidence else ()
        told = self.evidence is not None and self.evidence.by_heart  # and better than the curves alone can tell it
        return (*found, self.overfitting) if self.overfitting and not told else found

    @property
    def failure(self) -> str:
        """The reason why the network is not worth keeping, which is that training has diverged; empty if it is."""
        return "; ".join(self.findings) if self.evidence and self.evidence.worthless else ""

    @property
    def overfitting(self) -> str:
        """A warning if the training and validation curves have parted, otherwise an empty string.

        They have parted if the training loss has fallen since the epoch with the best validation loss, but the
        validation loss was more than 5 % above its best in each of the last 3 epochs, and if in the end the losses of
        validation samples are larger than those of training samples beyond chance: see `rank_sum`. A history from a
        file has only the curves to go by.
        """
        last, best = self.epochs[-1], self.best
        limit = best.watched_loss + PARTED * abs(best.watched_loss)
        parted = all(e.validation_loss is not None and e.validation_loss > limit for e in self.epochs[-LASTING:])
        if not parted or last.loss >= best.loss or not (self.evidence is None or self.evidence.generalizes_worse):
            return ""
        return (
            f"overfitting: since epoch {best.number} the training loss fell from {best.loss:.4g} to {last.loss:.4g}, "
            f"but the validation loss rose from {best.watched_loss:.4g} to {last.watched_loss:.4g}: the network learns "
            "its samples by heart. More epochs make it worse; try more samples, fewer units, dropout or a penalty"
        )

    @property
    def curves(self) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
        """The losses and the accuracies in training and in validation, by these names: a number for each epoch, NaN for
        one that was not measured."""

        def numbers(figures: Iterable[float | None]) -> list[float]:
            return [nan if figure is None else figure for figure in figures]

        losses = {"training": self.losses, "validation": numbers(epoch.validation_loss for epoch in self.epochs)}
        accuracies = {
            "training": numbers(epoch.accuracy for epoch in self.epochs),
            "validation": numbers(epoch.validation_accuracy for epoch in self.epochs),
        }
        return losses, accuracies

    def plot(self, path: File | None = None, *, best: int | None = None) -> Svg:
        """Return a drawing of the losses and, beside them, of the accuracies, with a ring at the best epoch: an SVG
        text that a notebook shows. It is also written to `path`, if that is given: "history.svg".

        best: the number of the best epoch, if it was judged otherwise than by its loss.
        """
        numbers = [epoch.number for epoch in self.epochs]
        if numbers and best is None:
            best = self.best.number
        ringed = numbers.index(best) if best in numbers else None
        rising = all(a < b for a, b in zip(numbers, numbers[1:]))  # not so in a file with several trainings
        return learning_curves(*self.curves, best=ringed, epochs=numbers if rising else ()).written(path)

    def _repr_svg_(self) -> str:
        return self.plot()

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the CSV of `to_csv` to a file."""
        _write(path, self.to_csv())

    def to_csv(self) -> str:
        """Return CSV with a column for each figure and a row for each epoch; a figure not measured is empty."""
        text = io.StringIO()
        names = dict.fromkeys(name for epoch in self.epochs for name in _fields(epoch))
        table = csv.DictWriter(text, list(names), lineterminator="\n")
        table.writeheader()
        table.writerows(_fields(epoch) for epoch in self.epochs)
        return text.getvalue()

    def write_json_lines(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON object for each epoch, one per line. A figure that was not measured is null."""
        _write(path, "".join(f"{to_json(epoch)}\n" for epoch in self.epochs))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> History:
        """Read a history from a file of CSV or JSON lines, also from the output of `train --json`.

        Raises FormatError as `parse` does, and OSError if the file cannot be read.
        """
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")  # Excel begins a CSV with a byte order mark
        except UnicodeDecodeError as error:
            raise FormatError(f"{path}: neither CSV nor JSON lines in UTF-8: {error}") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str) -> History:
        """Read a history from CSV or JSON lines, which messages call by this name.

        In JSON lines, objects with another "event" than "epoch" are skipped. Raises FormatError, naming the line, for a
        line that is not an epoch.
        """
        try:
            is_json = text.lstrip().startswith("{")
            lines: list[tuple[int, str | dict[str, object]]] = [*(_json_lines(text) if is_json else _csv_rows(text))]
        except csv.Error as error:
            raise FormatError(f"{name}: neither CSV nor JSON lines in UTF-8: {error}") from error
        epochs: list[Epoch] = []
        for number, line in lines:
            try:
                epoch = from_json(line) if isinstance(line, str) else _epoch(line)
            except ValueError as error:
                raise FormatError(f"{name}: line {number} is not an epoch: {error}") from None
            epochs += [epoch] if epoch else []
        if not epochs:
            raise FormatError(f"{name}: holds no epoch, expected CSV or JSON lines, a line for each")
        return cls(epochs)


Merit = Callable[[Epoch], tuple[float, ...]]  # a measure of how good an epoch is: tuples, of which the larger is better


def low_loss(epoch: Epoch) -> tuple[float, ...]:
    """Judge an epoch by its loss: lower is better, and NaN is worst."""
    return (-inf if isnan(epoch.watched_loss) else -epoch.watched_loss,)


def high_accuracy(epoch: Epoch) -> tuple[float, ...]:
    """Judge an epoch by its accuracy and, for equal accuracies, by its loss."""
    return (epoch.watched_accuracy or 0.0, *low_loss(epoch))


def check_metrics(names: Iterable[str]) -> None:
    """Raise ValueError for a metric with the name of another figure: a file has one column for each name."""
    taken: set[str] = set()
    for name in names:
        if name in taken:
            raise ValueError(f"two metrics would be called {name!r}")
        taken.add(name)
        if name in ("event", "epoch", *NUMBERS):
            raise ValueError(f"a metric cannot be called {name!r}: every epoch has something of that name already")


def checked_callbacks(callbacks: Iterable[Callable[[Epoch], object]]) -> list[Callable[[Epoch], object]]:
    """Return the callbacks. Raises TypeError if one of them is not a function of an epoch."""
    checked = list(callbacks)
    for i, callback in enumerate(checked):
        check_function(1, "a function of an Epoch, such as print", **{f"callback {i}": callback})
    return checked


def stop_at(*, loss: float | None = None, accuracy: float | None = None) -> Callable[[Epoch], bool]:
    """Return a callback for `fit` that ends training when the loss is this low or the accuracy this high.

    With validation samples, it uses their loss and accuracy. Raises ValueError unless exactly one of the two is given,
    the loss is finite, and the accuracy is above 0 and at most 1.
    """
    if (loss is None) == (accuracy is None):
        raise ValueError(f"stop at a loss or at an accuracy, got loss {loss} and accuracy {accuracy}")
    if loss is not None:
        check_finite(loss=loss)
        return lambda epoch: epoch.watched_loss <= loss
    goal = accuracy or 0.0
    if not 0.0 < goal <= 1.0:
        raise ValueError(f"the accuracy to stop at must be above 0 and at most 1, got {goal}")
    return lambda epoch: (epoch.watched_accuracy or 0.0) >= goal


def to_json(epoch: Epoch) -> str:
    """Return an epoch as a JSON object."""
    return json.dumps(_fields(epoch))


def from_json(line: str) -> Epoch | None:
    """Read an epoch from a JSON object, or return None for another event. Raises ValueError for anything else."""
    record = parse_json(line, parse_int=float)  # whole numbers too become floats
    if not isinstance(record, JsonObject):
        raise ValueError(f"expected a JSON object, got {line[:40]!r}")
    return _epoch(record)


def _epoch(record: Mapping[str, object]) -> Epoch | None:
    """Make an epoch of its figures by their names in files. Returns None for another event."""
    if record.get("event", "epoch") != "epoch":
        return None
    numbers: dict[str, float] = {}
    for name, value in record.items():
        if isinstance(value, float):
            numbers[name] = value
        elif value is not None and name != "event":
            raise ValueError(f"{name} is {value!r}, expected a number")
    missing = [name for name in ("epoch", *ALWAYS) if name not in numbers]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing")
    if not (numbers["epoch"] >= 1 and numbers["epoch"].is_integer()):
        raise ValueError(f"epoch is {numbers['epoch']}, expected a whole number from 1")
    return Epoch(
        number=int(numbers["epoch"]),
        loss=numbers["loss"],
        accuracy=numbers.get("accuracy"),
        validation_loss=numbers.get("validation_loss"),
        validation_accuracy=numbers.get("validation_accuracy"),
        learning_rate=numbers["learning_rate"],
        seconds=numbers["seconds"],
        metrics={name: number for name, number in numbers.items() if name not in ("epoch", *NUMBERS)},
        train_seconds=numbers.get("train_seconds", 0.0),
        evaluate_seconds=numbers.get("evaluate_seconds", 0.0),
    )


def _fields(epoch: Epoch) -> dict[str, float | None]:
    """Return the figures under their names in files."""
    return {
        "epoch": epoch.number,
        "loss": epoch.loss,
        "accuracy": epoch.accuracy,
        "validation_loss": epoch.validation_loss,
        "validation_accuracy": epoch.validation_accuracy,
        "learning_rate": epoch.learning_rate,
        "seconds": epoch.seconds,
        **({"train_seconds": epoch.train_seconds} if epoch.train_seconds else {}),
        **({"evaluate_seconds": epoch.evaluate_seconds} if epoch.evaluate_seconds else {}),
        **epoch.metrics,
    }


def _json_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield every line that is not empty, with its number."""
    return ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield every row of a CSV, its cells by the names of their columns, with the number of its last line."""
    table = csv.DictReader(io.StringIO(text, newline=""), restkey="beyond the last column")
    for row in table:
        yield table.line_num, {name: _value(cell) for name, cell in row.items()}


def _value(cell: str) -> float | str | None:
    """Return the content of a CSV cell: a number, None if it is empty, otherwise its text."""
    try:
        return float(cell) if cell else None
    except (ValueError, TypeError):  # TypeError: DictReader puts cells beyond the last column into a list
        return cell


def _write(path: str | os.PathLike[str], text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))

"""The record of a training: every epoch's figures, to be looked at, kept in a file, and judged in words."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from purenn.errors import FormatError
from purenn.files import atomic_write

__all__ = ["Epoch", "History", "from_json", "stop_at", "to_json"]

NUMBERS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds")
ALWAYS = ("loss", "learning_rate", "seconds")  # the others may be missing
PARTED = 1.05  # a validation loss is worse than the best when it is 5 % higher, not when it trembles
LASTING = 3  # epochs


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples. The training figures are running ones, taken while the weights change, and so
    a little behind; those of the validation samples are taken at the end. `seconds` is the pass with its validation.
    `metrics` holds what was asked for besides, by name."""

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def watched_loss(self) -> float:
        """The loss to go by: that of the validation samples or, without any, of the training samples."""
        return self.loss if self.validation_loss is None else self.validation_loss

    @property
    def watched_accuracy(self) -> float | None:
        """The accuracy to go by: that of the validation samples or, without any, of the training samples."""
        return self.accuracy if self.validation_loss is None else self.validation_accuracy


@dataclass(frozen=True)
class History:
    """The record of every epoch, in order."""

    epochs: Sequence[Epoch]

    @property
    def best(self) -> Epoch:
        """The epoch of the lowest validation loss or, without validation, of the lowest training loss."""
        return min(self.epochs, key=lambda epoch: epoch.watched_loss)

    @property
    def losses(self) -> list[float]:
        """The training loss of every epoch."""
        return [epoch.loss for epoch in self.epochs]

    @property
    def overfitting(self) -> str:
        """What to say when the curves part, and nothing while they do not.

        They have parted when the training loss has fallen since the best epoch in validation, but the validation loss
        was more than 5 % above its best in each of the last 3 epochs.
        """
        last, best = self.epochs[-1], self.best
        parted = [e for e in self.epochs[-LASTING:] if (e.validation_loss or 0.0) > PARTED * best.watched_loss]
        if len(parted) < LASTING or last.loss >= best.loss:
            return ""
        return (
            f"overfitting: since epoch {best.number} the training loss fell from {best.loss:.4g} to {last.loss:.4g}, "
            f"but the validation loss rose from {best.watched_loss:.4g} to {last.watched_loss:.4g}: the network learns "
            "its samples by heart. Stop where validation is best; try more samples, fewer units, dropout or a penalty"
        )

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table with a column for each figure and a row for each epoch; what was not measured stays empty."""
        text = io.StringIO()
        names = ["epoch", *NUMBERS, *dict.fromkeys(name for epoch in self.epochs for name in epoch.metrics)]
        table = csv.DictWriter(text, names, lineterminator="\n")
        table.writeheader()
        table.writerows(_fields(epoch) for epoch in self.epochs)
        _write(path, text.getvalue())

    def write_json_lines(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON object for each epoch, a line each; what was not measured is null."""
        _write(path, "".join(f"{to_json(epoch)}\n" for epoch in self.epochs))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> History:
        """The history in a file of either kind; of `train --json` too. Raises FormatError naming the line that is not.

        In JSON lines, objects with another "event" than "epoch" are passed over.
        """
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        if lines and not lines[0].startswith("{"):
            lines = [json.dumps({name: _value(cell) for name, cell in row.items()}) for row in csv.DictReader(lines)]
        epochs: list[Epoch] = []
        for number, line in enumerate(lines, start=1):
            try:
                epoch = from_json(line)
            except ValueError as error:
                raise FormatError(f"{path}: record {number} is no epoch: {error}") from None
            epochs += [epoch] if epoch else []
        if not epochs:
            raise FormatError(f"{path}: holds no epoch, expected CSV or JSON lines, a line for each")
        return cls(epochs)


def stop_at(*, loss: float | None = None, accuracy: float | None = None) -> Callable[[Epoch], bool]:
    """A callback for `fit` that ends training when the loss has come down, or the accuracy up, to this.

    It goes by validation where there is one. Raises ValueError unless exactly one of the two is given.
    """
    if (loss is None) == (accuracy is None):
        raise ValueError(f"stop at a loss or at an accuracy, got loss {loss} and accuracy {accuracy}")
    if loss is not None:
        return lambda epoch: epoch.watched_loss <= loss
    return lambda epoch: (epoch.watched_accuracy or 0.0) >= (accuracy or 0.0)


def to_json(epoch: Epoch) -> str:
    """An epoch as a JSON object."""
    return json.dumps(_fields(epoch))


class _Record(dict[str, object]):
    """A JSON object. A class of its own, so that isinstance tells a type checker what the keys and the values are."""


def from_json(line: str) -> Epoch | None:
    """The epoch in a JSON object; None for an object of another event. Raises ValueError for anything else."""
    record: object = json.loads(line, object_hook=_Record)
    if not isinstance(record, _Record):
        raise ValueError(f"expected a JSON object, got {line[:40]!r}")
    if record.pop("event", "epoch") != "epoch":
        return None
    numbers: dict[str, float] = {}
    for name, value in record.items():
        if isinstance(value, (int, float)):
            numbers[name] = value
        elif value is not None:
            raise ValueError(f"{name} is {value!r}, expected a number")
    missing = [name for name in ("epoch", *ALWAYS) if name not in numbers]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing")
    return Epoch(
        number=int(numbers["epoch"]),
        loss=numbers["loss"],
        accuracy=numbers.get("accuracy"),
        validation_loss=numbers.get("validation_loss"),
        validation_accuracy=numbers.get("validation_accuracy"),
        learning_rate=numbers["learning_rate"],
        seconds=numbers["seconds"],
        metrics={name: number for name, number in numbers.items() if name not in ("epoch", *NUMBERS)},
    )


def _fields(epoch: Epoch) -> dict[str, float | None]:
    """The figures by their names in files."""
    return {
        "epoch": epoch.number,
        "loss": epoch.loss,
        "accuracy": epoch.accuracy,
        "validation_loss": epoch.validation_loss,
        "validation_accuracy": epoch.validation_accuracy,
        "learning_rate": epoch.learning_rate,
        "seconds": epoch.seconds,
        **epoch.metrics,
    }


def _value(cell: str) -> float | str | None:
    """What stands in a cell of a table: a number, nothing, or words that are none."""
    try:
        return float(cell) if cell else None
    except (ValueError, TypeError):  # TypeError: csv gives what is beyond the last column as a list
        return cell


def _write(path: str | os.PathLike[str], text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))

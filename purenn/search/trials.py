"""Trials: what a search knows of each training, and which of them are the better ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite

from purenn.formats import Json, JsonObject, parse_json
from purenn.history import Epoch
from purenn.search.space import Value

__all__ = ["Trial", "latest", "ranked"]


@dataclass(frozen=True)
class Trial:
    """A training with these options, for so many epochs, None if nobody has set them.

    accuracy and loss are those of validation after the best epoch; quantities have no accuracy. error: why the training
    failed, if it did; then there is no other figure.
    """

    number: int
    options: Mapping[str, Value]
    epochs: int | None = None
    accuracy: float | None = None
    loss: float = inf
    best_epoch: int = 0
    seconds: float = field(default=0.0, compare=False)
    error: str = ""

    @classmethod
    def of(
        cls, number: int, options: Mapping[str, Value], epochs: int | None, best: Epoch | str, seconds: float
    ) -> Trial:
        """Return the trial with this best epoch, or with this error."""
        if not isinstance(best, str) and not isfinite(best.watched_loss):
            best = f"the validation loss is {best.watched_loss}"
        if isinstance(best, str):
            return cls(number, options, epochs, seconds=seconds, error=best)
        accuracy, loss = best.validation_accuracy, best.watched_loss
        return cls(number, options, epochs, accuracy, loss, best.number, seconds)

    @property
    def figure(self) -> float:
        """The figure that people ask for: the accuracy or, for quantities, the loss."""
        return self.loss if self.accuracy is None else self.accuracy

    def fields(self) -> dict[str, object]:
        """Return all that is known, by the names in a line of JSON."""
        judged = {"validation_accuracy": self.accuracy, "validation_loss": self.loss, "best_epoch": self.best_epoch}
        return {
            "trial": self.number,
            "options": dict(self.options),
            "epochs": self.epochs,
            **({"error": self.error} if self.error else judged),
            "seconds": round(self.seconds, 3),
        }

    def to_json(self) -> str:
        """Return a line of JSON."""
        return json.dumps({"event": "trial", **self.fields()}, allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Trial:
        """Read a line of JSON. Raises ValueError if it is not a trial."""
        found = parse_json(line)
        if not isinstance(found, JsonObject) or found.get("event") != "trial":
            raise ValueError(f"expected a trial, got {line[:40]!r}")
        options = found.get("options")
        if not isinstance(options, JsonObject):
            raise ValueError(f"the options are {options!r:.40}, expected an object")
        accuracy, epochs, failed = found.get("validation_accuracy"), found.get("epochs"), "error" in found
        return cls(
            _whole(found.get("trial")),
            {name: _value(name, value) for name, value in options.items()},
            None if epochs is None else _whole(epochs),
            None if accuracy is None else _number(accuracy),
            inf if failed else _number(found.get("validation_loss")),
            0 if failed else _whole(found.get("best_epoch")),
            _number(found.get("seconds")),
            str(found.get("error", "")),
        )


def ranked(trials: list[Trial]) -> list[Trial]:
    """Return the trials, best first: those with more epochs, as only good ones get more, then by validation; those that
    failed come last. Equal ones stay in the order of their numbers."""

    def rank(trial: Trial) -> tuple[float, ...]:
        return bool(trial.error), -(trial.epochs or 0), -(trial.accuracy or 0.0), trial.loss, trial.number

    return sorted(trials, key=rank)


def latest(trials: list[Trial]) -> list[Trial]:
    """Return the longest training of each number, in their order."""
    by_number: dict[int, Trial] = {}
    for trial in sorted(trials, key=lambda trial: (trial.number, trial.epochs or 0)):
        by_number[trial.number] = trial
    return list(by_number.values())


def _value(name: str, found: Json) -> Value:
    if not isinstance(found, (bool, int, float, str)):
        raise ValueError(f"{name} is {found!r:.40}, expected a number or a text")
    return found


def _number(found: Json) -> float:
    if not isinstance(found, (int, float)) or isinstance(found, bool) or not isfinite(found):
        raise ValueError(f"expected a number, got {found!r:.40}")
    return found


def _whole(found: Json) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise ValueError(f"expected a whole number of at least 1, got {found!r:.40}")
    return found

"""The record of a training in the file of its network: enough to tell what was done, and to do it again.

Besides what says where the samples are, `train` keeps these texts in the metadata of the file. They are small, and
equal trainings write equal ones: there is no date in them, and no duration.

options: the options of the command, as words for a shell. Those that only say where files go are left out.
samples: in words, how many samples there were for what.
details: a JSON object of everything that the result depends on: `purenn.checkpoints.Settings` without the network,
which is the architecture.
epoch: the number of the epoch after which the network was taken.
history: the figures of the epochs in the CSV of `purenn.history`, with six digits, of at most 200 epochs.
ended: why the training ended; findings: a JSON list of what looked wrong. An interrupted training has neither.

A file of an earlier version, or one that `network.save` wrote, has none of them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from purenn.checkpoints import Settings
from purenn.errors import FormatError
from purenn.formats import Json, JsonObject, parse_json
from purenn.history import Epoch, History
from purenn.training import Training

__all__ = ["HISTORY", "Record", "about_command", "about_end", "about_epochs", "read_record"]

HISTORY = "history"  # its key in the metadata
MOST = 200  # epochs: more are not told apart in a chart


@dataclass(frozen=True)
class Record:
    """The record of a training. options: None if the file does not have them, as it was not written by `train`.

    epoch: the one after which the network was taken; 0 if that is not known.
    """

    options: tuple[str, ...] | None = None
    samples: str = ""
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    epoch: int = 0
    history: History | None = None
    ended: str = ""
    findings: tuple[str, ...] = ()


# What is written.


def about_command(options: Sequence[str], samples: str, settings: Settings) -> dict[str, str]:
    """Return the metadata that are known before the training begins."""
    details = {name: value for name, value in asdict(settings).items() if name != "network"}
    return {"options": shlex.join(options), "samples": samples, "details": json.dumps(details, ensure_ascii=False)}


def about_epochs(training: Training) -> dict[str, str]:
    """Return the metadata about the epochs so far, of which at least one is done."""
    epochs = training.done
    kept = (training.best or epochs[-1]).number
    every = -(-len(epochs) // MOST)
    few = [epoch for epoch in epochs if epoch.number % every == 0 or epoch.number in (1, kept, len(epochs))]
    return {"epoch": str(kept), HISTORY: History([_brief(epoch) for epoch in few]).to_csv()}


def about_end(training: Training, history: History) -> dict[str, str]:
    """Return the metadata about the end of a training, which was not interrupted, with its history."""
    ended = training.stopped or f"all {len(training.done)} epochs were done"
    return {"ended": ended, "findings": json.dumps(history.findings, ensure_ascii=False)}


def _brief(epoch: Epoch) -> Epoch:
    """Return an epoch with six digits of each figure, without its duration and without figures of the test samples,
    on which nothing in the file depends."""

    def known(figure: float | None) -> float | None:
        return None if figure is None else _brief_figure(figure)

    return Epoch(
        number=epoch.number,
        loss=_brief_figure(epoch.loss),
        accuracy=known(epoch.accuracy),
        validation_loss=known(epoch.validation_loss),
        validation_accuracy=known(epoch.validation_accuracy),
        learning_rate=_brief_figure(epoch.learning_rate),
        seconds=0.0,
    )


def _brief_figure(figure: float) -> float:
    return float(f"{figure:.6g}")


# What is read.


def read_record(metadata: Mapping[str, str], name: str) -> Record:
    """Return the record in the metadata of a file with this name, empty as far as the file has none.

    Raises FormatError, naming the file, if it is damaged.
    """
    options, epoch = metadata.get("options"), metadata.get("epoch", "0")
    try:
        if not epoch.isdecimal():
            raise ValueError(f"the epoch of the network is {epoch!r:.100}, expected a whole number")
        return Record(
            options=None if options is None else tuple(shlex.split(options)),
            samples=metadata.get("samples", ""),
            details=_texts_by_name(parse_json(metadata.get("details", "{}"))),
            epoch=int(epoch),
            history=History.parse(metadata[HISTORY], "the history") if HISTORY in metadata else None,
            ended=metadata.get("ended", ""),
            findings=_texts(parse_json(metadata.get("findings", "[]"))),
        )
    except ValueError as error:
        raise FormatError(f"{name}: the record of its training is damaged: {error}") from error


def _texts_by_name(found: Json) -> dict[str, str]:
    if not isinstance(found, JsonObject):
        raise ValueError(f"the details are {found!r:.100}, expected an object")
    return {key: str(value) for key, value in found.items()}


def _texts(found: Json) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise ValueError(f"the findings are {found!r:.100}, expected a list")
    return tuple(map(str, found))

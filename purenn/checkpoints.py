"""Checkpoints: all that a training needs to go on as if nothing had happened, in one file.

A checkpoint is taken between two epochs: the engine's state (weights, what the optimizer remembers, where the random
numbers are), the record of the epochs done, and the best network so far. It is a safetensors file, written whole or not
at all, so that a process may be killed at any moment: the last checkpoint is there, and from it come the same bits.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from types import TracebackType

from purenn.engine import Engine, State, part_of
from purenn.errors import FormatError
from purenn.formats import safetensors
from purenn.formats.atomic import check_writable
from purenn.formats.json import Record, parse
from purenn.formats.safetensors import Tensor
from purenn.history import Epoch, from_json, to_json
from purenn.network import Sequential

__all__ = ["VERSION", "Checkpoint", "Logbook", "load", "save"]

VERSION = 1  # of the format; a reader refuses a newer one
SECONDS = 1.0  # a save waits for the disk; epochs of milliseconds do not wait for it

Merit = tuple[float, ...]  # compared number by number; the first counts most


@dataclass(frozen=True)
class Checkpoint:
    """A training between two epochs. `settings` are those on which its bits depend, by name; `best` is the state of the
    best network so far, empty if nobody asked for it; `ended` says that it is over, and not for want of epochs."""

    settings: Mapping[str, str]
    state: State
    epochs: Sequence[Epoch]
    best: Mapping[str, Tensor]
    ended: bool = False

    def check(self, settings: Mapping[str, str], path: str | os.PathLike[str]) -> None:
        """Raise ValueError, naming every setting that differs, unless these are the settings of this training."""
        names = [*self.settings, *(name for name in settings if name not in self.settings)]
        different = [
            f"{name} {self.settings.get(name, 'not given')}, now {settings.get(name, 'not given')}"
            for name in names
            if self.settings.get(name) != settings.get(name)
        ]
        if different:
            raise ValueError(f"{path} is the checkpoint of another training: {'; '.join(different)}")


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint: whole, or not at all."""
    tensors = {f"state.{name}": tensor for name, tensor in checkpoint.state.tensors.items()}
    tensors.update({f"best.{name}": tensor for name, tensor in checkpoint.best.items()})
    metadata = {
        "purenn checkpoint": str(VERSION),
        "settings": json.dumps(dict(checkpoint.settings)),
        "notes": json.dumps(checkpoint.state.notes),
        "epochs": "\n".join(map(to_json, checkpoint.epochs)),
        "ended": json.dumps(checkpoint.ended),
    }
    safetensors.write(path, tensors, metadata)


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint in a file. Raises FormatError if it is none, or one of a newer version."""
    version = safetensors.read_header(path).metadata.get("purenn checkpoint", "")
    if not version.isdecimal():
        raise FormatError(f"{path}: no checkpoint of purenn: its metadata does not say 'purenn checkpoint'")
    if int(version) > VERSION:
        raise FormatError(
            f"{path}: a checkpoint of version {version}, and this purenn reads up to version {VERSION}: "
            "go on with the purenn that wrote it, or a newer one"
        )
    tensors, metadata = safetensors.read(path)
    try:
        return Checkpoint(
            settings=_strings(metadata["settings"]),
            state=State(part_of(tensors, "state."), _strings(metadata["notes"])),
            epochs=_epochs(metadata["epochs"]),
            best=part_of(tensors, "best."),
            ended=metadata["ended"] == "true",
        )
    except KeyError as error:
        raise FormatError(f"{path}: a damaged checkpoint: its metadata has no {error}") from error
    except ValueError as error:
        raise FormatError(f"{path}: a damaged checkpoint: {error}") from error


class Logbook:
    """What a training has behind it: the epochs, the best network, and the checkpoint that says so on disk.

    It goes on from the checkpoint at `path`, restoring the engine, if it is to `resume` and the file is there. The best
    network is that after the epoch of the highest `merit`; without a merit, none is kept. Used in a `with` block, whose
    end writes what is not on disk yet.

    Raises OSError where nothing can be written, FormatError for a file that is no checkpoint or has another engine's
    state, and ValueError for one of other settings; such a file stays as it is.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Mapping[str, str],
        path: str | os.PathLike[str] | None,
        *,
        resume: bool,
        merit: Callable[[Epoch], Merit] | None,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.path = path
        self.merit = merit
        self.epochs: list[Epoch] = []
        self.best: Epoch | None = None
        self.best_state: Mapping[str, Tensor] = {}
        self.ended = False
        self.unsaved: Checkpoint | None = None
        self.saved_at = -inf
        if path is not None:
            check_writable(path)  # now, and not after the first epoch
            if resume and os.path.exists(path):
                self._resume(path)

    def _resume(self, path: str | os.PathLike[str]) -> None:
        saved = load(path)
        saved.check(self.settings, path)
        try:
            self.engine.restore(saved.state)
        except ValueError as error:
            raise FormatError(f"{path}: a damaged checkpoint: {error}") from error
        self.epochs, self.best_state, self.ended = list(saved.epochs), saved.best, saved.ended
        if self.merit:
            self.best = max(self.epochs, key=self.merit)

    def __enter__(self) -> Logbook:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.flush()

    def add(self, epoch: Epoch) -> None:
        """Enter an epoch that has just ended."""
        self.epochs.append(epoch)
        if self.merit and (self.best is None or self.merit(epoch) > self.merit(self.best)):
            self.best, self.best_state = epoch, self.engine.network().state()

    def save(self) -> None:
        """Take a checkpoint, and write it to disk if the last time was more than a second ago."""
        if self.path is not None:
            state = self.engine.state()
            self.unsaved = Checkpoint(self.settings, state, tuple(self.epochs), self.best_state, self.ended)
            if time.monotonic() - self.saved_at > SECONDS:
                self.flush()

    def flush(self) -> None:
        """Write the newest checkpoint, if it is not on disk yet."""
        if self.path is not None and self.unsaved:
            save(self.path, self.unsaved)
            self.unsaved, self.saved_at = None, time.monotonic()

    def best_network(self) -> Sequential:
        """The engine's network with the best numbers in it or, where none were kept, with those it has."""
        network = self.engine.network()
        if self.best_state:
            network.load_state(self.best_state)
        return network


def _epochs(lines: str) -> list[Epoch]:
    """Epochs in JSON lines, which must be all from the first on."""
    epochs = [epoch for epoch in map(from_json, lines.splitlines()) if epoch]
    numbers = [epoch.number for epoch in epochs]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"the epochs are {numbers}, expected all from 1 on")
    return epochs


def _strings(text: str) -> dict[str, str]:
    """A JSON object of strings."""
    record = parse(text)
    if isinstance(record, Record):
        strings = {name: value for name, value in record.items() if isinstance(value, str)}
        if len(strings) == len(record):
            return strings
    raise ValueError(f"expected a JSON object of strings, got {text[:40]!r}")

"""Checkpoints: files from which an interrupted training continues as if it had never stopped.

A checkpoint is taken between two epochs. It holds the engine's state (weights, the optimizer's memory, the state of the
random numbers), the record of the epochs done, and the best network so far. The file is in safetensors format and is
written atomically: if the process is killed at any moment, the last checkpoint is complete, and training from it gives
the same bits. A checksum tells whether anything in it has been changed since: a training of hours must not continue
from numbers that are not its own.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from array import array
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import inf

from purenn.engine import Engine, Job, State
from purenn.errors import FormatError
from purenn.formats import (
    CHECKPOINT,
    JsonObject,
    Tensor,
    check_tensors,
    check_writable,
    parse_json,
    safetensors,
    sole_writer,
)
from purenn.history import Epoch, Merit, from_json, to_json
from purenn.samples import Samples
from purenn.schedules import Plateau, Schedule

__all__ = ["VERSION", "Checkpoint", "CheckpointFile", "Settings", "checksum", "load", "save"]

VERSION = 1  # of the file format; newer versions are refused
CHECKSUM = "checksum"  # its key in the metadata
SECONDS = 1.0  # at least, between two saves: a save waits for the disk, and short epochs should not wait each time


@dataclass(frozen=True)
class Settings:
    """Everything that the results of a training depend on, as short texts. A resumed training must have the same."""

    network: str
    engine: str
    workers: str
    training_samples: str
    validation_samples: str
    loss: str
    optimizer: str
    batch_size: str
    scale: str
    every_sample: str
    schedule: str
    plateau: str
    penalty: str
    clip: str
    augment: str
    shuffle: str
    best_by: str
    seed: str

    @classmethod
    def of(
        cls,
        job: Job,
        engine: Engine,
        *,
        schedule: Schedule,
        plateau: Plateau | None = None,
        validation: Samples | None = None,
        best_by: Merit | None = None,
    ) -> Settings:
        """Return the settings of a job, of its engine, and of a plan with these rates, samples and merit."""
        optimizer = job.optimizer
        return cls(
            network=job.network.architecture,
            engine=engine.name,
            workers=str(job.workers),
            training_samples=f"{len(job.samples)} of checksum {job.samples.checksum}",
            validation_samples=f"{len(validation)} of checksum {validation.checksum}" if validation else "none",
            loss=repr(job.loss),
            optimizer=f"{type(optimizer).__name__} {optimizer.options}" if optimizer else "the engine's own",
            batch_size=str(engine.batch_size),
            scale=str(job.scale),
            every_sample=str(job.every_sample),
            schedule=_described(schedule),
            plateau=_described(plateau),
            penalty=_described(job.penalty),
            clip=_described(job.clip),
            augment=str(job.augment),
            shuffle=str(job.shuffle),
            best_by=_described(best_by),
            seed=str(job.seed),
        )


def _described(value: object) -> str:
    """Return a text for a setting, by which it is compared.

    The repr of a plain function contains its address, which differs between processes: its name is used instead. From
    any other repr, addresses are left out.
    """
    text = repr(value)
    return getattr(value, "__qualname__", re.sub(" at 0x[0-9a-fA-F]+", "", text)) if " at 0x" in text else text


@dataclass(frozen=True)
class Checkpoint:
    """A training between two epochs.

    settings: everything its results depend on, by name. best: the state of the best network so far, empty if none is
    kept. ended: True if a callback has stopped it, so that a resumed training does not continue.
    """

    settings: Mapping[str, str]
    state: State
    epochs: Sequence[Epoch]
    best: Mapping[str, Tensor]
    ended: bool = False

    def check(self, settings: Mapping[str, str], path: str | os.PathLike[str]) -> None:
        """Raise ValueError, naming every setting that differs, unless these settings are those of the checkpoint."""
        names = [*self.settings, *(name for name in settings if name not in self.settings)]
        different = [
            f"{name.replace('_', ' ')} {self.settings.get(name, 'not given')}, now {settings.get(name, 'not given')}"
            for name in names
            if self.settings.get(name) != settings.get(name)
        ]
        if different:
            raise ValueError(f"{path} is the checkpoint of another training: {'; '.join(different)}")


def checksum(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return the checksum of a checkpoint: of every bit of its tensors, and of its metadata but the checksum itself."""
    texts = sorted((key, text) for key, text in metadata.items() if key != CHECKSUM)
    found = sha256(repr(texts).encode())
    for name, tensor in sorted(tensors.items()):
        values = array("d", tensor.values)
        if sys.byteorder == "big":
            values.byteswap()
        found.update(repr((name, tensor.dtype, tensor.shape)).encode())
        found.update(values)
    return found.hexdigest()


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint to a file, atomically. Raises ValueError, before that, for one that `load` could not read."""
    tensors = {f"state.{name}": tensor for name, tensor in checkpoint.state.tensors.items()}
    tensors.update({f"best.{name}": tensor for name, tensor in checkpoint.best.items()})
    metadata = {
        CHECKPOINT: str(VERSION),
        "settings": json.dumps(dict(checkpoint.settings)),
        "notes": json.dumps(checkpoint.state.notes),
        "epochs": "\n".join(map(to_json, checkpoint.epochs)),
        "ended": json.dumps(checkpoint.ended),
    }
    try:
        _checkpoint(tensors, metadata)
    except ValueError as error:
        raise ValueError(f"{path}: the checkpoint could not be read again: {error}") from error
    safetensors.write(path, tensors, {**metadata, CHECKSUM: checksum(tensors, metadata)})


def load(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint from a file. Raises FormatError if it is not a checkpoint or has a newer version."""
    version = safetensors.read_header(path).metadata.get(CHECKPOINT, "")
    if not (version.isdecimal() and len(version) < 10 and int(version)):
        raise FormatError(f"{path}: not a checkpoint of purenn: its metadata does not say {CHECKPOINT!r}")
    if int(version) > VERSION:
        raise FormatError(
            f"{path}: a checkpoint of version {version}, and this purenn reads up to version {VERSION}: "
            "continue with the purenn that wrote it, or a newer one"
        )
    tensors, metadata = safetensors.read(path)
    try:
        checkpoint = _checkpoint(tensors, metadata)
        if metadata[CHECKSUM] != checksum(tensors, metadata):
            raise ValueError("its checksum is another: something in it was changed after it was written")
    except KeyError as error:
        raise FormatError(f"{path}: a damaged checkpoint: its metadata has no {error}") from error
    except ValueError as error:
        raise FormatError(f"{path}: a damaged checkpoint: {error}") from error
    return checkpoint


def _checkpoint(tensors: dict[str, Tensor], metadata: Mapping[str, str]) -> Checkpoint:
    """Return the checkpoint of these tensors and metadata. Raises KeyError for a part that is missing, and ValueError
    for one that is damaged."""
    if metadata["ended"] not in ("true", "false"):
        raise ValueError(f"'ended' is {metadata['ended'][:40]!r}, expected true or false")
    everything = State(tensors, {})
    return Checkpoint(
        settings=_strings(metadata["settings"]),
        state=State(everything.part("state."), _strings(metadata["notes"])),
        epochs=_epochs(metadata["epochs"]),
        best=everything.part("best."),
        ended=metadata["ended"] == "true",
    )


class CheckpointFile:
    """The file in which a training keeps its checkpoint. Without a path, nothing is kept.

    `settings` are those of the training: a checkpoint with other settings is refused, and its file is not changed.
    Raises OSError if the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: Settings | None) -> None:
        self.path = path
        self.settings: dict[str, str] = asdict(settings) if settings else {}
        self._newest: Checkpoint | None = None  # not written yet
        self._saved_at = -inf
        self._alone = ExitStack()
        if path is not None:
            check_writable(path)  # report it now, not after the first epoch

    def reserve(self) -> None:
        """Be the only training with this file, until `release`. Raises BlockingIOError if another one has it."""
        if self.path is not None:
            self._alone.enter_context(sole_writer(self.path))

    def release(self) -> None:
        """Leave the file to other trainings."""
        self._alone.close()

    def resume(self, engine: Engine) -> Checkpoint | None:
        """Read the checkpoint and restore the engine from it. Returns None if there is no file.

        Raises ValueError if there is no path or the file has other settings, and FormatError if it is not a checkpoint
        or holds the state of another engine.
        """
        if self.path is None:
            raise ValueError("there is nothing to resume from without a checkpoint")
        if not os.path.exists(self.path):
            return None
        saved = load(self.path)
        saved.check(self.settings, self.path)
        try:
            engine.restore(saved.state)
            if saved.best or self.settings["best_by"] != repr(None):
                check_tensors(engine.network().state(), saved.best, "the network")
        except (ValueError, ArithmeticError, IndexError) as error:
            raise FormatError(f"{self.path}: a damaged checkpoint: {error}") from error
        return saved

    def take(self, engine: Engine, epochs: Sequence[Epoch], best: Mapping[str, Tensor]) -> None:
        """Make a checkpoint in memory. `save` and `flush` write it."""
        if self.path is not None:
            self._newest = Checkpoint(self.settings, engine.state(), tuple(epochs), best)

    def save(self, *, ended: bool) -> None:
        """Write the newest checkpoint, if the previous one was written more than a second ago."""
        if time.monotonic() - self._saved_at > SECONDS:
            self.flush(ended=ended)

    def flush(self, *, ended: bool) -> None:
        """Write the newest checkpoint, unless it has been written."""
        if self.path is not None and self._newest:
            save(self.path, replace(self._newest, ended=ended))
            self._newest, self._saved_at = None, time.monotonic()


def _epochs(lines: str) -> list[Epoch]:
    """Read epochs from JSON lines. Raises ValueError unless they are numbered 1, 2, 3, …"""
    epochs = [epoch for epoch in map(from_json, lines.splitlines()) if epoch]
    numbers = [epoch.number for epoch in epochs]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        raise ValueError(f"the epochs are {numbers}, expected all from 1 on")
    return epochs


def _strings(text: str) -> dict[str, str]:
    """Read a JSON object of strings. Raises ValueError for anything else."""
    record = parse_json(text)
    if isinstance(record, JsonObject):
        strings = {name: value for name, value in record.items() if isinstance(value, str)}
        if len(strings) == len(record):
            return strings
    raise ValueError(f"expected a JSON object of strings, got {text[:40]!r}")

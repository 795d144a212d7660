"""Saved networks, with the data set and the loss they were trained on: `train` keeps the best one in a file, `evaluate`
and `predict` load it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count, takewhile
from math import inf, isfinite
from pathlib import Path

from purenn import __version__
from purenn.checkpoints import Settings
from purenn.cli.invocation import command
from purenn.cli.record import about_end, about_epochs
from purenn.datasets import DATASETS
from purenn.errors import FormatError, ShapeError, did_you_mean
from purenn.formats import atomic_write, check_ending, safetensors, sole_writer
from purenn.history import Epoch, History
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.progress import Bar
from purenn.samples import Rows
from purenn.training import Training

__all__ = [
    "Destination",
    "Keeper",
    "SavedNetwork",
    "destination",
    "free_path",
    "identity",
    "load_network",
    "refuse_existing",
    "reserve",
]

BATCH = 100  # samples between two drawings of a bar


@dataclass(frozen=True)
class SavedNetwork:
    """A network from a file, the loss it was trained with, and the metadata of the file."""

    path: Path
    network: Sequential
    loss: Loss
    metadata: dict[str, str]

    def outputs(self, inputs: Rows) -> Matrix:
        """Return the raw outputs for all rows, with a bar in the terminal from the first second on."""
        bar, rows = Bar(after=1.0), list[list[float]]()
        try:
            for start in range(0, len(inputs), BATCH):
                bar.show("computing", start, len(inputs))
                rows += self.network.outputs(inputs.take(range(start, min(start + BATCH, len(inputs)))))
        finally:
            bar.clear()
        return Matrix.wrap(rows)

    def check_features(self, features: int, samples: str) -> None:
        """Raise ShapeError unless the network takes so many features. `samples` is what has them."""
        try:
            for layer in self.network.layers:
                features = layer.output_columns(features)
        except ShapeError as error:
            raise ShapeError(f"{self.path} is not a network for {samples}: {error}") from None


def load_network(path: Path) -> SavedNetwork:
    """Load a saved network.

    Raises FormatError, naming the file, if it is damaged, was trained with an unknown loss, or has a weight that is not
    a finite number, and FileNotFoundError, naming the file or the command that was probably meant if there is one.
    """
    names = [f"{path.name}.safetensors", f"{path.stem}.safetensors"] if path.name else []  # "." has none
    for saved in map(path.with_name, names):
        if os.path.exists(saved) and not os.path.exists(path):
            raise FileNotFoundError(f"{path} is not the file of a network; did you mean {saved}?")
    if path.is_dir() or (path.exists() and path.suffix.lower() in (".csv", ".tsv", ".png", ".jpg")):
        raise FormatError(f"{path} is no saved network: the file that `train` saved comes first, then the data")
    try:
        metadata = safetensors.read_header(path).metadata
    except FileNotFoundError as error:
        hint = did_you_mean(path.name, [there.name for there in path.parent.glob("*.safetensors")])
        if str(path) in DATASETS:
            hint = f"; a network for these data is made by: {command('train', path)}"
        raise FileNotFoundError(error.errno, f"{error.strerror}{hint}", str(path)) from None
    network = Sequential.load(path)
    for name, tensor in network.state().items():
        for i, value in enumerate(tensor.values):
            if not isfinite(value):
                raise FormatError(f"{path}: tensor {name}, value {i} is {value}: this network can compute nothing")
    # a network saved by another program may not name its loss: its outputs are taken for logits
    usual = CrossEntropy() if network.widths[-1] > 1 else BinaryCrossEntropy()
    return SavedNetwork(path, network, network.loss or usual, metadata)


# A file that is there already is written over only by the training that made it, when it is resumed, or with --force.


@dataclass(frozen=True)
class Destination:
    """The file for the network of a training.

    replaces: True if a file at this path may be written over. kept: a file that has the usual name and stays as it is.
    busy: the file of the usual name, if another training is writing it.
    """

    path: Path
    replaces: bool = False
    kept: Path | None = None
    busy: Path | None = None

    def __str__(self) -> str:
        """Return a sentence about the file that is there already, or an empty string if there is none."""
        if self.busy:
            return f"another training is writing {self.busy}: this network goes to {self.path}"
        if self.kept:
            return f"{self.kept} is there already and stays: this network goes to {self.path} (--force replaces it)"
        return f"{self.path} is there already and will be replaced" if self.replaces and self.path.exists() else ""


UNWRITTEN = "unwritten"  # of a file that a training has claimed, and was killed before it wrote to it: nothing is lost


def identity(settings: Settings) -> str:
    """Return a short text that is equal for trainings with equal settings. It is kept in the file of the network."""
    return sha256(repr(settings).encode()).hexdigest()[:16]


def refuse_existing(option: str, path: Path, instead: str = "") -> None:
    """Raise FileExistsError if there is a file at the path that an option names."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: {instead}--force replaces it, or give {option} another name")


def destination(named: Path | None, usual: Path, training: str = "", *, force: bool = False) -> Destination:
    """Return the file for a network: the one that was `named` with --out or, by default, a free one like the `usual`.

    training: the identity of a training that is resumed; then the file that it wrote before is the one.
    Raises FileExistsError if the file that was named is there already, unless `force`.
    """
    first = named or usual
    check_ending(first)  # now, because after a long training it would be too late
    if force or not first.exists():
        return Destination(first, replaces=force)
    taken = list(takewhile(Path.exists, _numbered(first)))
    own = [path for path in (taken[:1] if named else taken) if training and _training_of(path) in (training, UNWRITTEN)]
    if own:
        return Destination(own[-1], replaces=True)
    if named:
        refuse_existing("--out", named)
    return Destination(free_path(first), kept=usual)


def reserve(alone: ExitStack, place: Destination, usual: Path, *, named: bool) -> Destination:
    """Be the only training that writes a file, until `alone` ends. Return the place.

    If another training is writing it, this is the next free one for a new file with the `usual` name.
    Raises BlockingIOError then for a file that was `named` with --out, or that may be replaced.
    """
    try:
        alone.enter_context(sole_writer(place.path))
        return place
    except BlockingIOError as error:
        if named or place.replaces:
            said = "another training is writing it at this moment: wait for it, or name another file with --out"
            raise BlockingIOError(error.errno, said, str(place.path)) from None
        return Destination(_free_now(usual, alone), busy=place.path)


def _free_now(usual: Path, alone: ExitStack) -> Path:
    """Return the first path like the usual one at which there is nothing yet, and that no training is writing."""
    for path in _numbered(usual):
        if not path.exists():
            with suppress(BlockingIOError):
                alone.enter_context(sole_writer(path))
                return path
    raise AssertionError("there is always another number")


def free_path(path: Path, *, force: bool = False) -> Path:
    """Return the first path like this one at which there is nothing yet: m.svg, m-2.svg, … With `force`, this one."""
    return path if force else next(like for like in _numbered(path) if not like.exists())


def _numbered(path: Path) -> Iterator[Path]:
    """Yield a path and then others like it: m.safetensors, m-2.safetensors, m-3.safetensors, …"""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _training_of(path: Path) -> str:
    """Return the identity of the training that wrote a file, empty if the file does not say."""
    try:
        if not path.is_file():  # to read from a pipe would wait for ever
            return ""
        if not path.stat().st_size:
            return UNWRITTEN
        return safetensors.read_header(path).metadata.get("training", "")
    except (OSError, ValueError):
        return ""


class Keeper:
    """The file of a training's best network: written at most once a second, and in the end by `flush`."""

    def __init__(
        self,
        training: Training,
        place: Destination,
        metadata: Mapping[str, str],
        finish: Callable[[Sequential], Sequential] = lambda network: network,
    ) -> None:
        """`finish` makes the network to save of the one that was trained."""
        self.training = training
        self.finish = finish
        self.place = place
        self.out = place.path
        self.metadata = {"made by": f"purenn {__version__}", **metadata}
        self.kept: Epoch | None = None  # the epoch after which the network in the file was taken
        self.recorded = 0  # epochs that the file tells of
        self.replaced: bytes | None = None  # the content of a file that was there before
        self.saved_at = -inf

    def consider(self) -> None:
        """Save the network if the last epoch was the best, and the network has learned something."""
        # a save waits for the disk; epochs of milliseconds do not
        is_best = self.training.best is self.training.done[-1]
        if is_best and self._promises() and time.monotonic() - self.saved_at > 1.0:
            self.flush()

    def rescue(self) -> None:
        """Save the best network of a training that broke off, or nothing, if it has not learned anything."""
        if self._promises():
            self.flush()
        else:
            self.discard()

    def _promises(self) -> bool:
        best, watch = self.training.best, self.training.watch
        return best is not None and (watch is None or watch.promises(best))

    def flush(self) -> None:
        """Save the best network, unless it is in the file, with the record of all epochs."""
        if self.training.best is not self.kept or len(self.training.done) != self.recorded:
            self._save()

    def end(self, history: History) -> None:
        """Save the best network with the whole record of a training that has ended."""
        self.metadata.update(about_end(self.training, history))
        self._save()

    def discard(self) -> None:
        """Take back everything that was saved: a training that has diverged leaves no file, and replaces none."""
        if self.saved_at > -inf and self.replaced is not None:
            with atomic_write(self.out) as file:
                file.write(self.replaced)
        elif self.saved_at > -inf and self.out.is_file():
            os.unlink(os.path.realpath(self.out))
        self.kept, self.recorded, self.saved_at = None, 0, -inf

    def interrupted(self) -> str:
        """Save the best network, if an epoch has ended and training has not diverged. Return words about the rest."""
        if not self.training.done:
            return " in epoch 1"
        if self.training.history().failure:
            self.discard()
            return ", and the training had diverged"
        self.flush()
        return ""

    def _save(self) -> None:
        first = self.saved_at == -inf
        claimed = first and not self.place.replaces
        if claimed:
            self._claim()
        elif first and self.out.is_file():
            self.replaced = self.out.read_bytes()
        try:
            metadata = {**self.metadata, **about_epochs(self.training)}
            self.finish(self.training.best_network()).save(self.out, metadata)
        except BaseException:
            if claimed:  # the file is still empty
                os.unlink(self.out)
            raise
        self.kept, self.saved_at = self.training.best, time.monotonic()
        self.recorded = len(self.training.done)

    def _claim(self) -> None:
        """Create the file, empty. If another program has written one there since, take the next free name."""
        for path in _numbered(self.out):
            with suppress(FileExistsError):
                os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
                self.out = path
                return

    @property
    def words(self) -> str:
        """The content of the file, in words for a message."""
        if self.kept:
            return f"{self.out} holds the network after epoch {self.kept.number}"
        as_it_was = self.place.kept or (self.out if self.out.exists() else None)
        return f"nothing was saved; {as_it_was} is as it was" if as_it_was else "nothing was saved"

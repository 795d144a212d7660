"""Saved networks, with the data set and the loss they were trained on: `train` keeps the best one in a file, `evaluate`
and `predict` load it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path

from purenn import __version__
from purenn.errors import FormatError, ShapeError
from purenn.formats import safetensors
from purenn.history import Epoch
from purenn.losses import LOSSES, Loss
from purenn.network import Sequential
from purenn.training import Training

__all__ = ["Keeper", "SavedNetwork", "load_network"]


@dataclass(frozen=True)
class SavedNetwork:
    """A network from a file, the loss it was trained with, and the metadata of the file."""

    path: Path
    network: Sequential
    loss: Loss
    metadata: dict[str, str]

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
    a finite number.
    """
    metadata = safetensors.read_header(path).metadata
    network = Sequential.load(path)
    for name, tensor in network.state().items():
        for i, value in enumerate(tensor.values):
            if not isfinite(value):
                raise FormatError(f"{path}: tensor {name}, value {i} is {value}: this network can compute nothing")
    # a network saved by another program may not name its loss: its outputs are taken for logits
    name = metadata.get("loss", "CrossEntropy" if network.widths[-1] > 1 else "BinaryCrossEntropy")
    if name not in LOSSES:
        raise FormatError(f"{path}: was trained with the loss {name!r}, expected one of {', '.join(LOSSES)}")
    return SavedNetwork(path, network, LOSSES[name](), metadata)


class Keeper:
    """The file of a training's best network: written at most once a second, and in the end by `flush`."""

    def __init__(self, training: Training, out: Path, metadata: Mapping[str, str]) -> None:
        self.training = training
        self.out = out
        self.metadata = {"made by": f"purenn {__version__}", **metadata}
        self.kept: Epoch | None = None  # the epoch after which the network in the file was taken
        self.saved_at = -inf

    def consider(self) -> None:
        """Save the network if the last epoch was the best."""
        # a save waits for the disk; epochs of milliseconds do not
        if self.training.best is self.training.done[-1] and time.monotonic() - self.saved_at > 1.0:
            self.flush()

    def flush(self) -> None:
        """Save the best network, if it is not in the file yet."""
        if self.training.best is not self.kept:
            self._save()

    def interrupted(self) -> None:
        """Save the best network or, if no epoch has ended and there is no file, the network as it is."""
        if not self.out.exists():  # otherwise first steps are worth less than what is there
            self._save()
        self.flush()

    def _save(self) -> None:
        self.training.best_network().save(self.out, self.metadata)
        self.kept, self.saved_at = self.training.best, time.monotonic()

    @property
    def words(self) -> str:
        """The content of the file, in words for a message."""
        if self.saved_at == -inf:
            return f"{self.out} is as it was" if self.out.exists() else "nothing was saved"
        return f"{self.out} holds the network after {f'epoch {self.kept.number}' if self.kept else 'its first steps'}"

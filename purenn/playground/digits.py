"""A network that reads a drawn digit. It learns the built-in `strokes` on the spot, a few samples in every tick.

The lanes engine learns one sample after the other, so it can stop after any of them, and what has been learned so far
can be asked at once: the first digits are read after less than a second.
"""

from __future__ import annotations

from collections import deque
from random import Random

from purenn.datasets import load
from purenn.engine import Job
from purenn.errors import ShapeError
from purenn.formats import Picture
from purenn.lanes import LanesEngine, Tally
from purenn.layers import Linear
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.playground.views import finite, pixels
from purenn.samples import Images
from purenn.schedules import linear_decay

__all__ = ["SIDE", "Digits", "framed"]

SIDE = 28  # of a picture
DRAWN = 22  # of the digit in it, as in `strokes`
EPOCHS = 3
BLOCK = 25  # samples that are learned without a pause: some milliseconds
RECENT = 20  # blocks by which the accuracy is told
FIRED = 12  # hidden units, at most, whose weights are shown


class Digits:
    """A reader of digits, in training until `is_ready`."""

    def __init__(self, seed: int = 0, network: Sequential | None = None) -> None:
        """Begin to train a new network; or take one that can read pictures of 28 × 28 pixels already.

        Raises ShapeError for a network of other sizes.
        """
        if network and (network.in_features, network.widths[-1]) != (SIDE * SIDE, 10):
            raise ShapeError(f"{network} cannot read digits: expected {SIDE * SIDE} inputs and 10 outputs")
        self._seed = seed
        self._network = network
        self._engine: LanesEngine | None = None
        self._order: list[int] = []
        self._recent: deque[Tally] = deque(maxlen=RECENT)
        self.total = 0
        self.done = 0
        if network is None:
            self._begin()

    def _begin(self) -> None:
        samples, rng = load("strokes").train, Random(self._seed)
        network = feed_forward([SIDE * SIDE, 128, 10], rng)
        network.remember(samples, CrossEntropy())
        self._engine = LanesEngine(Job(network, samples, CrossEntropy(), rng=rng, every_sample=True))
        for _ in range(EPOCHS):
            epoch = list(range(len(samples)))
            rng.shuffle(epoch)
            self._order += epoch
        self.total = len(self._order)
        self._rate = linear_decay(0.02, epochs=self.total, final=0.001)

    @property
    def is_ready(self) -> bool:
        """True when there is nothing left to learn."""
        return self.done >= self.total

    def learn(self) -> None:
        """Learn a few samples, if there are some left."""
        if self._engine and not self.is_ready:
            block = self._order[self.done : self.done + BLOCK]
            self._recent.append(self._engine.learn(block, self._rate(self.done)))
            self.done += len(block)
            self._network = None  # its weights are older than those of the engine

    @property
    def network(self) -> Sequential:
        """The network with what it has learned so far."""
        if self._network is None and self._engine:
            self._network = self._engine.network()
        if self._network is None:
            raise ValueError("there is no network that reads digits")
        return self._network

    def progress(self) -> dict[str, object]:
        """Return how far the training is, with the loss and the accuracy on the last samples that were learned."""
        loss, right, count = map(sum, zip(*self._recent)) if self._recent else (0.0, 0.0, 0.0)
        return {
            "done": self.done,
            "total": self.total,
            "ready": self.is_ready,
            "loss": finite(loss / count) if count else None,
            "accuracy": right / count if count else None,
        }

    def read(self, drawn: bytes) -> dict[str, object]:
        """Return the probability of each digit for a picture, with the hidden units and the weights that fired.

        drawn: 28 × 28 bytes, row by row from the top, 0 for paper. The digit may be anywhere in it, and of any size.
        """
        picture = framed(drawn)
        x = Images(picture, SIDE, SIDE).take([0])
        hidden, weights = self._hidden(x)
        fired = sorted((j for j, value in enumerate(hidden) if value > 0.0), key=lambda j: -hidden[j])[:FIRED]
        return {
            "probabilities": self.network.meaning.class_probabilities(self.network(x))[0],
            "hidden": hidden,
            "fired": fired,
            "weights": [pixels(weights[:, j]) for j in fired],
            "picture": pixels([float(byte) for byte in picture], 0.0, 255.0)["pixels"],
        }

    def _hidden(self, x: Matrix) -> tuple[list[float], Matrix]:
        """Return the values before the second Linear layer, and the weights of the first one.

        A network without a hidden layer has none: its outputs are taken.
        """
        first: Linear | None = None
        for layer in self.network:
            if isinstance(layer, Linear):
                if first:
                    break
                first = layer
            x = layer.forward(x)[0]
        if first is None or first.weight.columns != x.columns:
            raise ValueError(f"{self.network} has no layer whose weights are a picture for each unit")
        return x[0], first.weight


def framed(drawn: bytes) -> bytes:
    """Return the picture with its digit in the middle and as large as those of `strokes`: a hand draws it anywhere.

    An empty picture stays empty. Raises ShapeError for another number of bytes.
    """
    if len(drawn) != SIDE * SIDE:
        raise ShapeError(f"the picture has {len(drawn)} bytes, expected {SIDE} × {SIDE} = {SIDE * SIDE}")
    rows = [drawn[i : i + SIDE] for i in range(0, len(drawn), SIDE)]
    ys = [y for y, row in enumerate(rows) if any(row)]
    xs = [x for x, column in enumerate(zip(*rows)) if any(column)]
    if not ys:
        return drawn
    height, width = ys[-1] - ys[0] + 1, xs[-1] - xs[0] + 1
    side = round(max(height, width, 4) * SIDE / DRAWN)  # of a square around it, in pixels of the drawing
    top, left = (side - height) // 2, (side - width) // 2
    page = [bytearray(side) for _ in range(side)]
    for y, row in zip(range(top, top + height), rows[ys[0] : ys[-1] + 1]):
        page[y][left : left + width] = row[xs[0] : xs[-1] + 1]
    return Picture(side, side, 1, b"".join(page)).resized(SIDE, SIDE).values

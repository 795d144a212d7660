"""The learning-rate range test: one short run that shows which rates a network can be trained with.

A hundred steps, each with a slightly larger rate than the one before. While the rate is too small the loss stays where
it is, then it falls, and when the rate is too large it rises again, steeply. Sources: Smith (2017), section 3.3, whose
rates grow by equal steps; equal factors, the smoothing and the rule of steepest fall are Howard and Gugger's (2020).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from random import Random

from purenn.engine import ADVICE, check_samples
from purenn.errors import TrainingError
from purenn.losses import Loss
from purenn.network import Sequential
from purenn.optimizers import SGD, Optimizer
from purenn.samples import Numbers, Samples, as_rows, as_targets

__all__ = ["RangeTest", "find_learning_rate"]

MEMORY = 0.9  # how much of itself the average of the losses keeps at each step
SPAN = 10  # about as many steps, 1 / (1 - MEMORY), are in it
TOO_HIGH = 4.0  # the test ends when the average is so many times its lowest
TICK, TICKS, HEIGHT = 15, 4, 12  # of the chart: characters between two marks on its axis, marks after the first, lines


@dataclass(frozen=True)
class RangeTest:
    """The rates that were tried, each larger than the last by the same factor, and the loss that each of them met.

    The losses are those of the batches, each before its step, and smoothed, because every batch is another: by an
    exponential average, a ← 0.9 a + 0.1 loss, divided by 1 - 0.9^steps to make up for its beginning at 0.
    """

    rates: Sequence[float]
    losses: Sequence[float]

    @property
    def suggestion(self) -> float | None:
        """The rate at which the smoothed loss fell most steeply per factor of ten: a good one to begin with.

        It is the middle of those ten steps over which the loss fell by most. The first ten do not count, for the
        average still follows single batches there, nor do those after the lowest loss. As the average lags behind,
        the losses themselves fell at a slightly lower rate. None if it did not fall.
        """
        end = min(range(SPAN, len(self.losses)), key=self.losses.__getitem__, default=0)
        falls = [(self.losses[i - SPAN] - self.losses[i], self.rates[i - SPAN // 2]) for i in range(2 * SPAN, end + 1)]
        fall, rate = max(falls, default=(0.0, 0.0))
        return rate if fall > 0.0 else None

    def __str__(self) -> str:
        """A chart: the smoothed loss upwards, the rate to the right on a logarithmic axis, o for the suggestion.

        The last loss may be far above all others, since such a one ends the test. It is drawn at the top all the same.
        """
        rate, last = self.suggestion, len(self.losses) - 1
        top, low = max(self.losses[:-1] or self.losses), min(self.losses)

        def place(i: int) -> tuple[int, int]:
            """Line and column of a loss. The rates grow by equal factors, so a logarithm would only count them."""
            down = max(top - self.losses[i], 0.0) / (top - low or 1.0)
            return round(down * (HEIGHT - 1)), round(i / max(last, 1) * TICK * TICKS)

        lines = [[" "] * (TICK * TICKS + 1) for _ in range(HEIGHT)]
        for y, x in map(place, range(last + 1)):
            lines[y][x] = "*"
        if rate is not None:
            y, x = place(self.rates.index(rate))
            lines[y][x] = "o"
        found = "it did not fall: no suggestion" if rate is None else f"o is the suggestion, {rate:.2g}"
        labels = [f"{top:.3g}", *[""] * (HEIGHT - 2), f"{low:.3g}"]
        chart = [f"{label:>8} |{''.join(line)}".rstrip() for label, line in zip(labels, lines)]
        axis = " " * 9 + ("+" + "-" * (TICK - 1)) * TICKS + "+"
        ticks = [self.rates[0] * (self.rates[-1] / self.rates[0]) ** (i / TICKS) for i in range(TICKS + 1)]
        below = " " * 10 + "".join(f"{tick:<{TICK}.2g}" for tick in ticks).rstrip()
        return "\n".join([f"smoothed loss by learning rate; {found}", *chart, axis, below])


def find_learning_rate(
    network: Sequential,
    inputs: Numbers,
    targets: Numbers,
    *,
    loss: Loss,
    optimizer: Optimizer | None = None,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
    seed: int = 0,
) -> RangeTest:
    """The range test: train copies of the network and the optimizer (SGD() if not given) with rates that grow from
    `lowest` to `highest` by an equal factor at each step. The originals stay as they are.

    Each step takes the next of the shuffled samples, which begin anew when they run out. The test ends early when the
    smoothed loss is above four times its lowest, those of the first ten steps not counted, or not finite. inputs,
    targets, batch_size: as for `training.fit`.

    Raises ValueError for options out of range or samples that are not finite, ShapeError for sizes that do not fit, and
    TrainingError if the loss is not finite even before the first step.

    >>> from purenn.losses import MeanSquaredError
    >>> from purenn.network import feed_forward
    >>> inputs = [i / 10 for i in range(-10, 11)]
    >>> line = [3 * x + 1 for x in inputs]
    >>> print(find_learning_rate(feed_forward([1, 1], Random(1)), inputs, line, loss=MeanSquaredError()))
    smoothed loss by learning rate; o is the suggestion, 0.11
        2.07 |*****************************                               *
             |                            ******
             |                                 ****
             |                                    ***
             |                                      ***
             |                                        **
             |                                         o**
             |                                           **
             |                                             **
             |                                              ****
             |                                                 *****     *
      0.0644 |                                                      ******
             +--------------+--------------+--------------+--------------+
              1e-05          0.00029        0.0087         0.26           7.6
    """
    rng = Random(seed)
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]))
    size = min(32, len(samples)) if batch_size is None else batch_size
    _check(samples, size, lowest, highest, steps)
    check_samples(samples, loss)
    network, optimizer = deepcopy(network), deepcopy(SGD() if optimizer is None else optimizer)
    indices = _shuffled(len(samples), rng)
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for step in range(steps):
        optimizer.learning_rate = lowest * (highest / lowest) ** (step / (steps - 1))
        x, t = samples.take(list(islice(indices, size)))
        outputs, backward = network.forward(x, rng)
        average = MEMORY * average + (1.0 - MEMORY) * loss.value(outputs, t)
        smoothed = average / (1.0 - MEMORY ** (step + 1))
        if not math.isfinite(smoothed):
            break
        rates.append(optimizer.learning_rate)
        losses.append(smoothed)
        if smoothed > TOO_HIGH * min(losses[SPAN:], default=math.inf):
            break
        optimizer.step(network.parameters, backward.parameters(loss.gradient(outputs, t)))
    if not losses:
        raise TrainingError(f"the loss of the first batch is {average}, before any step; {ADVICE}")
    return RangeTest(rates, losses)


def _check(samples: Samples, batch_size: int, lowest: float, highest: float, steps: int) -> None:
    if not 1 <= batch_size <= len(samples):
        raise ValueError(f"batch_size must be from 1 to the {len(samples)} samples, got {batch_size}")
    if not 0.0 < lowest < highest < math.inf:
        raise ValueError(f"the rates must rise from above 0, got lowest {lowest} and highest {highest}")
    if steps < 3 * SPAN:
        raise ValueError(f"steps must be at least {3 * SPAN}, got {steps}")


def _shuffled(samples: int, rng: Random) -> Iterator[int]:
    """All indices in random order, and again in another, without end."""
    while True:
        yield from rng.sample(range(samples), samples)

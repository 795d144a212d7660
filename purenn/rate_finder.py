"""The learning-rate range test: one short run that shows which learning rates suit a network.

It makes a hundred steps, each with a slightly larger rate than the one before. While the rate is too small, the loss
hardly changes; then the loss falls; when the rate is too large, the loss rises steeply. Sources: Smith (2017), section
3.3, where rates grow by equal differences; Howard and Gugger (2020) for equal factors, smoothing and the rule of
steepest fall.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from random import Random

from purenn.charts import Svg, line_chart, rate_curve
from purenn.engine import ADVICE, FloatEngine, Job
from purenn.errors import TrainingError, check_whole
from purenn.formats import File
from purenn.initializers import generator
from purenn.network import Sequential
from purenn.optimizers import SGD, OptimizerLike, as_optimizer
from purenn.samples import LossLike, Numbers, Samples, Targets, as_loss

__all__ = ["RangeTest", "find_learning_rate"]

MEMORY = 0.9  # the factor of the old average at each step
SPAN = 10  # steps that the average covers, about 1 / (1 - MEMORY)
TOO_HIGH = 4.0  # the test ends when the average is this many times its minimum
TICKS = 4  # marks on the axis of the chart, after the first


@dataclass(frozen=True)
class RangeTest:
    """The result of a range test: the rates, which grow by a constant factor, and the smoothed loss at each rate.

    A loss is that of a batch before the step. As batches differ, the losses are smoothed by an exponential average,
    a ← 0.9 a + 0.1 loss, divided by 1 - 0.9^steps to correct for its start at 0.
    """

    rates: Sequence[float]
    losses: Sequence[float]

    @property
    def suggestion(self) -> float | None:
        """The rate where the smoothed loss fell most steeply, a good rate to start with. None if it did not fall.

        It is the middle of the ten steps over which the loss fell most. The first ten steps do not count, because the
        average still follows single batches there, nor do the steps after the lowest loss. As the average lags behind,
        the losses themselves fell at a slightly lower rate.
        """
        end = min(range(SPAN, len(self.losses)), key=self.losses.__getitem__, default=0)
        falls = [(self.losses[i - SPAN] - self.losses[i], self.rates[i - SPAN // 2]) for i in range(2 * SPAN, end + 1)]
        fall, rate = max(falls, default=(0.0, 0.0))
        return rate if fall > 0.0 else None

    def __str__(self) -> str:
        """Return a chart of the smoothed loss over the rate, on a logarithmic axis, with o for the suggestion.

        The last loss may be far above all others, because such a loss ends the test. It is drawn at the top.
        """
        rate = self.suggestion
        found = "it did not fall: no suggestion" if rate is None else f"o is the suggestion, {rate:.2g}"
        top = max(self.losses[:-1] or self.losses)
        # the rates grow by a constant factor, so their logarithms are at equal distances
        ticks = [self.rates[0] * (self.rates[-1] / self.rates[0]) ** (i / TICKS) for i in range(TICKS + 1)]
        chart = line_chart(self.losses, ticks, top, marked=None if rate is None else self.rates.index(rate))
        return f"smoothed loss by learning rate; {found}\n{chart}"

    def plot(self, path: File | None = None) -> Svg:
        """Return a drawing of the smoothed loss over the rate, with a mark at the suggestion: an SVG text that a
        notebook shows. It is also written to `path`, if that is given: "rates.svg". Raises ShapeError for a test that
        ended after its first step."""
        title = "Smoothed loss by learning rate"
        return rate_curve(self.rates, self.losses, chosen=self.suggestion, title=title).written(path)

    def _repr_svg_(self) -> str | None:
        return self.plot() if len(self.rates) > 1 else None


def find_learning_rate(
    network: Sequential,
    inputs: Numbers | Samples,
    targets: Targets | None = None,
    *,
    loss: LossLike | None = None,
    optimizer: OptimizerLike | None = None,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
    seed: int = 0,
) -> RangeTest:
    """Run the range test with rates that grow from `lowest` to `highest` by the same factor at each step.

    It trains copies of the network and of the optimizer (default: SGD()), so the originals do not change. Each step
    takes the next batch of the shuffled samples, which are shuffled again when they run out. The test ends early when
    the smoothed loss is not finite, or above four times its minimum after the first ten steps. inputs, targets,
    batch_size: as for `training.fit`.

    Raises ValueError for options out of range or samples that are not finite, ShapeError for sizes that do not fit, and
    TrainingError if the loss is not finite before the first step.

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
    if not 0.0 < lowest < highest < math.inf:
        raise ValueError(f"the rates must rise from above 0, got lowest {lowest} and highest {highest}")
    check_whole(3 * SPAN, steps=steps)
    rng = generator(seed)
    samples = network.samples(inputs, targets)
    loss = as_loss(loss, samples, network.meaning.last)
    optimizer = deepcopy(as_optimizer(optimizer) or SGD())
    engine = FloatEngine(Job(deepcopy(network), samples, loss, optimizer, batch_size, rng=rng))
    indices = _shuffled(len(samples), rng)
    rates: list[float] = []
    losses: list[float] = []
    average = 0.0
    for step in range(steps):
        optimizer.learning_rate = lowest * (highest / lowest) ** (step / (steps - 1))
        batch_loss, _ = engine.learn(list(islice(indices, engine.batch_size)))
        average = MEMORY * average + (1.0 - MEMORY) * batch_loss
        smoothed = average / (1.0 - MEMORY ** (step + 1))
        if not math.isfinite(smoothed):
            break
        rates.append(optimizer.learning_rate)
        losses.append(smoothed)
        if smoothed > TOO_HIGH * min(losses[SPAN:], default=math.inf):
            break
    if not losses:
        raise TrainingError(f"the loss of the first batch is {average}, before any step; {ADVICE}")
    return RangeTest(rates, losses)


def _shuffled(samples: int, rng: Random) -> Iterator[int]:
    """Yield all indices in random order, then all of them in another order, and so on without end."""
    while True:
        yield from rng.sample(range(samples), samples)

"""The outer step: what a round of training has moved the weights by is taken as a step, and gets momentum.

Between two averages, all workers train from the same weights, and their average says where to go. The next round could
begin there. But, as with the steps of a single worker, it is better to go on a little in the direction of the rounds
before as well (momentum), and a little less far (rate):

    step     = average - before
    velocity = momentum · (velocity + step)
    after    = before + rate · (velocity + step)        as in Nesterov's momentum

With more workers an average moves less. A larger momentum makes up for it, and with many workers so do shorter rounds
and a higher learning rate: what is noise in the steps of each of them averages out. At the start, where all steps go
in much the same direction, that rate would be too high, and it grows to it (warm-up).

A single worker has nobody to average with. Without momentum, and with a rate below 1, it stays behind, between where it
was and where its last samples have led it: so these count for less, and the noise of single samples averages out.
If it leaves out no sample, it makes no outer step: in validation on Fashion-MNIST, to stay behind was no better.

Momentum and rate are counted in sixteenths, and both products are rounded to the nearest unit. So the step is exact in
lanes: it has the same bits whoever computes it, in rows and in columns, and after a resumed training.

Sources: Wang et al. (2020), SlowMo; Douillard et al. (2023), DiLoCo; Goyal et al. (2017), Accurate, Large Minibatch
SGD: Training ImageNet in 1 Hour, for the higher rate and its warm-up; for one worker Zhang et al. (2019), Lookahead
Optimizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, sub
from typing import NamedTuple

from purenn.errors import TrainingError
from purenn.lanes.integers import Lanes, Layout

__all__ = ["PAYS", "Outer", "outer_for", "outer_step"]

SHIFT = 4  # momentum and rate are in 2^-SHIFT
WARM = 0.3  # epochs until the gain is reached


class Outer(NamedTuple):
    """An outer step after so many samples of each worker. Momentum and rate are in sixteenths, up to 16.

    gain: the learning rate of the workers, in multiples of the rate that was asked for. It grows to it from 1 in the
    first part of the first epoch.
    """

    samples: int
    momentum: int
    rate: int
    gain: int = 1

    def factor(self, epoch: float) -> float:
        """Return by what the learning rate is multiplied after so many epochs.

        >>> [Outer(50, 12, 16, gain=4).factor(epoch) for epoch in (0.0, WARM / 2.0, WARM, 2.0)]
        [1.0, 2.5, 4.0, 4.0]
        """
        return 1.0 + (self.gain - 1) * min(epoch / WARM, 1.0)


# By the number of workers, up to which they were chosen by accuracy on validation samples of MNIST.
OUTERS = {
    1: Outer(2000, 0, 10),
    2: Outer(2000, 8, 15),
    4: Outer(1000, 10, 15),
    8: Outer(40, 12, 16, gain=3),
    16: Outer(25, 13, 16, gain=4),
}
MANY = Outer(16, 14, 16, gain=5)  # chosen with 32
PAYS = 4  # with more workers, training to the same accuracy takes longer: benchmarks/bench_workers.py


def outer_for(workers: int, *, warped: bool = False) -> Outer:
    """Return the outer step for this number of workers, and for samples that are warped or not."""
    if workers == 2 and warped:  # such a sample takes longer, so two can afford to average twice as often
        return OUTERS[2]._replace(samples=1000)
    return next((outer for most, outer in OUTERS.items() if workers <= most), MANY)


def outer_step(
    layout: Layout, before: Sequence[Lanes], average: Sequence[Lanes], velocity: Sequence[Lanes], outer: Outer
) -> tuple[list[Lanes], list[Lanes]]:
    """Return the rows after the step, and the new velocity.

    Raises TrainingError if the weights are so large, or have moved so far, that a lane might not hold them.

    >>> layout = Layout(2, 32)
    >>> before, average, velocity = map(layout.pack, ([100, 0], [180, -16], [16, 0]))
    >>> (after,), (velocity,) = outer_step(layout, [before], [average], [velocity], Outer(1000, momentum=8, rate=12))
    >>> layout.unpack(velocity), layout.unpack(after)  # 1/2 · (16 + 80) = 48, and 100 + 3/4 · (48 + 80) = 196
    ([48, -8], [196, -18])
    """
    most = layout.width - 2  # bits: the difference of two weights fits
    if not layout.all_fit(before, most) or not layout.all_fit(average, most):
        raise TrainingError("the weights are too large for the steps between two rounds")
    steps = list(map(sub, average, before))
    paths = list(map(add, velocity, steps))
    most -= SHIFT  # so does a number times a factor below 2^SHIFT
    if not layout.all_fit(steps, most - 1) or not layout.all_fit(paths, most - 1):
        raise TrainingError("the weights move farther in a round than their lanes have room for")
    velocity = layout.scaled(paths, outer.momentum, SHIFT)  # smaller than the paths
    paths = list(map(add, velocity, steps))
    return list(map(add, before, layout.scaled(paths, outer.rate, SHIFT))), velocity

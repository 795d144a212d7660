"""Inputs as whole numbers, called levels, gathered in groups of equal level, so that a layer needs additions only.

A picture has 784 pixels. Most are background, and the others need not be told apart in 255 shades: for handwriting, 8
are enough. The sum Σ level_i · row_i over all pixels then has only 8 different factors. For each, the rows of its
pixels are added, and the sum is multiplied once.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter

from purenn.lanes.integers import Lanes
from purenn.samples import Images, Rows

__all__ = ["Group", "Picker", "grouped"]

# Returns some of the rows in a list, in a tuple; an itemgetter.
Picker = Callable[[list[Lanes]], tuple[Lanes, ...]]

# Inputs of equal level: (level, pick, indices). pick(rows) is the tuple of their rows, followed by a row of zeros.
Group = tuple[int, Picker, list[int]]


def grouped(inputs: Rows, scale: int) -> list[list[Group]]:
    """Return the groups of every sample. An input x has the level x · scale, rounded; inputs of level 0 are left out.

    A pixel of 255 is the input 1 and has the level `scale`, so `scale` is also the number of shades besides background.

    With n inputs, index n is the bias, an input that is always 1, and index n + 1 stands for a row of zeros. Each
    `pick` fetches that row too, because an itemgetter of a single index would return a row instead of a tuple of rows.
    """
    indices = list(range(inputs.columns + 2))  # made once: 60,000 pictures share these objects
    was_enabled = gc.isenabled()
    gc.disable()  # millions of new tuples, none of them garbage: to search them would double the time
    try:
        if isinstance(inputs, Images) and scale < 256:  # levels that fit into bytes
            shades = bytes((value * scale + 127) // 255 for value in range(256))
            return [_groups(inputs.picture(i).translate(shades), indices, scale) for i in range(len(inputs))]
        numbers = (inputs.take([i])[0] for i in range(len(inputs)))
        return [_groups([round(x * scale) for x in row], indices, scale) for row in numbers]
    finally:
        if was_enabled:
            gc.enable()


def _groups(levels: Sequence[int], indices: list[int], scale: int) -> list[Group]:
    """Return the groups of one sample with these levels."""
    bias, zeros = indices[-2:]
    gathered: defaultdict[int, list[int]] = defaultdict(list)
    gathered[scale].append(bias)
    for level, i in zip(filter(None, levels), compress(indices, levels)):
        gathered[level].append(i)
    return [(level, itemgetter(*members, zeros), members) for level, members in gathered.items()]

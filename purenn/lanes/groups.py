"""Samples made ready for lanes: small whole numbers, and the inputs that share one gathered in a group.

A picture has 784 pixels, of which most are background, and the rest need not be told apart in 255 shades: 8 are enough
for handwriting. The sum of level · row over all pixels is then, for each level, one multiplication of the sum of the
rows of its group, and only additions are left.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter

from purenn.samples import Images, Rows, Selection

__all__ = ["Group", "Picker", "grouped"]

Picker = Callable[[list[int]], tuple[int, ...]]


# Inputs of one level: (level, pick, indices). pick(rows) is the tuple of their rows, and indices says which they are.
Group = tuple[int, Picker, list[int]]


def grouped(rows: Rows, scale: int) -> list[list[Group]]:
    """Every sample's inputs as whole multiples of 1 / scale, in groups of the same multiple; zeros are left out.

    One more input, with the index after the last, is always 1: its row is the bias. A pixel of 255 becomes `scale`,
    so scale is also the number of shades. A group's `pick` fetches a row of zeros too, with the index after that of the
    bias: an itemgetter of a single index would return the row itself and not a tuple.
    """
    indices = list(range(rows.columns + 2))  # made once: 60,000 pictures share these objects
    was_enabled = gc.isenabled()
    gc.disable()  # millions of new tuples, none of them garbage: looking for some would double the time
    try:
        picture = _pictures(rows)
        if picture and scale < 256:  # levels that fit into bytes
            shades = bytes((value * scale + 127) // 255 for value in range(256))
            return [_groups(picture(i).translate(shades), indices, scale) for i in range(len(rows))]
        numbers = (rows.take([i])[0] for i in range(len(rows)))
        return [_groups([round(x * scale) for x in row], indices, scale) for row in numbers]
    finally:
        if was_enabled:
            gc.enable()


def _pictures(rows: Rows) -> Callable[[int], bytes] | None:
    """The function that fetches a picture's bytes, if these rows are pictures."""
    if isinstance(rows, Images):
        return rows.picture
    if isinstance(rows, Selection):
        inner, indices = _pictures(rows.whole), rows.indices
        return (lambda i: inner(indices[i])) if inner else None
    return None


def _groups(levels: Sequence[int], indices: list[int], scale: int) -> list[Group]:
    """The groups of one sample, whose inputs have these levels."""
    bias, nothing = indices[-2:]
    gathered: defaultdict[int, list[int]] = defaultdict(list)
    gathered[scale].append(bias)
    for level, i in zip(filter(None, levels), compress(indices, levels)):
        gathered[level].append(i)
    return [(level, itemgetter(*members, nothing), members) for level, members in gathered.items()]

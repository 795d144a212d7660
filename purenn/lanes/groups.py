"""Inputs as whole numbers, called levels, gathered in groups of equal level, so that a layer needs additions only.

A picture has 784 pixels. Most are background, and the others need not be told apart in 255 shades: for handwriting, 8
are enough. The sum Σ level_i · row_i over all pixels then has only 8 different factors.

Even these few multiplications can be avoided. Here 3 pixels have the level 3, one has the level 2 and two have 1:

    3 · (a + b + c) + 2 · d + 1 · (e + f)
        = (a + b + c)
        + (a + b + c) + d
        + (a + b + c) + d + (e + f)

Add the rows one after the other, from the highest level down, and add up what the sum is at the end of each group. In
general, each of these sums counts as often as the next level is lower, and the last as often as its level says (it is
summation by parts, or Abel summation). So the factors are differences between levels, here called steps. In pictures,
where every level has a group, even if there is nothing in it, all steps are 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, compress
from operator import itemgetter, mul
from typing import NamedTuple

from purenn.samples import Images, Rows

__all__ = ["Groups", "grouped"]


class Groups(NamedTuple):
    """The inputs of one sample that are not 0, in groups of equal level, from the highest level to the lowest.

    With n inputs, index n is the bias, an input that is always 1, and index n + 1 a row of zeros. That index comes last
    and is in no group: it is there because an `itemgetter` of one index would return an item instead of a tuple.

    >>> first, = grouped(Images(bytes([0, 255, 130, 250, 60]), height=1, width=5), scale=4)
    >>> first
    Groups(indices=(5, 1, 3, 2, 4, 6), counts=(3, 0, 1, 1), levels=(4, 3, 2, 1), steps=(1, 1, 1, 1), total=15)
    """

    indices: tuple[int, ...]  # one group after the other
    counts: tuple[int, ...]  # the number of indices in each group
    levels: tuple[int, ...]  # the level of each group
    steps: tuple[int, ...]  # by how much the level of the next group is lower; the last is the lowest level
    total: int  # Σ |level| of all inputs

    def warped(self, places: Sequence[int]) -> Groups:
        """Return the groups of the picture that a warp makes of this one, whose ink from i lands on places[i].

        The weights of that place meet the ink, so to look at other rows is all there is to do. Ink that leaves the
        picture lands on the row of zeros. Where ink of two pixels lands on one, its index is there twice.
        """
        return self._replace(indices=itemgetter(*self.indices)(places))


def grouped(inputs: Rows, scale: int) -> list[Groups]:
    """Return the groups of every sample. An input x has the level x · scale, rounded.

    A pixel of 255 is the input 1 and has the level `scale`, so `scale` is also the number of shades besides background.
    """
    indices = tuple(range(inputs.columns + 2))  # made once: 60,000 pictures share these objects
    if isinstance(inputs, Images) and scale < 256:  # levels that fit into bytes
        shades = bytes((value * scale + 127) // 255 for value in range(256))
        levels = tuple(range(scale, 0, -1))
        steps = _steps(levels)
        pictures = (picture.translate(shades) for picture in inputs.pictures())
        return [_of_picture(picture, indices, levels, steps) for picture in pictures]
    numbers = (inputs.take([i])[0] for i in range(len(inputs)))
    return [_of_numbers([*(round(x * scale) for x in row), scale], indices) for row in numbers]


def _of_picture(picture: bytes, indices: tuple[int, ...], levels: tuple[int, ...], steps: tuple[int, ...]) -> Groups:
    """Return the groups of a picture, given the level of every pixel. They include all `levels`, from `scale` to 1."""
    bias, zeros = indices[-2:]
    members: list[list[int]] = [[] for _ in range(levels[0] + 1)]  # by level
    members[levels[0]].append(bias)
    for level, i in zip(picture.translate(None, b"\0"), compress(indices, picture)):
        members[level].append(i)
    del members[0]
    members.reverse()
    counts = tuple(map(len, members))
    return Groups((*chain.from_iterable(members), zeros), counts, levels, steps, sum(map(mul, counts, levels)))


def _of_numbers(values: Sequence[int], indices: tuple[int, ...]) -> Groups:
    """Return the groups of any other sample, given the level of every input and of the bias."""
    found = Counter(filter(None, values))
    levels = tuple(sorted(found, reverse=True))
    members = sorted(compress(indices, values), key=values.__getitem__, reverse=True)
    counts = tuple(found[level] for level in levels)
    return Groups((*members, indices[-1]), counts, levels, _steps(levels), sum(map(abs, values)))


def _steps(levels: tuple[int, ...]) -> tuple[int, ...]:
    """Return by how much each level is higher than the next one, and for the last, the level itself."""
    return tuple(level - lower for level, lower in zip(levels, (*levels[1:], 0)))

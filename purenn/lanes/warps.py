"""Warped pictures in lanes: instead of moving ink to other pixels, let it meet the weights of other pixels.

A warp says where the ink of every pixel lands (`purenn.samples.Augmentation`). The layer multiplies the ink that has
landed on a pixel by the weights of that pixel. So a picture stays grouped as it is, and only the indices of the rows
that it meets, and that learn from it, are looked up in the warp (`Groups.warped`).
"""

from __future__ import annotations

from collections import Counter
from random import Random

from purenn.samples import MAPS, Augmentation, Rows

__all__ = ["Warps"]


class Warps:
    """The warps of an epoch: for each, the index of the row of weights that the ink of every pixel meets.

    Raises ValueError if the inputs are not pictures.
    """

    def __init__(self, augmentation: Augmentation, inputs: Rows) -> None:
        images = augmentation.check(inputs)
        self.augmentation = augmentation
        self.height, self.width = images.height, images.width
        self.count = min(MAPS, len(images))
        self.places: list[tuple[int, ...]] = []

    def draw(self, rng: Random) -> int:
        """Draw new warps. Return the largest number of pixels whose ink one of them gathers on a single pixel."""
        maps = self.augmentation.maps(self.height, self.width, self.count, rng)
        bias, zeros = self.height * self.width, self.height * self.width + 1
        numbers = list(range(zeros + 1))  # objects that all warps share; numbers[-1] is the row of zeros
        self.places = [(*map(numbers.__getitem__, places), bias, zeros) for places in maps]
        landed = (Counter(place for place in places if place >= 0) for places in maps)
        return max(max(counts.values(), default=0) for counts in landed)

    def one(self, rng: Random) -> tuple[int, ...]:
        """Return one of the warps, at random."""
        return self.places[int(rng.random() * len(self.places))]

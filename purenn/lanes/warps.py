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
        self.places: list[list[int]] = []

    def draw(self, rng: Random) -> int:
        """Draw new warps. Return the largest number of pixels whose ink one of them gathers on a single pixel."""
        maps = self.augmentation.maps(self.height, self.width, self.count, rng)
        pixels = self.height * self.width
        self.places = [[*places, pixels, pixels + 1] for places in maps]  # the bias and the row of zeros stay
        landed = (Counter(place for place in places if place >= 0) for places in maps)
        return max(max(counts.values(), default=0) for counts in landed)

    def one(self, rng: Random) -> list[int]:
        """Return one of the warps, at random."""
        return self.places[int(rng.random() * len(self.places))]

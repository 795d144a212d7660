"""Leaving out what is known: a sample that was no trouble the last time is seen only now and then.

After an epoch or two, most samples are told apart with ease. They teach the network nearly nothing, but to look at one
costs as much as to look at a sample that it still gets wrong. So a sample whose last loss was below KNOWN takes part in
an epoch with a probability of KEPT only; and one whose loss turns out to be below KNOWN is learned from with the same
probability. A sample that is forgotten has a larger loss at its next visit. Then it takes part in every epoch until it
is known again.

What this does to the gradient: known samples have small gradients, most of which are no longer counted. So the mean
gradient is a little off, towards the samples that are not known yet. To multiply the gradients of known samples that do
take part by 1 / KEPT would put this right on average, with steps that are rarer and longer (`docs/lanes.md` has what
was measured). The loss and the accuracy of an epoch are put right in this way: they estimate those of all samples.

Sources: Jiang et al. (2019), Accelerating Deep Learning by Focusing on the Biggest Losers; Katharopoulos and Fleuret
(2018), Not All Samples Are Created Equal, for the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

__all__ = ["KEPT", "KNOWN", "WEIGHTS", "Selection"]

KNOWN = 0.05  # the cross-entropy of a right answer with a probability of 95 %
KEPT = 0.25
WEIGHTS = 1.0, 1.0 / KEPT  # of a sample that takes part, in what an epoch reports: by whether it is known


class Selection:
    """Which of `count` samples are known: `known[i]` is 1 if the last loss of sample i was below KNOWN, else 0."""

    def __init__(self, count: int) -> None:
        self.known = bytearray(count)

    def choose(self, order: Sequence[int], rng: Random) -> list[int]:
        """Return the samples that take part, in their order: all that are not known, and some that are.

        If that is none at all, every sample takes part.

        >>> selection = Selection(6)
        >>> selection.known[:] = b"\\0\\1\\1\\0\\1\\1"
        >>> selection.choose([5, 4, 3, 2, 1, 0], Random(1))
        [5, 3, 0]
        """
        known, draw = self.known, rng.random
        return [i for i in order if not known[i] or draw() < KEPT] or list(order)

    @property
    def note(self) -> str:
        """A bit for each sample, in hexadecimal digits, from which `restore` continues."""
        return f"{int(self.known.hex()[1::2], 2):x}"  # of the two digits of a byte, the second is its flag

    def restore(self, note: str) -> None:
        """Continue from such a note. Raises ValueError if it is not one for as many samples."""
        count = len(self.known)
        try:
            bits = int(note, 16)
        except ValueError:
            bits = -1
        if not 0 <= bits < 1 << count:
            digits = "in hexadecimal digits"
            raise ValueError(f"'known' must be a bit for each of {count} samples, {digits}, got {note!r:.40}")
        self.known[:] = bytes(map(int, f"{bits:0{count}b}"))

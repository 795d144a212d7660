"""A row of small whole numbers kept as the lanes of one big integer, so that one addition adds them all.

Python adds and multiplies big integers in C, many bits at a time. A list of 128 numbers costs 128 steps of the
interpreter; the same numbers side by side in one integer cost one step:

    row = Σ v_j · 2^(width · j)

Here are 2, -1 and 3 in lanes of 8 bits, 2 + (-1) · 2^8 + 3 · 2^16 = 196354:

             lane 2     lane 1     lane 0
           +----------+----------+----------+
    row    | 00000010 | 11111111 | 00000010 |     02 ff 02: lane 1 has borrowed 1 from lane 2
           +----------+----------+----------+
    offset | 10000000 | 10000000 | 10000000 |     80 80 80: 2^7 in every lane
           +----------+----------+----------+
    sum    | 10000011 | 01111111 | 10000010 |     83 7f 82: 3, -1 and 2, each plus 2^7; nobody owes anything
           +----------+----------+----------+

Negative numbers need nothing special. A row is a sum like any other: row a plus row b is Σ (a_j + b_j) · 2^(width · j),
whatever a lane has borrowed from the next. Only to look at single lanes is `offset` added first: then every lane is at
least 0, so none borrows, and its bits stand in its own place.

Headroom is the price. A lane reads right while its number is in [-limit, limit), where limit = 2^(width - 1). Beyond,
it spills into its neighbour, and nobody can see that afterwards: the row is then just the row of some other numbers. So
whoever adds works out beforehand how large a sum can get (n rows of numbers up to b reach n · b), or looks at `largest`
while there is room. Lanes may be out of range on the way, if they are back when they are read.

Bytes are written and read as little-endian (`<` in `struct`), because lane 0 is the lowest: neither the byte order of
the machine nor the size of the digits that Python makes its integers of changes a row.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NewType

from purenn.errors import ShapeError

__all__ = ["Lanes", "Layout", "add", "scale"]

Lanes = NewType("Lanes", int)  # a row in lanes, so that a type checker refuses add(7, row)

FORMATS = {8: "b", 16: "h", 32: "i", 64: "q"}  # width in bits: how `struct` calls a signed number of that width


def add(a: Lanes, b: Lanes) -> Lanes:
    """a_j + b_j in every lane. Every sum must stay in [-limit, limit): beyond, it would spill into its neighbour.

    >>> layout = Layout(3, 32)
    >>> layout.unpack(add(layout.pack([1, 2, 3]), layout.pack([10, -20, -3])))
    [11, -18, 0]
    """
    return Lanes(a + b)


def scale(a: Lanes, factor: int) -> Lanes:
    """a_j · factor in every lane. Every product must stay in [-limit, limit), as every sum must.

    >>> layout = Layout(3, 32)
    >>> layout.unpack(scale(layout.pack([1, -2, 3]), -5))
    [-5, 10, -15]
    """
    return Lanes(a * factor)


@dataclass(frozen=True)
class Layout:
    """How many lanes a row has, and how many bits each: 8, 16, 32 or 64. Raises ValueError for others.

    >>> layout = Layout(count=3, width=8)
    >>> row = layout.pack([2, -1, 3])
    >>> hex(row), hex(layout.offset), hex(row + layout.offset)
    ('0x2ff02', '0x808080', '0x837f82')
    >>> layout.unpack(row)
    [2, -1, 3]
    """

    count: int
    width: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"count must be at least 1, got {self.count}")
        if self.width not in FORMATS:
            raise ValueError(f"width must be 8, 16, 32 or 64, got {self.width}")

    # Constants: computed when first asked for, plain attributes from then on.

    @cached_property
    def limit(self) -> int:
        """2^(width - 1): every lane must stay in [-limit, limit)."""
        return 1 << (self.width - 1)

    @cached_property
    def ones(self) -> int:
        """1 in every lane: 1 + q + q² + … = (q^count - 1) / (q - 1) with q = 2^width.

        >>> hex(Layout(3, 8).ones)
        '0x10101'
        """
        return ((1 << (self.width * self.count)) - 1) // ((1 << self.width) - 1)

    @cached_property
    def offset(self) -> int:
        """2^(width - 1) in every lane: added, it leaves no lane negative."""
        return self.ones << (self.width - 1)

    @cached_property
    def _format(self) -> str:
        return f"<{self.count}{FORMATS[self.width]}"

    # In and out. `struct` reads and writes two's complement, which differs from the number plus the offset in its top
    # bit alone: 3 is 00000011 and 3 + 128 is 10000011; -1 is 11111111 and -1 + 128 is 01111111. So `^ offset` turns
    # either into the other, in all lanes at once. A loop over the numbers would take three times as long.

    def pack(self, values: Sequence[int]) -> Lanes:
        """Σ v_j · 2^(width · j).

        Raises ShapeError if there are not as many values as lanes, ValueError for one outside [-limit, limit).

        >>> hex(Layout(3, 8).pack([1, 2, 3]))
        '0x30201'
        >>> Layout(3, 8).pack([1, 128, 3])
        Traceback (most recent call last):
            ...
        ValueError: value 1 is 128, outside [-128, 128)
        """
        if len(values) != self.count:
            raise ShapeError(f"a row of {self.count} lanes takes as many values, got {len(values)}")
        try:
            data = struct.pack(self._format, *values)
        except (struct.error, OverflowError):  # PyPy's struct raises either
            for index, value in enumerate(values):
                if not -self.limit <= value < self.limit:
                    raise ValueError(f"value {index} is {value}, outside [{-self.limit}, {self.limit})") from None
            raise  # for something else than its size: a value that is no int
        return Lanes((int.from_bytes(data, "little") ^ self.offset) - self.offset)

    def unpack(self, lanes: Lanes) -> list[int]:
        """[v_0, v_1, …]. Every lane must be in [-limit, limit).

        Raises OverflowError if the highest lane is not; if another is not, nobody can tell.

        >>> Layout(3, 8).unpack(Lanes(196354))
        [2, -1, 3]
        """
        data = ((lanes + self.offset) ^ self.offset).to_bytes(self.count * self.width // 8, "little")
        return list(struct.unpack(self._format, data))

    def largest(self, lanes: Lanes) -> int:
        """max |v_j|, to see how much headroom is left before it is used up.

        >>> layout = Layout(3, 32)
        >>> layout.largest(layout.pack([1, -7, 5]))
        7
        """
        return max(map(abs, self.unpack(lanes)))

    # Choosing lanes by their sign.

    def positive(self, lanes: Lanes) -> int:
        """1 in every lane that is not negative (0 counts), else 0: with the offset added, that is a lane's top bit.

        >>> layout = Layout(3, 8)
        >>> hex(layout.positive(layout.pack([5, -5, 0])))
        '0x10001'
        """
        return ((lanes + self.offset) >> (self.width - 1)) & self.ones

    def keep(self, lanes: Lanes, flags: int) -> Lanes:
        """Every lane whose flag is 1, and 0 where it is 0. The flags stand as `positive` gives them.

        flag · 2^width - flag = flag · (2^width - 1): all bits of the lanes to keep, which makes them a mask.

        >>> layout = Layout(3, 8)
        >>> layout.unpack(layout.keep(layout.pack([2, -1, 3]), 0x000101))
        [2, -1, 0]
        """
        mask = (flags << self.width) - flags
        return Lanes(((lanes + self.offset) & mask) - (self.offset & mask))

    def relu(self, lanes: Lanes) -> Lanes:
        """max(0, v_j) in every lane.

        >>> layout = Layout(3, 32)
        >>> layout.unpack(layout.relu(layout.pack([5, -5, 0])))
        [5, 0, 0]
        """
        return self.keep(lanes, self.positive(lanes))

    # Dividing. Shifting a row moves the low bits of each lane into the top of the one below, so they have to go first.

    def shift(self, lanes: Lanes, bits: int, noise: int) -> Lanes:
        """floor((v_j + noise_j) / 2^bits) in every lane, for noise in [0, 2^bits). Raises ValueError as `noise` does.

        Noise 0 rounds down; `noise(bits, rng)` rounds up as often as the remainder r says, with probability
        r / 2^bits, so that rounding changes nothing on average. Lanes of any size are safe: r + noise is below
        2^(bits + 1), so it fits, and a v_j without its remainder divides exactly.

        >>> layout = Layout(3, 32)
        >>> layout.unpack(layout.shift(layout.pack([7, -7, 8]), bits=2, noise=0))  # 1.75, -1.75 and 2, rounded down
        [1, -2, 2]

        Source: Gupta et al. (2015), Deep Learning with Limited Numerical Precision, section 3.1.
        """
        # limit is a multiple of 2^bits, so the offset changes no remainder
        remainders = (lanes + self.offset) & self._low(bits)
        rounded_up = ((remainders + noise) >> bits) & self.ones
        return Lanes(((lanes - remainders) >> bits) + rounded_up)

    def noise(self, bits: int, rng: Random) -> int:
        """A random number in [0, 2^bits) in every lane, for `shift`. Raises ValueError unless 0 <= bits < width.

        >>> layout = Layout(3, 8)
        >>> hex(layout.noise(4, Random(1)) & 0xf0f0f0)  # of the upper four bits none is ever set
        '0x0'
        """
        return rng.getrandbits(self.count * self.width) & self._low(bits)

    def _low(self, bits: int) -> int:
        """2^bits - 1 in every lane: a mask of its lowest bits."""
        if not 0 <= bits < self.width:
            raise ValueError(f"bits must be in [0, {self.width}), got {bits}")
        return (self.ones << bits) - self.ones

    def average(self, rows: Sequence[Lanes]) -> Lanes:
        """floor((a_j + b_j + …) / n) in every lane, for n rows. Raises ValueError if there are none.

        Two are averaged without unpacking, ten times as fast, and need no headroom either: a + b counts the bits they
        share twice and the others once, so (a + b) / 2 = (a & b) + (a ^ b) / 2 (Warren, Hacker's Delight, section 2-5).

        >>> layout = Layout(3, 8)
        >>> layout.unpack(layout.average([layout.pack([127, -4, 3]), layout.pack([127, -9, 4])]))
        [127, -7, 3]
        """
        if not rows:
            raise ValueError("no rows to average")
        if len(rows) != 2:
            return self.pack([sum(lane) // len(rows) for lane in zip(*map(self.unpack, rows))])
        a, b = (row + self.offset for row in rows)
        different = a ^ b
        halves = (different - (different & self.ones)) >> 1
        return Lanes((a & b) + halves - self.offset)

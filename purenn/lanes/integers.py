"""A row of small whole numbers packed into one big integer, a number in each lane, so that one addition adds them all.

Python adds and multiplies big integers in C, many bits at a time. To add two lists of 128 numbers takes 128 steps of
the interpreter. Packed side by side into one integer each, they are added in one step:

    row = Σ v_j · 2^(width · j)

Here are 2, -1 and 3 in lanes of 8 bits, 2 + (-1) · 2^8 + 3 · 2^16 = 196354:

             lane 2     lane 1     lane 0
           +----------+----------+----------+
    row    | 00000010 | 11111111 | 00000010 |     02 ff 02: lane 1 has borrowed 1 from lane 2
           +----------+----------+----------+
    offset | 10000000 | 10000000 | 10000000 |     80 80 80: 2^7 in every lane
           +----------+----------+----------+
    sum    | 10000011 | 01111111 | 10000010 |     83 7f 82: 3, -1 and 2, each plus 2^7; no lane borrows
           +----------+----------+----------+

Two operations need no function, because a row is an integer:

    a + b     a_j + b_j in every lane
    a * n     a_j · n in every lane, for an integer n

Negative numbers need no special care: a plus b is Σ (a_j + b_j) · 2^(width · j), whatever a lane has borrowed from the
next. Only to look at single lanes is `offset` added first. No lane is negative then, so none borrows, and the bits of
each number stand in its own lane.

Headroom is the price. A lane can be read while its number is in [-limit, limit), where limit = 2^(width - 1). A larger
number spills into the next lane, and afterwards nothing shows it: the integer is a valid row of other numbers. So the
caller must know how large a sum can get (n rows of numbers up to b reach n · b), or measure with `largest` while there
is room. Sums on the way may be too large; what is read must fit.

Rows are written to bytes and read from them in little-endian order (`<` in `struct`), because lane 0 holds the lowest
bits. So a row depends neither on the byte order of the machine nor on the size of the digits of Python's integers.

The narrower the lanes, the fewer digits there are to add. 24 bits are three quarters of 32, but `struct` has no numbers
of 3 bytes. So such a row is written to bytes, and the bytes of all lanes are moved at once, by slices with a step,
which run in C. From lanes of 3 bytes to lanes of 4 (`widened`), with the offset added, so that no lane is negative:

    wide[0::4] = raw[0::3]      the lowest byte of every lane
    wide[1::4] = raw[1::3]      the middle one
    wide[2::4] = raw[2::3]      the highest; the fourth byte of every lane stays 0

The way back is even shorter (`narrowed`): `del wide[3::4]` deletes the fourth byte of every lane.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from purenn.errors import ShapeError, check_whole

__all__ = ["Lanes", "Layout"]

# A row. The name tells a reader which integers are rows. It is an alias and not a NewType, because the sum of two rows
# would be a plain int again for a type checker, and to wrap every sum would cost a call at each step of the engine.
Lanes = int

FORMATS = {8: "b", 16: "h", 32: "i", 64: "q"}  # width in bits: the letter that `struct` has for a signed number
NARROW, WIDE = 24, 32  # rows of the first width are packed and unpacked by way of the second


@dataclass(frozen=True)
class Layout:
    """The number of lanes in a row and their width in bits: 8, 16, 24, 32 or 64. Raises ValueError for others.

    >>> layout = Layout(count=3, width=8)
    >>> row = layout.pack([2, -1, 3])
    >>> hex(row), hex(layout.offset), hex(row + layout.offset)
    ('0x2ff02', '0x808080', '0x837f82')
    >>> layout.unpack(row)
    [2, -1, 3]
    >>> layout.unpack(row + layout.pack([10, 20, -30])), layout.unpack(row * -5)
    ([12, 19, -27], [-10, 5, -15])
    """

    count: int
    width: int

    def __post_init__(self) -> None:
        check_whole(1, count=self.count)
        if self.width not in FORMATS and self.width != NARROW:
            raise ValueError(f"width must be 8, 16, 24, 32 or 64, got {self.width}")

    # Constants, each computed when it is first used.

    @cached_property
    def limit(self) -> int:
        """2^(width - 1): every lane must be in [-limit, limit)."""
        return 1 << (self.width - 1)

    @cached_property
    def ones(self) -> Lanes:
        """1 in every lane: 1 + q + q² + … = (q^count - 1) / (q - 1) with q = 2^width.

        >>> hex(Layout(3, 8).ones)
        '0x10101'
        """
        return ((1 << (self.width * self.count)) - 1) // ((1 << self.width) - 1)

    @cached_property
    def offset(self) -> Lanes:
        """2^(width - 1) in every lane. Added to a row, it leaves no lane negative."""
        return self.ones << (self.width - 1)

    @cached_property
    def _wide(self) -> Layout:
        """As many lanes of 32 bits."""
        return Layout(self.count, WIDE)

    @cached_property
    def _below_offset(self) -> Lanes:
        """The offset less 1."""
        return self.offset - self.ones

    @cached_property
    def _wide_offset(self) -> Lanes:
        """The offset of these lanes, in lanes of 32 bits."""
        return self._wide.ones << (self.width - 1)

    @cached_property
    def _bytes(self) -> int:
        """The length of a row in bytes."""
        return self.count * self.width // 8

    @cached_property
    def _format(self) -> str:
        return f"<{self.count}{FORMATS[self.width]}"

    # From lists and back. `struct` reads and writes two's complement, which differs from the number plus the offset in
    # the top bit alone: 3 is 00000011 and 3 + 128 is 10000011; -1 is 11111111 and -1 + 128 is 01111111. So `^ offset`
    # turns one form into the other, in all lanes at once. A loop over the numbers would take three times as long.

    def pack(self, values: Sequence[int]) -> Lanes:
        """Return the row Σ v_j · 2^(width · j).

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
        if self.width == NARROW:
            self._check_range(values)
            return self.narrowed(self._wide.pack(values))
        try:
            data = struct.pack(self._format, *values)
        except (struct.error, OverflowError):  # PyPy's struct raises either
            self._check_range(values)
            raise  # not because of its size: a value is no int
        return (int.from_bytes(data, "little") ^ self.offset) - self.offset

    def _check_range(self, values: Sequence[int]) -> None:
        for index, value in enumerate(values):
            if not -self.limit <= value < self.limit:
                raise ValueError(f"value {index} is {value}, outside [{-self.limit}, {self.limit})") from None

    def unpack(self, row: Lanes) -> list[int]:
        """Return the list [v_0, v_1, …]. Every lane must be in [-limit, limit).

        Raises OverflowError if the highest lane is not. If another is not, the numbers are wrong and nothing shows it.

        >>> Layout(3, 8).unpack(196354)
        [2, -1, 3]
        """
        if self.width == NARROW:
            return self._wide.unpack(self.widened(row))
        data = ((row + self.offset) ^ self.offset).to_bytes(self._bytes, "little")
        return list(struct.unpack(self._format, data))

    def largest(self, row: Lanes) -> int:
        """Return max |v_j|, to measure the headroom that is left.

        >>> layout = Layout(3, 32)
        >>> layout.largest(layout.pack([1, -7, 5]))
        7
        """
        return max(map(abs, self.unpack(row)))

    def absolute_sums(self, rows: Sequence[Lanes]) -> list[int]:
        """Return Σ |v_j| of every lane over these rows, as a list, because a sum may need more bits than a lane has.

        Where the sum of a few rows is sure to fit, they are added in lanes.

        >>> layout = Layout(3, 32)
        >>> layout.absolute_sums([layout.pack([1, -7, 5]), layout.pack([2, -3, -5])])
        [3, 10, 10]
        """
        few = 32
        if self.all_fit(rows, self.width - 1 - few.bit_length()):
            parts = [rows[start : start + few] for start in range(0, len(rows), few)]
            lists = [self.unpack(sum(map(self.absolute, part))) for part in parts]
        else:
            lists = [list(map(abs, self.unpack(row))) for row in rows]
        return list(map(sum, zip(*lists)))

    # Rows as bytes, to be sent to another process. They do not show where a row ends: so the numbers of 16 rows of 128
    # lanes may be read as one row of 2,048 lanes, in which the same arithmetic takes fewer steps.

    def to_bytes(self, rows: Iterable[Lanes]) -> bytes:
        """Return the numbers of all rows, one after the other, each plus the offset. They must be in [-limit, limit).

        >>> layout = Layout(3, 8)
        >>> layout.to_bytes([layout.pack([2, -1, 3]), layout.pack([0, 1, 2])]).hex(" ")
        '82 7f 83 80 81 82'
        """
        size, offset = self._bytes, self.offset
        return b"".join([(row + offset).to_bytes(size, "little") for row in rows])

    def from_bytes(self, raw: bytes) -> list[Lanes]:
        """Return the rows in which `to_bytes` has written these numbers, or others of the same width.

        If the last row is not full, its other lanes are 0.

        >>> list(map(Layout(4, 8).unpack, Layout(4, 8).from_bytes(bytes.fromhex("82 7f 83 80 81 82"))))
        [[2, -1, 3, 0], [1, 2, 0, 0]]
        """
        size, offset = self._bytes, self.offset
        raw += offset.to_bytes(size, "little")[: -len(raw) % size]
        return [int.from_bytes(raw[start : start + size], "little") - offset for start in range(0, len(raw), size)]

    # From lanes of 24 bits to lanes of 32, and back.

    def widened(self, row: Lanes) -> Lanes:
        """Return the same numbers in lanes of 32 bits, from lanes of 24. Every lane must be in [-limit, limit).

        >>> hex(Layout(3, 24).widened(0x000003_000002_000001))
        '0x30000000200000001'
        """
        raw = (row + self.offset).to_bytes(3 * self.count, "little")
        wide = bytearray(4 * self.count)
        wide[0::4], wide[1::4], wide[2::4] = raw[0::3], raw[1::3], raw[2::3]
        return int.from_bytes(wide, "little") - self._wide_offset

    def narrowed(self, row: Lanes) -> Lanes:
        """Return the same numbers in lanes of 24 bits, from lanes of 32. They must be in [-2^23, 2^23).

        >>> hex(Layout(3, 24).narrowed(0x00000003_00000002_00000001))
        '0x3000002000001'
        """
        raw = bytearray((row + self._wide_offset).to_bytes(4 * self.count, "little"))
        del raw[3::4]
        return int.from_bytes(raw, "little") - self.offset

    def upper(self, row: Lanes) -> tuple[list[int], Lanes]:
        """Return floor(v_j / 2^8) as a list and in lanes of 32 bits, from lanes of 24, of which none is negative.

        >>> Layout(3, 24).upper(0x0003ff_000200_000001)
        ([0, 2, 3], 55340232229718589440)
        """
        raw = row.to_bytes(3 * self.count, "little")
        wide = bytearray(4 * self.count)
        wide[0::4], wide[1::4] = raw[1::3], raw[2::3]
        return list(struct.unpack(self._wide._format, wide)), int.from_bytes(wide, "little")

    # Choosing lanes by their sign. Together, keep(row, positive(row)) is ReLU.

    def positive(self, row: Lanes) -> Lanes:
        """Return 1 in every lane above 0 and 0 in the others. No lane may be at the lower end of its range, -limit.

        With the offset less 1 added, it is the top bit of the lane.

        >>> layout = Layout(3, 8)
        >>> hex(layout.positive(layout.pack([5, -5, 0])))
        '0x1'
        """
        return ((row + self._below_offset) >> (self.width - 1)) & self.ones

    def keep(self, row: Lanes, flags: Lanes) -> Lanes:
        """Return v_j in every lane whose flag is 1, and 0 where it is 0. The flags are as `positive` returns them.

        flag · 2^width - flag = flag · (2^width - 1) has all bits of the lanes to keep, which makes it a mask.

        >>> layout = Layout(3, 8)
        >>> layout.unpack(layout.keep(layout.pack([2, -1, 3]), 0x000101))
        [2, -1, 0]
        """
        mask = (flags << self.width) - flags
        return ((row + self.offset) & mask) - (self.offset & mask)

    def absolute(self, row: Lanes) -> Lanes:
        """Return |v_j| in every lane. No lane may be at the lower end of its range, -limit.

        |v| = 2 · max(v, 0) - v. With the offset added, the top bit of a lane is 1 where v >= 0, and the bits below it
        are v. There, 2^(width - 1) - 1 is a mask of these bits; elsewhere it is 0.

        >>> layout = Layout(3, 8)
        >>> layout.unpack(layout.absolute(layout.pack([2, -9, 3])))
        [2, 9, 3]
        """
        lifted = row + self.offset
        flags = lifted & self.offset
        positive = lifted & (flags - (flags >> (self.width - 1)))
        return positive + positive - row

    # Dividing. A shift of the whole row would move the low bits of each lane into the top of the lane below, so they
    # are cleared first.

    def shift(self, row: Lanes, bits: int, noise: Lanes) -> Lanes:
        """Return floor((v_j + noise_j) / 2^bits) in every lane, for noise in [0, 2^bits). Raises ValueError as `noise`.

        Noise 0 rounds down. Noise drawn by `noise(bits, rng)` rounds at random, up with probability r / 2^bits where r
        is the remainder, which changes nothing on average (stochastic rounding). Lanes of any size are safe: r + noise
        is below 2^(bits + 1), so it fits, and v_j without its remainder divides exactly.

        >>> layout = Layout(3, 32)
        >>> layout.unpack(layout.shift(layout.pack([7, -7, 8]), bits=2, noise=0))  # 1.75, -1.75 and 2, rounded down
        [1, -2, 2]

        Source: Gupta et al. (2015), Deep Learning with Limited Numerical Precision, section 3.1.
        """
        # limit is a multiple of 2^bits, so the offset changes no remainder
        remainders = (row + self.offset) & self._low(bits)
        rounded_up = ((remainders + noise) >> bits) & self.ones
        return ((row - remainders) >> bits) + rounded_up

    def noise(self, bits: int, rng: Random) -> Lanes:
        """Return a random number in [0, 2^bits) in every lane, for `shift`. Raises ValueError unless 0 <= bits < width.

        >>> layout = Layout(3, 8)
        >>> hex(layout.noise(4, Random(1)) & 0xf0f0f0)  # the upper four bits of a lane are never set
        '0x0'
        """
        return rng.getrandbits(self.count * self.width) & self._low(bits)

    def _low(self, bits: int) -> Lanes:
        """Return 2^bits - 1 in every lane: a mask of its lowest bits."""
        if not 0 <= bits < self.width:
            raise ValueError(f"bits must be in [0, {self.width}), got {bits}")
        return (self.ones << bits) - self.ones

    def scaled(self, rows: Sequence[Lanes], numerator: int, bits: int) -> list[Lanes]:
        """Return v_j · numerator / 2^bits in every lane of the rows, rounded to the nearest, halves up.

        The products must fit. With the offset added, none is negative, so a shift is enough for all lanes at once: it
        moves the low bits of each lane into the top of the lane below, where they are cleared.

        >>> layout = Layout(3, 32)
        >>> layout.unpack(*layout.scaled([layout.pack([8, -8, 2])], 3, bits=2))  # 6, -6 and 1.5
        [6, -6, 2]
        """
        lifted = self.offset + (self.ones << (bits - 1))  # half a unit makes floor round to the nearest
        mask, offset = self._low(self.width - bits), self.offset >> bits
        return [(((row * numerator + lifted) >> bits) & mask) - offset if row else 0 for row in rows]

    def all_fit(self, rows: Iterable[Lanes], bits: int) -> bool:
        """Return True if every number in the rows is in [-2^bits, 2^bits).

        With 2^bits added, it is in [0, 2^(bits + 1)) then, and the bits of its lane above those are 0. A number that
        is too small becomes negative, which sets them, and one that is too large has them. One | gathers all rows.

        >>> layout = Layout(3, 8)
        >>> layout.all_fit([layout.pack([7, -8, 0])], 3), layout.all_fit([layout.pack([7, 8, 0])], 3)
        (True, False)
        """
        lifted, gathered = self.ones << bits, 0
        for row in rows:
            gathered |= row + lifted
        return gathered == gathered & self._low(bits + 1)

    def average(self, rows: Sequence[Lanes]) -> Lanes:
        """Return (a_j + b_j + …) / n in every lane, for n rows. Raises ValueError if there are none.

        It is rounded down for two rows, and to the nearest, halves up, for more: many workers average often, and half a
        unit that is lost each time would add up.

        Two rows need no room for their sum: half of it are the bits that both have, and half of those in which they
        differ. With the offset added, no lane is negative; the bit that a shift moves into the lane below is cleared.
        More rows are added up where their sum fits, and divided in one shift if there are 4, 8, 16, … of them.

        >>> layout = Layout(3, 8)
        >>> layout.unpack(layout.average([layout.pack([127, -4, 3]), layout.pack([127, -9, 4])]))
        [127, -7, 3]

        Source: Warren (2012), Hacker's Delight, section 2-5, for two.
        """
        if not rows:
            raise ValueError("no rows to average")
        if len(rows) == 1:
            return rows[0]
        if len(rows) == 2:
            a, b = rows[0] + self.offset, rows[1] + self.offset
            return (a & b) + (((a ^ b) >> 1) & self._below_offset) - self.offset
        half, bits = len(rows) // 2, self.width - 1 - len(rows).bit_length()
        if bits < 0 or not self.all_fit(rows, bits):
            return self.pack([(sum(lane) + half) // len(rows) for lane in zip(*map(self.unpack, rows))])
        total, shift = sum(rows) + half * self.ones, len(rows).bit_length() - 1
        if len(rows) != 1 << shift:
            return self.pack([lane // len(rows) for lane in self.unpack(total)])
        return (((total + self.offset) >> shift) & self._low(self.width - shift)) - (self.offset >> shift)

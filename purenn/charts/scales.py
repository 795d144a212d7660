"""Scales: from numbers to places on the paper, with round marks in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10

__all__ = ["Scale", "extent", "fitting", "round_step", "round_ticks", "short", "tick_labels"]

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Scale:
    """A scale from `low` and `high` to the places `start` and `end` in pixels; logarithmic, if `log`.

    whole: only whole numbers have marks, as for epochs.

    >>> Scale(0.0, 10.0, start=50.0, end=250.0)(2.5)
    100.0
    >>> Scale(1.0, 100.0, start=0.0, end=100.0, log=True)(10.0)
    50.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    whole: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value. A value of a logarithmic scale must be above 0."""
        low, high, value = (
            (log10(v) for v in (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        )
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round numbers on the scale: powers of ten for a logarithmic one that spans two of them or more."""
        if self.log:
            powers = [10.0**power for power in range(ceil(log10(self.low)), floor(log10(self.high)) + 1)]
            if len(powers) > 1:
                return powers[:: -(-len(powers) // 6)]
        return [tick for tick in round_ticks(self.low, self.high) if not (self.whole and tick % 1.0)]

    @property
    def labels(self) -> list[str]:
        """The numbers at the marks, as text."""
        return [_power_of_ten(tick) for tick in self.ticks] if self.log else tick_labels(self.ticks)


def extent(values: Iterable[float], *, log: bool = False) -> tuple[float, float]:
    """Return the lowest and the highest of the values that can be drawn: finite ones, above 0 if the scale is
    logarithmic. They differ, as a scale needs: around a single value there is some room.

    >>> extent([3.0, float("nan"), 1.0]), extent([2.0]), extent([])
    ((1.0, 3.0), (1.0, 3.0), (0.0, 1.0))
    """
    low, high = inf, -inf
    for value in values:
        if isfinite(value) and (value > 0.0 or not log):
            low, high = min(low, value), max(high, value)
    if low > high:
        return (1.0, 10.0) if log else (0.0, 1.0)
    if low == high:
        return (low / 2.0, high * 2.0) if log else (low - (abs(low) / 2.0 or 1.0), high + (abs(high) / 2.0 or 1.0))
    return low, high


def fitting(values: Iterable[float], start: float, end: float, *, log: bool = False) -> Scale:
    """Return a scale for these values that begins and ends at round numbers, so that nothing touches the edge.

    >>> scale = fitting([0.13, 0.97], 0.0, 100.0)
    >>> scale.low, scale.high
    (0.0, 1.0)
    """
    low, high = extent(values, log=log)
    if log:
        return Scale(low / 1.2, high * 1.2, start, end, log=True)
    step = 0.0
    while step != round_step(high - low):  # again, if the numbers at its ends ask for a larger step
        step = round_step(high - low)
        low, high = _rounded(floor(low / step + 1e-9) * step), _rounded(ceil(high / step - 1e-9) * step)
    return Scale(low, high, start, end)


def round_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` multiples of 1, 2 or 5 times a power of ten from low to high.

    >>> round_ticks(0.0, 1.0), round_ticks(3.0, 27.0)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [5.0, 10.0, 15.0, 20.0, 25.0])
    """
    step = round_step(high - low, count)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [_rounded(i * step) for i in range(first, last + 1)]


def round_step(span: float, count: int = 5) -> float:
    """Return the number among 1, 2 and 5 times a power of ten that divides a span into about `count` parts."""
    rough = span / count
    power = 10.0 ** floor(log10(rough))
    return power * min((1.0, 2.0, 5.0, 10.0), key=lambda factor: abs(log10(factor * power / rough)))


def _rounded(value: float) -> float:
    """Return 0.6 for 3 * 0.2 = 0.6000000000000001."""
    return float(f"{value:.12g}")


def tick_labels(ticks: list[float]) -> list[str]:
    """Return the numbers as text, all with as many decimals as the one that needs most; very small and very large ones
    as powers of ten.

    >>> tick_labels([0.0, 0.5, 1.0]), tick_labels([0.0, 1000.0, 2000.0]), tick_labels([1e-6, 1e-4, 2e-4])
    (['0.0', '0.5', '1.0'], ['0', '1,000', '2,000'], ['10⁻⁶', '10⁻⁴', '2·10⁻⁴'])
    """
    if any(tick and not 1e-3 <= abs(tick) < 1e6 for tick in ticks):
        return [_power_of_ten(tick) for tick in ticks]
    decimals = max((len(f"{tick:.6f}".rstrip("0").partition(".")[2]) for tick in ticks), default=0)
    return [f"{tick:,.{decimals}f}" for tick in ticks]


def short(value: float, digits: int = 3) -> str:
    """Return a number with three digits, or two if it is very small or large.

    >>> short(0.59269), short(-1234.5), short(0.0000123), short(float("nan"))
    ('0.593', '-1,200', '1.2·10⁻⁵', 'NaN')
    """
    if not isfinite(value):
        return "NaN" if value != value else "-∞" if value < 0.0 else "∞"
    if not value or 1e-3 <= abs(value) < 1e3:
        return f"{value + 0.0:.{digits}g}"  # + 0.0: without the sign of -0.0
    return tick_labels([float(f"{value:.1e}")])[0]


def _power_of_ten(value: float) -> str:
    """Return a number as in 2·10⁻⁴, or as it is if it is short so."""
    if 0.001 <= abs(value) <= 1000.0 or not value:
        return f"{value:g}"
    factor, _, power = f"{value:.2e}".partition("e")
    factor = f"{float(factor):g}"
    raised = str(int(power)).translate(RAISED)
    return f"10{raised}" if factor == "1" else f"{factor}·10{raised}"

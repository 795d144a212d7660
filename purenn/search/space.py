"""The space of a search: the options that are varied, the trials that are made of their values, and for how long.

Three ways to search it:

grid: every combination of the values. random: so many combinations, drawn by chance; Bergstra and Bengio (2012) show
why this finds more than a grid where only a few of the options matter. halving: all trials are trained for a few
epochs, the better half of them for twice as many, and so on (Jamieson and Talwalkar, 2016, successive halving).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Union

from purenn.errors import check_choice, check_whole
from purenn.formats import Json

__all__ = ["SEARCHES", "Range", "Space", "Value"]

SEARCHES = ("grid", "random", "halving")
DRAWS = 100  # for each trial, at most, until it is one that was not drawn yet
Value = Union[bool, int, float, str]  # of an option: what a line of JSON can hold


@dataclass(frozen=True)
class Range:
    """All numbers from `low` to `high`, whole ones if both ends are whole.

    Their logarithm is drawn uniformly, as suits learning rates: 0.001 to 0.01 is as likely as 0.01 to 0.1. From 0 on,
    where there is no logarithm, the numbers themselves are. A number has four digits, so that it can be typed again.
    Raises ValueError unless 0 ≤ low < high, both finite.

    >>> rates = Range(0.001, 0.1)
    >>> [rates.draw(Random(seed)) for seed in (1, 2, 3)]
    [0.001857, 0.08167, 0.002992]
    >>> Range(8, 128).draw(Random(1))
    12
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.low < self.high < math.inf:
            raise ValueError(f"a range goes from 0 or more to a larger number, got {self.low} to {self.high}")

    @classmethod
    def parse(cls, text: str) -> Range | None:
        """Read a range such as "0.001..0.1"; None for a text that is no range. Raises ValueError for a wrong one."""
        ends = text.split("..")
        if len(ends) != 2 or not all(re.fullmatch(r"\d*\.?\d+(e[+-]?\d+)?", end, re.IGNORECASE) for end in ends):
            return None
        low, high = (int(end) if end.isdecimal() else float(end) for end in ends)
        return cls(low, high)

    def draw(self, rng: Random) -> float:
        """Draw one of the numbers."""
        if self.low > 0.0:
            drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            drawn = rng.uniform(self.low, self.high)
        rounded = round(drawn) if isinstance(self.low, int) and isinstance(self.high, int) else float(f"{drawn:.4g}")
        return min(max(rounded, self.low), self.high)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True)
class Space:
    """The options that are varied and their values, or a range of numbers for each, and how they are searched.

    trials: how many to draw, needed for ranges; by default halving takes all combinations. epochs: of every training
    or, for halving, of those in the last round. seed: of what is drawn.
    Raises ValueError for a search that cannot be made like this.
    """

    vary: Mapping[str, Sequence[Value] | Range]
    search: str = "grid"
    trials: int | None = None
    epochs: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice(SEARCHES, search=self.search)
        if not self.vary:
            raise ValueError("a search needs an option to vary, with its values")
        for name, values in self.vary.items():
            if not isinstance(values, Range) and len(set(map(repr, values))) != len(values):
                raise ValueError(f"a value of {name} is given twice: {', '.join(map(str, values))}")
            if not isinstance(values, Range) and not values:
                raise ValueError(f"{name} has no value to try")
        for name, number in (("trials", self.trials), ("epochs", self.epochs)):
            if number is not None:
                check_whole(1, **{name: number})
        self._check_search()

    def _check_search(self) -> None:
        """Raise ValueError unless number of trials and epochs suit the search."""
        ranges = [name for name, values in self.vary.items() if isinstance(values, Range)]
        if self.search == "grid" and self.trials is not None:
            raise ValueError("a grid has as many trials as there are combinations: a number is for random and halving")
        if self.search == "grid" and ranges:
            raise ValueError(f"{ranges[0]} is a range, which is for random and halving; a grid needs single values")
        if self.trials is None and (self.search == "random" or ranges):
            raise ValueError(f"the number of trials is missing, which {self.search} search draws")
        if self.search == "halving" and self.epochs is None:
            raise ValueError("the number of epochs is missing, which the last round of halving has")
        if self.epochs is not None and "epochs" in self.vary:
            raise ValueError("epochs cannot be given and varied; halving varies them by itself")

    @property
    def settings(self) -> dict[str, Json]:
        """Everything that the trials depend on, as JSON; the options in their order, in which trials are numbered."""
        vary: list[Json] = []
        for name, values in self.vary.items():
            if isinstance(values, Range):
                vary.append([name, str(values)])
            else:
                vary.append([name, [*values]])
        facts = {"search": self.search, "trials": self.trials, "epochs": self.epochs, "seed": self.seed}
        return {"vary": vary, **facts}

    def combinations(self) -> list[dict[str, Value]]:
        """Return the options of every trial. No two are equal: of few whole numbers, there may be fewer than asked."""
        lists = {name: values for name, values in self.vary.items() if not isinstance(values, Range)}
        if len(lists) == len(self.vary):
            every = [dict(zip(lists, values)) for values in product(*lists.values())]
            drawn = self.trials is not None and self.trials < len(every)
            return Random(self.seed).sample(every, self.trials or 0) if drawn else every
        rng, found = Random(self.seed), dict[str, dict[str, Value]]()
        trials = self.trials or 0
        for _ in range(DRAWS * trials):
            options = {name: _drawn(values, rng) for name, values in self.vary.items()}
            found[repr(options)] = options
            if len(found) == trials:
                break
        return list(found.values())

    def rounds(self, count: int) -> list[tuple[int | None, int]]:
        """Return the epochs and the number of the trainings in each round, for so many trials.

        The last round has `epochs`, each one before it half as many, as long as there is an epoch left to train.

        >>> Space({"hidden": [8, 16]}, "halving", epochs=8).rounds(5)
        [(1, 5), (2, 3), (4, 2), (8, 1)]
        """
        if self.search != "halving" or self.epochs is None:
            return [(self.epochs, count)]
        halvings = min((count - 1).bit_length(), self.epochs.bit_length() - 1)
        return [(self.epochs >> halvings - i, -(-count >> i)) for i in range(halvings + 1)]


def _drawn(values: Sequence[Value] | Range, rng: Random) -> Value:
    return values.draw(rng) if isinstance(values, Range) else rng.choice(values)

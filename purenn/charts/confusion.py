"""The confusion matrix as a table: right answers in one colour, mistakes in another, stronger where they are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from purenn.charts.frame import TOP, Frame
from purenn.charts.svg import FONT_SIZE, Svg, drawing, number, tag, text, text_width
from purenn.errors import ShapeError

__all__ = ["confusion"]

SIDE = 640.0  # of the table in pixels, about, unless its cells would become too small or too large
SMALLEST, LARGEST = 16, 44  # height of a cell
WIDEST = 90.0  # name of a class that a column is widened for, as long as there are few
FEW = 5  # classes: only their zeros are written
LEVELS = 10  # of each colour
STRONGEST = 0.5  # opacity of a cell, on which black and white letters can still be read
Cell = tuple[int, int]  # row and column


def confusion(counts: Sequence[Sequence[int]], names: Sequence[str] = (), *, title: str = "") -> Svg:
    """Return a confusion matrix: counts[i][j] is how often class i (row) was predicted as class j (column).

    names: of the classes. Default: their numbers. The colour of a right answer is as strong as its share of the row,
    that of a mistake as the square root of its share, so that rare ones are seen too.
    Raises ShapeError if the counts are not a square or there are not as many names, ValueError for a negative count.

    >>> picture = confusion([[5, 1], [0, 4]], ["cat", "dog"], title="Pets")
    >>> "90.0 % right: 9 of 10" in picture
    True
    """
    names = [*names] or [str(i) for i in range(len(counts))]
    _check(counts, names)
    table = _Table.around(counts, names)
    right, total = sum(row[i] for i, row in enumerate(counts)), sum(map(sum, counts))
    score = f"{right / total:.1%} right: {right:,} of {total:,}".replace("%", " %") if total else "no samples"
    width = max(table.left + len(names) * table.width, text_width(title + score) + 24.0) + 12.0
    parts = [
        Frame(0.0, 0.0, 0.0, 0.0).title(title),
        text(width - 12, TOP - 18, score, class_="soft", anchor="end"),
        *table.headings(names),
        *table.colours(counts),
        *table.numbers(counts),
    ]
    height = table.top + len(names) * table.height + 12.0
    return drawing(width, height, title or "Confusion matrix", _described(counts, names, score), *parts)


def _check(counts: Sequence[Sequence[int]], names: Sequence[str]) -> None:
    if not counts or any(len(row) != len(counts) for row in counts):
        sizes = sorted({len(row) for row in counts})
        raise ShapeError(f"a confusion matrix is square, got {len(counts)} rows of {sizes} counts")
    if len(names) != len(counts):
        raise ShapeError(f"{len(names)} names for {len(counts)} classes")
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count < 0:
                raise ValueError(f"row {i}, column {j}: a count is at least 0, got {count}")


@dataclass(frozen=True)
class _Table:
    """The places of a table: its left top corner, and the width, height and font size of a cell, all in pixels."""

    left: float
    top: float
    width: float
    height: float
    font: float
    upright: bool  # names of columns, because they are wider than the columns

    @classmethod
    def around(cls, counts: Sequence[Sequence[int]], names: Sequence[str]) -> _Table:
        """Return the table that leaves room for the names, in which the largest count fits its cell."""
        height = float(min(max(int(SIDE / len(names)), SMALLEST), LARGEST))
        font = min(FONT_SIZE, 0.5 * height)
        own = max(text_width(str(count), font) for row in counts for count in row) + 4.0
        longest = max(map(text_width, names))
        wide = longest + 8.0 if longest <= WIDEST and len(names) * longest < SIDE else 0.0
        width = 2.0 * ceil(max(height, own, wide) / 2.0)
        upright = longest > width
        left = ceil(24.0 + max(longest, text_width("actual ↓")))
        return cls(left, ceil(TOP + 24.0 + (longest if upright else FONT_SIZE)), width, height, font, upright)

    def place(self, cell: Cell) -> tuple[float, float]:
        """Return the left top corner of a cell."""
        return self.left + cell[1] * self.width, self.top + cell[0] * self.height

    def headings(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the names of rows and columns, with what they are."""
        size = min(FONT_SIZE, self.height - 3.0)
        yield text(self.left - 8, self.top - 7, "actual ↓", class_="soft", anchor="end")
        yield text(self.left, TOP + 10, "predicted →", class_="soft")
        for i, name in enumerate(names):
            x, y = self.place((i, i))
            yield text(self.left - 8, y + self.height / 2.0 + 0.35 * size, name, anchor="end", font_size=size)
            middle = x + self.width / 2.0
            if self.upright:
                x, y = middle + 0.35 * size, self.top - 7
                yield text(x, y, name, transform=f"rotate(-90 {number(x)} {number(y)})", font_size=size)
            else:
                yield text(middle, self.top - 7, name, anchor="middle", font_size=size)

    def colours(self, counts: Sequence[Sequence[int]]) -> Iterator[str]:
        """Yield a path for each colour and level: a thick line through each of its cells."""
        levels: dict[tuple[str, int], list[Cell]] = {}
        for i, row in enumerate(counts):
            for j, count in enumerate(row):
                share = count / (sum(row) or 1)
                level = ceil(LEVELS * (share if i == j else sqrt(share)))
                colour = ("line0" if i == j else "line1") if level else "grid"
                levels.setdefault((colour, level), []).append((i, j))
        for (colour, level), cells in sorted(levels.items()):
            lines = ((*self.place(cell), self.width - 1.0) for cell in cells)
            d = "".join(f"M{number(x)} {number(y + self.height / 2.0)}h{number(across)}" for x, y, across in lines)
            opacity = STRONGEST * (1 + (level or LEVELS / 2)) / (1 + LEVELS)
            yield tag("path", class_=colour, d=d, stroke_width=self.height - 1.0, stroke_opacity=opacity)

    def numbers(self, counts: Sequence[Sequence[int]]) -> Iterator[str]:
        """Yield the counts: right answers bold, and no zeros of mistakes between many classes."""
        right: list[str] = []
        wrong: list[str] = []
        for i, row in enumerate(counts):
            for j, count in enumerate(row):
                x, y = self.place((i, j))
                x, y = x + self.width / 2.0, round(y + self.height / 2.0 + 0.35 * self.font)  # whole, as they are many
                if count or i == j or len(counts) <= FEW:
                    faint = {} if count else {"class": "soft"}
                    (right if i == j else wrong).append(tag("text", str(count), x=x, y=y, **faint))
        for weight, texts in ((600, right), (400, wrong)):
            if texts:
                yield tag("g", *texts, class_="ink", text_anchor="middle", font_size=self.font, font_weight=weight)


def _described(counts: Sequence[Sequence[int]], names: Sequence[str], score: str) -> str:
    """Return the matrix in words: how many are right, and the most frequent mistakes."""
    mistakes = [(count, i, j) for i, row in enumerate(counts) for j, count in enumerate(row) if count and i != j]
    most = sorted(mistakes, key=lambda mistake: -mistake[0])[:5]
    told = "; ".join(f"{names[i]} as {names[j]}: {count}" for count, i, j in most)
    return f"Confusion matrix of {len(names)} classes, {score}. Most frequent mistakes: {told or 'none'}."

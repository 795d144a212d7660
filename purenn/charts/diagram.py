"""The diagram of a network: neurons in columns, joined by lines as thick as their weights.

Small networks show their numbers too, and those of one forward and one backward pass. Weights are written where the
lines that they belong to are at equal distances. If neurons stand at distance 1, the line from number i to number j is
at i + t (j - i) after the part t of its way. With n neurons at its end and t = 1/(n + 1), this is (n i + j) / (n + 1):
another multiple of 1/(n + 1) for each pair of i and j, as j is less than n.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import isfinite

from purenn.charts.frame import LINE, TOP, Frame
from purenn.charts.labels import halo_text
from purenn.charts.scales import short
from purenn.charts.svg import Point, Svg, drawing, tag, text, text_width
from purenn.errors import ShapeError

__all__ = ["Column", "diagram"]

MOST, ENDS = 10, 4  # neurons drawn in a column; of more, so many at either end
NUMBERED = 12  # lines between two columns, at most, to write their weights on them
WRITTEN = 18.0  # from one weight to the next
RADIUS, LARGE_RADIUS = 13.0, 19.0  # of neurons without and with their biases
APART = 8.0  # between two neurons, at least
ROW, PAD, SPACE = 16.0, 7.0, 10.0  # of a neuron with numbers: height of a row, border, space between two numbers
SIZE = 12.0  # of letters
GAP, WIDEST_GAP, GAPS = 100.0, 180.0, 360.0  # between two columns, and all together if that is more
THINNEST, THICKEST = 0.5, 5.0
TINT = 0.45  # opacity of the largest bias, under a number that is to be read
GRADIENT = "fill2"


@dataclass(frozen=True)
class Column:
    """A column of neurons.

    count: how many there are. title: the lines above them, such as "Linear 2 → 8" and "tanh".
    biases: one for each neuron; none for inputs.
    values: the numbers of each neuron in a forward pass, by name, such as "z" and "tanh". gradients: their dL/d value.
    """

    count: int
    title: Sequence[str] = ()
    biases: Sequence[float] = ()
    values: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    gradients: Mapping[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])

    @property
    def slots(self) -> list[int | None]:
        """The neurons that are drawn, by number, from the top; None stands for those left out."""
        if self.count <= MOST:
            return [*range(self.count)]
        return [*range(ENDS), None, *range(self.count - ENDS, self.count)]

    @property
    def rows(self) -> list[str]:
        """The names of the numbers of a neuron, if it shows them."""
        return [*["b"] * bool(self.biases), *self.values] if self.values else []

    def cells(self, i: int) -> list[tuple[str, str, str]]:
        """Return name, value and gradient for each row of neuron i."""
        values = {**({"b": self.biases} if self.biases else {}), **self.values}
        return [
            (name, short(values[name][i]), short(self.gradients[name][i]) if name in self.gradients else "")
            for name in self.rows
        ]

    @property
    def widths(self) -> list[float]:
        """The widths of names, values and gradients."""
        cells = [cell for i in self.slots if i is not None for cell in self.cells(i)]
        return [max(text_width(word, SIZE) for word in column) for column in zip(*cells)]

    def size(self, radius: float) -> Point:
        """Return the width and height of a neuron, which is a circle if it shows no values."""
        if not self.values:
            return 2.0 * radius, 2.0 * radius
        return sum(self.widths) + 2.0 * SPACE + 2.0 * PAD, len(self.rows) * ROW + 2.0 * PAD


def diagram(
    columns: Sequence[Column],
    weights: Sequence[Sequence[Sequence[float]]],
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    title: str = "",
) -> Svg:
    """Return the diagram of a network.

    weights: weights[k][i][j] belongs to the line from neuron i of column k to neuron j of column k + 1; an empty list
    draws no lines there. Negative weights are blue, positive ones orange, and so are biases.
    inputs, outputs: the names of the neurons of the first and the last column.
    A column of more than 10 neurons is drawn shortened. If no two columns have more than 12 lines between them, weights
    and biases are written down. Raises ShapeError for sizes that do not fit.

    >>> columns = [Column(2, ["2 inputs"]), Column(1, ["Linear 2 → 1"], biases=[-1.5])]
    >>> picture = diagram(columns, [[[1.0], [1.0]]], inputs=["A", "B"], outputs=["A and B"], title="and")
    >>> picture.count('class="line1"'), "-1.5" in picture
    (2, True)
    """
    _check(columns, weights, inputs, outputs)
    sheet = _Sheet.of(columns, weights, [*inputs, ""])
    parts = [Frame(0.0, 0.0, 0.0, 0.0).title(title), *sheet.titles()]
    for k in range(len(weights)):
        parts += [*sheet.lines(k), *(sheet.written(k) if sheet.numbered else [])]
    parts += sheet.neurons()
    for k, end, side, names in ((0, -1, "end", inputs), (len(columns) - 1, 1, "start", outputs)):
        for n, i in enumerate(columns[k].slots if names else []):
            x, y = sheet.place(k, n)
            parts += [text(sheet.side(k, end) + 8.0 * end, y + 4.5, names[i], anchor=side)] if i is not None else []
    key, x = sheet.key(), 12.0
    for words, class_ in key:
        parts.append(text(x, sheet.bottom + 30, words, class_=class_, font_size=SIZE))
        x += text_width(words, SIZE) + 14.0
    names_end = sheet.side(-1, 1) + 8.0 + max(map(text_width, [*outputs, ""]))
    width = max(names_end + 12.0, sheet.xs[-1] + _title_width(columns[-1]) / 2.0 + 12.0, x, text_width(title) + 24.0)
    described = _described(columns, weights, (inputs, outputs))
    return drawing(width, sheet.bottom + (44.0 if key else 16.0), title or "Network", described, *parts)


def _check(
    columns: Sequence[Column],
    weights: Sequence[Sequence[Sequence[float]]],
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> None:
    if not columns or len(weights) != len(columns) - 1:
        raise ShapeError(f"{len(weights)} tables of weights for {len(columns)} columns, expected one between every two")
    for k, table in enumerate(weights):
        rows, length = columns[k].count, columns[k + 1].count
        if table and (len(table) != rows or any(len(row) != length for row in table)):
            found = f"{len(table)} rows of {sorted({len(row) for row in table})}"
            raise ShapeError(f"weights {k}: {found} numbers, expected {rows} rows of {length}")
    for k, column in enumerate(columns):
        lists = {"biases": column.biases, **column.values, **{f"dL/d{n}": g for n, g in column.gradients.items()}}
        lengths = {name: len(entries) for name, entries in lists.items()}
        lengths["inputs"] = 0 if k else len(inputs)
        lengths["outputs"] = len(outputs) if k == len(columns) - 1 else 0
        for name, length in lengths.items():
            if length not in (0, column.count):
                raise ShapeError(f"column {k} has {column.count} neurons, but {length} {name}")


@dataclass(frozen=True)
class _Sheet:
    """The places of everything: the middles of the columns, the distance from neuron to neuron, and the outer edges."""

    columns: Sequence[Column]
    weights: Sequence[Sequence[Sequence[float]]]
    xs: Sequence[float]
    distance: float
    top: float
    bottom: float
    numbered: bool  # weights and biases are written down

    @classmethod
    def of(
        cls, columns: Sequence[Column], weights: Sequence[Sequence[Sequence[float]]], inputs: Sequence[str]
    ) -> _Sheet:
        """Return the sheet on which everything has room."""
        shown = [len(column.slots) for column in columns]
        pairs = [(a, b) for a, b, table in zip(shown, shown[1:], weights) if table]
        numbered = all(a * b <= NUMBERED for a, b in pairs)
        between = max((WRITTEN * (min(pair) + 1) for pair in pairs), default=0.0) if numbered else 0.0
        radius = LARGE_RADIUS if numbered else RADIUS
        distance = max(between, *(column.size(radius)[1] + APART for column in columns))
        halves = [column.size(radius)[0] / 2.0 for column in columns]
        titles = [_title_width(column) / 2.0 for column in columns]
        narrow = any(column.values for column in columns)  # neurons with numbers are wide already
        gap = GAP if narrow else max(GAP, min(WIDEST_GAP, GAPS / max(len(pairs), 1)))
        xs = [max(20.0 + max(map(text_width, inputs)) + halves[0], 12.0 + titles[0])]
        for k in range(1, len(columns)):
            xs.append(xs[-1] + max(halves[k - 1] + gap + halves[k], titles[k - 1] + 16.0 + titles[k]))
        top = TOP + LINE * max(len(column.title) for column in columns)
        return cls(columns, weights, xs, distance, top, top + distance * max(shown), numbered)

    def place(self, k: int, n: int) -> Point:
        """Return the middle of neuron n from the top in column k."""
        middle, count = (self.top + self.bottom) / 2.0, len(self.columns[k].slots)
        return self.xs[k], middle + (n - (count - 1) / 2.0) * self.distance

    def side(self, k: int, end: int) -> float:
        """Return the left (-1) or right (1) edge of column k."""
        return self.xs[k] + end * self.columns[k].size(self.radius)[0] / 2.0

    @property
    def radius(self) -> float:
        """The radius of a neuron without values."""
        return LARGE_RADIUS if self.numbered else RADIUS

    def ends(self, k: int) -> Iterator[tuple[int, int, float]]:
        """Yield, for each line from column k to the next, its neurons' numbers from the top and its weight."""
        for n, i in enumerate(self.columns[k].slots):
            for m, j in enumerate(self.columns[k + 1].slots):
                if self.weights[k] and i is not None and j is not None and isfinite(self.weights[k][i][j]):
                    yield n, m, self.weights[k][i][j]

    @cached_property
    def largest(self) -> float:
        """The largest weight without its sign, of those that are drawn."""
        return max((abs(weight) for k in range(len(self.weights)) for *_, weight in self.ends(k)), default=0.0)

    def lines(self, k: int) -> Iterator[str]:
        """Yield the lines from column k to the next, thick ones last, to be on top."""
        x, end = self.side(k, 1), self.side(k + 1, -1)
        for n, m, weight in sorted(self.ends(k), key=lambda line: abs(line[2])):
            part = abs(weight) / (self.largest or 1.0)
            d = f"M{x:.2f} {self.place(k, n)[1]:.2f}L{end:.2f} {self.place(k + 1, m)[1]:.2f}"
            look = {"stroke_width": THINNEST + (THICKEST - THINNEST) * part, "stroke_opacity": 0.3 + 0.7 * part}
            yield tag("path", class_=_colour("line", weight), d=d, **look)

    def written(self, k: int) -> Iterator[str]:
        """Yield the weights as numbers on the lines from column k to the next, at equal distances: see above."""
        x, end = self.side(k, 1), self.side(k + 1, -1)
        starts, ends = (len(self.columns[i].slots) for i in (k, k + 1))
        t = 1.0 / (ends + 1) if ends <= starts else 1.0 - 1.0 / (starts + 1)
        for n, m, weight in self.ends(k):
            first, last = self.place(k, n)[1], self.place(k + 1, m)[1]
            words, place = short(weight), (x + t * (end - x), first + t * (last - first))
            width = text_width(words, SIZE) + 2.0
            yield tag("rect", class_="paper", x=place[0] - width / 2.0, y=place[1] - 7.0, width=width, height=14)
            yield halo_text(place, words, _colour("fill", weight), font_size=SIZE)

    def titles(self) -> Iterator[str]:
        """Yield the lines above the columns."""
        for column, x in zip(self.columns, self.xs):
            for i, words in enumerate(column.title):
                y = self.top - 6.0 - LINE * (len(column.title) - 1 - i)
                yield text(x, y, words, class_="soft" if i else "ink", anchor="middle", font_size=SIZE)

    def neurons(self) -> Iterator[str]:
        """Yield the neurons."""
        largest = max((abs(b) for column in self.columns for b in column.biases if isfinite(b)), default=0.0) or 1.0
        for k, column in enumerate(self.columns):
            for n, i in enumerate(column.slots):
                place = self.place(k, n)
                if i is None:
                    (x, y), more = place, f"{column.count - 2 * ENDS:,} more"
                    yield halo_text((x, y - 7.0), "⋮", "ink", font_weight=600)
                    yield halo_text((x, y + 8.0), more, "soft", font_size=SIZE)
                elif column.values:
                    yield from _card(column, i, place, self.radius)
                else:
                    yield tag("circle", class_="paper axis", cx=place[0], cy=place[1], r=self.radius)
                    yield from self.bias(column.biases[i], largest, place) if column.biases else ()

    def bias(self, bias: float, largest: float, place: Point) -> Iterator[str]:
        """Yield the colour of a bias and, in small networks, its number."""
        x, y = place
        opacity = TINT * abs(bias) / largest if isfinite(bias) else 0.0
        yield tag("circle", class_=_colour("fill", bias), cx=x, cy=y, r=self.radius - 0.5, fill_opacity=opacity)
        if self.numbered:
            yield text(x, y + 4.0, short(bias, 2), anchor="middle", font_size=SIZE - 1.0)

    def key(self) -> list[tuple[str, str]]:
        """Return the words that explain the colours, with their classes."""
        found: list[tuple[str, str]] = []
        if self.largest:
            found = [
                ("negative weight", "fill0"),
                ("positive weight", "fill1"),
                (f"thickest: {short(self.largest)}", "soft"),
            ]
        if any(column.biases and not column.values for column in self.columns):
            found.append((f"{'number' if self.numbered else 'colour'} of a neuron: its bias", "soft"))
        if any(column.gradients for column in self.columns):
            found += [("value", "ink"), ("dL/d value", GRADIENT)]
        return found


def _card(column: Column, i: int, place: Point, radius: float) -> Iterator[str]:
    """Yield a neuron with its numbers: a row for each, with its name, its value and dL/d value."""
    (x, y), (width, height), (names, values, _) = place, column.size(radius), column.widths
    left, top = x - width / 2.0, y - height / 2.0
    yield tag("rect", class_="paper axis", x=left, y=top, width=width, height=height, rx=8)
    for n, (name, value, gradient) in enumerate(column.cells(i)):
        line = top + PAD + ROW * n + 12.0
        yield text(left + PAD, line, name, class_="soft", font_size=SIZE)
        yield text(left + PAD + names + SPACE + values, line, value, anchor="end", font_size=SIZE)
        if gradient:
            yield text(left + width - PAD, line, gradient, class_=GRADIENT, anchor="end", font_size=SIZE)


def _colour(kind: str, value: float) -> str:
    return f"{kind}{int(value > 0.0)}"


def _title_width(column: Column) -> float:
    return max((text_width(words, SIZE) for words in column.title), default=0.0)


def _described(
    columns: Sequence[Column],
    weights: Sequence[Sequence[Sequence[float]]],
    names: tuple[Sequence[str], Sequence[str]],
) -> str:
    """Return the network in words: its columns with their numbers, and the range of the weights between two."""
    told: list[str] = []
    for k, column in enumerate(columns):
        said = [f"{' and '.join(column.title) or 'column'}: {column.count} neurons"]
        finite = [w for w in chain.from_iterable(weights[k - 1]) if isfinite(w)] if k else []
        said += [f"weights from {min(finite):.4g} to {max(finite):.4g}"] if finite else []
        lists = {"biases": column.biases, **column.values, **{f"dL/d{n}": g for n, g in column.gradients.items()}}
        said += [f"{name} {', '.join(map(short, v))}" for name, v in lists.items() if v and column.count <= MOST]
        told.append(", ".join(said))
    ends = [f"{what}: {', '.join(which)}" for what, which in zip(("Inputs", "Outputs"), names) if which]
    return f"Network of {len(columns)} columns of neurons. {'; '.join(told)}. {'. '.join(ends)}".strip()

"""Charts made of characters: tables, gauges, pictures and curves, for terminals, log files and docstrings."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from purenn.charts import screen
from purenn.errors import ShapeError, check_whole

__all__ = ["gauge", "half_blocks", "line_chart", "picture", "sparkline", "table"]

SHADES = " .:*#"  # from white to black
BARS = "▁▂▃▄▅▆▇█"  # from the lowest value to the highest
HEIGHT = 12  # of a line chart, in lines
TICK = 15  # characters from one mark on its axis to the next
NARROWEST = 4  # characters of a cell that is cut
STEPS = 4  # from the first mark to the last


def table(rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return rows of cells as columns of equal width, the first column aligned left, the others right.

    >>> print(table([["class", "precision"], ["0", "0.97"]]))
    class  precision
    0           0.97

    Columns that do not fit into `width` characters follow below, each time with the first column before them. The end
    of a cell is left out where even one column does not fit beside the first.

    >>> print(table([["class", "precision", "recall"], ["0", "0.97", "0.81"]], width=20))
    class  precision
    0           0.97
    <BLANKLINE>
    class  recall
    0        0.81
    """
    rows = [[screen.harmless(cell) for cell in row] for row in rows]
    widths = [max(map(screen.width_of, column)) for column in zip(*rows)]
    if width is not None:
        most = max(width - NARROWEST - 2, NARROWEST)  # beside the first column
        widths[1:] = [min(cells, most) for cells in widths[1:]]
    parts, used = [list[int]()], widths[0]
    for j in range(1, len(widths)):
        if width is not None and parts[-1] and used + 2 + widths[j] > width:
            parts.append([])
            used = widths[0]
        parts[-1].append(j)
        used += 2 + widths[j]
    return "\n\n".join(_columns(rows, widths, part, width) for part in parts)


def _columns(rows: Sequence[Sequence[str]], widths: Sequence[int], chosen: Sequence[int], width: int | None) -> str:
    """Return the first column of a table, as wide as there is room, and the chosen ones."""
    beside = sum(2 + widths[j] for j in chosen)
    first = widths[0] if width is None else min(widths[0], max(NARROWEST, width - beside))
    lines = (
        [screen.padded(row[0], first), *(screen.padded(row[j], widths[j], right=True) for j in chosen)] for row in rows
    )
    return "\n".join("  ".join(line).rstrip() for line in lines)


def gauge(part: float, width: int) -> str:
    """Return a gauge of `width` characters, filled up to `part`, a number from 0 to 1.

    >>> gauge(0.3, 10)
    '[###.......]'
    """
    full = round(part * width)
    return f"[{'#' * full}{'.' * (width - full)}]"


def picture(pixels: bytes, width: int, most: int | None = None) -> str:
    """Return a picture of grey pixels, row by row, 0 for white and 255 for black.

    A character shows the darker of two pixels, one above the other, because it is about twice as high as wide. A
    picture of more than `most` columns is made smaller: a pixel then is the mean of a square of them.

    >>> print(picture(bytes([0, 255, 0, 200, 90, 0]), width=3))
    *#
    """
    rows = [pixels[i : i + width] for i in range(0, len(pixels), width)]
    if most is not None and width > most:
        rows = _smaller(rows, -(-width // most))
    if len(rows) % 2:
        rows.append(bytes(len(rows[0])))
    pairs = zip(rows[0::2], rows[1::2])
    lines = ["".join(SHADES[max(a, b) * len(SHADES) // 256] for a, b in zip(*pair)) for pair in pairs]
    return "\n".join(line.rstrip() for line in lines)


def _smaller(rows: Sequence[bytes], side: int) -> list[bytes]:
    """Return the means of squares of so many pixels a side; those at the right and below may have fewer."""
    starts = range(0, len(rows[0]), side)
    bands = (rows[i : i + side] for i in range(0, len(rows), side))
    squares = ([b"".join(row[j : j + side] for row in band) for j in starts] for band in bands)
    return [bytes(sum(square) // len(square) for square in line) for line in squares]


def half_blocks(rows: Sequence[Sequence[int]]) -> str:
    """Return a picture for a terminal that has 256 colours: rows of their numbers, from the top.

    A character shows two pixels, one above the other: ▀ in the colour of the upper one, on a ground in that of the
    lower. Raises ShapeError for an odd number of rows.

    >>> half_blocks([[25, 25], [25, 166]])
    '\\x1b[38;5;25;48;5;25m▀\\x1b[38;5;25;48;5;166m▀\\x1b[0m'
    """
    if len(rows) % 2:
        raise ShapeError(f"{len(rows)} rows of pixels: expected an even number, two for each line")
    lines: list[str] = []
    for pair in zip(rows[0::2], rows[1::2]):
        line, last = "", (-1, -1)
        for upper, lower in zip(*pair):
            if (upper, lower) != last:  # the terminal keeps its colours until they are changed
                line += f"\x1b[38;5;{upper};48;5;{lower}m"
            line, last = f"{line}▀", (upper, lower)
        lines.append(f"{line}\x1b[0m")
    return "\n".join(lines)


def sparkline(values: Sequence[float], width: int) -> str:
    """Return a chart of `values` in a line of at most `width` characters, from ▁ for the lowest to █ for the highest.

    Where there are more values than characters, each shows the mean of some that follow each other. A value that is not
    finite leaves a blank.

    >>> sparkline([8, 7, 6, 5, 4, 3, 2, 1], width=8), sparkline([8, 7, 6, 5, 4, 3, 2, 1], width=2)
    ('█▇▆▅▄▃▂▁', '█▁')
    """
    check_whole(1, width=width)
    count = min(width, len(values))
    edges = [i * len(values) // max(count, 1) for i in range(count + 1)]
    means = [sum(values[start:end]) / (end - start) for start, end in zip(edges, edges[1:])]
    finite = [mean for mean in means if isfinite(mean)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    steps = (len(BARS) - 1) / (high - low or 1.0)
    return "".join(BARS[round((mean - low) * steps)] if isfinite(mean) else " " for mean in means)


def line_chart(
    values: Sequence[float], ticks: Sequence[float] = (), top: float | None = None, marked: int | None = None
) -> str:
    """Return a chart of `values`, at equal distances from left to right, on an axis labelled with the `ticks`.

    The lowest line is the smallest value, the highest line is `top`; a larger value is drawn there too. `marked` is the
    index of a value to draw as "o"; the others are drawn as "*". There must be at least two ticks. Default: the values
    are counted from 1, as the losses of epochs are, and the top is the largest: print(line_chart(history.losses)).

    >>> print(line_chart([4, 3, 2, 1, 0, 9], ticks=[0.0, 0.5], top=4, marked=2))
           4 |*              *
             |
             |
             |   *
             |
             |
             |      o
             |
             |         *
             |
             |
           0 |            *
             +--------------+
              0              0.5
    """
    low, last = min(values), len(values) - 1
    high = max(values) if top is None else top
    digits = 2 if ticks else 4
    ticks = ticks or [1 + max(last, 1) * i / STEPS for i in range(STEPS + 1)]
    width = TICK * (len(ticks) - 1)

    def place(i: int) -> tuple[int, int]:
        """Return the line and column of a value."""
        down = max(high - values[i], 0.0) / (high - low or 1.0)
        return round(down * (HEIGHT - 1)), round(i / max(last, 1) * width)

    lines = [[" "] * (width + 1) for _ in range(HEIGHT)]
    for line, column in map(place, range(len(values))):
        lines[line][column] = "*"
    if marked is not None:
        line, column = place(marked)
        lines[line][column] = "o"
    labels = [f"{high:.3g}", *[""] * (HEIGHT - 2), f"{low:.3g}"]
    chart = [f"{label:>8} |{''.join(line)}".rstrip() for label, line in zip(labels, lines)]
    axis = " " * 9 + ("+" + "-" * (TICK - 1)) * (len(ticks) - 1) + "+"
    below = " " * 10 + "".join(f"{tick:<{TICK}.{digits}g}" for tick in ticks).rstrip()
    return "\n".join([*chart, axis, below])

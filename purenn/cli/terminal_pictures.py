"""Pictures at the end of a training, on terminals that can show them: the course of the loss, and the answers over two
features."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from purenn.charts import half_blocks, screen, sparkline
from purenn.cli.output import amount
from purenn.history import Epoch
from purenn.landscape import Area
from purenn.network import Sequential
from purenn.samples import Samples, classes

__all__ = ["boundary_picture", "has_boundary", "loss_line"]

WIDEST = 40  # characters
SHORTEST = 8  # characters for a course, unless there are fewer epochs
SMALLEST = 16  # pixels of a side, below which a boundary is not seen
LINES_BELOW = 8  # left free, for the results
# Numbers of 256 colours for each class: a light one for its region, a dark one for its samples.
COLOURS = [(153, 25), (223, 166), (151, 29), (225, 133), (229, 100), (189, 61)]


def loss_line(epochs: Sequence[Epoch]) -> str:
    """Return the course of the training loss in a line, with the first and the last; empty if it cannot be shown."""
    if len(epochs) < 2 or not screen.can_show("▁█", sys.stderr):
        return ""
    first, last = (f"{amount(epoch.loss)}" for epoch in (epochs[0], epochs[-1]))
    width = min(WIDEST, screen.columns() - len(f"loss {first}  {last}") - 1)
    return (
        f"loss {first} {sparkline([epoch.loss for epoch in epochs], width)} {last}"
        if width >= min(len(epochs), SHORTEST)
        else ""
    )


def has_boundary(samples: Samples) -> bool:
    """Return whether a network for these samples has a boundary that stderr can show: it tells a few classes apart by
    two features, and the terminal has colours that its user wants (see no-color.org)."""
    few = samples.inputs.columns == 2 and samples.answers is classes and len(samples.classes) <= len(COLOURS)
    return few and screen.has_colours(sys.stderr) and screen.can_show("▀", sys.stderr)


def boundary_picture(network: Sequential, samples: Samples) -> str:
    """Return the class that the network answers at each point around the samples, as a colour, and the samples in the
    darker colours of their own classes, which a last line names; empty if there is no room for it."""
    size = min(WIDEST, screen.columns() - 1, 2 * (screen.lines() - LINES_BELOW)) // 2 * 2
    if size < SMALLEST:
        return ""
    points, targets = samples.take(range(len(samples)))
    area = Area.around(points, size)
    pixels = area.grid(COLOURS[answer][0] for answer in network.predict_classes(area.points))
    for point, answer in zip(points, classes(targets)):
        i, j = (
            round((value - low) / (high - low) * (size - 1))
            for value, (low, high) in zip(point, (area.x_range, area.y_range))
        )
        pixels[j][i] = COLOURS[answer][1]
    drawn = half_blocks(pixels[::-1])  # the first row is that of the lowest y
    return f"{drawn}\n{_legend(samples.classes)}"


def _legend(names: Sequence[str]) -> str:
    """Return the names of the classes in a line, each after its colours; those for which there is no room are left
    out."""
    legend, used = "", 0
    for name, (light, dark) in zip(names, COLOURS):
        used += len(name) + 5
        if used <= screen.columns():
            legend += f"\x1b[48;5;{light}m \x1b[48;5;{dark}m \x1b[0m {name}  "
    return legend.rstrip()

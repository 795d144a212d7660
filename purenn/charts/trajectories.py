"""Trajectories: the steps of optimizers on their way to a minimum, as lines with a dot for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from purenn.charts.frame import Frame
from purenn.charts.labels import covered, halo_text, inside, room
from purenn.charts.polylines import at_equal_steps, clipped, length
from purenn.charts.svg import COLOURS, Point, number, path, tag, text_width
from purenn.errors import ShapeError

__all__ = ["Trajectory", "check_trajectories", "drawn", "names_of", "told"]

Trajectory = Sequence[Point]
MOST = 1500  # steps of all trajectories that are drawn
SEEN = 0.7  # pixels: a shorter step is not seen
NEAR = 4.5  # pixels: dots that are nearer than this to the one before are left out


def check_trajectories(paths: Mapping[str, Iterable[Sequence[float]]]) -> dict[str, Trajectory]:
    """Return the trajectories as points, each up to its first number that is not finite: it has diverged there.

    Raises ShapeError unless each point has two numbers, and ValueError for one that has no point to start from.
    """
    found: dict[str, Trajectory] = {}
    for name, points in paths.items():
        kept: list[Point] = []
        for i, point in enumerate(points):
            if len(point) != 2:
                raise ShapeError(f"point {i} of {name} has {len(point)} numbers, expected 2: a place in the plane")
            if not (isfinite(point[0]) and isfinite(point[1])):
                break
            kept.append((point[0], point[1]))
        if not kept:
            raise ValueError(f"{name} has no point to start from, expected at least one of finite numbers")
        found[name] = kept
    return found


def drawn(lines: Sequence[Trajectory], frame: Frame) -> list[str]:
    """Return trajectories on the paper: each is a line with dots, a ring where it begins and a large dot where it ends.

    The longest is below the others, and a lower one is wider, so that none hides another. Steps outside of the frame
    are not drawn, and if there are thousands, only every second or third is.
    """
    lines = [_thinned(line) for line in lines]
    every = -(-sum(map(len, lines)) // MOST)
    lines = [[*line[:-1:every], line[-1]] for line in lines]
    visible = [clipped(line, frame, passing=False) for line in lines]
    order = sorted(range(len(lines)), key=lambda k: -sum(map(length, visible[k])))
    halo = "".join(path(part) for parts in visible for part in parts)
    parts = [tag("path", class_="edge", d=halo, stroke_width=4.5, stroke_opacity=0.6, fill="none")]
    for rank, k in enumerate(order):
        parts += _drawn(lines[k], visible[k], frame, k % len(COLOURS), 1.6 + 0.5 * (len(order) - 1 - rank))
    return parts


def _thinned(line: Trajectory) -> list[Point]:
    """Return the line without points that are as good as at the place of the last point kept."""
    kept = [line[0]]
    for point in line[1:]:
        if length([kept[-1], point]) > SEEN:
            kept.append(point)
    return kept


def _drawn(line: Trajectory, visible: Sequence[Trajectory], frame: Frame, kind: int, width: float) -> list[str]:
    dots: list[Point] = []
    for point in line:
        if point in frame and (not dots or length([dots[-1], point]) > NEAR):
            dots.append(point)
    spots = "".join(f"M{number(x)} {number(y)}h0" for x, y in dots)
    round_ends = {"stroke_linecap": "round", "stroke_linejoin": "round", "fill": "none"}
    parts = [
        tag("path", class_=f"line{kind}", d="".join(map(path, visible)), stroke_width=width, **round_ends),
        tag("path", class_=f"line{kind}", d=spots, stroke_width=width + 3.0, **round_ends),
    ]
    for (x, y), classes, radius in ((line[0], f"paper line{kind}", 4.5), (line[-1], f"fill{kind} edge", 5.5)):
        if (x, y) in frame:
            parts.append(tag("circle", class_=classes, cx=x, cy=y, r=radius, stroke_width=1.8))
    return parts


def names_of(lines: Mapping[str, Trajectory], frame: Frame) -> tuple[list[str], list[Point]]:
    """Return the name of each trajectory, beside that part of it that is farthest from the others, and the places that
    are taken then, on and below the lines and the names."""
    parts: list[str] = []
    dense = {name: _visible_points(line, frame) for name, line in lines.items()}
    named: list[Point] = []
    for kind, (name, line) in enumerate(dense.items()):
        others = [point for other in lines if other != name for point in dense[other]] + named
        aside, above = text_width(name) / 2.0 + 10.0, 15.0
        around = [(aside, 0.0), (-aside, 0.0), (0.0, above), (0.0, -above), (aside, above), (aside, -above)]
        places = [(x + dx, y + dy) for x, y in line[:: 1 + len(line) // 50] for dx, dy in around]
        free = [place for place in places if place in inside(frame, name)] or places
        # half as near to others as to its own line, it is still seen to belong to its own
        rooms = {place: min(room(place, name, line), room(place, name, others) / 2.0) for place in free}
        if rooms:
            x, y = max(rooms, key=rooms.__getitem__)
            parts.append(halo_text((x, y), name, f"fill{kind % len(COLOURS)}", font_weight=600))
            named += covered((x, y), name)
    return parts, [*named, *(point for line in dense.values() for point in line)]


def _visible_points(line: Trajectory, frame: Frame) -> list[Point]:
    """Return points of the part of a line that is drawn, so near to each other that no words fit in between, as far as
    two hundred are enough for that."""
    points = [point for part in clipped(line, frame, passing=False) for point in [*at_equal_steps(part, 8.0), part[-1]]]
    points += [line[0]] if line[0] in frame else []
    return points[:: -(-len(points) // 200) or 1]


def told(name: str, points: Trajectory) -> str:
    """Return a trajectory in words: its steps, and where it begins and ends."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    return f"{name}: {len(points) - 1} steps from ({x0:.3g}, {y0:.3g}) to ({x1:.3g}, {y1:.3g})"

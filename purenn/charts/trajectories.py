"""Trajectories: the steps of optimizers on their way to a minimum, as lines with a dot for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from purenn.charts.frame import Frame
from purenn.charts.labels import covered, halo_text, inside, room
from purenn.charts.polylines import clipped, length, refined
from purenn.charts.svg import COLOURS, Point, number, path, tag, text_width
from purenn.errors import ShapeError

__all__ = ["Trail", "Trajectory", "check_trajectories", "drawn", "few_steps", "names_of", "told"]

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


@dataclass(frozen=True)
class Trail:
    """The part of a trajectory that is seen, on the paper: lines, the places of steps, and both ends, if they are."""

    lines: list[list[Point]]
    steps: list[Point]
    start: Point | None
    end: Point | None

    @classmethod
    def of(cls, line: Trajectory, frame: Frame) -> Trail:
        """Return what is seen of a line on the paper: the steps from or to the inside of a frame."""
        steps = [point for point in line if point in frame]
        ends = [point if point in frame else None for point in (line[0], line[-1])]
        return cls(clipped(line, frame, passing=False), steps, *ends)

    @property
    def points(self) -> list[Point]:
        """Points all along it, so near to each other that no words fit in between, as far as two hundred can be."""
        points = [point for line in self.lines for point in refined(line, 8.0)] or ([self.start] if self.start else [])
        return points[:: -(-len(points) // 200) or 1]


def few_steps(lines: Sequence[Trajectory]) -> list[list[Point]]:
    """Return lines on the paper without steps that are too short to be seen. If there are thousands even so, it is
    every second or third step that is kept, and the last."""
    found: list[list[Point]] = []
    for line in lines:
        kept = [line[0]]
        for point in line[1:]:
            if length([kept[-1], point]) > SEEN:
                kept.append(point)
        found.append(kept if kept[-1] == line[-1] else [*kept, line[-1]])
    every = -(-sum(map(len, found)) // MOST)
    return [[*line[:-1:every], line[-1]] for line in found]


def drawn(trails: Sequence[Trail]) -> list[str]:
    """Return trails as lines with dots, with a ring where they begin and a large dot where they end.

    The longest is below the others, and a lower one is wider, so that none hides another.
    """
    order = sorted(range(len(trails)), key=lambda k: -sum(map(length, trails[k].lines)))
    halo = "".join(path(line) for trail in trails for line in trail.lines)
    parts = [tag("path", class_="edge", d=halo, stroke_width=4.5, stroke_opacity=0.6, fill="none")]
    for rank, k in enumerate(order):
        parts += _drawn(trails[k], k % len(COLOURS), 1.6 + 0.5 * (len(order) - 1 - rank))
    return parts if trails else []


def _drawn(trail: Trail, kind: int, width: float) -> list[str]:
    dots: list[Point] = []
    for point in trail.steps:
        if not dots or length([dots[-1], point]) > NEAR:
            dots.append(point)
    spots = "".join(f"M{number(x)} {number(y)}h0" for x, y in dots)
    round_ends = {"stroke_linecap": "round", "stroke_linejoin": "round", "fill": "none"}
    parts = [
        tag("path", class_=f"line{kind}", d="".join(map(path, trail.lines)), stroke_width=width, **round_ends),
        tag("path", class_=f"line{kind}", d=spots, stroke_width=width + 3.0, **round_ends),
    ]
    for place, classes, radius in ((trail.start, f"paper line{kind}", 4.5), (trail.end, f"fill{kind} edge", 5.5)):
        if place:
            parts.append(tag("circle", class_=classes, cx=place[0], cy=place[1], r=radius, stroke_width=1.8))
    return parts


def names_of(trails: Mapping[str, Trail], frame: Frame) -> tuple[list[str], list[Point]]:
    """Return the name of each trail, beside that part of it that is farthest from the others, and the places that are
    taken then, on and below the lines and the names."""
    parts: list[str] = []
    points = {name: trail.points for name, trail in trails.items()}
    named: list[Point] = []
    for kind, (name, own) in enumerate(points.items()):
        others = [point for other in points if other != name for point in points[other]] + named
        aside, above = text_width(name) / 2.0 + 10.0, 15.0
        around = [(aside, 0.0), (-aside, 0.0), (0.0, above), (0.0, -above), (aside, above), (aside, -above)]
        places = [(x + dx, y + dy) for x, y in own[:: 1 + len(own) // 50] for dx, dy in around]
        free = [place for place in places if place in inside(frame, name)] or places
        # half as near to others as to its own line, it is still seen to belong to its own
        rooms = {place: min(room(place, name, own), room(place, name, others) / 2.0) for place in free}
        if rooms:
            x, y = max(rooms, key=rooms.__getitem__)
            parts.append(halo_text((x, y), name, f"fill{kind % len(COLOURS)}", font_weight=600))
            named += covered((x, y), name)
    return parts, [*named, *(point for own in points.values() for point in own)]


def told(name: str, points: Trajectory) -> str:
    """Return a trajectory in words: its steps, and where it begins and ends."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    return f"{name}: {len(points) - 1} steps from ({x0:.3g}, {y0:.3g}) to ({x1:.3g}, {y1:.3g})"

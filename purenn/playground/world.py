"""The world of a session: its settings, its points, and the training of them, with a rival beside it if there is one.

All changes happen here, and each is made as a whole or not at all: what can be wrong is found before anything changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from purenn.errors import FormatError
from purenn.formats import Model
from purenn.layers import Linear
from purenn.playground.data import MOST_POINTS, Point, points_of
from purenn.playground.networks import make_samples
from purenn.playground.run import Moment, Run
from purenn.playground.settings import Settings
from purenn.samples import Samples

__all__ = ["Past", "World"]

BEGIN_AGAIN = ("data", "features", "layers", "initializer", "loss", "seed", "rival")  # settings that need a new network


@dataclass(frozen=True)
class Past:
    """A world as it was: its settings, and the moments of its runs."""

    settings: Settings
    moments: tuple[Moment, ...]


class World:
    """Settings, points and runs. The first run is the user's own, the second, if there is one, its rival."""

    def __init__(self, settings: Settings) -> None:
        """Make everything that the settings describe. Raises ValueError if it cannot be made."""
        self.settings = settings
        self.points = points_of(settings.data)
        self.runs = [Run(each, self.points) for each in _for_each(settings)]

    @property
    def run(self) -> Run:
        """The user's own run."""
        return self.runs[0]

    @property
    def rival(self) -> Run | None:
        """The rival's run."""
        return self.runs[1] if len(self.runs) > 1 else None

    # Moments.

    def past(self) -> Past:
        """Return this world as it is now."""
        return Past(self.settings, tuple(run.moment() for run in self.runs))

    @classmethod
    def of(cls, past: Past) -> World:
        """Make a world as it was."""
        world = cls(past.settings)
        for run, moment in zip(world.runs, past.moments):
            run.restore(moment)
        return world

    # Changes.

    def with_settings(self, settings: Settings) -> World:
        """Return a world with other settings: this one, if its networks can go on, otherwise a new one."""
        if any(getattr(settings, name) != getattr(self.settings, name) for name in BEGIN_AGAIN):
            return World(settings)
        trained = ("optimizer", "schedule", "batch_size", "l1", "l2")
        changed = [name for name in trained if getattr(settings, name) != getattr(self.settings, name)]
        if changed:
            for run, each in zip(self.runs, _for_each(settings)):
                run.retune(each)
            if self.run.epoch or self.run.place:
                self.run.note(f"other settings ({', '.join(changed)})")
        self.settings = settings
        return self

    def with_points(self, points: Sequence[Point]) -> None:
        """Take other points. The networks stay as they are. Raises ValueError for too few or too many."""
        if len(points) > MOST_POINTS:
            raise ValueError(f"there are {MOST_POINTS:,} points already, which are the most")
        settings = replace(self.settings, data=replace(self.settings.data, points=tuple(points)))
        for run, each in zip(self.runs, _for_each(settings)):
            run.retune(each, points)
        if self.run.epoch or self.run.place:
            self.run.note("other points")
        self.settings, self.points = settings, tuple(points)

    def with_model(self, model: Model) -> None:
        """Take the numbers of a model. Raises ValueError for one of another network, or with wild numbers."""
        network = self.run.network
        if model.architecture != network.architecture:
            raise FormatError(f"the model is {model.architecture:.200}, expected one of {network}")
        before = network.state()
        try:
            network.load_state(model.tensors)
            outputs = network(self.run.samples.take(range(len(self.run.samples)))[0])
            if not all(value == value and abs(value) < 1e100 for row in outputs for value in row):
                raise ValueError("the model answers with numbers that are not finite")
        except ValueError:
            network.load_state(before)
            raise
        self.run.note("the numbers of a model that was loaded")

    def linear(self) -> list[Linear]:
        """Return the Linear layers of the user's own network."""
        return [layer for layer in self.run.network if isinstance(layer, Linear)]

    def sample(self, index: int) -> Samples:
        """Return one of the points as a sample, whatever its part."""
        settings, point = self.run.settings, self.points[index]
        sample = make_samples(settings, [point], point.part)
        if sample is None:
            raise ValueError(f"there is no point {index}")
        return sample


def _for_each(settings: Settings) -> Iterator[Settings]:
    """Yield the settings of the user's own run, and of the rival's."""
    yield settings
    if settings.rival:
        yield replace(settings, optimizer=settings.rival.optimizer, schedule=settings.rival.schedule)

"""Frames that show the state of a training, with a memory of what has been shown already.

While it plays, a state is sent many times in a second. So the points of the curves are sent once, and a look at the
network (losses, gradients and heat maps) is taken only if it takes no longer than the training since the last look. Of
this, the gradients, which take the longest, are measured at every fifth look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Union

from purenn.diagnosis import Diagnosis, diagnose
from purenn.history import Epoch
from purenn.layers import Linear
from purenn.metrics import Score
from purenn.playground.data import Point, around
from purenn.playground.run import Run
from purenn.playground.settings import Settings
from purenn.playground.views import SIDE, Columns, finite, grid, maps, pixels
from purenn.playground.world import World
from purenn.samples import Samples

__all__ = ["Clock", "Display", "Frame", "bounds_of"]

Frame = dict[str, object]
Clock = Union[Callable[[], float], None]
Maps = Union[list[list[Frame]], None]  # of each unit of each layer; None if the numbers are too large
EVERY = 5  # looks, while it plays
FEW = 100  # samples by which the layers are examined
MOST_SENT = 2000  # points of a curve in a frame


class Display:
    """The frames of a session. clock: tells the time in seconds, to compare what a look and the training cost.

    trained: seconds of training since the last look. The session adds to it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grid: tuple[object, Columns] | None = None
        self._cost = 0.0  # of the last look, in seconds
        self.trained = 0.0
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what has been shown: the next state replaces all curves."""
        self._sent = [0, 0]
        self._restart = True
        self._looks = 0
        self._scores: list[Frame] = []
        self._gradients: list[float | None] = []
        self._words: list[str] = []
        self._finding = ""

    def state(self, world: World, *, playing: bool) -> Frame:
        """Return the state of the training."""
        run, rival = world.run, world.rival
        heat_maps = self._look(world, playing) if self._is_worth_it(playing) else [None, None]
        if not playing:
            self._finding = run.finding
        restart, self._restart = self._restart, False
        layers = world.linear()
        return {
            "frame": "state",
            "epoch": run.epoch,
            "batch": run.batch,
            "playing": playing,
            "restart": restart,
            **self._scores[0],
            "rate": finite(run.rate),
            "history": self._news(run, 0),
            "weights": [[list(map(finite, row)) for row in layer.weight] for layer in layers],
            "biases": [list(map(finite, layer.bias[0])) for layer in layers],
            "gradients": self._gradients,
            "maps": heat_maps[0],
            "side": SIDE,
            "words": self._words,
            "finding": self._finding,
            "rival": {**self._scores[1], **self._rival(rival, heat_maps[1])} if rival else None,
        }

    def _news(self, run: Run, number: int) -> list[list[float | None]]:
        """Return the epochs that have not been sent, evenly thinned out if they are very many."""
        epochs, self._sent[number] = run.epochs[self._sent[number] :], run.epoch
        every = -(-len(epochs) // MOST_SENT) or 1
        return [_figures(epoch) for i, epoch in enumerate(epochs, start=1) if i % every == 0 or i == len(epochs)]

    def _examine(self, run: Run) -> None:
        """Measure the gradients of each Linear layer, and let the diagnosis say what is wrong."""
        found = _diagnosis(run)
        if found:
            linear = [i for i, layer in enumerate(run.network) if isinstance(layer, Linear)]
            self._gradients = [found.layers[i].gradient_norm for i in linear]
            self._words = list(found.warnings)

    def _is_worth_it(self, playing: bool) -> bool:
        return not (playing and self._clock and self._scores) or self.trained >= self._cost

    def _rival(self, rival: Run, heat_maps: Maps) -> Frame:
        """Return what is shown of the rival: its curve, and the heat maps of its outputs."""
        outputs = heat_maps[-1] if heat_maps else None
        return {"history": self._news(rival, 1), "outputs": outputs, "finding": rival.failure}

    def _look(self, world: World, playing: bool) -> list[Maps]:
        """Measure losses and gradients, and return the heat maps of each run."""
        begin = self._clock() if self._clock else 0.0
        self._scores = list(map(_scores, world.runs))
        if not playing or self._looks % EVERY == 0:
            self._examine(world.run)
        self._looks += 1
        found = [_maps(run, self.places(world)) for run in world.runs]
        self._cost, self.trained = self._clock() - begin if self._clock else 0.0, 0.0
        return [*found, None]

    def places(self, world: World) -> Columns:
        """Return the features at the places of a heat map. They are computed when something has changed."""
        key = (world.settings.features, len(world.settings.data.kind.inputs), bounds_of(world.settings, world.points))
        if self._grid is None or self._grid[0] != key:
            self._grid = key, grid(world.settings, key[2])
        return self._grid[1]

    def data(self, world: World, note: str = "") -> Frame:
        """Return the points, what they are about, and heat maps of the features. note: what was done to them."""
        settings, points = world.settings, world.points
        kind = settings.data.kind
        targets = [point.target for point in points]
        return {
            "frame": "data",
            "points": [list(point) for point in points],
            "range": bounds_of(settings, points),
            "targets": around(targets),
            "task": kind.task,
            "classes": list(kind.classes),
            "inputs": list(kind.inputs),
            "features": [{"name": n, **pixels(c)} for n, c in zip(settings.features, self.places(world))],
            "by_hand": settings.data.points is not None,
            "note": note,
        }


def bounds_of(settings: Settings, points: Sequence[Point]) -> tuple[float, float]:
    """Return the bounds of the plane, the same for both coordinates."""
    has_x2 = len(settings.data.kind.inputs) > 1
    return around([point.x1 for point in points] + [point.x2 for point in points if has_x2])


def _scores(run: Run) -> Frame:
    """Return loss and accuracy of the present network, on the points to train and to test on."""
    score, tested = _score(run, run.samples), _score(run, run.tested)
    return {
        "loss": finite(score.loss),
        "test_loss": finite(tested.loss),
        "accuracy": score.accuracy,
        "test_accuracy": tested.accuracy,
    }


def _score(run: Run, samples: Samples | None) -> Score:
    try:
        return run.engine.evaluate(samples) if samples else Score(nan, None)
    except (ArithmeticError, ValueError):
        return Score(nan, None)


def _maps(run: Run, places: Columns) -> Maps:
    try:
        return maps(run.network, run.loss, places)
    except (ArithmeticError, ValueError):  # a function of the user's may refuse an infinite number
        return None


def _diagnosis(run: Run) -> Diagnosis | None:
    """Return the diagnosis by some of the samples, None if the numbers are too large for it."""
    few = run.samples.select(range(min(len(run.samples), FEW)))
    try:
        return diagnose(run.network, few.inputs, few.targets, run.loss)
    except (ArithmeticError, ValueError):
        return None


def _figures(epoch: Epoch) -> list[float | None]:
    """Return the figures of an epoch in the order of the protocol."""
    tested = None if epoch.validation_loss is None else finite(epoch.validation_loss)
    return [epoch.number, finite(epoch.loss), tested, epoch.accuracy, epoch.validation_accuracy]

"""The sweep: it makes the trials of a search, one after the other or several at once, and shows the best.

A trial depends on nothing but its options and its epochs. So the same seed gives the same results whoever does the
work, and in whatever order. In halving, a trial that goes on is trained from its beginning again: where the learning
rate falls from the first epoch to the last, its first epochs are others in a training that is twice as long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from purenn.charts import Svg, table, trial_charts
from purenn.errors import TrainingError, TrainingWarning, check_whole, is_a, warn
from purenn.formats import File
from purenn.history import Epoch, History, high_accuracy
from purenn.lanes import ExecutorError, Place, as_executors, completed, places
from purenn.search.results import ResultsFile
from purenn.search.space import Range, Space, Value
from purenn.search.trials import Trial, latest, ranked

if TYPE_CHECKING:
    from concurrent.futures import Executor  # of the caller, who has loaded it

__all__ = ["Sweep", "made_trials", "sweep"]

NAMES = {True: "validation accuracy", False: "validation loss"}  # of the figures


@dataclass(frozen=True)
class Sweep:
    """The trials of a search. In halving, there is one for each round that a combination of options has reached."""

    trials: Sequence[Trial]

    @property
    def ranked(self) -> list[Trial]:
        """The last training of each combination of options, best first."""
        return ranked(latest([*self.trials]))

    @property
    def best(self) -> Trial:
        """The best trial. Raises TrainingError if all have failed."""
        if not self.trials or self.ranked[0].error:
            raise TrainingError("no trial has ended well")
        return self.ranked[0]

    def table(self, width: int | None = None) -> str:
        """Return a table, best first, and below it why trials failed. It is at most `width` characters wide."""
        shown = self.ranked
        has_epochs = len({trial.epochs for trial in shown}) > 1
        has_accuracy = any(trial.accuracy is not None for trial in shown)
        names = list(shown[0].options) if shown else []
        figures = ["validation", "loss"] if has_accuracy else ["validation loss"]
        rows = [["trial", *names, *(["epochs"] if has_epochs else []), *figures, "best epoch", "seconds"]]
        for trial in shown:
            accuracy = "-" if trial.accuracy is None else f"{100.0 * trial.accuracy:.2f} %"
            judged = [*([accuracy] if has_accuracy else []), f"{trial.loss:.4g}", str(trial.best_epoch)]
            if trial.error:
                judged = ["failed", *["-"] * (len(judged) - 1)]
            epochs = [str(trial.epochs)] if has_epochs else []
            rows.append(
                [str(trial.number), *map(str, trial.options.values()), *epochs, *judged, f"{trial.seconds:.1f}"]
            )
        failed = [f"trial {trial.number}: {trial.error}" for trial in shown if trial.error]
        return "\n".join([table(rows, width), *failed])

    def plot(self, path: File | None = None) -> Svg:
        """Return a chart for each varied option, with the accuracy or the loss of every trial over its values: an SVG
        text that a notebook shows. It is also written to `path`, if that is given: "sweep.svg"."""
        shown = [trial for trial in latest([*self.trials]) if not trial.error]
        has_accuracy = any(trial.accuracy is not None for trial in shown)
        options = {name: [trial.options[name] for trial in shown] for name in (shown[0].options if shown else ())}
        epochs = sorted({trial.epochs or 0 for trial in shown})
        return trial_charts(
            options,
            [trial.figure for trial in shown],
            title=f"{NAMES[has_accuracy]} of {len(shown)} trials".capitalize(),
            best=shown.index(self.ranked[0]) if shown else None,
            kinds=[epochs.index(trial.epochs or 0) for trial in shown],
            kind_names=[f"{number} epoch{'s' * (number != 1)}" for number in epochs] if len(epochs) > 1 else (),
        ).written(path)

    def _repr_svg_(self) -> str:
        return self.plot()

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"Sweep({len(self.trials)} trials)"


def sweep(
    train: Callable[..., History],
    vary: Mapping[str, Sequence[Value] | Range] | Space,
    *,
    search: str = "grid",
    trials: int | None = None,
    epochs: int | None = None,
    seed: int = 0,
    workers: int = 1,
    executor: Executor | Sequence[Executor] | None = None,
    results: str | os.PathLike[str] | None = None,
    settings: Mapping[str, str] | None = None,
    callbacks: Iterable[Callable[[Trial], object]] = (),
) -> Sweep:
    """Train with many combinations of options, and return all trials, the best first in its table.

    train: a function of the options, by their names, that trains a network and returns the history of `fit`. A trial
    is judged by its best epoch in validation. One that raises TrainingError or another ArithmeticError, ValueError or
    MemoryError has failed, and the others go on.
    vary: the values of each option, numbers, texts or bools, or a Range of numbers; or a Space, for which the next four
    are not needed.
    search: "grid" for all combinations; "random" for so many `trials`, drawn by chance; "halving" for short trainings
    of all, or of so many `trials`, of which the better half is trained again for twice the epochs, until one is left.
    epochs: given to `train` as an option, too. In halving, it is the number for the last round, and must be given.
    seed: of what is drawn. It is not given to `train`.
    workers: the number of trials at once, each in a process, or on the `executor`, as for `fit`. `train` is then a
    function of a module, and a script calls `sweep` below `if __name__ == "__main__":`.
    results: a file for a line of JSON for each trial. If it is there already, the trials in it are not made again.
    settings: anything else that the trials depend on, to refuse a file with the results of others.
    callbacks: each is called with every trial when it has ended.

    Raises ValueError for a search that cannot be made, or for trials without validation; for the file, the errors of
    `ResultsFile`; TypeError if `train` returns no history; and TrainingError if an executor fails. All that was done by
    then is in the file.

    >>> from random import Random
    >>> from purenn import BinaryCrossEntropy, SGD, datasets, feed_forward, fit
    >>> moons = datasets.load("moons").train
    >>> def train(rate, hidden):
    ...     network = feed_forward([2, hidden, moons.targets.columns], Random(0))
    ...     return fit(network, moons, optimizer=SGD(rate), epochs=10, validation=0.2)
    >>> found = sweep(train, {"rate": [0.03, 0.3], "hidden": [2, 16]})
    >>> found.best.options
    {'rate': 0.3, 'hidden': 16}
    """
    check_whole(1, workers=workers)
    space = vary if isinstance(vary, Space) else Space(vary, search, trials, epochs, seed)
    file, callbacks = ResultsFile(results, {**space.settings, **(settings or {})}), [*callbacks]
    with places(as_executors(executor, workers), workers) as free, file:  # no process should inherit the open file
        if len(free) < workers:
            warn(f"no process can be started: {workers} trainings take turns in this one", TrainingWarning)
        for trial in made_trials(train, space, free, file):
            for callback in callbacks:
                callback(trial)
    return Sweep([*file.done.values()])


def made_trials(
    train: Callable[..., History], space: Space, free: Sequence[Place], file: ResultsFile
) -> Iterator[Trial]:
    """Make all trials that are not in the file yet, in these places, and yield each when it is in the file."""
    chosen = dict(enumerate(space.combinations(), start=1))
    rounds = space.rounds(len(chosen))
    for (epochs, _), (_, following) in zip(rounds, [*rounds[1:], (None, 0)]):
        file.check(chosen, epochs)
        tasks = [_Task(train, i, chosen[i], epochs) for i in chosen if (i, epochs) not in file.done]
        for trial in completed(free, _trial, tasks):
            file.add(trial)
            yield trial
        found = [file.done[i, epochs] for i in chosen]
        better = [trial.number for trial in ranked(found) if not trial.error][:following]
        chosen = {i: chosen[i] for i in sorted(better)}


class _Task(NamedTuple):
    """A trial to make."""

    train: Callable[..., History]
    number: int
    options: Mapping[str, Value]
    epochs: int | None


def _trial(task: _Task) -> Trial:
    """Make a trial, wherever this is."""
    start, epochs = time.perf_counter(), {} if task.epochs is None else {"epochs": task.epochs}
    best: Epoch | str
    try:
        history = task.train(**task.options, **epochs)
    except ExecutorError:  # says nothing about the options
        raise
    except (ArithmeticError, ValueError, MemoryError) as error:
        best = str(error) or type(error).__name__
    else:
        if not is_a(history, History):
            raise TypeError(f"the function that trains must return a History, as `fit` does, got {history!r:.100}")
        best = max(history.epochs, key=high_accuracy)
        if best.validation_loss is None:
            raise ValueError("trials are judged in validation, but there was none: fit(…, validation=0.2)")
        best = history.failure or best
    return Trial.of(task.number, task.options, task.epochs, best, time.perf_counter() - start)

"""`purenn sweep`: train with many values of options, and show which are best in validation.

Each trial is what `train` does with these options, and the command that makes the best network is printed at the end.
The test samples play no part: whoever chooses options by them no longer knows how good the network is on new ones.
"""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from purenn.cli.arguments import whole
from purenn.cli.command import Arguments, Command, register
from purenn.cli.executors import PROCESSES, started_executors
from purenn.cli.interruption import hold, status_of
from purenn.cli.invocation import command
from purenn.cli.output import print_json, print_note
from purenn.cli.own_data import in_words, usual_name
from purenn.cli.parser import Parser
from purenn.cli.saved import free_path
from purenn.cli.terminal import room, wrapped
from purenn.cli.train_arguments import add_settings, words_of
from purenn.cli.training_report import about_workers, say
from purenn.cli.trial import TrialTraining, check_option, load_data, option_words, varied_options
from purenn.formats import check_writable, tabular
from purenn.lanes import places
from purenn.progress import Bar
from purenn.registry import plugins
from purenn.search import SEARCHES, Range, ResultsFile, Space, Sweep, Trial, Value, made_trials

__all__ = ["SweepArguments", "sweep"]


class SweepArguments(Arguments):
    """Arguments of `purenn sweep`, besides those of `train`."""

    dataset: str
    epochs: int | None
    workers: int
    executor: str
    seed: int
    vary: list[list[str]]
    search: str
    trials: int | None
    results: Path | None
    chart: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        add_settings(parser, many=True)
        add = parser.add_argument_group("search").add_argument
        vary = (
            "an option of `train` without its hyphens, and the values to try: --vary learning-rate 0.01 0.1, "
            "--vary hidden 128 '64 32', or a range of numbers: 0.001..0.1; may be repeated"
        )
        add("--vary", nargs="+", action="append", required=True, metavar=("NAME", "VALUE"), help=vary)
        how = (
            f"{', '.join(SEARCHES)}: all combinations; or --trials of them, drawn at random; or short trainings, the "
            "better half of which is trained for twice the epochs, up to --epochs; default: grid"
        )
        add("--search", choices=SEARCHES, default="grid", metavar="NAME", help=how)
        add("--trials", type=whole(1), metavar="N", help="combinations to draw, for random and halving")
        results = "a JSON line for each trial; the same command goes on after those in it; default: DATA-sweep.jsonl"
        add("--results", type=Path, metavar="FILE", help=results)
        add("--chart", type=Path, metavar="FILE", help="draw the trials over each option, as SVG")


def sweep(arguments: SweepArguments) -> int:
    """Make all trials, print them, best first, and the command for the best."""
    space, words = _space(arguments), _fixed_words(arguments)
    path = arguments.results or Path(f"{usual_name(arguments.dataset)}-sweep.jsonl")
    _check_files(path, arguments.chart)
    dataset, samples = load_data(words)
    if "loss" in space.vary and not dataset.classes:
        raise _refused("loss: for quantities, trials are judged by their losses, which must be of one kind")
    file = ResultsFile(path, {"options": shlex.join(words), "samples": samples, **space.settings})
    print_note(in_words(dataset), as_json=arguments.json, event="note")
    if arguments.executor == PROCESSES:
        print_note(about_workers(arguments.workers), as_json=arguments.json)
    report = _Report(space, file, as_json=arguments.json)
    train = TrialTraining(words, samples, plugins)
    try:
        with (
            started_executors(arguments.executor, arguments.workers) as given,
            places(given, arguments.workers) as free,
            file,
        ):
            report.begin(path)
            if len(free) < arguments.workers:
                turns = f"no process can be started: {arguments.workers} trainings take turns in this one"
                print_note(turns, as_json=arguments.json)
            for trial in made_trials(train, space, free, file):
                report.trial(trial)
    except KeyboardInterrupt as interrupt:
        hold()
        report.bar.clear()
        return report.interrupted(path, status_of(interrupt))
    found = Sweep([*file.done.values()])
    report.table(found)
    if arguments.chart and any(not trial.error for trial in found.trials):
        report.drawn(found, arguments.chart)
    report.done(found, words)
    return 0


def _space(arguments: SweepArguments) -> Space:
    """Return the space to search. Raises ArgumentError for what cannot be varied, or searched."""
    vary: dict[str, Sequence[Value] | Range] = {}
    for name, *values in arguments.vary:
        if name in vary:
            raise _refused(f"{name} is named twice; give all its values at once")
        vary[name] = _values(name, values)
        action = varied_options()[name]
        if getattr(arguments, action.dest) != action.default:
            raise _refused(f"{name}: --{name} is given, too")
    epochs = arguments.epochs if arguments.search == "halving" else None
    if arguments.search == "halving" and "epochs" in vary:
        raise _refused("epochs: halving varies them by itself")
    if arguments.search == "halving" and epochs is None:
        raise ArgumentError(None, "argument --search: halving needs --epochs N, for its last round")
    try:
        return Space(vary, arguments.search, arguments.trials, epochs, arguments.seed)
    except ValueError as error:
        raise ArgumentError(None, f"{error}; see --search and --trials") from None


def _values(name: str, values: Sequence[str]) -> Sequence[Value] | Range:
    """Return the values to try, as they are typed, or the range."""
    if not values:
        raise _refused(f"{name}: expected the values to try after it, or a range such as 0.001..0.1")
    try:
        given = Range.parse(values[0]) if len(values) == 1 else None
    except ValueError as error:
        raise _refused(f"{name}: {error}") from None
    tried = [_number(value) for value in values]
    for value in (given.low, given.high) if given else tried:
        check_option(name, value)
    return given or tried


def _number(text: str) -> Value:
    """Return a value as a number, if it is one."""
    value = tabular.number(text)
    return text if value is None else int(text) if text.isdecimal() else value


def _fixed_words(arguments: SweepArguments) -> list[str]:
    """Return the words of `train` that are the same in every trial. In halving, each has epochs of its own."""
    parser = Parser(add_help=False)
    add_settings(parser, many=True)
    own = ("workers", "executor", *["epochs"] * (arguments.search == "halving"))
    return [arguments.dataset, *words_of(arguments, [a for a in parser.actions() if a.dest not in own])]


def _check_files(results: Path, chart: Path | None) -> None:
    """Raise an error now, and not after an hour, if a file cannot be written."""
    check_writable(results)
    if chart:
        check_writable(chart)
        if chart.suffix.casefold() != ".svg":
            raise ArgumentError(None, f"argument --chart: charts are SVG: call the file {chart.stem}.svg")


def _refused(reason: str) -> ArgumentError:
    return ArgumentError(None, f"argument --vary: {reason}")


class _Report:
    """The report of a sweep: lines for people on stderr, and the results on stdout."""

    def __init__(self, space: Space, file: ResultsFile, *, as_json: bool) -> None:
        self.space, self.file, self.as_json = space, file, as_json
        self.bar = Bar()
        count = len(space.combinations())
        self.rounds = space.rounds(count)
        self.total = sum(number for _, number in self.rounds)

    def begin(self, path: Path) -> None:
        """Say what will be done, and what is done already."""
        vary = [f"{name} {_in_words(values)}" for name, values in self.space.vary.items()]
        count = self.rounds[0][1]
        say(f"{count} trial{'s' * (count != 1)}, {self.space.search} search: {'; '.join(vary)}")
        if len(self.rounds) > 1:
            say("; ".join(f"{count} for {epochs} epoch{'s' * (epochs != 1)}" for epochs, count in self.rounds))
        done = len(self.file.done)
        say(f"going on after {done} of {self.total} trainings in {path}" if done else f"results go to {path}")
        self._draw()

    def trial(self, trial: Trial) -> None:
        """Report a trial that has ended."""
        self.bar.clear()
        if self.as_json:
            print_json("trial", trial.fields())
        options = ", ".join(f"{name} {value}" for name, value in trial.options.items())
        epochs = "" if trial.epochs is None else f", {trial.epochs} epoch{'s' * (trial.epochs != 1)}"
        result = f"failed: {trial.error}" if trial.error else f"{result_in_words(trial)}, {trial.seconds:.1f} s"
        say(f"trial {trial.number}: {options}{epochs}: {result}")
        self._draw()

    def _draw(self) -> None:
        self.bar.show("trials", len(self.file.done), self.total)

    def interrupted(self, path: Path, status: int) -> int:
        """Say what is in the file after Ctrl-C or another signal. Return the exit status."""
        done = len(self.file.done)
        text = f"interrupted; {path} has {done} of {self.total} trainings: the same command goes on after them"
        say(text)
        if self.as_json:
            print_json("error", {"message": text, "status": status})
        return status

    def table(self, found: Sweep) -> None:
        """Print all trials, best first."""
        self.bar.clear()
        if not self.as_json:
            print(found.table(room(sys.stdout)))

    def done(self, found: Sweep, words: Sequence[str]) -> None:
        """Print the best trial, and the command for it. Raises TrainingError if all have failed."""
        best = found.best
        epochs = [] if best.epochs is None else ["--epochs", best.epochs]
        line = command("train", *words, *epochs, *option_words(best.options))
        if self.as_json:
            print_json("done", {**best.fields(), "trials": len(found.trials), "command": line})
        else:
            print(wrapped(f"best: trial {best.number}, {result_in_words(best)}", sys.stdout))
            print(f"try   {line}")

    def drawn(self, found: Sweep, chart: Path) -> None:
        """Write the chart. No file is written over: it may get another name."""
        path = free_path(chart)
        found.plot(path)
        if self.as_json:
            print_json("picture", {"file": str(path), "shows": "the trials over each option"})
        else:
            print(wrapped(f"{path}: the trials over each option", sys.stdout))


def _in_words(values: Sequence[Value] | Range) -> str:
    return str(values) if isinstance(values, Range) else ", ".join(map(str, values))


def result_in_words(trial: Trial) -> str:
    """Return the figure by which a trial is judged, and its epoch."""
    figure = f"loss {trial.loss:.4g}" if trial.accuracy is None else f"{100.0 * trial.accuracy:.2f} %"
    return f"validation {figure} after epoch {trial.best_epoch}"


EXAMPLES = [
    "sweep strokes --limit 1000 --vary hidden 16 64 --vary learning-rate 0.01 0.03",
    "sweep moons --search random --trials 20 --vary learning-rate 0.001..1 --vary hidden 4..64 --workers 2",
    "sweep iris --search halving --epochs 40 --vary optimizer sgd adam --vary batch-size 4 8 16 32",
]
register(
    Command("sweep", "train with many values of options, and compare them", SweepArguments, sweep, examples=EXAMPLES)
)

"""Trials of `purenn sweep`: each is what `train` does with these options, without saving a network, and without ever
looking at the test samples."""

from __future__ import annotations

from argparse import Action, ArgumentError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from purenn.cli.own_data import find
from purenn.cli.parser import ALIASES, Parser, UsageError
from purenn.cli.preparation import prepare_run
from purenn.cli.train_arguments import TrainArguments, add_settings, words_of
from purenn.datasets import Dataset
from purenn.errors import did_you_mean
from purenn.history import History
from purenn.registry import load_plugin
from purenn.search import Value
from purenn.training import Training

__all__ = ["TrialTraining", "check_option", "load_data", "option_words", "trial_arguments", "varied_options"]

# What cannot be varied: where the data and the workers are, and which part of the data the trials are judged by.
FIXED = ("data", "test", "workers", "executor")
DATA = ("data", "target", "task", "missing", "header", "delimiter", "decimal", "size", "test")  # all that `find` reads


@dataclass(frozen=True)
class TrialTraining:
    """Train as the command `train` does with these words, and with the options of a trial.

    It can be sent to another process, which loads the plugins and the data set again. samples: tell the data set from
    an earlier one of the same name, in a process that has had that.
    """

    words: Sequence[str]
    samples: str
    plugins: Sequence[str] = ()

    def __call__(self, **options: Value) -> History:
        """Return the history. Raises TrainingError if the training diverges, and ValueError for options that do not go
        together."""
        for plugin in self.plugins:
            load_plugin(plugin)
        try:
            arguments = trial_arguments([*self.words, *option_words(options)])
            run = prepare_run(arguments, _data_for(arguments, self.samples))
        except ArgumentError as error:
            raise ValueError(str(error)) from None
        with Training(run.engine, run.plan, watch=run.watch()) as training:
            for _ in training.epochs():
                pass
            return training.history()


_kept: dict[tuple[str, ...], Dataset] = {}  # the data set of the last trial, which the next one needs too


def load_data(words: Sequence[str]) -> tuple[Dataset, str]:
    """Load the data set that these words of `train` name, for trials in this process and in those that it starts.
    Return it, and what tells its samples from others."""
    arguments = trial_arguments(words)
    dataset = find(arguments)
    samples = f"{len(dataset.train)} of checksum {dataset.train.checksum}"
    _keep(_key(arguments, samples), dataset)
    return dataset, samples


def _data_for(arguments: TrainArguments, samples: str) -> Dataset:
    """Return the data set for a trial."""
    key = _key(arguments, samples)
    return _kept.get(key) or _keep(key, find(arguments))


def _key(arguments: TrainArguments, samples: str) -> tuple[str, ...]:
    actions = [action for action in _train_parser().actions() if action.dest in DATA]
    return samples, arguments.dataset, *words_of(arguments, actions)


def _keep(key: tuple[str, ...], dataset: Dataset) -> Dataset:
    _kept.clear()
    _kept[key] = dataset
    return dataset


def trial_arguments(words: Sequence[str]) -> TrainArguments:
    """Return the arguments of `train` with these words. Raises ArgumentError if they are wrong."""
    try:
        return TrainArguments(**vars(_train_parser().parse_args(words)))
    except UsageError as error:
        raise ArgumentError(None, str(error)) from None


def _train_parser() -> Parser:
    parser = Parser(add_help=False)
    TrainArguments.add_to(parser)
    return parser


def varied_options() -> dict[str, Action]:
    """Return the options of `train` that can be varied, by their names without the hyphens before them."""
    parser = Parser(add_help=False)
    add_settings(parser, many=True)
    return {a.option_strings[-1][2:]: a for a in parser.actions() if a.option_strings and a.dest not in FIXED}


def option_words(options: Mapping[str, Value]) -> list[str]:
    """Return options of a trial as words of a command.

    >>> option_words({"hidden": "64 32", "learning-rate": 0.02, "every-sample": "yes"})
    ['--hidden', '64', '32', '--learning-rate', '0.02', '--every-sample']
    """
    known, words = varied_options(), list[str]()
    for name, value in options.items():
        takes = known[name].nargs
        if takes == 0:
            words += [f"--{name}"] if value == "yes" else []
        else:
            words += [f"--{name}", *(str(value).split() if takes == "+" else [str(value)])]
    return words


def check_option(name: str, value: Value) -> None:
    """Raise ArgumentError, naming it, for an option that cannot be varied, or a value that it does not take."""
    known = varied_options()
    if name not in known:
        other = ALIASES.get(f"--{name}", "--")[2:]
        hint = f"; purenn calls it {other}" if other in known else did_you_mean(name, known)
        raise _refused(f"{name!r} is none of {', '.join(known)}{hint}")
    if known[name].nargs == 0 and value not in ("yes", "no"):
        raise _refused(f"{name}: expected yes or no, got {value!r}")
    try:
        trial_arguments(["DATA", *option_words({name: value})])
    except ArgumentError as error:
        reason = str(error).partition(": ")[2].partition("; DATA goes")[0]
        raise _refused(f"{name}: {reason}") from None


def _refused(reason: str) -> ArgumentError:
    return ArgumentError(None, f"argument --vary: {reason}")

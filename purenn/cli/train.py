"""`purenn train`: train a network, report every epoch, and keep the best network on disk.

What the user leaves open is taken from the recipe of the data set and the engine: a step on one sample wants another
learning rate than one on 32. The best network is chosen, and a target reached, on a validation part of the training
samples. The test set is scored after each epoch for the reader's eyes and decides nothing.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentError
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from purenn.checkpoints import Settings
from purenn.cli.command import Command, register
from purenn.cli.executors import started_executors
from purenn.cli.interruption import hold, status_of
from purenn.cli.own_data import described, find, in_words, usual_name
from purenn.cli.preparation import Run, prepare_run
from purenn.cli.record import about_command
from purenn.cli.saved import Keeper, destination, identity, load_network, refuse_existing, reserve
from purenn.cli.scores import final_scores
from purenn.cli.terminal import room
from purenn.cli.terminal_pictures import boundary_picture, has_boundary, loss_line
from purenn.cli.train_arguments import TrainArguments, options_in
from purenn.cli.training_report import Report, about_workers, parts_in_words, say
from purenn.diagnosis import Diagnosis, diagnose
from purenn.engine import Engine
from purenn.errors import TrainingError
from purenn.formats import check_writable
from purenn.samples import Samples
from purenn.training import Training

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["train"]

STANDARDIZED = "the losses of epochs are of targets in standard deviations from their mean"
DIAGNOSED = 200  # samples that a diagnosis looks at


def train(arguments: TrainArguments) -> int:
    """Train, and save the network whenever it is the best so far on the validation samples."""
    with started_executors(arguments.executor, arguments.workers or 1) as executors:
        return _train_on(executors, arguments)


def _train_on(executors: Sequence[Executor], arguments: TrainArguments) -> int:
    started = time.monotonic()
    usual = Path(f"{usual_name(arguments.dataset)}.safetensors")
    _check_files(arguments, usual)
    dataset = find(arguments)
    run = prepare_run(arguments, dataset, executors)
    report = Report(dataset, arguments.data, run.plan.epochs, started, as_json=arguments.json)
    settings = run.plan.settings(run.job, run.engine)
    with _training(arguments, run, settings) as training, ExitStack() as alone:
        _check_checkpoint(arguments)  # once more: while the data were read, another training may have ended
        resumed = identity(settings) if arguments.resume else ""
        place = destination(arguments.out, usual, resumed, force=arguments.force)
        place = reserve(alone, place, usual, named=bool(arguments.out))
        about = _about(arguments, run, settings, parts_in_words(training, run.job, dataset))
        keeper = Keeper(training, place, {**described(dataset, place.path.parent), **about}, run.finished)
        try:
            report.note(in_words(dataset))
            report.note(STANDARDIZED if run.units else "")
            report.begin(about["samples"], str(run), training, arguments.checkpoint, resume=arguments.resume)
            report.warn(run.engine.obstacle or ("" if executors else about_workers(arguments.workers or 1)))
            report.warn("" if training.done and not (place.kept or place.busy) else str(place))
            _train(run, training, keeper, report, diagnosed=arguments.diagnose)
        except KeyboardInterrupt as interrupt:
            hold()
            how = keeper.interrupted()
            training.flush()
            there = arguments.checkpoint and training.done and arguments.checkpoint.exists()
            hint = f"; --resume goes on from {arguments.checkpoint}" if there else ""
            report.interrupted(f"{how}; {keeper.words}{hint}", status_of(interrupt))
            return status_of(interrupt)
        except TrainingError as error:
            raise TrainingError(f"{error}; {keeper.words}") from error
    report.done(training, run.job.workers, keeper.out, place.kept, final_scores(training, keeper.out, dataset.test))
    return 0


def _training(arguments: TrainArguments, run: Run, settings: Settings) -> Training:
    return Training(
        run.engine,
        run.plan,
        settings=settings,
        measure=lambda: _test_figures(run.engine, run.test),
        checkpoint=arguments.checkpoint,
        resume=arguments.resume,
        watch=run.watch(diagnosed=arguments.diagnose),
    )


def _about(arguments: TrainArguments, run: Run, settings: Settings, samples: str) -> dict[str, str]:
    """Return what the file of the network says about its training. `samples` says how many there are for what."""
    about = about_command(options_in(arguments), samples, settings)
    return {"training": identity(settings), "settings": run.how, **about}


def _train(run: Run, training: Training, keeper: Keeper, report: Report, *, diagnosed: bool) -> None:
    """Train all epochs that are still to do, and save. If `diagnosed`, say what passes through the layers when they are
    done, and before, after the first epoch in which something looks wrong.

    Raises TrainingError if training has diverged. Then nothing is saved, unless a good network came before that.
    """
    wrong, bar = False, report.bar
    try:
        with bar:
            bar.begin(report.number + 1)
            for epoch in training.epochs(lambda done, total: bar.progress(done, total, run.engine.running_loss)):
                keeper.consider()
                shown = report.epoch(epoch, last=bool(training.stopped))
                if diagnosed and shown and not wrong:
                    diagnosis = _diagnosis(run)
                    wrong = bool(diagnosis.warnings)
                    say(diagnosis.text(room(sys.stderr)) if wrong else "")
                say(f"stopped: {training.stopped}" if training.stopped else "")
                bar.begin(epoch.number + 1)
    except (TrainingError, OSError):  # of the command, or of the system, such as a closed stdout
        keeper.rescue()
        raise
    if diagnosed:
        say(_diagnosis(run).text(room(sys.stderr)))
    history = training.history()
    if history.failure:
        keeper.discard()
        raise TrainingError(history.failure)
    keeper.end(history)
    report.findings(training, history)
    _show_pictures(training, keeper.out, report.dataset.test)


def _show_pictures(training: Training, model: Path, test: Samples) -> None:
    """Show people the boundary of the saved network and the course of the loss, if their terminal can."""
    picture = boundary_picture(load_network(model).network, test) if has_boundary(test) else ""
    print(end=f"{picture}\n" if picture else "", file=sys.stderr)  # not by `say`, which would wrap it
    say(loss_line(training.done))


def _diagnosis(run: Run) -> Diagnosis:
    few = run.job.samples.select(range(min(len(run.job.samples), DIAGNOSED)))
    return diagnose(run.engine.network(), few.inputs, few.targets, run.job.loss)


def _check_files(arguments: TrainArguments, usual: Path) -> None:
    """Raise an error now, and not after an hour of training, if a file cannot be written or is there already."""
    checkpoint, out = arguments.checkpoint, arguments.out or usual
    if arguments.resume and not checkpoint:
        raise ArgumentError(None, "argument --resume: there is nothing to go on from without --checkpoint FILE")
    try:
        check_writable(out)
    except OSError as error:
        hint = "" if arguments.out else "; --out FILE saves the network elsewhere"
        raise type(error)(error.errno, f"{error.strerror}{hint}", error.filename) from None
    if checkpoint:
        check_writable(checkpoint)
    if checkpoint and checkpoint.resolve() == out.resolve():
        raise ValueError(f"{out} cannot be the checkpoint and the saved network too: give --checkpoint another name")
    _check_checkpoint(arguments)
    if not arguments.resume:  # which may go on with a file of its own
        destination(arguments.out, usual, force=arguments.force)


def _check_checkpoint(arguments: TrainArguments) -> None:
    """Raise FileExistsError for a checkpoint that is there already, and that nobody has asked to replace."""
    if arguments.checkpoint and not arguments.force and not arguments.resume:
        refuse_existing("--checkpoint", arguments.checkpoint, "--resume goes on from it, ")


def _test_figures(engine: Engine, test: Samples) -> dict[str, float]:
    score = engine.evaluate(test)
    return {"test_loss": score.loss, **({} if score.accuracy is None else {"test_accuracy": score.accuracy})}


EXAMPLES = [
    "train",
    "train moons --hidden 32 16 --epochs 50",
    "train iris.csv --target species",
    "train mnist --workers 2 --out digits.safetensors",
]
register(Command("train", "train a network and save it", TrainArguments, train, examples=EXAMPLES))

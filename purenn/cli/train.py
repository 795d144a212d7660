"""`purenn train`: train a network, report every epoch, and keep the best network on disk.

What the user leaves open is taken from the recipe of the data set and the engine: a step on one sample wants another
learning rate than one on 32. The best network is chosen, and a target reached, on a validation part of the training
samples. The test set is scored after each epoch for the reader's eyes and decides nothing.
"""

from __future__ import annotations

import time
from argparse import ArgumentError, ArgumentParser, _ArgumentGroup
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from purenn import datasets
from purenn.cli.arguments import DATA_HELP, accuracy, activation_name, fraction, integer, positive, whole
from purenn.cli.command import Arguments, Command, register
from purenn.cli.saved import Keeper, destination, identity, refuse_existing
from purenn.cli.training_report import Report, about_workers, say
from purenn.datasets import Dataset, Recipe
from purenn.diagnosis import Diagnosis, diagnose
from purenn.engine import ENGINES, Engine, Job, choose_engine
from purenn.errors import TrainingError
from purenn.formats import check_writable
from purenn.history import high_accuracy
from purenn.layers import Activation, activation_names
from purenn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.network import Sequential, feed_forward
from purenn.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from purenn.preprocessing import split_indices
from purenn.samples import Images, Labels, Samples
from purenn.schedules import SCHEDULES
from purenn.training import Plan, Training

__all__ = ["TrainArguments", "train"]

DIAGNOSED = 200  # samples that a diagnosis looks at


class TrainArguments(Arguments):
    """Arguments of `purenn train`. None stands for the recipe's choice."""

    dataset: str
    data: Path | None
    hidden: list[int] | None
    activation: str | None
    loss: str | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    optimizer: str
    momentum: float | None
    weight_decay: float | None
    dropout: float
    schedule: str
    engine: str
    workers: int
    seed: int
    limit: int | None
    target_accuracy: float | None
    patience: int | None
    diagnose: bool
    checkpoint: Path | None
    resume: bool
    out: Path | None
    force: bool

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        _add_data(parser.add_argument_group("data"))
        _add_network(parser.add_argument_group("network"))
        _add_training(parser.add_argument_group("training"))
        _add_files(parser.add_argument_group("files"))
        parser.epilog = "Where no default is named, it is a value that suits the data set and the engine."


def _add_data(group: _ArgumentGroup) -> None:
    add = group.add_argument
    names = ", ".join(datasets.DATASETS)
    add("dataset", nargs="?", default="strokes", metavar="DATASET", help=f"one of {names}; default: strokes")
    add("--data", type=Path, metavar="DIR", help=DATA_HELP)
    add("--limit", type=whole(2), metavar="N", help="train on the first N samples only")


def _add_network(group: _ArgumentGroup) -> None:
    add = group.add_argument
    hidden = "units of each hidden layer; DATASET goes before this option"
    add("--hidden", type=whole(1), nargs="+", metavar="N", help=hidden)
    activation = f"activation of the hidden layers: {', '.join(activation_names())}; leaky_relu(0.2) sets its parameter"
    add("--activation", type=activation_name, metavar="NAME", help=activation)
    dropout = "part of the hidden units to silence in training; default: 0"
    add("--dropout", type=fraction, default=0.0, metavar="X", help=dropout)


def _add_training(group: _ArgumentGroup) -> None:
    add = group.add_argument
    add("--epochs", type=whole(1), metavar="N", help="passes over the training samples")
    add("--batch-size", type=whole(1), metavar="N", help="samples in a step")
    add("--learning-rate", type=positive, metavar="X", help="length of a step, as a multiple of the gradient")
    add(
        "--loss",
        choices=LOSSES,
        metavar="NAME",
        help=f"what is minimized: {', '.join(LOSSES)}; default: what suits the targets",
    )
    optimizer = f"how a step is made of a gradient: {', '.join(OPTIMIZERS)}; default: sgd"
    add("--optimizer", choices=OPTIMIZERS, default="sgd", metavar="NAME", help=optimizer)
    momentum = "part of the last step to add to the next, for optimizers that have it"
    add("--momentum", type=fraction, metavar="X", help=momentum)
    decay = "how strongly weights are pulled to 0; default: the optimizer's own"
    add("--weight-decay", type=fraction, metavar="X", help=decay)
    schedule = f"how the learning rate changes: {', '.join(SCHEDULES)}; default: linear, down to a twentieth"
    add("--schedule", choices=SCHEDULES, default="linear", metavar="NAME", help=schedule)
    add("--target-accuracy", type=accuracy, metavar="X", help="stop when validation reaches X, 0.97 for example")
    add("--patience", type=whole(1), metavar="N", help="stop after N epochs without a better validation")
    engine = f"what computes: auto, {', '.join(ENGINES)}; default: auto"
    add("--engine", choices=["auto", *ENGINES], default="auto", metavar="NAME", help=engine)
    add("--workers", type=whole(1), default=1, metavar="N", help="processes of the lanes engine; default: 1")
    add("--seed", type=integer, default=0, metavar="N", help="draws all random numbers; default: 0")
    diagnosis = "show at the end what passes through the layers, and after an epoch in which something looks wrong"
    add("--diagnose", action="store_true", help=diagnosis)


def _add_files(group: _ArgumentGroup) -> None:
    add = group.add_argument
    out = "where to save the network; default: DATASET.safetensors or, if that is there, DATASET-2.safetensors"
    add("--out", type=Path, metavar="FILE", help=out)
    add("--checkpoint", type=Path, metavar="FILE", help="keep the whole state of the training in FILE")
    add("--resume", action="store_true", help="continue from the checkpoint, if it exists")
    add("--force", action="store_true", help="write over a network or a checkpoint that is there already")


def train(arguments: TrainArguments) -> int:
    """Train, and save the network whenever it is the best so far on the validation samples."""
    started = time.monotonic()
    usual = Path(f"{arguments.dataset}.safetensors")
    _check_files(arguments, usual)
    dataset = datasets.load(arguments.dataset, arguments.data)
    run = _prepare(arguments, dataset)
    report = Report(dataset, arguments.data, run.plan.epochs, started, as_json=arguments.json)
    settings = run.plan.settings(run.job, run.engine)
    with Training(
        run.engine,
        run.plan,
        settings=settings,
        measure=lambda: _test_figures(run.engine, dataset.test),
        checkpoint=arguments.checkpoint,
        resume=arguments.resume,
    ) as training:
        resumed = identity(settings) if arguments.resume else ""
        place = destination(arguments.out, usual, resumed, force=arguments.force)
        keeper = Keeper(training, place, {"dataset": dataset.name, "training": identity(settings)})
        try:
            report.begin(len(run.job.samples), run.why, training, arguments.checkpoint, resume=arguments.resume)
            report.warn(about_workers(arguments.workers))
            report.warn("" if training.done and not place.kept else str(place))
            _train(run, training, keeper, report, diagnosed=arguments.diagnose)
            keeper.flush()
        except KeyboardInterrupt:
            report.bar.clear()
            keeper.interrupted()
            training.flush()
            there = arguments.checkpoint and training.done and arguments.checkpoint.exists()
            hint = f"; --resume goes on from {arguments.checkpoint}" if there else ""
            report.interrupted(f"{keeper.words}{hint}")
            return 130
        except TrainingError as error:
            report.bar.clear()
            keeper.flush()
            raise TrainingError(f"{error}; {keeper.words}") from error
    report.done(training, arguments.workers, keeper.out, place.kept)
    return 0


def _train(run: _Run, training: Training, keeper: Keeper, report: Report, *, diagnosed: bool) -> None:
    """Train all epochs that are still to do. If `diagnosed`, say what passes through the layers when they are done,
    and before, after the first epoch in which something looks wrong."""
    wrong = False
    for epoch in training.epochs(report.progress):
        keeper.consider()
        shown = report.epoch(epoch, last=bool(training.stopped))
        if diagnosed and shown and not wrong:
            diagnosis = _diagnosis(run)
            wrong = bool(diagnosis.warnings)
            say(str(diagnosis) if wrong else "")
        say(f"stopped: {training.stopped}" if training.stopped else "")
    if diagnosed:
        say(str(_diagnosis(run)))


def _diagnosis(run: _Run) -> Diagnosis:
    few = run.job.samples.select(range(min(len(run.job.samples), DIAGNOSED)))
    return diagnose(run.engine.network(), few.inputs, few.targets, run.job.loss)


def _check_files(arguments: TrainArguments, usual: Path) -> None:
    """Raise an error now, and not after an hour of training, if a file cannot be written or is there already."""
    checkpoint, out = arguments.checkpoint, arguments.out or usual
    if arguments.resume and not checkpoint:
        raise ArgumentError(None, "argument --resume: there is nothing to go on from without --checkpoint FILE")
    for path in (out, checkpoint):
        if path:
            check_writable(path)
    if checkpoint and checkpoint.resolve() == out.resolve():
        raise ValueError(f"{out} cannot be the checkpoint and the saved network too: give --checkpoint another name")
    if checkpoint and not arguments.force and not arguments.resume:
        refuse_existing("--checkpoint", checkpoint, "--resume goes on from it, ")
    if not arguments.resume:  # which may go on with a file of its own
        destination(arguments.out, usual, force=arguments.force)


def _test_figures(engine: Engine, test: Samples) -> dict[str, float]:
    score = engine.evaluate(test)
    return {"test_loss": score.loss, **({} if score.accuracy is None else {"test_accuracy": score.accuracy})}


# From the arguments, and for the rest the recipe, to a job and a plan.


@dataclass(frozen=True)
class _Run:
    """A training, ready to begin. `why` says which engine computes, and for what reason."""

    job: Job
    engine: Engine
    plan: Plan
    why: str


def _prepare(arguments: TrainArguments, dataset: Dataset) -> _Run:
    """Take what the user chose and, for the rest, what suits the data set. ValueError if that does not go together."""
    training, validation = _parts(dataset.train, arguments.limit, arguments.seed)
    if arguments.target_accuracy and training.answers is None:
        raise ValueError(f"--target-accuracy is for classes, but {dataset.name} has quantities")
    loss = LOSSES[arguments.loss]() if arguments.loss else _usual_loss(dataset)
    hidden, optimizer = arguments.activation or "relu", _optimizer(arguments, Recipe((), 1, 0.1))
    trial = _network([1, 1, 1], Random(0), hidden, arguments.dropout, loss)  # of the kind of the network
    job = Job(trial, training, loss, optimizer, arguments.batch_size, seed=arguments.seed, workers=arguments.workers)
    kind, why = choose_engine(arguments.engine, job)
    recipe = _chosen(
        arguments,
        datasets.recipe_for(dataset.name, kind.name, pictures=isinstance(training.inputs, Images)),
        len(training),
    )
    rng, sizes = Random(arguments.seed), [training.inputs.columns, *recipe.hidden, training.targets.columns]
    network = _network(sizes, rng, recipe.activation, arguments.dropout, loss)
    network.loss, network.classes = loss, dataset.classes
    job = replace(
        job,
        network=network,
        optimizer=_optimizer(arguments, recipe),
        batch_size=recipe.batch_size,
        rng=rng,
        scale=recipe.scale,
    )
    course = SCHEDULES[arguments.schedule]
    plan = Plan(
        recipe.epochs,
        course.schedule(recipe.learning_rate, recipe.epochs),
        course.plateau,
        validation,
        arguments.patience,
        arguments.target_accuracy,
        merit=high_accuracy,
    )
    workers = f", {job.workers} workers" if job.workers > 1 else ""
    return _Run(job, kind.for_job(job), plan, f"{kind.name} engine{workers}{f' ({why})' if why else ''}")


def _network(sizes: Sequence[int], rng: Random, hidden: str, dropout: float, loss: Loss) -> Sequential:
    """Make a network whose outputs are what the loss takes: probabilities need an activation after the last layer."""
    network = feed_forward(sizes, rng, hidden=hidden, dropout=dropout)
    if loss.takes != "probabilities":
        return network
    return Sequential(*network.layers, Activation("softmax" if loss.kind == "classes" else "sigmoid"))


def _chosen(arguments: TrainArguments, suited: Recipe, samples: int) -> Recipe:
    """Return the recipe with what the user chose in place of what is suited."""
    optimizer = make_optimizer(arguments.optimizer)
    adaptive, has_momentum = optimizer.adaptive, "momentum" in optimizer.options
    return Recipe(
        hidden=suited.hidden if arguments.hidden is None else tuple(arguments.hidden),
        epochs=arguments.epochs or suited.epochs,
        learning_rate=arguments.learning_rate or (suited.adaptive * adaptive if adaptive else suited.learning_rate),
        batch_size=arguments.batch_size or min(suited.batch_size, samples),
        momentum=suited.momentum if has_momentum and not adaptive else 0.0,
        activation=arguments.activation or suited.activation,
        scale=suited.scale,
    )


def _optimizer(arguments: TrainArguments, recipe: Recipe) -> Optimizer:
    """Make the optimizer with the options given or in the recipe. Raises ValueError for one that it does not have."""
    momentum = (recipe.momentum or None) if arguments.momentum is None else arguments.momentum
    given = {"momentum": momentum, "weight_decay": arguments.weight_decay}
    known = make_optimizer(arguments.optimizer).options
    # a 0 for an option that the optimizer does not have asks for nothing
    options = {name: value for name, value in given.items() if value or (value is not None and name in known)}
    return make_optimizer(arguments.optimizer, recipe.learning_rate, **options)


def _usual_loss(dataset: Dataset) -> Loss:
    """Return cross-entropy for classes, in its binary form for a single yes or no, squared error for a quantity."""
    if not dataset.classes:
        return MeanSquaredError()
    return BinaryCrossEntropy() if dataset.train.targets.columns == 1 else CrossEntropy()


def _parts(samples: Samples, limit: int | None, seed: int) -> tuple[Samples, Samples]:
    """Return the samples to train on, and a tenth of them, each class in its proportion, to choose by: at most 5,000.

    Where there are fewer than 20, as in a logical gate, all are needed for both.
    """
    count = min(limit or len(samples), len(samples))
    if count < 20:
        samples = samples.select(range(count))
        return samples, samples
    labels = samples.targets.values[:count] if isinstance(samples.targets, Labels) else None
    larger, smaller = split_indices(count, min(0.1, 5000 / count), Random(f"split {seed}"), stratify=labels)
    return samples.select(larger), samples.select(smaller)


EXAMPLES = ["train", "train moons --hidden 32 16 --epochs 50", "train mnist --workers 2 --out digits.safetensors"]
register(Command("train", "train a network and save it", TrainArguments, train, examples=EXAMPLES))

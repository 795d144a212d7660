"""From the arguments of `purenn train` and a data set, and for the rest the recipe, to a training that can begin.

The columns of a table come in all units. So a network for a table begins with a layer that standardizes its inputs; and
if it predicts quantities, these are standardized for the training, and a last layer brings its outputs back to their
unit. Both layers are saved with the network, which so takes and returns numbers as they are in the table.
"""

from __future__ import annotations

from argparse import ArgumentError
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from purenn import datasets
from purenn.cli.train_arguments import NO_WARPS, TrainArguments
from purenn.datasets import Dataset, Recipe
from purenn.engine import Engine, Job, choose_engine
from purenn.findings import Advice, Watch
from purenn.history import high_accuracy
from purenn.layers import Activation
from purenn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import Scaling
from purenn.optimizers import SGD, Optimizer, make_optimizer
from purenn.preprocessing import Scaler, split_indices, standardize
from purenn.samples import Augmentation, Images, Labels, Rows, Samples
from purenn.schedules import SCHEDULES
from purenn.training import Plan

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Run", "prepare_run"]

SLOWER = "it takes ten to twenty times as long as the lanes engine"  # 13 on Python 3.12, 18 on 3.11: `purenn bench`
BY_TABLE = "in a CSV file they are standardized for the training"
PAYS = 9_000  # training samples of a worker, for which several pay: 20,000 less those for validation, halved
LARGEST = 30_000_000  # numbers in a network: as Python's floats, they take 1 GB


@dataclass(frozen=True)
class Run:
    """A training, ready to begin.

    test: the samples to score after each epoch. why: which engine computes, and for what reason. how: the settings.
    units: the scaler that brought the targets to the size that suits training, if one did.
    """

    job: Job
    engine: Engine
    plan: Plan
    test: Samples
    why: str
    how: str
    units: Scaler | None = None

    def __str__(self) -> str:
        """Return a line about the engine and its network, and one about the settings."""
        return f"{self.why}: {self.engine.network()}\n{self.how}"

    def watch(self, *, diagnosed: bool = False) -> Watch:
        """Return the watch over the training, which advises in words of the command. `diagnosed`: the table of the
        layers is shown already."""
        diagnosis = "see the table of layers above" if diagnosed else "--diagnose"
        advice = Advice("--learning-rate {:.2g}", "--epochs {}", BY_TABLE, BY_TABLE, diagnosis, "", "--hidden 8")
        return Watch(self.job, self.plan.validation, self.engine.doubts(), advice=advice)

    def finished(self, network: Sequential) -> Sequential:
        """Return the network to save: one that predicts in the unit of the targets."""
        if self.units is None:
            return network
        whole = Sequential(*network.layers, Scaling.inverse_of(self.units))
        whole.loss, whole.classes = network.loss, network.classes
        return whole


def prepare_run(arguments: TrainArguments, dataset: Dataset, executors: Sequence[Executor] = ()) -> Run:
    """Take what the user chose and, for the rest, what suits the data set. ValueError if that does not go together.

    executors: for the workers, if they are not in processes of their own.
    """
    train = dataset.train if arguments.limit is None else _limited(dataset, arguments.limit, arguments.seed)
    training, validation = _parts(train, arguments.seed)
    test, is_table = dataset.test, dataset.source.get("kind") == datasets.TABLE
    units = standardize(_rows(training.targets)) if is_table and not dataset.classes else None
    if units is not None:
        training, validation, test = (_in_units(part, units) for part in (training, validation, test))
    scaling = [Scaling.of(standardize(_rows(training.inputs)))] if is_table else []
    if arguments.target_accuracy and training.answers is None:
        raise ValueError(f"--target-accuracy is for classes, but {dataset.name} has quantities")
    loss = LOSSES[arguments.loss]() if arguments.loss else _usual_loss(dataset)
    job = replace(_sketch(arguments, training, loss, is_table=is_table), executors=executors)
    kind, why = choose_engine(arguments.engine, job)
    recipe = _chosen(arguments, _suited(dataset, kind.name, len(training)), len(training))
    rng, sizes = Random(arguments.seed), [training.inputs.columns, *recipe.hidden, training.targets.columns]
    network = _network(sizes, rng, recipe.activation, arguments.dropout, loss)
    network = Sequential(*scaling, *network.layers)
    network.loss, network.classes = loss, dataset.classes
    job = replace(
        job,
        network=network,
        optimizer=_optimizer(arguments, recipe),
        batch_size=recipe.batch_size,
        augment=job.augment if arguments.augment else recipe.augment,
        rng=rng,
        scale=recipe.scale,
        every_sample=recipe.every_sample,
        workers=recipe.workers,
    )
    plan = _plan(arguments, recipe, validation)
    workers = f", {job.workers} workers" if job.workers > 1 else ""
    if why not in ("", "as asked") and isinstance(training.inputs, Images):
        why = f"{why}; {SLOWER}"
    said = f"{kind.name} engine{workers}{f' ({why})' if why else ''}"
    return Run(job, kind.for_job(job), plan, test, said, _settings(job, recipe, arguments.schedule), units)


def _sketch(arguments: TrainArguments, training: Samples, loss: Loss, *, is_table: bool) -> Job:
    """Return a job like the one to be done, by which an engine is chosen: its network is of the same kind, but tiny."""
    network = _network([1, 1, 1], Random(0), arguments.activation or "relu", arguments.dropout, loss)
    return Job(
        Sequential(Scaling([0.0], [1.0]), *network.layers) if is_table else network,
        training,
        loss,
        _optimizer(arguments, Recipe((), 1, 0.1)),
        arguments.batch_size,
        augment=_augmentation(arguments, training.inputs),
        seed=arguments.seed,
        workers=arguments.workers or 1,
    )


def _settings(job: Job, recipe: Recipe, schedule: str) -> str:
    """Return how the steps are made, in words."""
    optimizer = job.optimizer or SGD()
    momentum = optimizer.options.get("momentum", 0.0)
    parts = [type(optimizer).__name__, f"momentum {momentum:g}"] if momentum else [type(optimizer).__name__]
    course = "" if schedule == "constant" else f" ({schedule})"
    steps = f"batches of {recipe.batch_size}" if recipe.batch_size > 1 else "a sample a step"
    epochs = f"{recipe.epochs} epoch{'s' * (recipe.epochs != 1)}"
    warps = [f"pictures warped by {job.augment}"] if job.augment else []
    return ", ".join([*parts, f"learning rate {recipe.learning_rate:g}{course}", steps, epochs, *warps])


def _augmentation(arguments: TrainArguments, inputs: Rows) -> Augmentation | None:
    """Return how far the user wants pictures to be warped. Raises ValueError for data that are not pictures."""
    if arguments.augment is None or arguments.augment == [NO_WARPS]:
        return None
    if not isinstance(inputs, Images):
        raise ValueError(f"--augment is for pictures, but {arguments.dataset} has rows of {inputs.columns} numbers")
    try:
        return Augmentation.parse(arguments.augment)
    except ValueError as error:
        raise ArgumentError(None, f"argument --augment: {error}") from None


def _plan(arguments: TrainArguments, recipe: Recipe, validation: Samples) -> Plan:
    course = SCHEDULES[arguments.schedule]
    return Plan(
        recipe.epochs,
        course.schedule(recipe.learning_rate, recipe.epochs),
        course.plateau,
        validation,
        arguments.patience,
        arguments.target_accuracy,
        merit=high_accuracy,
    )


def _suited(dataset: Dataset, engine: str, samples: int) -> Recipe:
    """Return the recipe that suits a data set: its own or, for other tables, one by the number of training samples."""
    if dataset.source.get("kind") == datasets.TABLE and dataset.name not in datasets.DATASETS:
        return datasets.table_recipe(samples)
    return datasets.recipe_for(dataset.name, engine, pictures=isinstance(dataset.train.inputs, Images))


def _rows(rows: Rows) -> Matrix:
    """Return all rows."""
    return rows.take(range(len(rows)))


def _in_units(samples: Samples, units: Scaler) -> Samples:
    """Return the samples with their targets scaled."""
    return replace(samples, targets=units(_rows(samples.targets)))


def _network(sizes: Sequence[int], rng: Random, hidden: str, dropout: float, loss: Loss) -> Sequential:
    """Make a network whose outputs are what the loss takes: probabilities need an activation after the last layer.

    Raises ArgumentError for one that would fill the memory.
    """
    if sum((inputs + 1) * outputs for inputs, outputs in zip(sizes, sizes[1:])) > LARGEST:
        asked = ", ".join(map(str, sizes))
        reason = f"a network of {asked:.60} units has more than {LARGEST:,} numbers, which take 1 GB"
        raise ArgumentError(None, f"argument --hidden: {reason}")
    network = feed_forward(sizes, rng, hidden=hidden, dropout=dropout)
    if loss.takes != "probabilities":
        return network
    return Sequential(*network.layers, Activation("softmax" if loss.kind == "classes" else "sigmoid"))


def _chosen(arguments: TrainArguments, suited: Recipe, samples: int) -> Recipe:
    """Return the recipe with what the user chose in place of what is suited."""
    optimizer = make_optimizer(arguments.optimizer)
    adaptive, has_momentum = optimizer.adaptive, "momentum" in optimizer.options
    return Recipe(
        hidden=suited.hidden if arguments.hidden is None else _hidden(arguments.hidden),
        epochs=arguments.epochs or suited.epochs,
        learning_rate=arguments.learning_rate or (suited.adaptive * adaptive if adaptive else suited.learning_rate),
        batch_size=arguments.batch_size or min(suited.batch_size, samples),
        momentum=suited.momentum if has_momentum and not adaptive else 0.0,
        activation=arguments.activation or suited.activation,
        scale=suited.scale,
        augment=suited.augment,
        every_sample=suited.every_sample or arguments.every_sample,
        workers=arguments.workers or min(suited.workers, max(samples // PAYS, 1)),
    )


def _hidden(units: Sequence[int]) -> tuple[int, ...]:
    """Return the units of each hidden layer; a single 0 stands for no such layer."""
    if 0 in units and len(units) > 1:
        asked = " ".join(map(str, units))
        raise ArgumentError(None, f"argument --hidden: 0 stands alone, for no hidden layer, got {asked}")
    return tuple(filter(None, units))


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


def _limited(dataset: Dataset, limit: int, seed: int) -> Samples:
    """Return so many of the training samples: the first of them or, of a folder, whose pictures are in the order of
    their classes, some of each class in its proportion."""
    samples, limit = dataset.train, min(limit, len(dataset.train))
    if dataset.source.get("kind") != "pictures" or limit == len(samples) or not isinstance(samples.targets, Labels):
        return samples.select(range(limit))
    labels = samples.targets.values
    _, chosen = split_indices(len(samples), limit / len(samples), Random(f"limit {seed}"), stratify=labels)
    return samples.select(sorted(chosen))


def _parts(samples: Samples, seed: int) -> tuple[Samples, Samples]:
    """Return the samples to train on, and a tenth of them, each class in its proportion, to choose by: at most 5,000.

    Where there are fewer than 20, as in a logical gate, all are needed for both.
    """
    count = len(samples)
    if count < 20:
        return samples, samples
    labels = samples.targets.values if isinstance(samples.targets, Labels) else None
    larger, smaller = split_indices(count, min(0.1, 5000 / count), Random(f"split {seed}"), stratify=labels)
    return samples.select(larger), samples.select(smaller)

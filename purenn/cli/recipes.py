"""Recipes: what `train` does with all that the user leaves open.

A recipe belongs to a data set and an engine, for a step on one sample wants another learning rate than one on 32. The
rates for MNIST and Fashion-MNIST were chosen by their accuracy on validation samples.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from purenn import datasets, schedules
from purenn.cli.arguments import Options
from purenn.datasets.dataset import Dataset
from purenn.engine import Engine
from purenn.float_engine import FloatEngine
from purenn.lanes.engine import LanesEngine
from purenn.lanes.network import unsupported
from purenn.lanes.workers import ParallelEngine
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from purenn.network import feed_forward
from purenn.optimizers import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp
from purenn.preprocessing import split
from purenn.samples import Images, Labels, Samples
from purenn.schedules import Plateau, Schedule

__all__ = ["Recipe", "Run", "prepare"]


@dataclass(frozen=True)
class Recipe:
    """Settings that suit a data set, for all that the user leaves open."""

    hidden: tuple[int, ...]
    epochs: int
    learning_rate: float
    batch_size: int = 32
    momentum: float = 0.0
    activation: str = "relu"
    adaptive: float = 0.01  # the learning rate for optimizers that scale the gradients themselves
    scale: int | None = None  # shades of grey that the lanes engine tells apart; None: its own choice


FLOAT_PICTURES = Recipe(hidden=(128,), epochs=10, learning_rate=0.5)
FLOAT = {
    "fashion-mnist": Recipe(hidden=(128,), epochs=10, learning_rate=0.2),
    "strokes": Recipe(hidden=(64,), epochs=5, learning_rate=0.5),
    "and": Recipe(hidden=(), epochs=200, learning_rate=1.0, adaptive=0.1),
    "or": Recipe(hidden=(), epochs=200, learning_rate=1.0, adaptive=0.1),
    "xor": Recipe(hidden=(8,), epochs=500, learning_rate=0.5, activation="tanh"),
    "house-prices": Recipe(hidden=(), epochs=100, learning_rate=0.05, adaptive=10.0),
    "circles": Recipe(hidden=(16,), epochs=100, learning_rate=0.1, activation="tanh", momentum=0.9),
    "moons": Recipe(hidden=(16,), epochs=100, learning_rate=0.1, activation="tanh", momentum=0.9),
    "spirals": Recipe(hidden=(24, 24), epochs=60, learning_rate=0.1, batch_size=16, momentum=0.9),
    "blobs": Recipe(hidden=(), epochs=30, learning_rate=0.1),
}
LANES_PICTURES = Recipe(hidden=(128,), epochs=6, learning_rate=0.02, batch_size=1)
LANES = {
    "strokes": Recipe(hidden=(128,), epochs=8, learning_rate=0.02, batch_size=1),
    "fashion-mnist": Recipe(hidden=(128,), epochs=6, learning_rate=0.01, batch_size=1, scale=16),
}


SCHEDULES: dict[str, Callable[[Recipe], Schedule]] = {
    "constant": lambda r: schedules.constant(r.learning_rate),
    "linear": lambda r: schedules.linear(r.learning_rate, r.epochs, final=r.learning_rate / 20.0),
    "cosine": lambda r: schedules.cosine(r.learning_rate, r.epochs),
    "step": lambda r: schedules.step_decay(r.learning_rate, every=max(r.epochs // 3, 1)),
    "exponential": lambda r: schedules.exponential_decay(r.learning_rate, 0.01 ** (1.0 / r.epochs)),  # to a hundredth
    "inverse-time": lambda r: schedules.inverse_time(r.learning_rate, 9.0 / r.epochs),  # to a tenth
    "plateau": lambda r: schedules.constant(r.learning_rate),
}
ENDLESS = ("constant", "plateau")  # schedules to which epochs can be added; the others run over those of the call
PLATEAU = schedules.reduce_on_plateau(factor=0.5, patience=2)


@dataclass(frozen=True)
class Run:
    """A training, ready to begin; `why` says which engine computes, and for what reason. `settings` are all those on
    which its bits depend."""

    engine: Engine
    loss: Loss
    schedule: Schedule
    plateau: Plateau | None
    epochs: int
    training: Samples
    validation: Samples
    why: str
    settings: dict[str, str]


def prepare(options: Options, dataset: Dataset, stack: ExitStack) -> Run:
    """What the user chose, and for the rest what suits the data set. Worker processes end with the stack.

    Raises ValueError for options that do not go together.
    """
    name = options.dataset or "strokes"
    against = _against_lanes(options, dataset)
    if against and options.engine == "lanes":
        raise ValueError(f"the float engine is needed {against}: leave out --engine lanes")
    if against and options.workers > 1:
        raise ValueError(f"--workers is for the lanes engine, but the float engine is taken {against}")
    training, validation = _parts(dataset.train, options.limit, options.seed)
    suited = FLOAT.get(name, FLOAT_PICTURES) if against else LANES.get(name, LANES_PICTURES)
    recipe = _recipe(options, suited, len(training))
    rng, loss = Random(options.seed), _loss(dataset)
    sizes = [training.inputs.columns, *recipe.hidden, training.targets.columns]
    network = feed_forward(sizes, rng, hidden=recipe.activation, dropout=options.dropout)
    decay = _weight_decay(options)
    if against:
        optimizer = _optimizer(options.optimizer, recipe, decay)
        engine: Engine = FloatEngine(network, training, loss, optimizer, recipe.batch_size, rng)
    elif options.workers == 1:
        engine = LanesEngine(network, training, loss, rng, weight_decay=decay, scale=recipe.scale)
    else:
        source = partial(_training, name, options.data, options.limit, options.seed)
        parallel = ParallelEngine(
            network,
            training,
            loss,
            options.workers,
            options.seed,
            weight_decay=decay,
            scale=recipe.scale,
            source=source,
        )
        engine = stack.enter_context(parallel)
    workers = f", {options.workers} workers" if options.workers > 1 else ""
    why = f"float engine ({against})" if against else f"lanes engine{workers}"
    schedule, plateau = SCHEDULES[options.schedule](recipe), PLATEAU if options.schedule == "plateau" else None
    settings = {
        "dataset": name,
        "engine": engine.name,
        "workers": str(options.workers),
        "network": network.architecture,
        "training samples": str(len(training)),
        "optimizer": options.optimizer,
        "batch size": str(recipe.batch_size),
        "learning rate": str(recipe.learning_rate),
        "schedule": options.schedule + ("" if options.schedule in ENDLESS else f" over {recipe.epochs} epochs"),
        "momentum": str(recipe.momentum),
        "weight decay": str(decay),
        "seed": str(options.seed),
    }
    return Run(engine, loss, schedule, plateau, recipe.epochs, training, validation, why, settings)


def _recipe(options: Options, suited: Recipe, samples: int) -> Recipe:
    """What the user chose, and for the rest what is suited."""
    sgd = options.optimizer == "sgd"  # whose rate and momentum are in the recipes
    adaptive = suited.adaptive * (10.0 if options.optimizer == "adagrad" else 1.0)  # its steps become ever smaller
    return Recipe(
        hidden=suited.hidden if options.hidden is None else tuple(options.hidden),
        epochs=options.epochs or suited.epochs,
        learning_rate=options.learning_rate or (suited.learning_rate if sgd else adaptive),
        batch_size=options.batch_size or min(suited.batch_size, samples),
        momentum=(suited.momentum if sgd else 0.0) if options.momentum is None else options.momentum,
        activation=options.activation or suited.activation,
        scale=suited.scale,
    )


def _weight_decay(options: Options) -> float:
    """As the user chose. Otherwise none, but for AdamW, which without would be Adam."""
    if options.weight_decay is None:
        return AdamW().weight_decay if options.optimizer == "adamw" else 0.0
    return options.weight_decay


def _optimizer(name: str, recipe: Recipe, weight_decay: float) -> Optimizer:
    """The optimizer of this name."""
    rate = recipe.learning_rate
    if name == "sgd":
        return SGD(rate, momentum=recipe.momentum, weight_decay=weight_decay)
    if name == "rmsprop":
        return RMSProp(rate, momentum=recipe.momentum, weight_decay=weight_decay)
    if recipe.momentum:
        raise ValueError(f"{name} has no momentum to set; sgd and rmsprop have")
    if name == "adagrad":
        return AdaGrad(rate, weight_decay=weight_decay)
    return (Adam if name == "adam" else AdamW)(rate, weight_decay=weight_decay)


def _against_lanes(options: Options, dataset: Dataset) -> str:
    """Why the lanes engine is not taken; an empty string if it is."""
    if options.engine == "float":
        return "as asked"
    if options.engine == "auto" and not isinstance(dataset.train.inputs, Images):
        return "as lanes pay for pictures"
    if (options.batch_size or 1) > 1:
        return f"for batches of {options.batch_size}"
    if options.optimizer != "sgd":
        return f"for {options.optimizer}"
    if options.momentum:
        return "for momentum"
    hidden = options.activation or "relu"
    reason = unsupported(feed_forward([1, 1, 1], Random(0), hidden=hidden, dropout=options.dropout))
    return f"as lanes can't: {reason}" if reason else ""


def _training(name: str, folder: Path | None, limit: int | None, seed: int) -> Samples:
    """The samples to train on, read anew: what a worker does."""
    return _parts(datasets.load(name, folder).train, limit, seed)[0]


def _parts(samples: Samples, limit: int | None, seed: int) -> tuple[Samples, Samples]:
    """Samples to train on, and a tenth of them, each class in its proportion, to choose by: at most 5,000.

    Where there are fewer than 20, as in a logical gate, they are all needed for both.
    """
    count = min(limit or len(samples), len(samples))
    if count < 20:
        samples = samples.select(range(count))
        return samples, samples
    labels = samples.targets.values[:count] if isinstance(samples.targets, Labels) else None
    larger, smaller = split(count, min(0.1, 5000 / count), Random(f"split {seed}"), stratify=labels)
    return samples.select(larger), samples.select(smaller)


def _loss(dataset: Dataset) -> Loss:
    """Cross-entropy for classes, in its binary form for a single yes or no, and squared error for a quantity."""
    if not dataset.classes:
        return MeanSquaredError()
    return BinaryCrossEntropy() if dataset.train.targets.columns == 1 else CrossEntropy()

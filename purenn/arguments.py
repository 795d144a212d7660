"""What a user hands to `fit`, checked and brought into the form that training needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Union

from purenn.engine import answers_of
from purenn.errors import ShapeError
from purenn.metrics import classes
from purenn.preprocessing import balanced_weights, split
from purenn.samples import Numbers, Samples, as_rows, as_targets

__all__ = ["Validation", "check_kinds", "hold_back", "with_class_weights"]

Validation = Union[Samples, tuple[Numbers, Numbers], float]

KINDS = {  # what an argument must be able to do, and an example of one that can
    "loss": ("gradient", "CrossEntropy()"),
    "optimizer": ("step", "SGD(0.1)"),
    "penalty": ("gradient", "Penalty(l2=0.001)"),
    "schedule": ("__call__", "linear(0.1, epochs=10)"),
    "plateau": ("__call__", "reduce_on_plateau(factor=0.5)"),
    "clip": ("__call__", "clip_by_norm(1.0)"),
}


def check_kinds(**arguments: object) -> None:
    """Raise TypeError for an argument that is of another kind than its name says: a name, a number, or a class where an
    object of it is meant."""
    for name, value in arguments.items():
        ability, example = KINDS[name]
        if value is not None and (isinstance(value, type) or not hasattr(value, ability)):
            raise TypeError(f"{name} is {value!r}, expected one such as {example}")


def with_class_weights(samples: Samples, weights: Mapping[int, float] | str) -> Samples:
    """The same samples, each with its weight multiplied by that of its class; "balanced" makes all classes equal.

    Raises ValueError if the targets are no classes, or one of them has no weight.
    """
    if answers_of(samples.targets) is not classes:
        raise ValueError("class weights are for targets that are classes: class numbers, one-hot rows, or 0 and 1")
    labels = classes(samples.targets.take(range(len(samples))))
    if isinstance(weights, str):
        if weights != "balanced":
            raise ValueError(f"class weights must be 'balanced' or a weight for each class, got {weights!r}")
        weights = balanced_weights(labels)
    missing = sorted({*labels} - {*weights})
    if missing:
        raise ValueError(f"no class weight for class {', '.join(map(str, missing))}: there are {weights}")
    own = [1.0] * len(samples) if samples.weights is None else samples.weights
    return replace(samples, weights=[weight * weights[label] for weight, label in zip(own, labels)])


def hold_back(samples: Samples, validation: Validation | None, rng: Random) -> tuple[Samples, Samples | None]:
    """The samples to train on, and those to validate on: these, or a part of the samples drawn with `rng`, each class
    in its proportion."""
    if validation is None:
        return samples, None
    if isinstance(validation, tuple):
        inputs, targets = validation
        validation = Samples(as_rows(inputs), as_targets(targets, samples.targets.columns))
    if isinstance(validation, Samples):
        ours, theirs = ((part.inputs.columns, part.targets.columns) for part in (samples, validation))
        if ours != theirs:
            raise ShapeError(f"training samples are {ours} wide (inputs, targets), but validation samples {theirs}")
        return samples, validation
    are_classes = answers_of(samples.targets) is classes
    labels = classes(samples.targets.take(range(len(samples)))) if are_classes else None
    larger, smaller = split(len(samples), _fraction(validation), rng, stratify=labels)
    return samples.select(larger), samples.select(smaller)


def _fraction(validation: object) -> float:
    """What is left when it is nothing else."""
    if isinstance(validation, bool) or not isinstance(validation, (int, float)):
        what = "expected Samples, inputs and targets as a tuple, or a fraction"
        raise TypeError(f"validation is a {type(validation).__name__}, {what}")
    return validation

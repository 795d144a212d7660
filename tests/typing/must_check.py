# pyright: strict
"""Programs that both type checkers must take as they stand: the types of the public surface, as a user meets them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import purenn
from purenn import (
    SGD,
    Adam,
    Augmentation,
    CrossEntropy,
    Epoch,
    History,
    Images,
    Job,
    Labels,
    LanesEngine,
    Linear,
    Matrix,
    MLPClassifier,
    Neuron,
    Samples,
    Score,
    Sequential,
    confusion_matrix,
    datasets,
    diagnose,
    evaluate,
    feed_forward,
    find_learning_rate,
    fit,
    linear_decay,
    load,
    one_hot,
    relu,
    split,
    standardize,
)


def networks() -> Sequential:
    neuron = Neuron([2.0, 4.0], 1.0, relu)
    output: float = neuron([1.0, 0.5])
    layer = Linear(4, 8, Random(0))
    weight: Matrix = layer.weight
    number: float = weight[0, 0] + output
    row: list[float] = weight[0]
    part: Matrix = weight[1:3]
    print(number, row, part)
    return Sequential(layer, relu, "tanh", Linear(8, 3))


def training(path: Path) -> float:
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    network: Sequential = feed_forward([2, 8, 1], hidden="tanh")
    stop: Callable[[Epoch], object] = print
    history: History = fit(network, inputs, targets, optimizer=SGD(0.5), epochs=5, callbacks=[stop], progress=True)
    again: History = fit(network, inputs, targets, loss="mse", optimizer="adam", schedule=linear_decay(0.1, epochs=5))
    losses: list[float] = [epoch.loss for epoch in [*history.epochs, *again.epochs]]
    score: Score = evaluate(network, inputs, targets)
    right: float | None = score.accuracy
    network.save(path)
    classes: list[int] = load(str(path)).predict_classes(inputs)
    return sum(losses) + (right or 0.0) + sum(classes)


def pictures() -> list[str]:
    strokes = datasets.load("strokes")
    train: Samples = strokes.train
    network = feed_forward([train.inputs.columns, 32, 10], Random(1))
    fit(network, train, loss=CrossEntropy(), engine="lanes", workers=2, augment=Augmentation(shift=1), validation=0.1)
    own = Samples(Images(bytes(16), height=4, width=4), Labels([3], classes=10))
    engine = LanesEngine(Job(network, own, CrossEntropy()))
    print(engine.evaluate(own).loss, confusion_matrix([0, 1], [1, 1]).plot(), own)
    print(diagnose(network, own.inputs, own.targets, CrossEntropy()))
    return network.predict_names(strokes.test.inputs)


def preparation(rows: list[list[float]], labels: list[str]) -> list[float]:
    known, others, names, other_names = split(rows, labels, 0.2)
    network = Sequential(standardize(known), Linear(4, 3))
    fit(network, known, names, class_weights="balanced", optimizer=Adam(0.01))
    print(evaluate(network, others, other_names), find_learning_rate(network, known, names).plot())
    first: list[float] = one_hot([0, 2, 1], 3)[0]
    return first


def estimators() -> str:
    model = MLPClassifier((8,), "tanh", learning_rate_init=0.05, random_state=1)
    fitted: MLPClassifier = model.fit([[0, 0], [1, 1]], ["off", "on"])
    print(fitted.predict([[0, 1]]), fitted.score([[0, 1]], ["on"]))
    return purenn.__version__

# pyright: strict
"""Mistakes that both type checkers must find: an error in each line that ends in `# wrong`, and in no other."""

from __future__ import annotations

from random import Random

import purenn
from purenn import SGD, Linear, Matrix, MLPClassifier, Neuron, Sequential, evaluate, feed_forward, fit, load, relu


def mistakes(network: Sequential, rows: list[list[float]], classes: list[int]) -> None:
    Linear("4", 8)  # wrong
    Linear(4, 8, bias=True)  # wrong
    Sequential(Linear(4, 8), 3)  # wrong
    Neuron(["a"], 0.0, relu)  # wrong
    feed_forward([2, "8", 1])  # wrong
    fit(network, rows, classes, epochs="ten")  # wrong
    fit(network, rows, classes, optimiser=SGD(0.1))  # wrong
    fit(network, rows, classes, optimizer=0.1)  # wrong
    fit(network, rows, classes, validation="some")  # wrong
    fit(network, rows, classes, callbacks=print)  # wrong
    fit(rows, classes)  # wrong
    evaluate(rows, classes)  # wrong
    load(3.5)  # wrong
    SGD("fast")  # wrong
    relu("x")  # wrong
    Matrix(5)  # wrong
    MLPClassifier(hidden_layers=(8,))  # wrong
    names: list[str] = network.predict_classes(rows)  # wrong
    single: float = network.predict(rows)  # wrong
    whole: int = Linear(4, 8, Random(0)).weight[0, 0]  # wrong
    history: Sequential = fit(network, rows, classes)  # wrong
    purenn.Dense(4, 8)  # wrong
    print(names, single, whole, history)

"""The float engine against the network a beginner writes, side by side in one run, on real MNIST.

    PURENN_DATA=FOLDER python benchmarks/bench_float.py

Both train [784, 128, 10] with ReLU and softmax, from the same weights, on the first pictures of FOLDER/mnist. The
beginner's network is the textbook algorithm, a sample at a time, in nested loops over lists of floats. The rounds
alternate, so that a machine that is slow for a while is so for both; the figure is the median of the ratios.
"""

from __future__ import annotations

import math
import os
import platform
import statistics
import sys
from pathlib import Path
from random import Random
from time import process_time

from purenn import SGD, CrossEntropy, FloatEngine, Job, constant, datasets, feed_forward

__all__ = ["Beginner", "main"]

ROUNDS = 5
BATCH_SIZE = 32


class Beginner:
    """784 inputs, 128 hidden units, 10 outputs, as the formulas say it: a loop for every index."""

    def __init__(self, w1: list[list[float]], w2: list[list[float]]) -> None:
        self.w1, self.b1 = w1, [0.0] * len(w1)
        self.w2, self.b2 = w2, [0.0] * len(w2)

    def learn(self, x: list[float], label: int, learning_rate: float) -> None:
        """One step on one sample."""
        hidden = []
        for j in range(len(self.w1)):
            z = self.b1[j]
            for i in range(len(x)):
                z += self.w1[j][i] * x[i]
            hidden.append(z if z > 0 else 0.0)
        outputs = []
        for k in range(len(self.w2)):
            z = self.b2[k]
            for j in range(len(hidden)):
                z += self.w2[k][j] * hidden[j]
            outputs.append(z)
        peak = max(outputs)
        powers = [math.exp(z - peak) for z in outputs]
        total = sum(powers)
        d_outputs = [p / total for p in powers]
        d_outputs[label] -= 1.0
        d_hidden = []
        for j in range(len(hidden)):
            d = 0.0
            for k in range(len(self.w2)):
                d += self.w2[k][j] * d_outputs[k]
            d_hidden.append(d if hidden[j] > 0 else 0.0)
        for k in range(len(self.w2)):
            for j in range(len(hidden)):
                self.w2[k][j] -= learning_rate * d_outputs[k] * hidden[j]
            self.b2[k] -= learning_rate * d_outputs[k]
        for j in range(len(self.w1)):
            for i in range(len(x)):
                self.w1[j][i] -= learning_rate * d_hidden[j] * x[i]
            self.b1[j] -= learning_rate * d_hidden[j]


def main() -> int:
    """Print milliseconds a sample of both, and how many times faster the engine is."""
    if not os.environ.get("PURENN_DATA"):
        print("set PURENN_DATA to a folder with mnist/ in it", file=sys.stderr)
        return 2
    mnist = datasets.load("mnist", Path(os.environ["PURENN_DATA"])).train
    few, many = mnist.select(range(100)), mnist.select(range(100, 1700))
    x, targets = few.take(range(100))
    network = feed_forward([784, 128, 10], Random(0))
    w1, _, w2, _ = network.parameters
    beginner = Beginner(w1.T.data, w2.T.data)  # a row for each unit, as a beginner has it
    engine = FloatEngine(Job(network, many, CrossEntropy(), SGD(0.1), BATCH_SIZE))
    slow, fast = [], []
    for epoch in range(ROUNDS):
        start = process_time()
        for row, target in zip(x, targets):
            beginner.learn(row, target.index(1.0), 0.01)
        slow.append((process_time() - start) / len(few) * 1e3)
        start = process_time()
        engine.train(epoch, constant(0.1), lambda done, total: None)
        fast.append((process_time() - start) / len(many) * 1e3)
    ratios = [a / b for a, b in zip(slow, fast)]
    print(f"{platform.python_implementation()} {platform.python_version()}, [784, 128, 10], batches of {BATCH_SIZE}")
    print(f"beginner's loops    {statistics.median(slow):7.2f} ms a sample")
    print(f"float engine        {statistics.median(fast):7.2f} ms a sample")
    print(f"times faster        {statistics.median(ratios):7.1f}  (from {min(ratios):.1f} to {max(ratios):.1f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

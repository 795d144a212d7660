"""Whole trainings with other libraries: each until it reads 97.42 % of MNIST's test pictures.

    PURENN_DATA=FOLDER python benchmarks/neighbours.py NAME

trains 784 inputs, 128 ReLU units and 10 outputs with NumPy, scikit-learn, PyTorch or micrograd, and prints a JSON line
an epoch, as `python -m purenn train mnist --json` does. Each is written as its users write it when they are in a hurry:
everything in memory, 32-bit floats, as many threads as it likes. The libraries are in the `bench` group of
pyproject.toml, but for torch, which is large; nothing of purenn is used.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random

__all__ = ["GOAL", "NEIGHBOURS", "main"]

GOAL = 0.9742  # of the 10,000 test pictures
EPOCHS = 30  # by then each has long reached the goal, or never will
SAMPLES = 60_000


def read(part: str) -> tuple[object, object]:
    """Return the pictures of a part of MNIST, "train" or "t10k", as rows from 0 to 1, and their labels, as arrays."""
    np, folder = import_module("numpy"), Path(os.environ["PURENN_DATA"]) / "mnist"
    pixels = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    pictures = np.frombuffer(pixels, "uint8", offset=16).reshape(-1, 784)
    return pictures.astype("float32") / 255.0, np.frombuffer(labels, "uint8", offset=8).astype("int64")


def report(epoch: int, accuracy: float) -> bool:
    """Print a JSON line. Return True if the goal is reached."""
    print(json.dumps({"event": "epoch", "epoch": epoch, "test_accuracy": accuracy}), flush=True)
    return accuracy >= GOAL


def train_numpy() -> bool:
    """Train as tutorials do: the derivatives by hand, batches of 32, plain gradient descent."""
    np = import_module("numpy")
    (x, labels), (test_x, test_labels) = read("train"), read("t10k")
    rng = np.random.default_rng(0)
    w1, b1 = rng.normal(0.0, (2 / 784) ** 0.5, (784, 128)).astype("float32"), np.zeros(128, "float32")
    w2, b2 = rng.normal(0.0, (2 / 128) ** 0.5, (128, 10)).astype("float32"), np.zeros(10, "float32")
    targets = np.eye(10, dtype="float32")[labels]
    for epoch in range(1, EPOCHS + 1):
        for batch in rng.permutation(SAMPLES).reshape(-1, 32):
            pictures = np.take(x, batch, axis=0)
            hidden = np.maximum(pictures @ w1 + b1, 0.0)
            y = hidden @ w2 + b2
            dy = np.exp(y - y.max(axis=1, keepdims=True))
            dy = (dy / dy.sum(axis=1, keepdims=True) - targets[batch]) / len(batch)
            dz = dy @ w2.T * (hidden > 0.0)
            w1 -= 0.1 * pictures.T @ dz
            b1 -= 0.1 * dz.sum(axis=0)
            w2 -= 0.1 * hidden.T @ dy
            b2 -= 0.1 * dy.sum(axis=0)
        answers = (np.maximum(test_x @ w1 + b1, 0.0) @ w2 + b2).argmax(axis=1)
        if report(epoch, float((answers == test_labels).mean())):
            return True
    return False


def train_scikit_learn() -> bool:
    """Train an MLPClassifier with 128 hidden units and otherwise its defaults: Adam, batches of 200."""
    (x, labels), test = read("train"), read("t10k")
    model = import_module("sklearn.neural_network").MLPClassifier((128,), random_state=0)
    for epoch in range(1, EPOCHS + 1):
        model.partial_fit(x, labels, classes=range(10))  # once over all samples
        if report(epoch, model.score(*test)):
            return True
    return False


def train_pytorch() -> bool:
    """Train with Adam and batches of 128 that are cut from one tensor: a DataLoader would take longer."""
    torch = import_module("torch")
    x, labels, test_x, test_labels = (torch.from_numpy(array) for part in ("train", "t10k") for array in read(part))
    torch.manual_seed(0)
    layers = torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
    network, loss = torch.nn.Sequential(*layers), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters())
    for epoch in range(1, EPOCHS + 1):
        for batch in torch.randperm(SAMPLES).split(128):
            optimizer.zero_grad()
            loss(network(x[batch]), labels[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            answers = network(test_x).argmax(dim=1)
        if report(epoch, float((answers == test_labels).double().mean())):
            return True
    return False


def train_micrograd() -> bool:
    """Print the seconds that each of three samples takes: an epoch would take days.

    micrograd has no softmax, so the loss is a margin, as in its own example. It walks the graph by a recursion that is
    as deep as the graph, too deep for Python's usual limit and stack.
    """

    def work() -> None:
        network, rng = import_module("micrograd.nn").MLP(784, [128, 10]), Random(0)
        for _ in range(3):
            x = [rng.random() if rng.random() < 0.2 else 0.0 for _ in range(784)]  # a fifth is ink, as in MNIST
            start = time.process_time()
            first, *others = network(x)
            loss = sum((1 + other - first).relu() for other in others)
            network.zero_grad()
            loss.backward()
            for parameter in network.parameters():
                parameter.data -= 0.01 * parameter.grad
            print(json.dumps({"event": "sample", "seconds": time.process_time() - start}), flush=True)

    sys.setrecursionlimit(10**6)
    threading.stack_size(512 * 1024 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return True


NEIGHBOURS: dict[str, Callable[[], bool]] = {
    "numpy": train_numpy,
    "scikit-learn": train_scikit_learn,
    "torch": train_pytorch,
    "micrograd": train_micrograd,
}


def main() -> int:
    """Train with the library named. Return 1 if it does not reach the goal."""
    if len(sys.argv) != 2 or sys.argv[1] not in NEIGHBOURS or not os.environ.get("PURENN_DATA"):
        print(
            f"set PURENN_DATA to a folder with mnist/ in it, and name one of {', '.join(NEIGHBOURS)}", file=sys.stderr
        )
        return 2
    if NEIGHBOURS[sys.argv[1]]():
        return 0
    print(f"{sys.argv[1]} is below {GOAL:.2%} after {EPOCHS} epochs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

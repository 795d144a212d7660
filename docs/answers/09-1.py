"""With more points the network can no longer learn each by heart: training gets worse, new points get better, and the
gap closes. No treatment is as good as more samples."""

from math import sin
from random import Random

from purenn import Adam, Matrix, Samples, evaluate, feed_forward, fit

rng = Random(9)


def draw(count):
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    labels = [[int((x2 > 0.6 * sin(3 * x1)) != (rng.random() < 0.2))] for x1, x2 in points]
    return Samples(Matrix(points), Matrix(labels))


new = draw(200)
for count, epochs in ((40, 120), (80, 60), (160, 30)):  # always 120 steps
    train = draw(count)
    network = feed_forward([2, 16, 16, 1], Random(0), hidden="relu")
    fit(network, train, optimizer=Adam(0.02), batch_size=40, epochs=epochs)
    on_train, on_new = evaluate(network, train), evaluate(network, new)
    print(f"{count} points: loss {on_train.loss:.2f} and {on_new.loss:.2f}", end=", ")
    print(f"right {on_train.accuracy:.0%} and {on_new.accuracy:.0%}")

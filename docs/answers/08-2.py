"""Each pixel is an input of its own, with its own weights: a shifted digit puts its ink on inputs that expect none.

The network does not know that two pixels are neighbours. It can learn from shifted pictures
(`augment=Augmentation(shift=3)`) what does not matter; or it is built in, and that is a convolution (chapter 11).
"""

from random import Random

from purenn import datasets, feed_forward, fit

strokes = datasets.load("strokes")
network = feed_forward([784, 30, 10], Random(0), hidden="relu")
fit(network, strokes.train.select(range(2000)), epochs=4, engine="lanes")

X, y = strokes.test.select(range(300))
for pixels in range(4):
    lines = [[[0.0] * pixels + row[i : i + 28 - pixels] for i in range(0, 784, 28)] for row in X]
    moved = [[pixel for line in picture for pixel in line] for picture in lines]
    right = sum(answer == label for answer, label in zip(network.predict_classes(moved), y))
    print(f"moved by {pixels}: {right / len(y):.1%} right")

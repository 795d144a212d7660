"""Without a hidden layer, each output has one picture of weights: ink that speaks for its digit, and ink that speaks
against it. One such template must do for all ways to write a digit, so fewer are read than with hidden neurons."""

from random import Random

from purenn import Linear, Sequential, charts, datasets, evaluate, fit

strokes = datasets.load("strokes")
network = Sequential(Linear(784, 10, Random(0)))
fit(network, strokes.train.select(range(4000)), epochs=5, engine="lanes")
print(f"{evaluate(network, strokes.test.select(range(500))).accuracy:.1%} of the test pictures")
templates = network.layers[0].weight.T
charts.pictures(templates, 28, signed=True, columns=5, captions=list("0123456789")).written("templates.svg")

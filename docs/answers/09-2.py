"""L1 leaves two weights and makes the others (nearly) 0: it says which inputs count. L2 makes all of them smaller, and
the eight useless ones keep a little."""

from random import Random

from purenn import SGD, Linear, Penalty, Sequential, fit

rng = Random(1)
inputs = [[rng.uniform(-1, 1) for _ in range(10)] for _ in range(60)]
classes = [int(row[0] > row[1]) for row in inputs]

for name, penalty in (("none", Penalty()), ("L2", Penalty(l2=0.05)), ("L1", Penalty(l1=0.05))):
    neuron = Sequential(Linear(10, 1, Random(0)))
    fit(neuron, inputs, classes, optimizer=SGD(0.1), batch_size=60, epochs=400, penalty=penalty)
    print(f"{name:4}", [f"{weight:5.2f}" for (weight,) in neuron.layers[0].weight])

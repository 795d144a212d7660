"""At z = 0, where y = 0, both slopes are 1: so check at numbers that are neither 0 nor tiny. XOR is learned all the
same, since 1 - y is positive too, and a step still goes downhill. No training would ever have shown the mistake."""

from math import tanh
from random import Random

from purenn import SGD, Activation, Linear, Sequential, check_layer, fit
from purenn.activations import Elementwise

inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
for name, slope in (("1 - y²", lambda z: 1 - tanh(z) ** 2), ("1 - y", lambda z: 1 - tanh(z))):
    layer = Activation(Elementwise("my tanh", tanh, slope))
    print(name, "at 0:", check_layer(layer, [[0.0]]).verdict, "at 0.5:", check_layer(layer, [[0.5]]).verdict, end=", ")
    rng = Random(0)
    network = Sequential(Linear(2, 8, rng), layer, Linear(8, 1, rng))
    history = fit(network, inputs, targets, optimizer=SGD(0.2), batch_size=4, epochs=800)
    print(f"XOR: loss {history.losses[-1]:.3f}, answers {network.predict_classes(inputs)}")

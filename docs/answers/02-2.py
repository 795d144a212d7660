"""From 0, the rate multiplies each change, and so all weights and the bias. z then has another size, but the same sign,
and the answers depend on its sign only. Weights that are not 0 at first are not multiplied: their size is compared with
that of the steps. If the steps are small, it takes many of them to get away from a bad start.

With a rate of 0.1, from 0, you will see other weights. A computer cannot store 0.1 exactly, and a z that should be 0 is
then a tiny number, of the one sign or the other. 0.25 and 8 are powers of two, which it stores exactly.

The chapter counts 6 epochs, as it needs one more, without mistakes, to see that it is done. Here it is seen at once.
"""

from purenn import Neuron, heaviside

corners = [(0, 0), (0, 1), (1, 0), (1, 1)]

for start in ([0.0, 0.0], [-5.0, 5.0]):
    for rate in (0.25, 1.0, 8.0):
        neuron, epochs = Neuron(start, bias=0.0, activation=heaviside), 0
        while [neuron(x) for x in corners] != [0, 0, 0, 1]:
            for x, t in zip(corners, [0, 0, 0, 1]):
                neuron = neuron.learn(x, t, learning_rate=rate)
            epochs += 1
        print(f"from {start}, rate {rate}: {epochs} epochs, weights {neuron.weights}, bias {neuron.bias}")

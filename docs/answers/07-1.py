"""With two hidden neurons, four of ten seeds get stuck, with three one does, and with eight none.

Each further neuron is another ticket in the lottery of first weights: only some of them have to be near a useful line.
"""

import warnings

from purenn import SGD, BinaryCrossEntropy, TrainingWarning, feed_forward, fit

warnings.simplefilter("ignore", TrainingWarning)  # it tells us of each network that got stuck; here we count them

corners, answers = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
for hidden in (2, 3, 8):
    losses = []
    for seed in range(10):
        network = feed_forward([2, hidden, 1], seed, hidden="tanh")
        history = fit(network, corners, answers, loss=BinaryCrossEntropy(), optimizer=SGD(1.0), epochs=300)
        losses.append(round(history.epochs[-1].loss, 2))
    print(f"{hidden} hidden: {sum(loss < 0.1 for loss in losses)} of 10 succeed; losses {losses}")

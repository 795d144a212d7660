"""A weight of 4 makes up for the slope of 1/4: from 0.5, every z is 0 and every slope 4 · 1/4 = 1. Nothing vanishes.

From 0.6, the first z is 0.4, a little beside the steepest place, so each factor is below 1 and the slope falls, but
slowly. In fact these neurons are tanh in disguise: σ(4x - 2) = (1 + tanh(2x - 1)) / 2. The first weights of a network
can be chosen so that slopes keep their size, which is chapter 8.
"""

from purenn import sigmoid


def slope_of_row(x, count, w, b):
    slope = 1.0
    for _ in range(count):
        z = w * x + b
        x, slope = sigmoid(z), slope * w * sigmoid.derivative(z)
    return slope


for w, b in ((1.0, 0.0), (4.0, -2.0)):
    for x in (0.5, 0.6):
        slopes = [slope_of_row(x, count, w, b) for count in (1, 2, 5, 10)]
        print(f"weight {w}, from {x}: {', '.join(f'{slope:.3g}' for slope in slopes)}")

"""GELU has its lowest place at z = -0.75. Left of it, it falls, so its slope is negative there. At the start, all
sums z are below -1. The neuron is too low and should rise; but from where it stands, "up" is to the left, toward 0
from below. So it goes farther and farther to the left, where GELU is 0 and flat, as ReLU is. A slope only knows the
place where it is measured. With softplus, whose slope is positive everywhere, the neuron comes back.
"""

from purenn import gelu, relu, softplus

samples = [0.2, 0.4, 0.6, 0.8, 1.0]

for f in (relu, gelu, softplus):
    w, b = 1.0, -2.0
    for step in range(1001):
        sums = [w * x + b for x in samples]
        if step in (0, 100, 1000):
            loss = sum((f(z) - x) ** 2 for z, x in zip(sums, samples)) / 5
            print(f"{f}, step {step}: loss {loss:.4f}, z from {min(sums):.2f} to {max(sums):.2f}")
        slopes = [2 * (f(z) - x) * f.derivative(z) / 5 for z, x in zip(sums, samples)]
        w -= 0.1 * sum(slope * x for slope, x in zip(slopes, samples))
        b -= 0.1 * sum(slopes)

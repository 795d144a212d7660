"""In both cases the ReLU falls silent: z1 is below 0, so dL/dz1 is 0, and no blame comes through to w1 and b1.

From b1 = -1 it is silent at once, as z1 = 0.8 · 0.5 - 1 = -0.6. From b1 = 0.2 the steps themselves make it silent: w2
is negative, so h spoils the answer, and each step makes it smaller until it is 0. As h = 0, dL/dw2 is 0 too. Only b2
goes on, and brings the loss down alone. It can do so because there is a single sample; for samples with different
answers, one bias would not do. Such a neuron is called dead (chapter 3).
"""

from math import exp, log

x = 0.5

for start in (0.2, -1.0):
    w1, b1, w2, b2 = 0.8, start, -1.0, 0.5
    learned = 0  # the steps in which w1 has changed
    for _ in range(100):
        h = max(0.0, w1 * x + b1)
        y = 1 / (1 + exp(-(w2 * h + b2)))
        dz2 = y - 1
        dz1 = dz2 * w2 if h > 0 else 0.0
        learned += dz1 != 0.0
        w1, b1, w2, b2 = w1 - 0.1 * dz1 * x, b1 - 0.1 * dz1, w2 - 0.1 * dz2 * h, b2 - 0.1 * dz2
    print(f"from b1 = {start}: w1 learned in {learned} of 100 steps, from 0.8 to {w1:.3f}; h is {h:.0f}, b2 {b2:.2f}")
    print(f"    the loss is {-log(y):.3f}")

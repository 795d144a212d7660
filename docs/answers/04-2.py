"""The mean surprise is lowest for p = 0.7, the true share of the rainy days: its slope, -0.7 / p + 0.3 / (1 - p), is
0 there. The mean squared error has its lowest place at 0.7 too, as 0.7 is the mean of the targets. Both losses make
it pay to be honest. Absolute errors do not: they ask for the median, so they are lowest for p = 1, and somebody who
wants a low loss says that it rains every day.
"""

from math import log

targets = [1] * 7 + [0] * 3
parts = [i / 100 for i in range(1, 100)]

losses = {
    "surprise": lambda p, t: -log(p) if t else -log(1 - p),
    "squared error": lambda p, t: (p - t) ** 2,
    "absolute error": lambda p, t: abs(p - t),
}
for name, loss in losses.items():
    means = {p: sum(loss(p, t) for t in targets) / 10 for p in parts}
    best = min(parts, key=means.__getitem__)
    print(f"{name}: lowest for p = {best}, {means[best]:.3f}; at 0.5 it is {means[0.5]:.3f}")

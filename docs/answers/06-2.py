"""Both curvatures are 2: the valley is round. With a rate of 1 / 2, the first step goes to the lowest point.

Across and along are gone: as the mean of the new sizes is 0, w and b no longer depend on each other, and as their
standard deviation is 1, the curvature of w is 2 · mean(size²) = 2, like that of b. So inputs are always brought to this
form before training: purenn.standardize does it for a table.
"""

from statistics import mean, pstdev

from purenn import SGD
from purenn.landscape import descend

sizes = [0.8, 1.0, 1.2, 1.5, 1.7, 2.0]
prices = [170, 195, 248, 296, 345, 398]
middle, spread = mean(sizes), pstdev(sizes)
scaled = [(size - middle) / spread for size in sizes]


def loss(w, b):
    return sum((w * size + b - price) ** 2 for size, price in zip(scaled, prices)) / len(scaled)


path = descend(loss, (0, 0), SGD(0.5), steps=2)
for w, b in path:
    print(f"w {w:.2f}, b {b:.2f}, loss {loss(w, b):.2f}")
w, b = path[-1]
print(f"curvature of w {loss(w + 1, b) + loss(w - 1, b) - 2 * loss(w, b):.2f}")
print(f"curvature of b {loss(w, b + 1) + loss(w, b - 1) - 2 * loss(w, b):.2f}")

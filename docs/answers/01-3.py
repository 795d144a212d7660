"""A learning rate of 0.01 is slow, 0.4 overshoots but comes back, and 0.5 goes farther away with each step.

The slope is the mean of 2 · error · size (exercise 1). At the best w it is 0, and at w = best + d each error is larger
by d · size. So it is 2 · mean(size²) · d = 4.1 · d there, and a step makes d to (1 - 4.1 · rate) · d. That is 0.96 · d,
-0.64 · d and -1.05 · d. If the factor is below -1, the distance grows.
"""

sizes = [0.8, 1.0, 1.2, 1.5, 1.7, 2.0]
prices = [170, 195, 248, 296, 345, 398]


def slope(w):
    return sum(2 * (w * size - price) * size for size, price in zip(sizes, prices)) / len(sizes)


for rate in (0.01, 0.4, 0.5):
    w, path = 100.0, []
    for _ in range(12):
        w = w - rate * slope(w)
        path.append(round(w))
    print(f"rate {rate}: {path}")

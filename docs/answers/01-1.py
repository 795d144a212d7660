"""The mean of 2 · error · size over all houses. The tiny step of `slope` is a little off; the formula is exact."""

sizes = [0.8, 1.0, 1.2, 1.5, 1.7, 2.0]
prices = [170, 195, 248, 296, 345, 398]


def loss(w):
    return sum((w * size - price) ** 2 for size, price in zip(sizes, prices)) / len(sizes)


def slope(w):
    return sum(2 * (w * size - price) * size for size, price in zip(sizes, prices)) / len(sizes)


for w in (100, 200, 250):
    print(f"at {w}: {(loss(w + 0.001) - loss(w)) / 0.001:.4f} by a tiny step, {slope(w):.4f} by the formula")

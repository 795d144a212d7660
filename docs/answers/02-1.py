"""NOT: one negative weight. NAND: AND with all signs changed. Two of three: count, and put the bias between 1 and 2."""


def neuron(x, w, b):
    z = sum(weight * value for weight, value in zip(w, x)) + b
    return 1 if z >= 0 else 0


print("NOT", [neuron((a,), (-1,), 0.5) for a in (0, 1)])
print("NAND", [neuron((a, b), (-1, -1), 1.5) for a in (0, 1) for b in (0, 1)])
for a in (0, 1):
    print("two of three", [neuron((a, b, c), (1, 1, 1), -1.5) for b in (0, 1) for c in (0, 1)])

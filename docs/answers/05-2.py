"""ReLU is the value itself with the slope 1, or 0 with the slope 0. The slopes are those that we found by hand."""

from math import exp, log


class Value:
    def __init__(self, data, links=()):
        self.data = data
        self.links = links
        self.slope = 0.0

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])

    def relu(self):
        return Value(max(self.data, 0.0), [(self, 1.0 if self.data > 0 else 0.0)])

    def cross_entropy(self, target):
        y = 1 / (1 + exp(-self.data))
        return Value(-log(y if target else 1 - y), [(self, y - target)])

    def backward(self):
        self.slope = 1.0
        for value in reversed(self.in_order([], set())):
            for source, slope in value.links:
                source.slope += value.slope * slope

    def in_order(self, found, seen):
        if self not in seen:
            seen.add(self)
            for source, _ in self.links:
                source.in_order(found, seen)
            found.append(self)
        return found


w1, b1, w2, b2 = map(Value, (0.8, 0.2, -1.0, 0.5))
loss = ((Value(0.5) * w1 + b1).relu() * w2 + b2).cross_entropy(1)
loss.backward()
print(f"loss {loss.data:.3f}: dw1 {w1.slope:.3f}, db1 {b1.slope:.3f}, dw2 {w2.slope:.3f}, db2 {b2.slope:.3f}")

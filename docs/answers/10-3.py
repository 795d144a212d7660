"""a₀b₁ + (a₀b₀ + a₁b₁) · B + a₁b₀ · B²: the middle lane is the dot product, if the second number is packed backwards.

So a dot product of n pairs is lane n - 1 of one multiplication. It computes all other sums too, so for long rows it is
no faster; but the loop runs in C.
"""

from purenn.lanes import Layout

a, b = [3, -1, 4, 1, -5], [2, 7, -1, 8, 2]
lanes = Layout(count=2 * len(a) - 1, width=32)
short = Layout(count=len(a), width=32)
product = short.pack(a) * short.pack(b[::-1])
print(lanes.unpack(product))
print(lanes.unpack(product)[len(a) - 1], "=", sum(x * y for x, y in zip(a, b)))

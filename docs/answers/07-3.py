"""Three hidden neurons count: at least one, at least two, all three. The last one takes +1, -1 and +1 of them.

With none, the sum is 0; with one 1; with two 1 - 1 = 0; with three 1 - 1 + 1 = 1. So a bias of -0.5 decides.
"""

from itertools import product

from purenn import Neuron, heaviside

counters = [Neuron([1, 1, 1], -0.5 - k, heaviside) for k in range(3)]
join = Neuron([1, -1, 1], -0.5, heaviside)

for x in product([0, 1], repeat=3):
    hidden = [counter(x) for counter in counters]
    print(x, hidden, join(hidden))
    assert join(hidden) == sum(x) % 2

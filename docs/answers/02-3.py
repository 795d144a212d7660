"""By eye: x1 and x2 speak for it, but both together take 2 away: z = x1 + x2 - 2 · x1 · x2 - 0.5.

That is -2 · (x1 - 0.5) · (x2 - 0.5), so the boundary is a cross of two lines. With the weights that are learned it is a
hyperbola, whose two branches cut off the corners (0, 1) and (1, 0). In the space of the three inputs, both are flat.
"""

from purenn import Neuron, charts, heaviside

corners = [(0, 0), (0, 1), (1, 0), (1, 1)]


def features(x1, x2):
    return x1, x2, x1 * x2


by_eye = Neuron([1.0, 1.0, -2.0], bias=-0.5, activation=heaviside)
print("by eye", [by_eye(features(*x)) for x in corners])

learned, epochs = Neuron([0.0, 0.0, 0.0], bias=0.0, activation=heaviside), 0
while [learned(features(*x)) for x in corners] != [0, 1, 1, 0]:
    for x, t in zip(corners, [0, 1, 1, 0]):
        learned = learned.learn(features(*x), t, learning_rate=1.0)
    epochs += 1
print(f"learned in {epochs} epochs: {learned.weights}, {learned.bias}")

places = [i / 32 - 0.5 for i in range(65)]
for name, neuron in ("by-eye.svg", by_eye), ("learned.svg", learned):
    answers = [[neuron(features(x1, x2)) for x1 in places] for x2 in places]
    grid = [[(1 - y, y) for y in row] for row in answers]
    charts.boundary(grid, (-0.5, 1.5), (-0.5, 1.5), train=(corners, [0, 1, 1, 0])).written(name)

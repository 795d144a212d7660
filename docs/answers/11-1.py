"""It finds `begins`: each output depends on nine weights only, and there are 320 outputs to learn them from."""

from random import Random

from purenn import Adam, Matrix, MeanSquaredError

SIDE = 6
CORNERS = [SIDE * i + j for i in range(SIDE - 2) for j in range(SIDE - 2)]
PLACES = [[(corner + SIDE * i + j, n) for n, corner in enumerate(CORNERS)] for i in range(3) for j in range(3)]


def convolution(x, kernel):
    W = Matrix.zeros(x.columns, len(CORNERS))
    for weight, its_places in zip(kernel[0], PLACES):
        for place in its_places:
            W[place] = weight

    def back(dz):
        dW = x.T @ dz
        return dz @ W.T, [Matrix([[sum(dW[place] for place in its_places) for its_places in PLACES]])]

    return x @ W, back


rng = Random(0)
pictures = Matrix([[rng.random() for _ in range(SIDE**2)] for _ in range(20)])
edges, _ = convolution(pictures, Matrix([[-1, 0, 1] * 3]))
kernel, adam, loss = Matrix([[rng.uniform(-0.5, 0.5) for _ in range(9)]]), Adam(0.05), MeanSquaredError()
for _ in range(200):
    found, back = convolution(pictures, kernel)
    adam.step([kernel], back(loss.gradient(found, edges))[1])
for i in (0, 3, 6):
    print("  ".join(f"{round(weight, 2) + 0.0:5.2f}" for weight in kernel[0][i : i + 3]))

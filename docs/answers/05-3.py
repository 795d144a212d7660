"""There are 441 weights and biases, and each needs two passes forwards: 882 for the whole gradient.

Once forwards and once backwards, which gives all of them, takes as long as two to five passes forwards. So measuring
takes not 882 times as long, but some 200 to 400 times. With 101,770 weights, it would need 203,540 passes for each
step of learning.
"""

from time import perf_counter

from purenn import BinaryCrossEntropy, Matrix, feed_forward

network, loss = feed_forward([20, 20, 1]), BinaryCrossEntropy()
x, target = Matrix.from_function(10, 20, lambda i, j: (i * j % 7) / 7), Matrix.from_function(10, 1, lambda i, j: i % 2)
d = 1e-5

start = perf_counter()
count = 0
for parameter in network.parameters:
    for row in parameter:
        for j, value in enumerate(row):
            row[j] = value + d
            more = loss.value(network(x), target)
            row[j] = value - d
            less = loss.value(network(x), target)
            row[j] = value
            measured = (more - less) / (2 * d)
            count += 1
by_measuring = perf_counter() - start

start = perf_counter()
for _ in range(20):
    outputs, backward = network.forward(x)
    gradients = backward.parameters(loss.gradient(outputs, target))
backwards = (perf_counter() - start) / 20

print(f"the last slope: {measured:.6f} measured, {gradients[-1][0][-1]:.6f} backwards")
print(f"{count} slopes: measuring takes {by_measuring / backwards:.0f} times as long")

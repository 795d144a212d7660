"""The training goes along a bent valley. The plane of the map is the one of two directions, among 33, in which it went
farthest, and it shows nearly all of the way."""

from purenn import SGD, BinaryCrossEntropy, charts, feed_forward, fit
from purenn.landscape import Area, Slice, loss_over, parameters_of

inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
xor = feed_forward([2, 8, 1], 1, hidden="tanh")
path = [parameters_of(xor)]
fit(
    xor,
    inputs,
    targets,
    loss=BinaryCrossEntropy(),
    optimizer=SGD(0.5),
    epochs=200,
    callbacks=[lambda epoch: path.append(parameters_of(xor))],
)
plane = Slice.along(path)
places = [plane.place_of(parameters) for parameters in path]
area = Area.around(places, size=30)
losses = loss_over(xor, inputs, targets, over=plane, area=area)
charts.contours(losses, area.x_range, area.y_range, paths={"training": places}, log=True).written("xor.svg")
count = sum(parameter.rows * parameter.columns for parameter in xor.parameters)
print(f"the plane shows {sum(plane.shares):.0%} of the way through {count} weights and biases")

"""Squares give one wrong price so much weight that the line leaves all the others; absolute errors nearly ignore it.

The slope of an absolute error is that of the error, size or -size, however large the error is. So the steps are short
at a rate of 0.1: after 2,000 epochs it has come only to w = 146, b = 77. Hence the rate of 1.

purenn warns twice, and is right: with the wrong price among them, the prices are spread too widely; and with absolute
errors, this one price leaves the loss nearly as high as that of always answering with the average.
"""

from purenn import SGD, Linear, MeanAbsoluteError, MeanSquaredError, Sequential, fit

sizes = [[0.8], [1.0], [1.2], [1.5], [1.7], [2.0]]
prices = [[170], [195], [248], [296], [345], [3980]]

for loss, rate in ((MeanSquaredError(), 0.1), (MeanAbsoluteError(), 1.0)):
    line = Sequential(Linear(1, 1))
    fit(line, sizes, prices, loss=loss, optimizer=SGD(rate), batch_size=6, epochs=3000)
    weight, bias = line.layers[0].weight[0][0], line.layers[0].bias[0][0]
    predictions = [round(price) for (price,) in line(sizes)]
    print(f"{type(loss).__name__}: w = {weight:.0f}, b = {bias:.0f}, predictions {predictions}")

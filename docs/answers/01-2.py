"""Squares give one wrong price so much weight that the line leaves all the others; absolute errors nearly ignore it."""

from purenn import SGD, Linear, MeanAbsoluteError, MeanSquaredError, Sequential, fit

sizes = [[0.8], [1.0], [1.2], [1.5], [1.7], [2.0]]
prices = [[170], [195], [248], [296], [345], [3980]]

for loss, rate in ((MeanSquaredError(), 0.1), (MeanAbsoluteError(), 1.0)):
    line = Sequential(Linear(1, 1))
    fit(line, sizes, prices, loss=loss, optimizer=SGD(rate), batch_size=6, epochs=3000)
    predictions = [round(price) for (price,) in line(sizes)]
    print(f"{type(loss).__name__}: {predictions}")

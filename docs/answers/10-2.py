"""Only the pixels with ink take part, and each is one multiplication and one addition of a whole row."""

from random import Random
from timeit import repeat

from purenn import datasets
from purenn.lanes import Layout

rng, lanes = Random(0), Layout(count=64, width=32)
numbers = [[rng.randrange(-20000, 20000) for _ in range(64)] for _ in range(784)]
rows = [lanes.pack(row) for row in numbers]
picture = datasets.load("strokes").train.inputs.picture(11)
inked = [(i, round(8 * pixel / 255)) for i, pixel in enumerate(picture) if round(8 * pixel / 255)]


def with_lists():
    return [sum(level * numbers[i][k] for i, level in inked) for k in range(64)]


def with_lanes():
    return sum(level * rows[i] for i, level in inked)


print(len(inked), "pixels with ink; equal:", lanes.unpack(with_lanes()) == with_lists())
for work in (with_lists, with_lanes):
    print(f"{work.__name__}: {min(repeat(work, number=20, repeat=3)) / 20 * 1e6:.0f} µs")

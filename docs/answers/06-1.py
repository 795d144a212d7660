"""SGD ends in the valley in which it starts. The ball is carried over the hill from some places, and not from others.

Neither looks for the deeper valley: one goes down, the other has luck. A network has so many directions that a way down
can nearly always be found, and many of its valleys are about equally deep.
"""

from purenn import SGD, charts
from purenn.landscape import Area, descend


def two_valleys(x, y):
    return x**4 - 2 * x**2 + 0.3 * x + y**2


area = Area((-2.0, 2.0), (-1.5, 1.5))
paths = {}
for x in (-1.6, 0.4, 1.2, 1.8):
    for name, optimizer in (("SGD", SGD(0.02)), ("momentum", SGD(0.02, momentum=0.9))):
        path = paths[f"{name} from {x}"] = descend(two_valleys, (x, 1.0), optimizer, steps=300)
        print(f"{name} from x = {x} ends at x = {path[-1][0]:.2f}, height {two_valleys(*path[-1]):.2f}")
shown = {name: paths[f"{name} from 1.8"] for name in ("SGD", "momentum")}
charts.contours(area.values(two_valleys), area.x_range, area.y_range, paths=shown).written("two-valleys.svg")

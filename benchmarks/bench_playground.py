"""The speed of the playground: its states in a second while it plays, and what heat maps cost beside the training.

    python -m benchmarks.bench_playground

trains 2-4-4-1 on sixty points of XOR, and scores it on sixty others, with a heat map of 30 x 30 for every neuron. The
aims are at least 20 states in a second, and a heat map that costs less than the epoch that it shows. Seen on Linux,
x86-64 (Intel Xeon), 2 cores that others used too:

    Python   first frames   states in a second   an epoch   a heat map
    3.9.18           33 ms                 28.3    2.23 ms      0.33 ms
    3.11.7           14 ms                 27.6    1.65 ms      0.27 ms
    3.13.0           48 ms                 22.9    3.04 ms      0.33 ms
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from time import perf_counter

from purenn.playground import Session
from purenn.playground.views import grid, maps

__all__ = ["main", "milliseconds", "states_in_a_second"]

SETTINGS = {"data": {"name": "xor", "samples": 120, "test": 0.5}, "speed": 1000}
NEURONS = 9
SECONDS = 5.0
ROUNDS = 50


def states_in_a_second() -> float:
    """Play for some seconds, and return how many states with heat maps there were in each."""
    session = Session(clock=perf_counter)
    session.do({"do": "set", "settings": SETTINGS})
    session.do({"do": "play"})
    states, begin = 0, perf_counter()
    while perf_counter() - begin < SECONDS:
        (state,) = session.do({"do": "tick"})
        states += state["maps"] is not None
    return states / (perf_counter() - begin)


def milliseconds(work: Callable[[], object]) -> float:
    """Return the least time that something takes."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        work()
        seconds.append(perf_counter() - begin)
    return min(seconds) * 1e3


def main() -> None:
    """Print a line of the table above."""
    begin = perf_counter()
    session = Session(clock=perf_counter)
    session.do({"do": "open"})
    first = (perf_counter() - begin) * 1e3
    session.do({"do": "set", "settings": SETTINGS})
    run = session.world.run
    places = grid(session.world.settings, (-0.5, 1.5))

    def epoch() -> None:
        before = run.epoch
        while run.epoch == before:
            run.step()

    costs = milliseconds(epoch), milliseconds(lambda: maps(run.network, run.loss, places)) / NEURONS
    shown = f"{first:10.0f} ms {states_in_a_second():20.1f} {costs[0]:7.2f} ms {costs[1]:9.2f} ms"
    print(f"    {platform.python_version():8} {shown}")


if __name__ == "__main__":
    main()

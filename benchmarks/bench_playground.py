"""The speed of the playground: its states in a second while it plays, and what heat maps cost beside the training.

    python -m benchmarks.bench_playground

trains 2-4-4-1 on sixty points of XOR, and scores it on sixty others, with a heat map of 30 x 30 for every neuron. The
aims are at least 20 states in a second, and a heat map that costs less than the epoch that it shows. Seen on Linux,
x86-64 (Intel Xeon), 2 cores, of which one was busy:

    Python   first frames   states in a second   an epoch   a heat map
    3.9.18           14 ms                 38.0    2.17 ms      0.35 ms
    3.11.7           12 ms                 39.4    1.65 ms      0.27 ms
    3.13.0           10 ms                 39.7    1.57 ms      0.27 ms

The same over HTTP, as a browser sees it. The aims are a first state within a second of opening the page, at least 20
states with heat maps in a second, and commands that are answered while it plays as if at once:

    Python   first state   states in a second   answer to a command: the median of 50, the slowest
    3.9.18         31 ms                 29.8               3 ms and 31 ms
    3.11.7         16 ms                 29.4              12 ms and 36 ms
    3.13.0         15 ms                 29.8               4 ms and 29 ms

The server sends at most 30 in a second. While five others wanted the two cores, there were 22 to 29.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from secrets import token_hex
from time import perf_counter
from urllib.parse import urlsplit

from purenn.playground import Session
from purenn.playground.views import grid, maps

__all__ = ["Page", "main", "milliseconds", "over_http", "playground", "states_in_a_second"]

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


@contextmanager
def playground() -> Iterator[tuple[HTTPConnection, str]]:
    """Start the command in another process, and yield a connection to it, with the query of a session."""
    command = [sys.executable, "-m", "purenn", "playground", "--no-browser", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = urlsplit(json.loads(process.stdout.readline())["address"])
            yield HTTPConnection(address.netloc), f"{address.query}&session={token_hex(16)}"
        finally:
            process.terminate()


class Page:
    """A page without a browser: it reads the frames of a session, and posts commands."""

    def __init__(self, connection: HTTPConnection, query: str) -> None:
        self._netloc, self._query = f"{connection.host}:{connection.port}", query
        connection.request("GET", f"/events?{query}")
        self._events = connection.getresponse()

    def send(self, name: str, **fields: object) -> None:
        """Post a command."""
        with closing(HTTPConnection(self._netloc)) as connection:
            body = json.dumps({"do": name, **fields})
            connection.request("POST", f"/command?{self._query}", body, {"Content-Type": "application/json"})
            assert connection.getresponse().status == 204

    def frame(self, name: str) -> dict[str, object]:
        """Return the next frame of this name."""
        while True:
            line = self._events.readline()
            if line.startswith(b'data: {"frame":"%s"' % name.encode()):
                found: dict[str, object] = json.loads(line[6:])
                return found


def over_http() -> tuple[float, float, list[float]]:
    """Return the seconds until the first state, the states in a second, and the seconds that commands take, sorted."""
    with playground() as (connection, query):
        begin = perf_counter()
        page = Page(connection, query)
        page.send("open")
        page.frame("state")
        first = perf_counter() - begin
        page.send("set", settings=SETTINGS)
        page.send("play")
        page.frame("state")
        states, begin = 0, perf_counter()
        while perf_counter() - begin < SECONDS:
            states += page.frame("state")["maps"] is not None
        rate = states / (perf_counter() - begin)
        waits = [0.0] * ROUNDS
        for i in range(ROUNDS):
            begin = perf_counter()
            page.send("sample", index=i)
            page.frame("sample")
            waits[i] = perf_counter() - begin
        return first, rate, sorted(waits)


def milliseconds(work: Callable[[], object]) -> float:
    """Return the least time that something takes."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        work()
        seconds.append(perf_counter() - begin)
    return min(seconds) * 1e3


def main() -> None:
    """Print a line of each table above."""
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
    first, rate, waits = over_http()
    middle, slowest = waits[ROUNDS // 2] * 1e3, waits[-1] * 1e3
    print(
        f"    {platform.python_version():8} {first * 1e3:8.0f} ms {rate:20.1f} {middle:15.0f} ms and {slowest:.0f} ms"
    )


if __name__ == "__main__":
    main()

"""The lanes engine: a network's weights as rows of big integers, so that one addition adds a whole row.

Read `plain` first: it explains the arithmetic on plain lists, with a worked example. `integers` is how a row of numbers
becomes one integer, `groups` how inputs are prepared for it, `layers` and `network` are a network of such rows.
`outer` is what is done every thousand samples, `selection` leaves out what is known, `warps` shifts and turns pictures.
`engine` trains the network, and `workers` trains it in several processes, of its own or those of `executors`. In these,
`shards` does the same for the float engine.
"""

from purenn.lanes.engine import LanesEngine, Tally
from purenn.lanes.executors import ExecutorError, Place, as_executors, completed, places
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.plain import PlainNetwork
from purenn.lanes.shards import ShardedEngine
from purenn.lanes.workers import ParallelEngine

__all__ = [
    "ExecutorError",
    "Lanes",
    "LanesEngine",
    "Layout",
    "ParallelEngine",
    "Place",
    "PlainNetwork",
    "ShardedEngine",
    "Tally",
    "as_executors",
    "completed",
    "places",
]

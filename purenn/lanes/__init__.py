"""The lanes engine: a network's weights as rows of big integers, so that one addition adds a whole row."""

from purenn.lanes.engine import LanesEngine

__all__ = ["LanesEngine"]

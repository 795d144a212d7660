"""The playground: a network that learns before your eyes. This wing knows commands and frames, but no browser."""

from purenn.playground.session import Session

__all__ = ["Session"]

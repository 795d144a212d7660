"""The playground: a network that learns before your eyes. `Session` knows commands and frames, but no browser; `Server`
brings it to one."""

from typing import TYPE_CHECKING

from purenn.playground.digits import Digits
from purenn.playground.session import Session

if TYPE_CHECKING:
    from purenn.playground.server import Server

__all__ = ["Digits", "Server", "Session"]

if not TYPE_CHECKING:  # type checkers would accept any name

    def __getattr__(name):
        """Load the server when it is first used: sessions run without one in a browser, which has no http.server."""
        if name != "Server":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from purenn.playground.server import Server

        return Server

"""The server of the playground, for this computer: it takes connections, of which each is answered in a thread."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from secrets import token_urlsafe
from socketserver import TCPServer
from threading import BoundedSemaphore
from time import perf_counter

from purenn.network import Sequential
from purenn.playground.answers import Answer, Site
from purenn.playground.pages import Page, pages
from purenn.playground.session import Session
from purenn.playground.visits import Visits

__all__ = ["LOOPBACK", "Server"]

LOOPBACK = "127.0.0.1"
MOST_SESSIONS = 40
MOST_CONNECTIONS = 100


class Server(ThreadingHTTPServer):
    """A server of the playground, with a session for each page.

    >>> with Server() as server:
    ...     server.address.partition("?")[0] == f"http://127.0.0.1:{server.server_port}/"
    True
    """

    daemon_threads = True  # the end of the program waits for no page
    request_queue_size = 64
    allow_reuse_address = os.name == "posix"  # on Windows, two programs would get the same port

    def __init__(
        self,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        reader: Sequential | None = None,
        files: Mapping[str, Page] | None = None,
    ) -> None:
        """Take the port, 0 for any that is free. `serve_forever` begins to answer.

        reader: a network that reads digits. Default: each session trains one. files: of the page. Default: purenn's.
        Raises OSError if the port cannot be had.
        """
        if sys.platform == "emscripten":
            raise OSError(errno.ENOTSUP, "Python in a browser has no sockets; purenn.playground.Session works there")
        visits = Visits(lambda: Session(clock=perf_counter, reader=reader), MOST_SESSIONS)
        self.site = Site(token_urlsafe(24), host, pages() if files is None else files, visits)
        self._places = BoundedSemaphore(MOST_CONNECTIONS)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, place = min(found, key=lambda info: info[0] != socket.AF_INET)
        self.address_family = family
        super().__init__((str(place[0]), port), partial(Answer, self.site))

    def server_bind(self) -> None:
        """Take the port. HTTPServer would also ask the network for the name of this computer, which can take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    @property
    def address(self) -> str:
        """The address to open in a browser, with the token."""
        name = _reachable() if ip_address(self.server_name).is_unspecified else self.server_name
        host = f"[{name}]" if ":" in name else name
        return f"http://{host}:{self.server_port}/?token={self.site.token}"

    def service_actions(self) -> None:
        """Forget the sessions that nobody has come back to. `serve_forever` calls it twice a second."""
        self.site.visits.sweep()

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Answer a connection in a thread or, if there are too many, close it at once."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread could be started; after a signal, there may be one
            self._places.release()
            raise

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Answer a connection: the work of its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print the traceback of a fault in this program, without the token, and without what a terminal would obey."""
        shown = traceback.format_exc().replace(self.site.token, "TOKEN")
        print(re.sub(r"[^\n -~]", "?", shown), file=sys.stderr, end="")


def _reachable() -> str:
    """Return the address at which the network reaches this computer, or that of the computer itself without one."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for examples: nothing is sent, the system only chooses a way
        return str(probe.getsockname()[0])
    return LOOPBACK

"""A request to the playground, and its answer.

The page is sent to whoever has the token, which is in the address that the command prints. Then the page opens one
stream of server-sent events, `GET /events`, on which frames come, and sends each command as a `POST /command`.

Other pages in the same browser, and other programs, can send requests too, so nothing in a request is believed. It has
to come in time, and in a bounded size; its Host has to be this server, or else a foreign name may have been made to
point here; it must not come from another site; and it has to know the token. Nothing is logged, as the token would be
in the log.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from ipaddress import ip_address
from platform import python_implementation, python_version
from socketserver import BaseServer
from time import monotonic
from typing import NamedTuple, NoReturn
from urllib.parse import parse_qs

from purenn import __version__
from purenn.formats import JsonObject, parse_json
from purenn.playground.display import Frame
from purenn.playground.pages import Page
from purenn.playground.visits import Visits

__all__ = ["HEADERS", "Answer", "RefusedError", "Site"]

LARGEST_HEAD = 16_384  # bytes of a request line with its headers
LARGEST_BODY = 1_500_000  # bytes of a command
PATIENCE = 10.0  # seconds for a request to come, and for what is sent to be taken
LINGER = 2.0  # seconds in which the rest of a refused request is read, so that the client reads the answer
BUFFER = 131_072  # bytes of frames on their way: with more, a slow page would show the past
INDEX = "index.html"
SESSION = re.compile("[0-9a-f]{32}")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of the page has the token
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
}


class Site(NamedTuple):
    """Everything that requests are answered from. host: the name or the address that the server was given."""

    token: str
    host: str
    files: Mapping[str, Page]
    visits: Visits


class RefusedError(Exception):
    """Raised for a request that is answered with this status, and a sentence in plain text."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Answer(BaseHTTPRequestHandler):
    """The answer to one request: a connection carries no second one."""

    disable_nagle_algorithm = True  # a frame is sent at once
    request_version = default_request_version = "HTTP/1.0"  # where a request does not say its own

    def __init__(self, site: Site, connection: socket.socket, client: object, server: BaseServer) -> None:
        self._site = site
        self._arriving = _Arriving(connection)
        super().__init__(connection, client, server)

    def handle(self) -> None:
        """Read the request and answer it. A client that is gone, or too slow, gets no answer."""
        with suppress(OSError):
            try:
                self._read_head()
                self._answer()
            except RefusedError as refused:
                self._send(refused.status, Page("text/plain; charset=utf-8", f"{refused}\n".encode()))
                self._arriving.linger()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> NoReturn:
        """Refuse a request that `parse_request` cannot read, in words that repeat nothing of it."""
        raise RefusedError(HTTPStatus(code), f"this is no request for the playground: {HTTPStatus(code).phrase}")

    # Reading.

    def _read_head(self) -> None:
        """Read the request line and the headers, and check what every request has to have."""
        self.raw_requestline, _, headers = self._arriving.until(b"\r\n\r\n", LARGEST_HEAD).partition(b"\r\n")
        self.rfile.close()  # it reads from the connection, without a bound
        self.rfile = BytesIO(headers)
        # Two words are HTTP/0.9, which has no headers: newer Pythons then leave none that could be asked for a host.
        if len(self.raw_requestline.split()) != 3 or not self.parse_request():
            self.send_error(HTTPStatus.BAD_REQUEST)
        if self._header("Host").lower() not in self._hosts():
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this is the address of another server: open the one that purenn playground prints",
            )

    def _header(self, name: str) -> str:
        """Return a header that may be there once, an empty text if it is not there."""
        values = self.headers.get_all(name, [])
        if len(values) > 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"the header {name} is there {len(values)} times")
        return values[0].strip() if values else ""

    def _hosts(self) -> list[str]:
        """Return this server as a browser may call it: the address to which it has connected, and its names."""
        address, port = self.connection.getsockname()[:2]
        ip = ip_address(address.replace("::ffff:", ""))  # before an address of the older kind, if both kinds are served
        names = [f"[{ip}]" if ip.version == 6 else str(ip), self._site.host.lower()]
        if ip.is_loopback:
            names.append("localhost")
        return [f"{name}:{port}" for name in names] + (names if port == 80 else [])

    def _check_origin(self) -> None:
        """Refuse a request that another site has made this browser send."""
        origin, site = self._header("Origin"), self._header("Sec-Fetch-Site")
        if origin not in ("", f"http://{self._header('Host')}") or site not in ("", "same-origin"):
            raise RefusedError(HTTPStatus.FORBIDDEN, "this request comes from another site")

    def _query(self) -> dict[str, str]:
        """Return the fields of the query, each of which may be there once, and check the token."""
        try:
            found = parse_qs(self.path.partition("?")[2], max_num_fields=10)
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the address has too many fields") from None
        fields = {name: values[0] for name, values in found.items() if len(values) == 1}
        if not compare_digest(fields.get("token", "").encode(), self._site.token.encode()):
            sentence = "the token is missing or wrong: open the address that purenn playground prints"
            raise RefusedError(HTTPStatus.FORBIDDEN, sentence)
        return fields

    def _session(self) -> str:
        """Return the name of the session in the query, after all other checks."""
        self._check_origin()
        name = self._query().get("session", "")
        if not SESSION.fullmatch(name):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "session: expected 32 hexadecimal digits")
        return name

    def _body(self) -> bytes:
        length = self._header("Content-Length")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal() or not length.isascii():
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "the header Content-Length is missing")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            sentence = f"the command has {length:.20} bytes, expected at most {LARGEST_BODY:,}"
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
        return self._arriving.exactly(int(length))

    # Answering.

    def _answer(self) -> None:
        route = self.command, self.path.partition("?")[0]
        if route == ("GET", "/events"):
            self._stream()
        elif route == ("POST", "/command"):
            self._take_command()
        elif self.command == "GET":
            self._send_file(route[1])
        else:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "expected GET, or POST /command")

    def _send_file(self, path: str) -> None:
        """Send a file of the page by its name in the table."""
        name = path[1:] or INDEX
        if name == INDEX:
            self._query()
        if name not in self._site.files:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such file")
        self._send(HTTPStatus.OK, self._site.files[name])

    def _take_command(self) -> None:
        name = self._session()
        if self._header("Content-Type").partition(";")[0].strip().lower() != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type: expected application/json")
        body = self._body()
        try:
            command = parse_json(body.decode())
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"the command is no JSON: {error}") from None
        if not isinstance(command, JsonObject):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the command is no object")
        visit = self._site.visits.find(name)
        if visit is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such session: it begins with GET /events")
        if not visit.waiting.put(command, len(body)):
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "too many commands wait already")
        self._send(HTTPStatus.NO_CONTENT, None)

    def _stream(self) -> None:
        """Send frames until the page is gone. All work of its session is done here."""
        name = self._session()
        resumed = self._site.visits.find(name) is not None
        visit = self._site.visits.enter(name)
        if visit is None:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too many sessions are open: close another page")
        self._send_head(HTTPStatus.OK, {"Content-Type": "text/event-stream; charset=utf-8"})
        python = f"{python_implementation()} {python_version()}"
        hello: Frame = {"frame": "hello", "version": __version__, "python": python, "resumed": resumed}
        visit.attend(_Stream(self.connection), hello)

    def _send(self, status: HTTPStatus, page: Page | None) -> None:
        about = {"Content-Type": page.type, "Content-Length": str(len(page.content))} if page else {}
        self._send_head(status, about)
        if page:
            self.wfile.write(page.content)

    def _send_head(self, status: HTTPStatus, about: Mapping[str, str]) -> None:
        """Send the status and the headers, without those that say which program and which version this is."""
        self.connection.settimeout(PATIENCE)
        self.send_response_only(status)
        for name, value in {**HEADERS, **about}.items():
            self.send_header(name, value)
        self.end_headers()


class _Arriving:
    """The bytes of a request, as they arrive, until a moment by which all of them have to be there.

    A timeout of the socket alone would begin again with each byte, and a client that sends one every few seconds would
    keep a thread for ever.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._end = monotonic() + PATIENCE
        self._bytes = bytearray()

    def until(self, mark: bytes, most: int) -> bytes:
        """Return the bytes up to a mark, with it. Raises RefusedError if there are more than `most`."""
        while mark not in self._bytes:
            if len(self._bytes) >= most:
                raise RefusedError(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"expected at most {most:,} bytes of headers"
                )
            self._receive(most - len(self._bytes))
        return self.exactly(self._bytes.index(mark) + len(mark))

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        while len(self._bytes) < count:
            self._receive(count - len(self._bytes))
        found = bytes(self._bytes[:count])
        del self._bytes[:count]
        return found

    def linger(self) -> None:
        """Throw away what still arrives, for a moment: a connection closed with unread bytes is reset, and the client
        would not get the answer."""
        self._connection.shutdown(socket.SHUT_WR)
        self._end = monotonic() + LINGER
        while True:
            self._receive(65_536)
            self._bytes.clear()

    def _receive(self, most: int) -> None:
        """Receive some bytes. Raises OSError at the end of the connection, or when the time is over."""
        self._connection.settimeout(max(self._end - monotonic(), 1e-3))
        received = self._connection.recv(min(most, 65_536))
        if not received:
            raise ConnectionError("the client has closed the connection")
        self._bytes += received


class _Stream:
    """Server-sent events on a connection: the line of a visit."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        unanswered: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux has it
        if unanswered is not None:  # a computer that has left the network without a word
            connection.setsockopt(socket.IPPROTO_TCP, unanswered, int(PATIENCE * 1000.0))

    def send(self, frames: Sequence[Frame]) -> None:
        """Send frames or, if there are none, a comment. Raises OSError if the page does not take them in time."""
        events = [f"data: {json.dumps(frame, allow_nan=False, separators=(',', ':'))}\n\n" for frame in frames]
        self._connection.sendall("".join(events or [":\n\n"]).encode())

    def is_open(self) -> bool:
        """Return False if the page has closed the connection: there is nothing else that it could send."""
        self._connection.setblocking(False)
        try:
            self._connection.recv(1)
            return False
        except BlockingIOError:
            return True
        finally:
            self._connection.settimeout(PATIENCE)

    def close(self) -> None:
        """Close the connection, while another thread may be sending."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

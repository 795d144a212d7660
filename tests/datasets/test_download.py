"""Downloads from a server on this machine that misbehaves in every way the real ones do. Nothing leaves 127.0.0.1."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from purenn.datasets.download import Publication, RemoteFile, cache_folder, download
from purenn.errors import DownloadError, FormatError
from tests.conftest import ROOT

DATA = Random(1).randbytes(200_000)  # several blocks of the download loop
HALF = len(DATA) // 2
NAME = "train-images-idx3-ubyte.gz"
PAGE = b"\n<!DOCTYPE html><title>Please log in</title>"
STALL = 1.2  # seconds that a test waits for a server that says nothing: any other answers sooner, on a busy machine too
SLOW = {"stalls", "says-nothing", "drips"}


class Server:
    """An HTTP server whose first path component is the way it behaves: BASE/truncates/FILE sends half of it."""

    def __init__(self) -> None:
        self.content = {NAME: DATA}
        self.requests: list[tuple[str, str, str]] = []  # (behaviour, Range, User-Agent)
        self.release = threading.Event()  # lets the stalled answers end
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, behaviour, name = urlsplit(self.path).path.split("/")  # a proxy is asked for a whole address
                asked = self.headers.get("Range", "")
                outer.requests.append((behaviour, asked, self.headers.get("User-Agent", "")))
                outer.answer(self, behaviour, name, asked)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}/"

    def behaviours(self) -> list[str]:
        return [behaviour for behaviour, _, _ in self.requests]

    def ranges(self) -> list[str]:
        return [asked for _, asked, _ in self.requests]

    def answer(self, handler: BaseHTTPRequestHandler, behaviour: str, name: str, asked: str) -> None:
        data = self.content[name]
        if behaviour.isdigit():
            handler.send_error(int(behaviour))
        elif behaviour == "redirects":
            _send(handler, b"", 302, location=f"{self.base}good/{name}")
        elif behaviour == "redirects-to-file":
            _send(handler, b"", 302, location=Path(__file__).as_uri())
        elif behaviour == "redirects-to-ftp":
            _send(handler, b"", 302, location=f"ftp://127.0.0.1/{name}")
        elif behaviour == "html":
            _send(handler, PAGE)
        elif behaviour == "html-without-length":
            _send(handler, PAGE, length=None)
        elif behaviour == "wrong":
            _send(handler, bytes(len(data)))
        elif behaviour == "longer":
            _send(handler, data + b"more")
        elif behaviour == "endless":
            _send(handler, data * 20, length=None)
        elif behaviour == "truncates":
            _send(handler, data[:HALF], length=len(data))
        elif behaviour == "truncates-without-length":
            _send(handler, data[:HALF], length=None)
        elif behaviour == "stalls":
            _send(handler, data[:HALF], length=len(data))
            self.release.wait()
        elif behaviour == "drips":  # longer than STALL in all, but never without a byte for so long
            _send(handler, data[:HALF], length=len(data))
            for i in range(HALF, len(data), HALF // 10):
                time.sleep(STALL / 8)
                handler.wfile.write(data[i : i + HALF // 10])
        elif behaviour == "crumbs":
            start = int(asked[len("bytes=") : -1] or "0")
            whole = f"bytes {start}-{len(data) - 1}/{len(data)}"
            _send(handler, data[start : start + 100], 206, length=len(data) - start, content_range=whole)
        elif behaviour == "says-nothing":
            self.release.wait()
        elif behaviour == "babbles":
            handler.wfile.write(b"hello\r\n\r\n")
        elif behaviour == "hangs-up":
            handler.close_connection = True
        elif behaviour == "chunked":
            pieces = [data[i : i + 7000] for i in range(0, len(data), 7000)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            handler.protocol_version = "HTTP/1.1"
            _send(handler, body + b"0\r\n\r\n", length=None, chunked=True)
        elif behaviour == "no-range" or not asked:  # "good", "breaks-off-once", ... without a Range
            _send(handler, data[:HALF] if behaviour == "breaks-off-once" else data, length=len(data))
        elif behaviour == "other-range":
            _send(handler, data[1:], 206, content_range=f"bytes 1-{len(data) - 1}/{len(data)}")
        elif behaviour == "unsatisfiable":
            handler.send_error(416)
        else:
            start = int(asked[len("bytes=") : -1])
            _send(handler, data[start:], 206, content_range=f"bytes {start}-{len(data) - 1}/{len(data)}")


def _send(
    handler: BaseHTTPRequestHandler,
    body: bytes,
    status: int = 200,
    *,
    length: int | None = -1,
    location: str = "",
    content_range: str = "",
    chunked: bool = False,
) -> None:
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(len(body) if length < 0 else length))
    if location:
        handler.send_header("Location", location)
    if content_range:
        handler.send_header("Content-Range", content_range)
    if chunked:
        handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        handler.wfile.write(body)
    except OSError:
        handler.close_connection = True  # the client has heard enough


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # a proxy of this machine's user is not part of the test
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.http.shutdown()
    server.http.server_close()
    thread.join(5)


def remote(name: str, data: bytes) -> RemoteFile:
    return RemoteFile(name, len(data), hashlib.sha256(data).hexdigest())


TOY = Publication(mirrors=(), files=(remote(NAME, DATA),), license="none")


def fetched(server: Server, folder: Path, *behaviours: str) -> list[Path]:
    """Fetch the toy data set from mirrors that behave so, in this order."""
    mirrors = [server.base + behaviour for behaviour in behaviours]
    timeout = STALL if SLOW.intersection(behaviours) else 10.0  # a busy machine is no fault
    return download("toy", TOY, folder, mirrors=mirrors, timeout=timeout)


def leave_part(folder: Path, data: bytes) -> Path:
    """Put down what an earlier call that broke off would have left."""
    part = folder / "toy" / f"{NAME}.part"
    part.parent.mkdir()
    part.write_bytes(data)
    return part


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_file_arrives_whole_under_its_name_and_nothing_else_is_left(server: Server, tmp_path: Path) -> None:
    paths = fetched(server, tmp_path / "not" / "there yet", "good")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [f"not/there yet/toy/{NAME}"]
    assert paths[0].read_bytes() == DATA
    assert names(tmp_path) == [f"not/there yet/toy/{NAME}"]


def test_every_file_of_a_data_set_is_fetched_and_listed_in_order(server: Server, tmp_path: Path) -> None:
    server.content["labels.gz"] = b"labels"
    files = (remote(NAME, DATA), remote("labels.gz", b"labels"))
    paths = download("pair", Publication((server.base + "good/",), files, "none"), tmp_path)
    assert [path.read_bytes() for path in paths] == [DATA, b"labels"]


def test_second_call_asks_nobody(server: Server, tmp_path: Path) -> None:
    first = fetched(server, tmp_path, "good")
    server.requests.clear()
    assert fetched(server, tmp_path, "good") == first
    assert server.requests == []


def test_three_downloads_of_one_file_at_the_same_time_share_the_work(server: Server, tmp_path: Path) -> None:
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.extend(fetched(server, tmp_path, "good"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in paths] == [DATA] * 3
    assert server.behaviours() == ["good"]
    assert names(tmp_path) == [f"toy/{NAME}"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_pipe_in_the_place_of_the_file_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    os.mkfifo(tmp_path / "toy" / NAME)
    with pytest.raises(OSError, match="is a pipe, expected a file"):
        fetched(server, tmp_path, "good")
    assert server.requests == []


@pytest.mark.parametrize("content", [b"half", bytes(len(DATA))], ids=["other size", "other sum"])
def test_file_that_is_there_but_wrong_is_replaced(server: Server, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "toy" / NAME
    path.parent.mkdir()
    path.write_bytes(content)
    fetched(server, tmp_path, "good")
    assert path.read_bytes() == DATA


def test_wrong_file_stays_until_the_right_one_is_here(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "toy" / NAME
    path.parent.mkdir()
    path.write_bytes(b"mine")
    with pytest.raises(DownloadError):
        fetched(server, tmp_path, "wrong")
    assert path.read_bytes() == b"mine"


def test_requests_name_purenn(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path, "good")
    assert server.requests == [("good", "", "purenn")]


def test_progress_counts_up_to_the_size(server: Server, tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    mirrors = [server.base + "good"]
    download("toy", TOY, tmp_path, mirrors=mirrors, progress=lambda *call: calls.append(call))
    done = [call[1] for call in calls]
    assert done == sorted(set(done))
    assert len(done) > 1
    assert calls[-1] == (NAME, len(DATA), len(DATA))


@pytest.mark.parametrize("behaviour", ["redirects", "chunked", "drips", "no-range"])
def test_other_right_answers_are_taken(server: Server, tmp_path: Path, behaviour: str) -> None:
    assert fetched(server, tmp_path, behaviour)[0].read_bytes() == DATA


def test_proxy_of_the_environment_is_used(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.base)
    paths = download("toy", TOY, tmp_path, mirrors=["http://mirror.invalid/good"])
    assert paths[0].read_bytes() == DATA


FAULTS = {
    "403": "403 Forbidden",
    "404": "404 Not Found",
    "500": "500 Internal Server Error",
    "redirects-to-file": "Redirection to url 'file:.*' is not allowed",
    "redirects-to-ftp": "unknown url type: ftp",
    "html": "HTML page",
    "html-without-length": "HTML page",
    "wrong": f"other bytes: their sha256 is [0-9a-f]{{64}}, expected {hashlib.sha256(DATA).hexdigest()}",
    "longer": "offers a file of 200004 bytes, expected 200000",
    "endless": "more than the 200000 bytes expected",
    "truncates": "broke off after 100000 of 200000 bytes",
    "truncates-without-length": "broke off after 100000 of 200000 bytes",
    "stalls": f"stalled: nothing came for {STALL} seconds",
    "says-nothing": f"stalled: nothing came for {STALL} seconds",
    "babbles": r"BadStatusLine\('hello",
    "hangs-up": "closed connection",
}
KEEP_A_PART = ("truncates", "truncates-without-length", "stalls")


@pytest.mark.parametrize(("behaviour", "words"), FAULTS.items(), ids=list(FAULTS))
def test_fault_is_named_and_no_file_is_left(server: Server, tmp_path: Path, behaviour: str, words: str) -> None:
    with pytest.raises(DownloadError, match=f"{re.escape(server.base + behaviour)}/{NAME}: .*{words}"):
        fetched(server, tmp_path, behaviour)
    assert names(tmp_path) == ([f"toy/{NAME}.part"] if behaviour in KEEP_A_PART else [])


@pytest.mark.parametrize("behaviour", FAULTS)
def test_next_mirror_makes_up_for_a_fault(server: Server, tmp_path: Path, behaviour: str) -> None:
    assert fetched(server, tmp_path, behaviour, "good")[0].read_bytes() == DATA
    assert names(tmp_path) == [f"toy/{NAME}"]


@pytest.mark.skipif(sys.platform == "emscripten", reason="Python in a browser has no sockets")
@pytest.mark.parametrize(
    ("mirror", "words"),
    [
        (Path(__file__).parent.as_uri(), "unknown url type: file"),
        ("ftp://127.0.0.1", "unknown url type: ftp"),
        ("no address", "unknown url type"),
        ("http://127.0.0.1:1", "refused"),
    ],
)
def test_address_that_is_no_web_server_is_named(mirror: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=words):
        download("toy", TOY, tmp_path, mirrors=[mirror], timeout=5.0)
    assert names(tmp_path) == []


def test_error_lists_every_mirror_and_says_what_to_do(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetched(server, tmp_path, "404", "500", "html")
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{NAME} (200000 bytes): no mirror has delivered it:"
    assert lines[1] == f"  {server.base}404/{NAME}: 404 Not Found"
    assert lines[2] == f"  {server.base}500/{NAME}: 500 Internal Server Error"
    assert lines[3].startswith(f"  {server.base}html/{NAME}: sent an HTML page")
    assert lines[4].endswith(f"download it by hand into {tmp_path / 'toy'}")
    assert server.behaviours() == ["404", "500", "html"]  # and none of them was asked twice


def test_endless_answer_is_cut_off(server: Server, tmp_path: Path) -> None:
    most = 0

    def watch(name: str, done: int, total: int) -> None:
        nonlocal most
        most = max(most, done)

    with pytest.raises(DownloadError):
        download("toy", TOY, tmp_path, mirrors=[server.base + "endless"], progress=watch)
    assert most == len(DATA) + 1


def test_break_in_the_middle_is_continued_in_the_same_call(server: Server, tmp_path: Path) -> None:
    assert fetched(server, tmp_path, "breaks-off-once")[0].read_bytes() == DATA
    assert server.ranges() == ["", f"bytes={HALF}-"]


def test_mirror_that_breaks_off_again_and_again_is_not_asked_for_ever(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="broke off after 500 of 200000 bytes"):
        fetched(server, tmp_path, "crumbs")
    assert server.ranges() == ["", "bytes=100-", "bytes=200-", "bytes=300-", "bytes=400-"]


@pytest.mark.parametrize("behaviour", ["good", "redirects"])
def test_part_of_an_earlier_call_is_continued(server: Server, tmp_path: Path, behaviour: str) -> None:
    leave_part(tmp_path, DATA[:1234])
    assert fetched(server, tmp_path, behaviour)[0].read_bytes() == DATA
    assert set(server.ranges()) == {"bytes=1234-"}
    assert names(tmp_path) == [f"toy/{NAME}"]


def test_whole_part_of_an_earlier_call_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    leave_part(tmp_path, DATA)
    assert fetched(server, tmp_path, "good")[0].read_bytes() == DATA
    assert server.requests == []


@pytest.mark.parametrize(
    ("behaviour", "ranges"),
    [("no-range", ["bytes=1234-"]), ("other-range", ["bytes=1234-", ""]), ("unsatisfiable", ["bytes=1234-", ""])],
)
def test_server_that_cannot_continue_sends_it_all(
    server: Server, tmp_path: Path, behaviour: str, ranges: list[str]
) -> None:
    leave_part(tmp_path, DATA[:1234])
    assert fetched(server, tmp_path, behaviour)[0].read_bytes() == DATA
    assert server.ranges() == ranges


@pytest.mark.parametrize("size", [1234, len(DATA), len(DATA) + 1])
def test_part_with_wrong_bytes_is_dropped_and_the_file_fetched_whole(server: Server, tmp_path: Path, size: int) -> None:
    leave_part(tmp_path, bytes(size))
    assert fetched(server, tmp_path, "good")[0].read_bytes() == DATA
    assert server.ranges()[-1] == ""


@pytest.mark.parametrize("behaviour", ["404", "html", "longer", "says-nothing"])
def test_mirror_without_the_file_does_not_spoil_the_part(server: Server, tmp_path: Path, behaviour: str) -> None:
    part = leave_part(tmp_path, DATA[:1234])
    with pytest.raises(DownloadError):
        fetched(server, tmp_path, behaviour)
    assert part.read_bytes() == DATA[:1234]


def test_interrupt_leaves_a_part_that_the_next_call_continues(server: Server, tmp_path: Path) -> None:
    def interrupt(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download("toy", TOY, tmp_path, mirrors=[server.base + "good"], progress=interrupt)
    assert names(tmp_path) == [f"toy/{NAME}.part"]
    arrived = (tmp_path / "toy" / f"{NAME}.part").read_bytes()
    assert arrived
    assert DATA.startswith(arrived)
    fetched(server, tmp_path, "good")
    assert server.ranges()[1] == f"bytes={len(arrived)}-"


def test_folder_that_cannot_be_made_is_told_before_anything_is_asked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        fetched(server, tmp_path / "file", "good")
    assert server.requests == []


def test_timeout_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="timeout must be a finite number above 0, got 0"):
        download("toy", TOY, tmp_path, timeout=0.0)


# Data sets that come as one zip.

MEMBERS = {"gzip/emnist-toy-train.gz": Random(2).randbytes(3000), "gzip/emnist-toy-test.gz": Random(3).randbytes(500)}


def zipped(server: Server, path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Publication:
    """Let the server offer a zip of these members, and describe the data set whose two files are in it."""
    with zipfile.ZipFile(path, "w", compression) as stream:
        for name, data in members.items():
            stream.writestr(name, data)
    server.content["gzip.zip"] = path.read_bytes()
    ours = (("gzip/emnist-toy-train.gz", "train.gz"), ("gzip/emnist-toy-test.gz", "t10k.gz"))
    return Publication((server.base + "good",), (remote("gzip.zip", path.read_bytes()),), "none", "archives", ours)


def test_members_are_unpacked_under_our_names_and_the_zip_is_kept(server: Server, tmp_path: Path) -> None:
    publication = zipped(server, tmp_path / "made.zip", MEMBERS)
    paths = download("toy", publication, tmp_path / "data")
    assert [path.read_bytes() for path in paths] == list(MEMBERS.values())
    assert names(tmp_path / "data") == ["archives/gzip.zip", "toy/t10k.gz", "toy/train.gz"]


def test_second_call_leaves_unpacked_members_alone_and_restores_a_lost_one(server: Server, tmp_path: Path) -> None:
    publication = zipped(server, tmp_path / "made.zip", MEMBERS)
    train, test = download("toy", publication, tmp_path / "data")
    inode = train.stat().st_ino, train.stat().st_mtime_ns
    test.unlink()
    download("toy", publication, tmp_path / "data")
    assert (train.stat().st_ino, train.stat().st_mtime_ns) == inode
    assert test.read_bytes() == MEMBERS["gzip/emnist-toy-test.gz"]
    assert server.behaviours() == ["good"]


def test_member_that_points_out_of_the_folder_is_not_written(server: Server, tmp_path: Path) -> None:
    publication = zipped(server, tmp_path / "made.zip", {**MEMBERS, "../../slip": b"evil", "/tmp/slip": b"evil"})
    download("toy", publication, tmp_path / "data")
    assert names(tmp_path) == ["data/archives/gzip.zip", "data/toy/t10k.gz", "data/toy/train.gz", "made.zip"]


def test_zip_bomb_is_refused(server: Server, tmp_path: Path) -> None:
    bomb = {**MEMBERS, "gzip/emnist-toy-train.gz": bytes(1_000_000)}
    publication = zipped(server, tmp_path / "made.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(FormatError, match=r"train\.gz claims 1000000 bytes"):
        download("toy", publication, tmp_path / "data")
    assert names(tmp_path / "data") == ["archives/gzip.zip"]


def test_missing_member_is_named(server: Server, tmp_path: Path) -> None:
    publication = zipped(server, tmp_path / "made.zip", {"gzip/emnist-toy-train.gz": b"only this one" * 99})
    with pytest.raises(FormatError, match=r"gzip\.zip: There is no item named 'gzip/emnist-toy-test\.gz'"):
        download("toy", publication, tmp_path / "data")


def test_damaged_member_leaves_no_file(server: Server, tmp_path: Path) -> None:
    zipped(server, tmp_path / "made.zip", MEMBERS)
    damaged = server.content["gzip.zip"].replace(MEMBERS["gzip/emnist-toy-train.gz"], bytes(3000))
    server.content["gzip.zip"] = damaged
    ours = (("gzip/emnist-toy-train.gz", "train.gz"),)
    publication = Publication((server.base + "good",), (remote("gzip.zip", damaged),), "none", "archives", ours)
    with pytest.raises(FormatError, match="CRC-32"):
        download("toy", publication, tmp_path / "data")
    assert names(tmp_path / "data") == ["archives/gzip.zip"]


# The cache folder.


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache/purenn"),
        ("linux", {"XDG_CACHE_HOME": "xdg"}, "xdg/purenn"),
        ("darwin", {"XDG_CACHE_HOME": "xdg"}, "home/Library/Caches/purenn"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/purenn"),
        ("win32", {}, "home/AppData/Local/purenn"),
    ],
)
def test_cache_folder_is_where_the_system_keeps_such_things(
    platform: str, variables: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, folder in variables.items():
        monkeypatch.setenv(variable, str(tmp_path / folder))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == tmp_path / expected


def test_relative_xdg_cache_home_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder() == tmp_path / ".cache" / "purenn"


@pytest.mark.parametrize("error", [RuntimeError("Could not determine home directory."), KeyError("uid not found")])
def test_without_a_home_folder_another_has_to_be_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise error  # as pathlib says it, that of Python 3.9 with the KeyError of the users' data base

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", home)
    with pytest.raises(FileNotFoundError, match=r"no home folder for downloads; name another: `fetch NAME --data DIR`"):
        cache_folder()


def test_import_loads_no_web_client() -> None:
    program = (
        "import sys, purenn.datasets.download; print({'urllib.request', 'http.client', 'zipfile'} & set(sys.modules))"
    )
    # -S: what site packages import at the start is not looked at
    run = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_publication_shows_its_size_and_its_mirrors() -> None:
    files = (RemoteFile("a", 1_000_000, "00"), RemoteFile("b", 234, "11"))
    publication = Publication(("https://one.example/", "https://two.example/"), files, "CC0")
    assert repr(publication) == "Publication(2 files, 1,000,234 bytes, from https://one.example/, https://two.example/)"


def test_python_in_a_browser_says_that_it_cannot_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    files = Publication(("https://none.invalid/",), (RemoteFile("a.gz", 3, "0" * 64),), "free")
    with pytest.raises(DownloadError, match=rf"^a\.gz: .* no sockets; download it elsewhere into {tmp_path / 'a'}$"):
        download("a", files, tmp_path)

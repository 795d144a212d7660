"""Downloads that can be relied on: a file gets its real name only when its size and its sha256 are right.

Half a download that is taken for a whole one would spoil every result after it. `urllib`, `hashlib` and `zipfile` are
imported inside the functions that need them: whoever only asks for the cache folder should not wait for a web client.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from purenn.errors import DownloadError, FormatError, check_positive
from purenn.formats import atomic_write, check_writable, sole_writer

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["FileProgress", "Publication", "RemoteFile", "cache_folder", "download"]

FileProgress = Callable[[str, int, int], None]  # (file name, bytes so far, size of the file)

BLOCK = 1 << 16
LOOK = 0.2  # seconds between two looks at the download of another process
TRIES = 5  # requests to one mirror for one file, as long as each changes the part that has arrived


@dataclass(frozen=True)
class RemoteFile:
    """A file as it was published. Bytes of another size or sum are refused, whoever sends them."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Publication:
    """The places to download a data set from: the address of each file is mirror + name, for each of the mirrors.

    If the one file is a zip of several data sets, `members` are the files of this one in it, as pairs (name in the zip,
    our name), and `zip_folder` is the folder beside the data sets' folders in which the zip is kept for all of them.
    """

    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    license: str
    zip_folder: str = ""
    members: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        size = sum(file.size for file in self.files)
        return f"Publication({len(self.files)} files, {size:,} bytes, from {', '.join(self.mirrors)})"


def cache_folder() -> Path:
    """Return the user's folder for data that can be downloaded again. It may not exist yet.

    Linux and others: $XDG_CACHE_HOME/purenn or ~/.cache/purenn. macOS: ~/Library/Caches/purenn.
    Windows: %LOCALAPPDATA%\\purenn.
    Raises FileNotFoundError for a user without a home folder, as there are on locked computers and in containers.
    Source: XDG Base Directory Specification 0.8, which says to ignore a path that is not absolute.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else _home() / "AppData" / "Local") / "purenn"
    if sys.platform == "darwin":
        return _home() / "Library" / "Caches" / "purenn"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if os.path.isabs(xdg) else _home() / ".cache") / "purenn"


def _home() -> Path:
    try:
        return Path.home()
    except (RuntimeError, KeyError):  # KeyError: Python 3.9, for a user that the system has no name for
        said = "this user has no home folder for downloads; name another: `fetch NAME --data DIR`, fetch(name, folder)"
        raise FileNotFoundError(said) from None


def download(
    name: str,
    publication: Publication,
    folder: Path,
    *,
    progress: FileProgress | None = None,
    mirrors: Sequence[str] | None = None,
    timeout: float = 30.0,
) -> list[Path]:
    """Download a data set into folder/name and return the paths of its files, in the order of the publication.

    A file that is there and has the right sum is not asked for again; one that has another sum is replaced once the
    right one has arrived; a download that broke off is continued. A zip is kept, and its members are unpacked. If
    another process is downloading a file to the same place, this one waits for it.
    mirrors: addresses to try, in this order, instead of the published ones. timeout: seconds without a byte.

    Raises DownloadError if no mirror delivers a file, FormatError for a zip without the members, OSError if the folder
    cannot be written to.
    """
    check_positive(timeout=timeout)
    target, source = folder / name, folder / (publication.zip_folder or name)
    for needed in (source, target):
        needed.mkdir(parents=True, exist_ok=True)
    paths = [source / file.name for file in publication.files]
    for path, file in zip(paths, publication.files):
        if not _is_right(path, file):
            for place in (path, _part(path)):
                check_writable(place)
            with sole_writer(path, wait=partial(_watch, file, path, progress)):
                if not _is_right(path, file):  # another process may have downloaded it meanwhile
                    _download(file, path, publication.mirrors if mirrors is None else mirrors, progress, timeout)
    return _unpack(paths[0], publication.members, target) if publication.members else paths


def _watch(file: RemoteFile, path: Path, progress: FileProgress | None) -> None:
    """Report the progress of another process that is downloading a file, and wait for a moment."""
    if progress is not None:
        progress(file.name, min(_size(_part(path)), file.size), file.size)
    time.sleep(LOOK)


def _part(path: Path) -> Path:
    """Return the place of the bytes that have arrived."""
    return path.with_name(path.name + ".part")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _sha256(path: Path) -> str:
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _is_right(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and _size(path) == file.size and _sha256(path) == file.sha256


class _Refusal(Exception):
    """The reason why a mirror did not deliver the file."""


def _download(
    file: RemoteFile, path: Path, mirrors: Sequence[str], progress: FileProgress | None, timeout: float
) -> None:
    """Download `file` to `path` from the first mirror that delivers it whole.

    The bytes are collected in path.part, which outlives a failure and Ctrl-C: the next request, to any mirror, asks for
    the rest. A mirror is asked again if its answer changed the part: it grew and broke off, or was wrong and deleted.
    """
    if sys.platform == "emscripten":
        said = f"{file.name}: Python in a browser has no sockets; download it elsewhere into {path.parent}"
        raise DownloadError(said)
    part = _part(path)
    refusals: dict[str, _Refusal] = {}
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{file.name}"
        for _ in range(TRIES):
            before = _size(part)
            try:
                if before < file.size:
                    _receive(url, file, part, progress, timeout)
                _check(part, file)
            except _Refusal as refusal:
                refusals[url] = refusal
                if _size(part) == before:
                    break
            else:
                os.replace(part, path)
                return
    if part.is_file() and not _size(part):
        part.unlink()
    answers = "".join(f"\n  {url}: {refusal}" for url, refusal in refusals.items())
    raise DownloadError(
        f"{file.name} ({file.size} bytes): no mirror has delivered it:{answers}\n"
        f"Try again later (what has arrived is kept and continued), or download it by hand into {path.parent}"
    )


def _receive(url: str, file: RemoteFile, part: Path, progress: FileProgress | None, timeout: float) -> None:
    """Append the missing bytes to `part`. Raises _Refusal for faults of the mirror, OSError for those of the disk."""
    with open(part, "ab") as stream:  # before the request, to fail early in a folder that cannot be written to
        for start, block in _blocks(url, _size(part), file.size, timeout):
            if start == 0:
                stream.truncate(0)  # the mirror sends the whole file, not the rest
            stream.write(block)
            if progress is not None:
                progress(file.name, start + len(block), file.size)
        stream.flush()
        os.fsync(stream.fileno())


def _check(part: Path, file: RemoteFile) -> None:
    """Raise _Refusal unless `part` is the whole file. Delete it if it is too long or has another sum."""
    size = _size(part)
    if size < file.size:
        raise _Refusal(f"broke off after {size} of {file.size} bytes")
    sha256 = _sha256(part)
    if size == file.size and sha256 == file.sha256:
        return
    part.unlink()
    if size > file.size:
        raise _Refusal(f"sent more than the {file.size} bytes expected")
    raise _Refusal(f"sent other bytes: their sha256 is {sha256}, expected {file.sha256}")


def _blocks(url: str, have: int, size: int, timeout: float) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) from offset `have`, or from 0 if the server cannot continue; at most one byte too many.

    Raises _Refusal for every failure of the network, and for an answer that cannot be the file.
    """
    from http.client import HTTPException

    try:
        with _ask(url, have, size, timeout) as answer:
            offset = have if answer.status == 206 else 0
            if offset == 0 and answer.peek(1).lstrip()[:1] == b"<":  # no gzip or zip file begins like this
                raise _Refusal("sent an HTML page (a login or an error?) instead of the file")
            if answer.length is not None and offset + answer.length != size:
                raise _Refusal(f"offers a file of {offset + answer.length} bytes, expected {size}")
            while block := answer.read1(min(BLOCK, size + 1 - offset)):
                yield offset, block
                offset += len(block)
    except (OSError, HTTPException, ValueError) as error:
        raise _Refusal(_reason(error, timeout)) from error


def _ask(url: str, have: int, size: int, timeout: float) -> HTTPResponse:
    """Request the bytes from `have` on. If the server answers with another range, request the whole file."""
    from urllib import error, request

    # Not urlopen, which also opens file: and ftp: no address or redirect may lead there.
    opener = request.OpenerDirector()
    handlers = [request.HTTPHandler(), request.UnknownHandler(), request.ProxyHandler(), request.HTTPRedirectHandler()]
    for handler in (*handlers, request.HTTPErrorProcessor(), request.HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    if hasattr(request, "HTTPSHandler"):  # some Pythons are built without TLS
        opener.add_handler(request.HTTPSHandler())
    headers = {"User-Agent": "purenn"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        answer: HTTPResponse = opener.open(request.Request(url, headers=headers), timeout=timeout)
    except error.HTTPError as refusal:
        refusal.close()
        if have and refusal.code == 416:  # Range Not Satisfiable
            return _ask(url, 0, size, timeout)
        raise
    rest = f"bytes {have}-{size - 1}/"
    if have and answer.status == 206 and answer.headers.get("Content-Range") not in (f"{rest}{size}", f"{rest}*"):
        answer.close()
        return _ask(url, 0, size, timeout)
    return answer


def _reason(error: Exception, timeout: float) -> str:
    """Describe an error of urllib in a few words."""
    import socket
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        return f"{error.code} {error.reason}"
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, socket.timeout):  # TimeoutError itself, from 3.10
        return f"stalled: nothing came for {timeout:g} seconds"
    if isinstance(cause, HTTPException):
        return f"broke the rules of HTTP: {cause!r}"
    return str(cause)


def _unpack(archive: Path, members: Sequence[tuple[str, str]], folder: Path) -> list[Path]:
    """Copy the members out of the zip, each to the folder under our name for it, and return the paths.

    Members are looked up by their full names and written under ours, so no path in a zip is ever followed. They are
    gzip files, which do not shrink again: one with a size larger than the zip is refused before it is unpacked.
    Raises FormatError for a member that is missing, too large or damaged.
    """
    import zipfile
    import zlib
    from shutil import copyfileobj

    paths = [folder / name for _, name in members]
    try:
        with zipfile.ZipFile(archive) as zipped:
            for (member, _), path in zip(members, paths):
                entry = zipped.getinfo(member)
                if entry.file_size > _size(archive):
                    raise FormatError(f"{archive}: {member} claims {entry.file_size} bytes, more than the whole zip")
                if _size(path) != entry.file_size:  # gzip has its own checksum, which is compared on reading
                    with zipped.open(entry) as packed, atomic_write(path) as unpacked:
                        copyfileobj(packed, unpacked)
    except (KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(f"{archive}: {error.args[0]}") from error
    return paths

"""Atomic writing of files: a crash halfway leaves the old file, or none, but never half a model."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from purenn.formats.locks import delete_abandoned, lock

__all__ = ["atomic_write", "check_writable"]

# Of kinds that would be lost if a file took their place.
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # what the disk says when a file is written


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """Yield a binary file that replaces `path` when the block ends, or is deleted when the block raises.

    The bytes go to a temporary file in the same folder (a rename is atomic only within one file system), which is
    flushed to disk and then renamed to `path`. A file that was there hands down its permissions, its owner and its
    group, as far as this user may give them. If `path` is a symbolic link, the file that it points to is replaced; of
    several hard links only this one. What is there and no file, a device or a folder, is never replaced.
    Raises OSError, naming `path`, if it is no file, the folder cannot be written to or the disk is full.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(os.path.join(folder, "model")) as file:
    ...         _ = file.write(b"all of it")
    ...         print("model" in os.listdir(folder))
    ...     print(os.listdir(folder))
    False
    ['model']
    """
    check_writable(path)
    target, before = os.path.realpath(path), _status(path)
    temporary, file = _created(target, 0o666 if before is None else 0o600)  # private until it is as private as before
    try:
        with file:
            if before is not None:
                _hand_down(before, file)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":
                os.replace(temporary, target)  # while it is locked: nobody takes it for abandoned
        if sys.platform == "win32":
            os.replace(temporary, target)  # an open file cannot be renamed there
    except BaseException as error:  # Ctrl-C too
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno in _DISK and error.filename is None:
            raise type(error)(error.errno, f"cannot be written: {error.strerror}", os.fspath(path)) from error
        raise


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that writing `path` would raise: it is no file, no such folder, no permission, no space.

    Creates and deletes an empty file beside it, and deletes the temporary files of writers that were killed. Call it
    before long work whose result goes to `path`.
    """
    if not os.fspath(path):
        raise FileNotFoundError(errno.ENOENT, "expected the name of a file, got an empty one", "''")
    target = os.path.realpath(path)
    try:
        kind = _kind(path)
        if not kind:
            probe, file = _created(target, 0o600)
            file.close()
            with suppress(FileNotFoundError):  # another process has taken it for abandoned
                os.unlink(probe)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write here: {error.strerror}", os.fspath(path)) from None
    if kind:
        number = errno.EISDIR if kind == "a folder" else errno.EINVAL  # by which OSError is an IsADirectoryError
        raise OSError(number, f"is {kind}, expected a file", os.fspath(path))
    _clear_up(target)


def _kind(path: str | os.PathLike[str]) -> str:
    """Return what is at a path, in words, and an empty string for a file or nothing."""
    status = _status(path)
    if status is None or stat.S_ISREG(status.st_mode):
        return ""
    return _KINDS.get(stat.S_IFMT(status.st_mode), "no file")


def _status(path: str | os.PathLike[str]) -> os.stat_result | None:
    """Return what is at a path, or at the end of a link; None if there is nothing."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _created(target: str, permissions: int) -> tuple[str, BinaryIO]:
    """Create a temporary file beside `target`, with a lock on it, which lasts as long as it is open.

    Not by tempfile: only the owner can read its files, and a renamed file keeps its permissions.
    """
    while True:
        name = f"{target}.{os.urandom(4).hex()}.tmp"
        file = _opened(name, permissions)
        lock(file, wait=True)
        if sys.platform == "win32" or os.fstat(file.fileno()).st_nlink:
            return name, file
        file.close()  # in the moment before the lock, another process took it for abandoned, and deleted it


def _opened(name: str, permissions: int) -> BinaryIO:
    return open(name, "xb", opener=lambda path, flags: os.open(path, flags, permissions))


def _hand_down(before: os.stat_result, file: BinaryIO) -> None:
    """Give a new file the owner, the group and the permissions of the file that it will replace."""
    if sys.platform == "win32":
        return
    mode, now = stat.S_IMODE(before.st_mode), os.fstat(file.fileno())
    try:
        if (before.st_uid, before.st_gid) != (now.st_uid, now.st_gid):
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
    except OSError:  # only root gives files away; then the group it has now may do no more than everybody
        mode = mode & ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    with suppress(OSError):  # some file systems have no permissions
        os.fchmod(file.fileno(), mode)


def _clear_up(target: str) -> None:
    """Delete the temporary files beside `target` whose writers have ended before they could."""
    folder, name = os.path.split(target)
    temporary = re.compile(re.escape(name) + r"\.[0-9a-f]{8}\.tmp")
    with suppress(OSError):  # a folder that may be written to, but not read
        for other in filter(temporary.fullmatch, os.listdir(folder)):
            delete_abandoned(os.path.join(folder, other))

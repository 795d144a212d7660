"""Locks on files, by which processes notice each other: the system releases them, however a process ends.

A file that says "I am here" would be left behind by a process that is killed; a lock is not. Where there are none, on
some network drives and in a browser, nobody is kept from anything.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["delete_abandoned", "lock", "sole_writer"]


def lock(file: BinaryIO, *, wait: bool) -> bool:
    """Lock an open file, for as long as it is open. Return False if another process, or this one, holds the lock.

    wait: wait until the other has released it. Windows needs no locks here: nobody can delete a file that is open.
    """
    if sys.platform == "win32":
        return True
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # in a browser
        return True
    try:
        flock(file, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # with any other, there are no locks on this drive
    return True


def delete_abandoned(path: str) -> None:
    """Delete a file that its writer held locked, unless it still does."""
    with suppress(OSError):  # it belongs to another user, or is open on Windows, or was deleted meanwhile
        if sys.platform == "win32":
            os.unlink(path)
            return
        with open(path, "rb+") as file:
            if lock(file, wait=False):
                os.unlink(path)  # with the lock: a writer that waits for it will see that its file is gone


@contextmanager
def sole_writer(path: str | os.PathLike[str]) -> Generator[None, None, None]:
    """Be the only one to write a file, or into a folder, in this block, among all who ask.

    The lock is on an empty file path.lock beside it, which the block deletes when it ends, and after a kill the next
    one does. Raises BlockingIOError, naming `path`, if another process or thread is in such a block.
    """
    name = f"{os.path.realpath(path)}.lock"
    while True:
        file = _opened(name)
        if file is None or not lock(file, wait=False):
            if file is not None:
                file.close()
            raise BlockingIOError(errno.EAGAIN, "another process is writing it at this moment", os.fspath(path))
        if sys.platform == "win32" or _is_at(name, file):
            break
        file.close()  # the one who had the lock before has deleted it
    with file:
        try:
            yield
        finally:
            if sys.platform != "win32":
                with suppress(OSError):
                    os.unlink(name)


def _opened(name: str) -> BinaryIO | None:
    """Open a lock file, made if there is none. On Windows, where it vanishes when closed: None if there is one."""
    if sys.platform != "win32":
        return open(name, "ab")
    try:
        return open(name, "xb", opener=lambda path, flags: os.open(path, flags | os.O_TEMPORARY))
    except (FileExistsError, PermissionError):
        return None


def _is_at(name: str, file: BinaryIO) -> bool:
    """Return True if this open file is the one that has this name now."""
    try:
        return os.path.samestat(os.stat(name), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False

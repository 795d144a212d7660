"""Locks on files, by which processes notice each other: the system releases them, however a process ends.

A file that says "I am here" would be left behind by a process that is killed; a lock is not. Where there are none, on
some network drives and in a browser, nobody is kept from anything.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["delete_abandoned", "lock", "sole_writer"]


def lock(file: BinaryIO, *, wait: bool) -> bool | None:
    """Lock an open file, for as long as it is open. Return False if another process, or this one, holds the lock, and
    None where there are no locks.

    wait: wait until the other has released it. Windows needs no locks here: nobody can delete a file that is open. In a
    browser every lock is granted, to all at once, and so says nothing.
    """
    if sys.platform == "win32" or sys.platform == "emscripten":
        return None
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return None
    try:
        flock(file, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EACCES) else None  # others: no locks on this drive
    return True


def delete_abandoned(path: str) -> None:
    """Delete a file that its writer held locked, unless it still does, or nobody can know."""
    with suppress(OSError):  # it belongs to another user, or is open on Windows, or was deleted meanwhile
        if sys.platform == "win32":
            os.unlink(path)
            return
        with open(path, "rb+") as file:
            if lock(file, wait=False):
                os.unlink(path)  # with the lock: a writer that waits for it will see that its file is gone


@contextmanager
def sole_writer(path: str | os.PathLike[str], wait: Callable[[], None] | None = None) -> Generator[None, None, None]:
    """Be the only one to write a file in this block, among all who ask.

    wait: called again and again while another process or thread is in such a block; it sleeps for a moment. Without it,
    BlockingIOError is raised, naming `path`.
    The lock is on an empty file path.lock, which the block deletes when it ends, and after a kill the next one does.
    """
    name = f"{os.path.realpath(path)}.lock"
    file = _locked(name)
    while file is None:
        if wait is None:
            raise BlockingIOError(errno.EAGAIN, "another process is writing it at this moment", os.fspath(path))
        wait()
        file = _locked(name)
    with file:
        try:
            yield
        finally:
            if sys.platform != "win32" and _is_empty(name):  # not one of somebody else, which happens to be called so
                with suppress(OSError):
                    os.unlink(name)


def _locked(name: str) -> BinaryIO | None:
    """Open a lock file, made if there is none, and lock it. Return None if another has it."""
    while True:
        file = _opened(name)
        if file is None:
            return None
        if lock(file, wait=False) is False:
            file.close()
            return None
        if sys.platform == "win32" or _is_at(name, file):
            return file
        file.close()  # the one who had the lock before has deleted it


def _opened(name: str) -> BinaryIO | None:
    """Open a lock file, made if there is none. On Windows, where it vanishes when closed: None if there is one."""
    if sys.platform != "win32":  # without waiting: to open a pipe may take for ever
        return open(name, "ab", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK, 0o666))
    try:
        return open(name, "xb", opener=lambda path, flags: os.open(path, flags | os.O_TEMPORARY))
    except (FileExistsError, PermissionError):
        return None


def _is_empty(name: str) -> bool:
    """Return True if there is an empty file with this name, and no link, pipe or folder."""
    try:
        found = os.lstat(name)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and not found.st_size


def _is_at(name: str, file: BinaryIO) -> bool:
    """Return True if this open file is the one that has this name now."""
    try:
        return os.path.samestat(os.stat(name), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False

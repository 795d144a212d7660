"""Write a file whole or not at all, so that a crash halfway leaves no half model behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["atomic_write", "check_writable"]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """Yield a binary file that takes the place of `path` when the block ends well, and is deleted when it does not.

    The bytes go to a temporary name in the same folder (a rename is atomic only within one file system), are forced to
    the disk, and only then renamed over `path`. A link at `path` is followed: the file it leads to is replaced.
    Raises OSError where the folder cannot be written to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(os.path.join(folder, "model")) as file:
    ...         _ = file.write(b"all of it")
    ...         print("model" in os.listdir(folder))
    ...     print(os.listdir(folder))
    False
    ['model']
    """
    target = os.path.realpath(path)
    # Not tempfile: it makes files that only their owner can read, and a renamed file keeps its permissions.
    temporary = f"{target}.{os.urandom(4).hex()}.tmp"
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # after the close: Windows renames no open file
    except BaseException:  # Ctrl-C too
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that writing `path` would end in, by beginning to: no such folder, no permission, no space."""
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "is a folder, expected a file's name", os.fspath(path))
    probe = f"{os.path.realpath(path)}.{os.urandom(4).hex()}.tmp"
    try:
        open(probe, "xb").close()
        os.unlink(probe)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write here: {error.strerror}", os.fspath(path)) from None

"""Atomic writing of files: a crash halfway leaves the old file, or none, but never half a model."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import BinaryIO

__all__ = ["atomic_write", "check_writable"]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """Yield a binary file that replaces `path` when the block ends, or is deleted when the block raises.

    The bytes go to a temporary file in the same folder (a rename is atomic only within one file system), which is
    flushed to disk and then renamed to `path`. If `path` is a link, the file that it points to is replaced.
    Raises OSError if the folder cannot be written to.

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
    # Not tempfile: only the owner can read its files, and a renamed file keeps its permissions.
    temporary = f"{target}.{os.urandom(4).hex()}.tmp"
    check_writable(path)  # whose error names `path`, and not the temporary file
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)  # after the close: Windows cannot rename an open file
    except BaseException:  # Ctrl-C too
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise the OSError that writing `path` would raise: no such folder, no permission, no space.

    Creates and deletes an empty file beside it. Call it before long work whose result goes to `path`.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "is a folder, expected a file", os.fspath(path))
    probe = f"{os.path.realpath(path)}.{os.urandom(4).hex()}.tmp"
    try:
        open(probe, "xb").close()
        os.unlink(probe)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write here: {error.strerror}", os.fspath(path)) from None

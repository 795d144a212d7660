"""Commands as the user would type them, so that one that is shown can be copied and run.

purenn can be started in many ways: `purenn`, `python3 -m purenn`, `python3 purenn.pyz`, or by the path of one of
these or of the folder. A command that is shown begins as the one that was typed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from purenn.registry import plugins

__all__ = ["USUAL", "beginning", "command"]

USUAL = ["python3", "-m", "purenn"]  # in a program that calls `main`


def command(*words: object) -> str:
    """Return a command with these words, quoted where a shell needs it. In IDLE, where there may be no shell, it is a
    call: cli.main(['evaluate', 'xor.safetensors']).

    >>> command("evaluate", "xor.safetensors")
    'python3 -m purenn evaluate xor.safetensors'
    """
    if "idlelib.run" in sys.modules:  # the part of IDLE that runs programs
        return f"cli.main({[str(word) for word in words]})"
    original: list[str] = getattr(sys, "orig_argv", [])  # which Python 3.9 does not have
    loaded = [word for plugin in plugins for word in ("--plugin", plugin)]
    files = [f"{os.curdir}{os.sep}{w}" if isinstance(w, Path) and str(w).startswith("-") else str(w) for w in words]
    typed = [*beginning(sys.argv, original), *loaded, *files]
    return subprocess.list2cmdline(typed) if sys.platform == "win32" else shlex.join(typed)


def beginning(arguments: Sequence[str], original: Sequence[str]) -> list[str]:
    """Return the words with which purenn was started, before its own arguments.

    arguments: `sys.argv`. original: `sys.orig_argv`, which holds those of Python too; empty before Python 3.10.
    """
    program = Path(arguments[0])
    is_module = program.parts[-2:] == ("purenn", "__main__.py")
    if program.name in ("purenn", "purenn.exe") and not program.is_dir():  # installed
        return [_shortest(arguments[0])]
    is_folder = (program / "__main__.py").is_file()
    if not is_module and not is_folder and program.suffix not in (".pyz", ".zip"):
        return USUAL
    python = original[0] if original else sys.executable
    rest = list(original[1 : len(original) - len(arguments) + 1])
    return [_shortest(python), *(rest or (["-m", "purenn"] if is_module else [arguments[0]]))]


def _shortest(program: str) -> str:
    """Return the name of a program without its folder if the shell finds it so."""
    name = Path(program).name
    found = shutil.which(name)
    return name if found and os.path.splitext(found)[0] == os.path.splitext(os.path.abspath(program))[0] else program

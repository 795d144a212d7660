"""The command line, as `python -m purenn` or, once it is installed, as `purenn`."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> int:
    """Run the command line and return its exit code.

    The modules are imported here, so that Ctrl-C ends their loading without a traceback too.
    """
    try:
        from purenn.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())

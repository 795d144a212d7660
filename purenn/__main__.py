"""`python -m purenn` is the command line, and so is `purenn` once it is installed."""

from __future__ import annotations

import sys

__all__ = ["run"]


def run() -> int:
    """Run the command of this process. The modules are loaded here, so that Ctrl-C ends that quietly too."""
    try:
        from purenn.cli import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(run())

"""The command line."""

from purenn.cli.main import main

__all__ = ["main"]

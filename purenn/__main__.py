"""The command line: `python -m purenn`, `python purenn`, `python purenn.pyz`, and `purenn` once it is installed."""

# Python 2.7 has to be able to read this file, as purenn/__init__.py, which tells the user that it is too old.
import os
import signal
import sys

__all__ = ["run"]

if not __package__ and os.path.exists(os.path.join(sys.path[0], "__init__.py")):
    # The folder was run as a script: `python purenn`. Modules are to be found beside it, and not in it.
    sys.path[0] = os.path.dirname(os.path.abspath(sys.path[0]))


def run():  # type: () -> int
    """Run the command line and return its exit code.

    The modules are imported here, so that Ctrl-C ends their loading without a traceback too.
    """
    try:
        _load()
        from purenn.cli import answering_signals, main

        with answering_signals():
            return main()
    except KeyboardInterrupt:
        return 130
    except ImportError as error:
        if sys.version_info < (3, 9):
            sys.exit(str(error))  # says which version is needed
        raise


def _load():  # type: () -> None
    """Load the command line. Ctrl-C ends the process meanwhile, as it does with other programs: nothing is lost yet."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        pass
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(run())

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

    The modules are imported here. Meanwhile Ctrl-C ends the process as SIGTERM does, without a traceback: nothing is
    lost yet.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        from purenn.cli import answering_signals, main, status_of
    except ImportError as error:
        if sys.version_info < (3, 9):
            sys.exit(str(error))  # says which version is needed
        raise
    try:
        with answering_signals():
            return main()
    except KeyboardInterrupt as interrupt:  # before a command begins, or after it
        return status_of(interrupt)


if __name__ == "__main__":
    sys.exit(run())

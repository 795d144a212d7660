"""Registries: definitions that can be found by their names, and plugins that add to them.

Nine kinds of definitions can be added to purenn: activations, losses, layers, optimizers, schedules, engines, data
sets, readers of own data and commands. The module that defines a kind has a registry of it and, for most, a function
`register` that adds to it. The library registers its own definitions in the same way as another program does. A
registered name is known everywhere at once: in `fit`, on the command line and in its help, in the gradient check and in
saved files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Generic, TypeVar
from zlib import crc32

from purenn.errors import closest

__all__ = ["Registry", "load_plugin", "plugins"]

Entry = TypeVar("Entry")


_undo: list[Callable[[], Callable[[], None]]] = []  # of every registry, for a plugin that fails half-way


class Registry(Generic[Entry]):
    """Definitions of one kind by name, in the order in which they were added.

    >>> colors: Registry[str] = Registry("color")
    >>> colors.add("red", "#ff0000")
    >>> colors["red"], list(colors), "blue" in colors
    ('#ff0000', ['red'], False)
    >>> colors["blue"]
    Traceback (most recent call last):
    ValueError: no color is called 'blue'; there are: red
    """

    def __init__(self, kind: str, elsewhere: Mapping[str, str] | None = None) -> None:
        """Make an empty registry. `kind` is the word for an entry in error messages, `elsewhere` has the names here by
        those of other libraries: whoever asks for one of these is told the name."""
        self.kind, self.elsewhere = kind, elsewhere or {}
        self._entries: dict[str, Entry] = {}
        _undo.append(self._remember)

    def _remember(self) -> Callable[[], None]:
        """Return a function that restores the entries there are now."""
        entries = dict(self._entries)

        def restore() -> None:
            self._entries = entries

        return restore

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry. Raises ValueError if the name is empty or already taken."""
        if not name:
            raise ValueError(f"the {self.kind} {entry!r} needs a name")
        if name in self._entries:
            raise ValueError(f"another {self.kind} is called {name!r} already; remove({name!r}) makes room")
        self._entries[name] = entry

    def remove(self, name: str) -> None:
        """Remove the entry with this name. Raises ValueError if there is none."""
        self[name]
        del self._entries[name]

    def __getitem__(self, name: str) -> Entry:
        """Return the entry with this name. Raises ValueError, listing all names, if there is none."""
        if name not in self._entries:
            raise self.unknown(name)
        return self._entries[name]

    def unknown(self, name: str, known: Iterable[str] | None = None) -> ValueError:
        """Return the error for an unknown name, which lists the `known` ones and says which may be meant. Default: the
        names here are known."""
        names = [*(self._entries if known is None else known)]
        meant = closest(name, [*names, *self.elsewhere])
        hint = f"; did you mean {self.elsewhere.get(meant, meant)}?" if meant else ""
        return ValueError(f"no {self.kind} is called {name!r}; there are: {', '.join(names)}{hint}")

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def values(self) -> list[Entry]:
        """Return all entries."""
        return list(self._entries.values())

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}: {', '.join(self._entries)})"


plugins: list[str] = []  # loaded by `load_plugin`, in order; a new worker process must load them too


def load_plugin(name: str) -> None:
    """Run a Python file, if the name ends in ".py", or import a module. It then registers its own definitions.

    A plugin that is loaded already is not run again. Raises ImportError, naming the plugin and the reason, if it cannot
    be loaded or fails.
    """
    is_file = name.endswith(".py")
    plugin = os.path.abspath(name) if is_file else name
    if plugin in plugins:
        return
    restores = [remember() for remember in _undo]
    try:
        if is_file:
            _run_file(plugin)
        else:
            import_module(name)
    except (Exception, SystemExit) as error:
        for restore in restores:  # what it has registered so far would be in the way of another try
            restore()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise ImportError(f"cannot load the plugin {name}: {reason}") from error
    plugins.append(plugin)


def _run_file(path: str) -> None:
    """Run a Python file as a module. Its name is the same in all processes, because pickled objects refer to it."""
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)  # without the __future__ imports of this file
    stem = os.path.splitext(os.path.basename(path))[0]
    module = ModuleType(f"plugin_{stem}_{crc32(os.fsencode(path)):08x}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # before it runs, because dataclasses look up their module there
    try:
        exec(code, vars(module))
    except BaseException:
        del sys.modules[module.__name__]
        raise

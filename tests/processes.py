"""Processes that belong together, as Linux tells of them in /proc."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["emptied", "members"]


def members(leader: int) -> list[int]:
    """The processes of a group that have not ended, in the order they were started."""
    found: list[tuple[int, int]] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # what comes after the program's name
        except OSError:  # it has ended while we looked
            continue
        if fields[0] != "Z" and int(fields[2]) == leader:
            found.append((int(fields[19]), int(stat.parent.name)))
    return [pid for _, pid in sorted(found)]


def emptied(leader: int, seconds: float = 60.0) -> bool:
    """Wait until all processes of the group have ended, at most this time. False if some have not."""
    end = time.monotonic() + seconds
    while members(leader) and time.monotonic() < end:
        time.sleep(0.02)
    return not members(leader)

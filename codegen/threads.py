"""How many threads a call uses that does not say so itself: what the user set, else what the process may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from convt._derive import ArgumentError

MOST = 1024
GROUPS = "proc/self/cgroup"  # lines of number:controllers:path; version 2 names no controllers


def cores() -> int:
    """``$CONVT_THREADS``, else ``$OMP_NUM_THREADS``, else the processors of this process, no more than its container's quota.

    Raises ``ArgumentError`` for a ``$CONVT_THREADS`` that is no such number. ``$OMP_NUM_THREADS`` is for other programs too:
    what is no such number there is passed over.
    """
    if asked := os.environ.get("CONVT_THREADS", ""):
        if (count := _number(asked)) is None:
            raise ArgumentError("CONVT_THREADS", asked, f"must be a whole number from 1 to {MOST}, or unset",
                                MOST if asked.isdecimal() and asked.strip("0") else 1)
        return count
    first, _, _ = os.environ.get("OMP_NUM_THREADS", "").partition(",")  # one number for each level of nesting
    return _number(first) or min(MOST, len(os.sched_getaffinity(0)), quota() or MOST)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST else None


@cache
def quota(root: str = "/") -> int | None:
    """Processors whose time the container may use, rounded up; None without a limit. ``root``: of the file system."""
    shares = []
    for line in _read(Path(root, GROUPS)).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            shares += _shares(Path(root, "sys/fs/cgroup"), path)
        elif "cpu" in controllers.split(","):
            shares += _shares(Path(root, "sys/fs/cgroup/cpu"), path)
    return min((max(1, -(-used // period)) for used, period in shares), default=None)


def _shares(mount: Path, path: str) -> list[tuple[int, int]]:
    """(microseconds, of so many) of a group and of all that it is in, version 2 or 1. In a container the mount is the group."""
    found = []
    group = mount / path.strip("/")
    for folder in (group, *group.parents):
        words = _read(folder / "cpu.max").split() or [_read(folder / f"cpu.cfs_{kind}_us").strip() for kind in ("quota", "period")]
        if len(words) == 2 and all(word.isdecimal() for word in words) and int(words[1]):
            found.append((int(words[0]), int(words[1])))
        if folder == mount:
            break
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""

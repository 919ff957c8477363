"""How many threads a call uses that does not say so itself: what the user set, else what the process may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from convt._derive import ArgumentError

MOST = 1024


def cores() -> int:
    """``$CONVT_THREADS``, else ``$OMP_NUM_THREADS``, else the processors of this process, no more than its container's quota.

    Raises ``ArgumentError`` for a ``$CONVT_THREADS`` that is no such number; other programs read ``$OMP_NUM_THREADS`` too,
    so what is none there is passed over.
    """
    if asked := os.environ.get("CONVT_THREADS", ""):
        if (count := _number(asked)) is None:
            raise ArgumentError("CONVT_THREADS", asked, f"must be a whole number from 1 to {MOST}, or unset", MOST if asked.isdecimal() and int(asked) else 1)
        return count
    first, _, _ = os.environ.get("OMP_NUM_THREADS", "").partition(",")  # one number for each level of nesting
    return _number(first) or min(MOST, len(os.sched_getaffinity(0)), quota() or MOST)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST else None


@cache
def quota(root: str = "/") -> int | None:
    """Whole processors that the container's time suffices for, rounded up; None without a quota. ``root``: of the file system."""
    shares = []
    for line in _read(Path(root, "proc/self/cgroup")).splitlines():
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        names = controllers.split(",")
        if controllers == "" or "cpu" in names:
            for mount in ("sys/fs/cgroup/unified", "sys/fs/cgroup") if controllers == "" else (f"sys/fs/cgroup/{controllers}", "sys/fs/cgroup/cpu"):
                shares += _shares(Path(root, mount), path)
    return min((max(1, -(-used // period)) for used, period in shares), default=None)


def _shares(mount: Path, path: str) -> list[tuple[int, int]]:
    """(microseconds, of so many) of a group and all that it is in; inside a container its own group is the mount itself."""
    found = []
    group = mount / path.strip("/")
    for folder in (group, *group.parents):
        words = _read(folder / "cpu.max").split() or [_read(folder / f"cpu.cfs_{kind}_us").strip() for kind in ("quota", "period")]
        if len(words) == 2 and all(word.isdigit() for word in words) and int(words[1]):
            found.append((int(words[0]), int(words[1])))
        if folder == mount:
            break
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""

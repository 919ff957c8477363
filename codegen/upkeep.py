"""Keeping a store tidy: what killed processes left, what it holds, what nobody can use any more."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from .private import Damaged, read
from .store import KEY, Store, remove

WEEK = 7 * 86400.0
OLD_FORM = 3600.0  # seconds after which folders that other versions of this tool left are nobody's
KEPT = 4  # damaged entries that stay, for somebody to look at
_OURS = re.compile(r"new-[0-9a-f]{16}")


@dataclass(frozen=True)
class Held:
    """An entry as ``convt store`` lists it. ``age`` in seconds, ``size`` in bytes; ``generator`` made it."""

    key: str
    kernel: str
    age: float
    size: int
    compiler: str
    generator: str


def sweep(store: Store, all: bool = False) -> int:
    """Remove what nobody holds: unfinished folders of processes that ended, and damaged entries but the last few of a week.

    ``all``: damaged entries go too. The number removed.
    """
    removed, damaged = 0, []
    for path in _paths(store.root):
        with suppress(OSError):
            status = path.lstat()
            if status.st_uid != os.geteuid():
                continue
            if path.name.startswith("corrupt-"):
                damaged.append((status.st_ctime, path))
            elif path.name.startswith("new-") and (_OURS.fullmatch(path.name) or time() - status.st_mtime > OLD_FORM):
                with store.locks.tried(path.name[4:]) as free:
                    if free:
                        remove(path)
                        removed += 1
    damaged.sort(reverse=True)
    for number, (changed, path) in enumerate(damaged):
        if all or number >= KEPT or time() - changed > WEEK:
            remove(path)
            removed += 1
    return removed


def held(store: Store) -> Iterator[Held]:
    """What the store holds, as its own notes say it; nothing is checked."""
    for path in _paths(store.root):
        if KEY.fullmatch(path.name):
            manifest, certificate = _note(path / "manifest.json"), _note(path / "certificate.json")
            yield Held(path.name, str(manifest.get("kernel", "damaged")), _age(path), sum(_size(item) for item in _paths(path)),
                       str(certificate.get("compiler", "unknown")), str(certificate.get("generator_sha256", "")))


def prune(store: Store, unwanted: Callable[[Held], bool]) -> list[Held]:
    """Remove entries that nobody is building now; returns those removed."""
    gone = []
    for entry in list(held(store)):
        if unwanted(entry):
            with store.locks.tried(entry.key) as free:
                if free:
                    with store.staging() as folder, suppress(OSError):
                        os.rename(store.root / entry.key, folder / "entry")  # at once, for those who look for it
                        gone.append(entry)
    return gone


def _paths(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _note(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read(path, 1 << 22))
    except (OSError, Damaged, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _age(path: Path) -> float:
    try:
        return max(0.0, time() - path.lstat().st_mtime)
    except OSError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0

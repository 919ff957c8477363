"""Files that only this user (or root) could have written: opened once, without following links, checked, then read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # a FIFO or a device blocks nobody


class Damaged(Exception):
    """A file or folder is not what its writer left there; the text says why."""


def demand_private(status: os.stat_result, name: str) -> None:
    """Raises ``Damaged`` for what another user owns or can write."""
    if status.st_uid not in (os.geteuid(), 0):
        raise Damaged(f"{name} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Damaged(f"{name} can be written by others; chmod 700 it")


def open_folder(path: Path) -> int:
    """Descriptor of a private folder. Raises ``Damaged``, or ``OSError`` where it is no folder."""
    handle = os.open(path, READ | os.O_DIRECTORY)
    try:
        demand_private(os.fstat(handle), path.name)
    except Damaged:
        os.close(handle)
        raise
    return handle


def read(path: str | Path, most: int, folder: int | None = None) -> bytes:
    """All of a private regular file of at most ``most`` bytes; ``folder`` is the descriptor that ``path`` starts from.

    Raises ``Damaged``, or ``OSError`` where it cannot be opened.
    """
    with os.fdopen(os.open(path, READ, dir_fd=folder), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Damaged(f"{path} is no regular file")
        demand_private(status, str(path))
        if status.st_size > most:
            raise Damaged(f"{path} is larger than {most} bytes")
        return file.read(status.st_size)


def write(path: Path, data: bytes) -> None:
    """A new private file."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)

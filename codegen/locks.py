"""Locks by name among all processes of a store: a byte of one file for each name, held until its process ends."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import stat
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

SET = getattr(fcntl, "F_OFD_SETLK", 37)  # the lock belongs to what was opened, so threads of a process exclude each other too
_open: set[int] = set()


def _in_child() -> None:
    for handle in _open:  # or the child would hold what its parent locked for as long as it lives
        with suppress(OSError):
            os.close(handle)
    _open.clear()


os.register_at_fork(after_in_child=_in_child)


class Locks:
    """The locks of one file, which is made when it is needed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self, names: Iterable[str], waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold all of them. They are taken in one order by everybody, so nobody waits in a circle.

        ``waiting()`` is called now and then; what it raises ends the waiting.
        """
        handle = self._opened()
        try:
            pause = 0.005
            for place in sorted(map(_place, set(names))):
                while not _take(handle, place):
                    waiting()
                    sleep(pause)
                    pause = min(2 * pause, 0.1)
            yield
        finally:
            self._closed(handle)

    @contextmanager
    def tried(self, name: str) -> Iterator[bool]:
        """Whether it was free; if so it is held."""
        handle = self._opened()
        try:
            yield _take(handle, _place(name))
        finally:
            self._closed(handle)

    def keep(self, name: str) -> None:
        """Hold it until this process ends."""
        _take(self._opened(), _place(name))

    def _opened(self) -> int:
        """What lies there and is no regular file goes out of the way."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(100):
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
                if stat.S_ISREG(os.fstat(handle).st_mode):
                    _open.add(handle)
                    return handle
                os.close(handle)
            except OSError as error:
                if error.errno not in (errno.EISDIR, errno.ELOOP, errno.ENXIO):  # a folder, a link, a socket
                    raise
            with suppress(FileNotFoundError):
                os.rename(self.path, self.path.with_name(f"corrupt-{secrets.token_hex(8)}"))
        raise OSError(f"{self.path} cannot be opened for locking")

    @staticmethod
    def _closed(handle: int) -> None:
        _open.discard(handle)
        with suppress(OSError):
            fcntl.fcntl(handle, SET, _range(fcntl.F_UNLCK, 0, 0))  # also where a fork of this process has it open
        os.close(handle)


def _place(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:14], 16)


def _take(handle: int, place: int) -> bool:
    try:
        fcntl.fcntl(handle, SET, _range(fcntl.F_WRLCK, place, 1))
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: somebody holds it
        return False
    return True


def _range(kind: int, place: int, length: int) -> bytes:
    return struct.pack("@hhqqi0q", kind, os.SEEK_SET, place, length, 0)

"""Where the kernel store is: ``$CONVT_STORE``, else ``$XDG_CACHE_HOME/convt``, else ``~/.cache/convt``.

One that cannot be used is replaced by a temporary one, with a notice. One that can only be read serves what it holds.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from time import time
from typing import Any

from .errors import StoreFailed
from .private import Damaged, demand_private
from .store import Entry, Store, notice
from .upkeep import sweep

PREFIX = "convt-store-"
YOUNG = 60.0  # seconds in which a temporary store may not be locked yet


def open_store() -> Store:
    """The store of this user."""
    return _store_at(wanted(), os.getpid())


def wanted() -> str:
    """The folder that the environment asks for; empty where no home folder is known."""
    if asked := os.environ.get("CONVT_STORE"):
        folder = os.path.expanduser(asked) if os.path.isabs(os.environ.get("HOME", "/")) else asked
        return "" if folder.startswith("~") else folder
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(cache):
        return os.path.join(cache, "convt")
    home = os.environ.get("HOME", "")
    if not os.path.isabs(home):
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return ""
    return os.path.join(home, ".cache", "convt") if os.path.isabs(home) else ""


@cache
def _store_at(path: str, process: int) -> Store:
    if not path:
        return temporary("no home folder is known here; CONVT_STORE names another place")
    try:
        root = Path(path).absolute()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        demand_private(root.stat(), str(root))
        os.listdir(root)
        if noexec(root):
            raise Damaged("code on it may not be run: it is mounted noexec")
    except (OSError, ValueError, Damaged) as error:
        return temporary(f"the kernel store {path} cannot be used ({error})")
    try:
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError:
        return ReadOnlyStore(root)
    store = Store(root)
    sweep(store)
    return store


class ReadOnlyStore(Store):
    """Serves what it holds; what is missing goes to a temporary store, which is made when it is needed."""

    writable = False

    @cached_property
    def spare(self) -> Store:
        """The temporary store."""
        return temporary(f"the kernel store {self.root} can only be read")

    def get(self, key: str, kernel: str | None = None) -> Entry | None:
        found = super().get(key, kernel)
        return self.spare.get(key, kernel) if found is None and "spare" in vars(self) else found

    def set_aside(self, key: str, status: os.stat_result, reason: str) -> bool:
        notice(f"store entry {key[:12]} is damaged ({reason}), and the store can only be read")
        return True

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with self.spare.staging() as folder:
            yield folder

    def lock(self, keys: Sequence[str], waiting: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        return self.spare.lock(keys, waiting)

    def put(self, key: str, module: str, kernel: str, files: dict[str, bytes], certificate: dict[str, Any]) -> Entry:
        return self.spare.put(key, module, kernel, files, certificate)


def temporary(reason: str) -> Store:
    """A store for this process only: removed when it ends, or by the next one that needs one. Raises ``StoreFailed``."""
    for place in dict.fromkeys((_temporary_folder(), "/var/tmp", "/dev/shm")):
        try:
            if place is None or noexec(Path(place)):
                continue
            _sweep_temporary(Path(place))
            store = Store(Path(tempfile.mkdtemp(prefix=PREFIX, dir=place)))
            store.locks.keep("in use")
        except OSError:
            continue
        atexit.register(_remove, store.root, os.getpid())
        notice(f"{reason}; kernels go to {store.root}, for this process only")
        return store
    raise StoreFailed(f"{reason}, and no temporary folder can hold code: set CONVT_STORE or TMPDIR to one that is not mounted noexec")


def _temporary_folder() -> str | None:
    try:
        return tempfile.gettempdir()
    except OSError:
        return None


def _sweep_temporary(place: Path) -> None:
    """Temporary stores whose processes were killed."""
    for root in place.glob(f"{PREFIX}*"):
        with suppress(OSError, Damaged):
            status = root.lstat()
            demand_private(status, str(root))
            if status.st_uid != os.geteuid() or time() - status.st_mtime < YOUNG or root.is_symlink():
                continue
            with Store(root).locks.tried("in use") as free:
                if free:
                    shutil.rmtree(root, ignore_errors=True)


def _remove(root: Path, process: int) -> None:
    if os.getpid() == process:  # a fork of the owner leaves it
        shutil.rmtree(root, ignore_errors=True)


def noexec(folder: Path) -> bool:
    """Whether the file system says that code on it may not be run."""
    return bool(os.statvfs(folder).f_flag & os.ST_NOEXEC)

"""The kernel store: folders named by what went into them, published by one atomic rename, checked at every load.

``$CONVT_STORE`` moves it (default: ``$XDG_CACHE_HOME/convt`` or ``~/.cache/convt``). Folders are private to the user;
nothing that another user could have written is loaded.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A published kernel: its folder and its manifest."""

    folder: Path
    module: str
    kernel: str
    files: dict[str, str]

    @property
    def library(self) -> Path:
        """The shared object."""
        return self.folder / next(name for name in self.files if name.endswith((".so", ".dylib")))

    @property
    def source(self) -> str:
        """The generated source."""
        return (self.folder / f"{self.module}.pyx").read_text(encoding="utf-8")

    @property
    def certificate(self) -> dict[str, Any]:
        """What was proved and checked before it was published."""
        return dict(json.loads((self.folder / "certificate.json").read_text()))


class Store:
    """A folder of entries. Use ``open_store()``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, key: str) -> Entry | None:
        """The entry, if it is there and every digest agrees; a corrupt one is set aside and reported as missing."""
        folder = self.root / key
        try:
            manifest = json.loads((folder / "manifest.json").read_text())
            entry = Entry(folder, manifest["module"], manifest["kernel"], manifest["files"])
            _demand_private(folder)
            if all(digest((folder / name).read_bytes()) == sha for name, sha in entry.files.items()):
                return entry
        except FileNotFoundError:
            if not folder.exists():
                return None
        except (ValueError, KeyError, TypeError, PermissionError):
            pass
        self.set_aside(key)
        return None

    def set_aside(self, key: str) -> None:
        """Move a corrupt entry out of the way, for somebody to look at."""
        with tempfile.TemporaryDirectory(dir=self.root, prefix="corrupt-") as place:
            pass
        try:
            os.rename(self.root / key, place)
            _notice(f"store entry {key[:12]} was damaged; it now lies in {place} and will be rebuilt")
        except FileNotFoundError:
            pass

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A private folder on the same file system; whatever is left of it at the end is removed."""
        folder = Path(tempfile.mkdtemp(dir=self.root, prefix="new-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """One builder a key among all processes; the lock ends with its holder, however that ends."""
        with open(self.root / f"lock-{key[:2]}", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def put(self, key: str, module: str, kernel: str, files: dict[str, Path], certificate: dict[str, Any]) -> Entry:
        """Publish an entry by one rename. ``files`` are linked (or copied) under their names."""
        with self.staging() as place:
            folder = place / "entry"
            folder.mkdir(mode=0o700)
            for name, path in files.items():
                try:
                    os.link(path, folder / name)
                except OSError:
                    shutil.copyfile(path, folder / name)
            (folder / "certificate.json").write_text(json.dumps(certificate, indent=1))
            names = [*files, "certificate.json"]
            digests = {name: digest((folder / name).read_bytes()) for name in names}
            manifest = {"module": module, "kernel": kernel, "files": digests}
            (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
            try:
                os.rename(folder, self.root / key)
            except OSError:
                if self.get(key) is None:  # somebody published a damaged one meanwhile: it is set aside by now
                    os.rename(folder, self.root / key)
        entry = self.get(key)
        assert entry is not None
        return entry


def open_store() -> Store:
    """The store of this user. One that cannot be written is replaced by a temporary one, with a notice."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return _store_at(os.environ.get("CONVT_STORE") or os.path.join(home, "convt"), os.getpid())


@cache
def _store_at(path: str, process: int) -> Store:
    root = Path(path).absolute()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _demand_private(root)
        with tempfile.TemporaryFile(dir=root):
            pass
    except (OSError, PermissionError) as error:
        root = Path(tempfile.mkdtemp(prefix="convt-store-"))
        _notice(f"the kernel store {path} cannot be used ({error}); kernels go to {root}, for this process only")
    return Store(root)


def _demand_private(folder: Path) -> None:
    status = folder.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{folder} can be written by others; chmod 700 it")


def digest(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def _notice(text: str) -> None:
    print(f"convt: {text}", file=sys.stderr)

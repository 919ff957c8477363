"""The kernel store: folders named by what went into them, published by one atomic rename, checked at every load.

Folders are private to the user; nothing that another user could have written is loaded. An entry names its key and its
kernel and holds digests of its files; what was digested is what is loaded. Whatever does not agree is set aside and
counts as missing, so damage ends in a new build. ``codegen/place.py`` says where the store is.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import StoreFailed
from .locks import Locks
from .private import Damaged, open_folder, read, write

HEADER = "convt_runtime.h"  # what sources include
PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)  # faults of the moment: they say nothing about an entry
MOST = {".json": 1 << 22, ".pyx": 1 << 26, ".h": 1 << 20}  # bytes; a library may have 2**30
KEY = re.compile(r"[0-9a-f]{40}(-alone)?")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")


@dataclass(frozen=True)
class Entry:
    """A published kernel: its folder and what its manifest says."""

    folder: Path
    module: str
    kernel: str
    files: dict[str, str]
    held: list[bytes] = field(default_factory=list, repr=False, compare=False)
    """The shared object as it was digested, until it is loaded."""

    @property
    def library(self) -> Path:
        """The shared object."""
        return self.folder / next(name for name in self.files if name.endswith((".so", ".dylib")))

    @property
    def source(self) -> str:
        """The generated source. Raises ``StoreFailed``, as ``certificate`` and ``binary`` do, if it was changed since."""
        return self.read(f"{self.module}.pyx").decode()

    @property
    def certificate(self) -> dict[str, Any]:
        """What was proved and checked before it was published."""
        return dict(json.loads(self.read("certificate.json")))

    def binary(self) -> bytes:
        """The bytes of the shared object."""
        try:
            return self.held.pop()
        except IndexError:
            return self.read(self.library.name)

    def read(self, name: str) -> bytes:
        """A file of the entry, as it was published."""
        try:
            return _agreeing(name, self.files[name], None, self.folder)
        except (Damaged, OSError) as error:
            raise StoreFailed(f"{self.folder / name} was changed or removed after {self.kernel} was loaded ({error}); "
                              "a new process builds it anew") from None


class Store:
    """A folder of entries. Use ``open_store()`` of ``codegen/place.py``."""

    writable = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks = Locks(root / "lock")

    def get(self, key: str, kernel: str | None = None) -> Entry | None:
        """The entry of that key, and of that kernel if one is named, if all agrees; otherwise it is set aside.

        Raises ``StoreFailed`` where this process cannot read anything at the moment.
        """
        for _ in range(5):
            try:
                status = os.lstat(self.root / key)
            except OSError:
                return None
            with ExitStack() as opened:  # closed last: while it is open no other folder has this inode
                try:
                    folder = open_folder(self.root / key)
                    opened.callback(os.close, folder)
                    return self._checked(key, kernel, folder)
                except OSError as error:
                    if error.errno in PASSING:
                        raise StoreFailed(f"the kernel store {self.root} cannot be read now: {error.strerror}") from error
                    reason = str(error)
                except (Damaged, ValueError, RecursionError) as error:
                    reason = str(error)
                if self.set_aside(key, status, reason):
                    return None
        return None

    def _checked(self, key: str, kernel: str | None, folder: int) -> Entry:
        manifest = json.loads(read("manifest.json", 1 << 20, folder))
        module, name, files = (manifest.get(word) if isinstance(manifest, dict) else None for word in ("module", "kernel", "files"))
        if not (isinstance(module, str) and module.isidentifier() and isinstance(name, str) and isinstance(files, dict)):
            raise Damaged("the manifest names no module, kernel or files")
        if manifest.get("key") != key or kernel not in (None, name):
            raise Damaged(f"the manifest is that of {manifest.get('kernel')} under key {str(manifest.get('key'))[:12]}")
        libraries = [file for file in files if file.endswith((".so", ".dylib"))]
        if len(libraries) != 1 or {f"{module}.pyx", "certificate.json", *libraries} != set(files) - {HEADER}:
            raise Damaged("the manifest lists other files than source, header, library and certificate")
        found = {file: _agreeing(file, sha, folder) for file, sha in files.items()}
        certificate = json.loads(found["certificate.json"])
        if not isinstance(certificate, dict) or certificate.get("kernel") != name:
            raise Damaged(f"the certificate is not that of {name}")
        return Entry(self.root / key, module, name, files, [found[libraries[0]]])

    def set_aside(self, key: str, status: os.stat_result, reason: str) -> bool:
        """Move what lies at the key out of the way, for somebody to look at, unless it is another file by now."""
        place = self.root / f"corrupt-{secrets.token_hex(8)}"
        try:
            os.rename(self.root / key, place)
            moved = os.lstat(place)
        except FileNotFoundError:
            return True
        except OSError as error:
            notice(f"store entry {key[:12]} is damaged ({reason}) and cannot be moved ({error.strerror})")
            return True
        if (moved.st_dev, moved.st_ino) != (status.st_dev, status.st_ino):  # somebody repaired it meanwhile
            try:
                os.rename(place, self.root / key)
            except OSError:
                remove(place)
            return False
        notice(f"store entry {key[:12]} was damaged ({reason}); it now lies in {place} and will be rebuilt")
        return True

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A private folder on the same file system; it is locked while it is in use and removed at the end."""
        name = secrets.token_hex(8)
        folder = self.root / f"new-{name}"
        with self._writing(), self.locks.held([name]):
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def lock(self, keys: Sequence[str], waiting: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        """One builder a key among all processes and threads; see ``Locks.held``."""
        return self.locks.held(keys, waiting)

    def put(self, key: str, module: str, kernel: str, files: dict[str, bytes], certificate: dict[str, Any]) -> Entry:
        """Publish an entry by one rename. Raises ``StoreFailed`` where the store cannot be written.

        ``files``: source, header and library under their names; ``certificate["kernel"]`` is the kernel.
        """
        files = {**files, "certificate.json": json.dumps(certificate, indent=1).encode()}
        digests = {name: digest(data) for name, data in files.items()}
        manifest = {"key": key, "module": module, "kernel": kernel, "files": digests}
        with self.staging() as place:
            folder = place / "entry"
            folder.mkdir(mode=0o700)
            for name, data in {**files, "manifest.json": json.dumps(manifest, indent=1).encode()}.items():
                write(folder / name, data)
            for attempt in range(5):
                try:
                    os.rename(folder, self.root / key)
                    break
                except OSError:  # something lies there: what another process published, or damage, which goes
                    if (found := self.get(key, kernel)) is not None:
                        return found
                    if attempt == 4:
                        raise
        library = next(data for name, data in files.items() if name.endswith((".so", ".dylib")))
        return Entry(self.root / key, module, kernel, digests, [library])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreFailed(f"the kernel store {self.root} cannot be written: {error}") from error


def _agreeing(name: str, sha: str, folder: int | None, parent: Path | None = None) -> bytes:
    """A file whose digest is this."""
    if not _FILE.fullmatch(name):
        raise Damaged(f"the manifest lists a file {name!r}")
    data = read(parent / name if parent else name, MOST.get(os.path.splitext(name)[1], 1 << 30), folder)
    if digest(data) != sha:
        raise Damaged(f"{name} is not what was published")
    return data


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all in it, as far as this user may."""
    with suppress(OSError):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
            return
        path.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)


def digest(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def notice(text: str) -> None:
    """A line on standard error."""
    print(f"convt: {text}", file=sys.stderr)

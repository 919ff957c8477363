"""Bytes → extension module: what was digested is what is loaded, whatever happens to the file meanwhile."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import count
from pathlib import Path
from typing import Any

_numbers = count()


def from_bytes(name: str, data: bytes, origin: str) -> Any:
    """The module ``name`` whose shared object is ``data``; ``origin`` is shown as its file. Raises ``ImportError``."""
    try:
        with _in_memory(data) as path:
            module = _load(name, path)
    except (AttributeError, OSError, ImportError):  # an old libc or kernel, no /proc, or memory that may not hold code
        with _in_file(data) as path:
            module = _load(name, path)
    module.__file__ = origin
    return module


def _load(name: str, path: str) -> Any:
    spec = spec_from_loader(name, ExtensionFileLoader(name, path))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A file without a name that nobody can change any more."""
    handle = os.memfd_create("convt", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(data)
        fcntl.fcntl(handle, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        # the loader takes equal paths for equal libraries, and descriptors are used again: spell each path anew
        spelling = "".join("./" if digit == "0" else "../fd/" for digit in f"{next(_numbers):b}")
        yield f"/proc/self/fd/{spelling}{handle}"
    finally:
        os.close(handle)


@contextmanager
def _in_file(data: bytes) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="convt-load-")
    try:
        path = Path(folder, "library.so")
        path.write_bytes(data)
        yield str(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)

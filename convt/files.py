"""Files that users name: regular ones, read whole and of bounded size, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import warnings
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

from convt._derive.errors import ArgumentError

MOST = 64 << 20  # bytes; the taps of a filter of float64 for 2048 channels


def read(argument: str, path: str | Path, most: int = MOST) -> bytes:
    """The content. ``ArgumentError`` for what is no regular file (a FIFO would never end), too large, or cannot be read."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ArgumentError(argument, str(path), "is no regular file")
            if status.st_size > most:
                raise ArgumentError(argument, str(path), f"has {status.st_size} bytes, and may have {most}")
            return file.read(status.st_size)
    except OSError as error:
        raise ArgumentError(argument, str(path), error.strerror or "cannot be read") from None
    except ValueError as error:  # a name with a zero byte, or one that the file system's encoding has not
        raise ArgumentError(argument, str(path), f"is no name of a file: {error}") from None


def write(path: str | Path, content: str | bytes) -> None:
    """Write a regular file at once: it is there as a whole, or as it was before.

    A link stays, and what it leads to is written. A file keeps its mode, a new one gets that of the umask. Raises
    ``ArgumentError`` as ``demand`` does.
    """
    target, mode = demand(path)
    temporary = target.with_name(f".convt-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
            file.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def demand(path: str | Path) -> tuple[Path, int | None]:
    """(what a link leads to, the mode of the file that is there) of a name that may be written.

    Raises ``ArgumentError`` for what is there and is no regular file: a folder, a device, a FIFO, a socket.
    """
    try:
        target = Path(path).resolve()
        mode: int | None = target.lstat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, RuntimeError, ValueError) as error:  # links that lead in a circle, a name that is too long
        raise ArgumentError("-o", str(path), f"cannot be a file: {error}") from None
    if mode is not None and not stat.S_ISREG(mode):
        raise ArgumentError("-o", str(path), "is a folder; name a file" if stat.S_ISDIR(mode) else
                            "is no regular file, and only those are written; without -o the output goes to standard output")
    if not target.parent.is_dir():
        raise ArgumentError("-o", str(path), f"there is no folder {target.parent}")
    return target, mode


def text(argument: str, path: str | Path) -> str:
    """The content as UTF-8."""
    try:
        return read(argument, path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArgumentError(argument, str(path), f"is not UTF-8 at byte {error.start}") from None


def array(argument: str, path: str | Path) -> Any:
    """The array of a .npy file; its header is compared with what is there before memory is taken, and nothing is unpickled."""
    import numpy as np

    content = read(argument, path)
    file = BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
        if header is None:
            raise ValueError(f"version {version[0]}.{version[1]} is neither 1.0 nor 2.0")
        with warnings.catch_warnings():  # headers that Python 2 wrote are none of the user's concern
            warnings.simplefilter("ignore")
            shape, by_columns, dtype = header(file)
        if dtype.hasobject:
            raise ValueError("it holds pickled objects")
        found, wanted = len(content) - file.tell(), prod(shape) * dtype.itemsize
        if found != wanted or any(length < 0 for length in shape):
            raise ValueError(f"its header promises {wanted} bytes, and {found} follow")
        return np.frombuffer(content, dtype, offset=file.tell()).reshape(shape, order="F" if by_columns else "C")
    except Exception as error:  # NumPy's reader of headers raises whatever its parser does
        raise ArgumentError(argument, str(path), f"is no .npy file: {str(error)[:200] or type(error).__name__}") from None

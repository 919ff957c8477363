"""Folders that a command writes into more than once: what it left there may be written anew, what anybody else left may not.

``SHA256SUMS`` beside the files, in the form of ``sha256sum``, tells the two apart.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from convt._derive.errors import ArgumentError

from . import files

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\n]+)")


def demand(folder: Path, names: Iterable[str]) -> None:
    """Raises ``ArgumentError`` where one of these files is there, and is not as a command left it."""
    if folder.exists() and not folder.is_dir():
        raise ArgumentError("-o", str(folder), "exists and is no folder")
    known = _known(folder)
    for name in names:
        if (folder / name).exists() and (name, _digest(files.read("-o", folder / name))) not in known:
            raise ArgumentError("-o", str(folder), f"{name} there is not as convt build left it, and would be lost; move it away, "
                                "or name another folder")


def certificates(folder: Path) -> list[dict[str, Any]]:
    """The certificates of kernels in a folder, as they were left there."""
    found = []
    for name, digest in sorted(_known(folder)):
        if name.endswith(".json") and (folder / name).exists():
            content = files.read("-o", folder / name)
            if _digest(content) == digest:
                found.append(json.loads(content))
    return found


def put(folder: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write these files, each at once, and note them. Raises ``ArgumentError`` before the first would replace somebody else's."""
    demand(folder, contents)
    folder.mkdir(parents=True, exist_ok=True)
    new = {(name, _digest(content)) for name, content in contents.items()}
    old = {(name, digest) for name, digest in _known(folder) if (folder / name).exists()}
    files.write(folder / SUMS, _sums(old | new))  # first: an interruption leaves only what is noted
    for name, content in contents.items():
        files.write(folder / name, content)
    files.write(folder / SUMS, _sums({(name, digest) for name, digest in old if name not in contents} | new))
    return [folder / name for name in contents]


def _known(folder: Path) -> set[tuple[str, str]]:
    """(name, digest) of what was left in a folder."""
    if not (folder / SUMS).exists():
        return set()
    return {(name, digest) for digest, name in _LINE.findall(files.text("-o", folder / SUMS))}


def _sums(noted: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(noted))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""What was found before, by the digest of what it depends on: an SQLite file in the store's folder.

A check that was interrupted, or killed, goes on from here: each row is written when it is known, as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from convt._codegen.pipeline import generator_digest
from convt._codegen.place import open_store

NAME = "checks.sqlite"
JUDGES = ("sympy", "islpy", "z3-solver", "cvc5")  # packages whose answers verdicts are
MANY = 500  # rows that are asked for at once


class Ledger:
    """Rows (kind, key) -> JSON. Every method opens the file anew: processes and threads may share it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = open_store().root / NAME if path is None else path
        try:
            self._run("CREATE TABLE IF NOT EXISTS found (digest TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # it cannot be written: nothing is remembered
                return
            with suppress(OSError):
                self.path.unlink()  # damaged: what it held is found anew
            with suppress(sqlite3.Error):
                self._run("CREATE TABLE IF NOT EXISTS found (digest TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")

    def get(self, kind: str, key: str) -> Any:
        """The value, or None."""
        try:
            rows = self._run("SELECT value FROM found WHERE digest = ?", _digest(kind, key))
            return json.loads(rows[0][0]) if rows else None
        except (sqlite3.Error, ValueError):
            return None

    def some(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """Key -> value of those that are there."""
        digests = {_digest(kind, key): key for key in keys}
        found: dict[str, Any] = {}
        with suppress(sqlite3.Error, ValueError):
            for first in range(0, len(digests), MANY):
                part = list(digests)[first:first + MANY]
                rows = self._run(f"SELECT digest, value FROM found WHERE digest IN ({', '.join('?' * len(part))})", *part)
                found |= {digests[digest]: json.loads(value) for digest, value in rows}
        return found

    def put(self, kind: str, key: str, value: Any) -> None:
        """Remember a value; where the file cannot be written, nothing is."""
        with suppress(sqlite3.Error):
            self._run("INSERT OR REPLACE INTO found VALUES (?, ?)", _digest(kind, key), json.dumps(value))

    def _run(self, statement: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def _digest(kind: str, key: str) -> str:
    """What a row depends on beside its key: the code of this tool, and which judges there are, in which versions."""
    return hashlib.sha256("\n".join((kind, key, generator_digest(), *_judges())).encode()).hexdigest()


@cache
def _judges() -> tuple[str, ...]:
    return tuple(f"{name} {_version(name)}" for name in JUDGES)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"

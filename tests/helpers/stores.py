"""Prepared stores, kinds of damage, and processes by a mark in their environment."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from convt._codegen.pipeline import build
from convt._codegen.problem import Problem

PROBLEM = Problem.of("1d_k2s2", dtype="int64", target="generic")  # has the same key in a child, whatever shape this host is forced to


def prepared():
    """(module, kernel, files, certificate) of a kernel that was built, checked and published."""
    entry = build([PROBLEM])[0].entry
    files = {name: entry.read(name) for name in entry.files if name != "certificate.json"}
    return entry.module, entry.kernel, files, entry.certificate


def _get(path):
    """Never waits at a FIFO that another process may have put there."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        return file.read()


def _put(path, data):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK), "wb") as file:
        file.write(data)


def _gone(path):
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _replaced(path, make):
    _gone(path)
    make(path)


def _manifest(change):
    def harm(entry):
        path = entry / "manifest.json"
        _put(path, json.dumps(change(json.loads(_get(path)))).encode())
    return harm


def _files(change):
    return _manifest(lambda manifest: manifest | {"files": change(manifest["files"])})


def _bytes(name, change):
    def harm(entry):
        path = next(entry.glob(name))
        _put(path, change(_get(path)))
    return harm


def _loop(path):
    path.symlink_to(path)


def _folder(path):
    path.mkdir()


def library(entry):
    return next(entry.glob("*.so"))


DAMAGE = {
    "a bit of the library": _bytes("*.so", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
    "a bit of the source": _bytes("*.pyx", lambda data: bytes([data[0] ^ 1]) + data[1:]),
    "a bit of the header": _bytes("*.h", lambda data: data[:-1] + b" "),
    "no header file": lambda entry: _gone(next(entry.glob("*.h"))),
    "a bit of the certificate": _bytes("certificate.json", lambda data: bytes([data[0] ^ 1]) + data[1:]),
    "a short library": _bytes("*.so", lambda data: data[:100]),
    "an empty manifest": _bytes("manifest.json", lambda data: b""),
    "half a manifest": _bytes("manifest.json", lambda data: data[:len(data) // 2]),
    "a manifest that is no text": _bytes("manifest.json", lambda data: b"\xff\xfe\x00"),
    "a deep manifest": _bytes("manifest.json", lambda data: b"[" * 200_000),
    "a huge manifest": _bytes("manifest.json", lambda data: b" " * (2 << 20)),
    "a manifest that is null": _manifest(lambda manifest: None),
    "a manifest that is a list": _manifest(lambda manifest: [manifest]),
    "a manifest that is a number": _manifest(lambda manifest: 7),
    "files that are null": _files(lambda files: None),
    "files that are a list": _files(list),
    "no files": _files(lambda files: {}),
    "digests that are null": _files(lambda files: dict.fromkeys(files)),
    "digests that are lists": _files(lambda files: {key: [] for key in files}),
    "a file elsewhere": _files(lambda files: files | {"../manifest.json": "0" * 64}),
    "a file more": _files(lambda files: files | {"more.so": "0" * 64}),
    "no library": _files(lambda files: {name: sha for name, sha in files.items() if not name.endswith(".so")}),
    "a module that is a number": _manifest(lambda manifest: manifest | {"module": 7}),
    "a module that is a path": _manifest(lambda manifest: manifest | {"module": "../x"}),
    "no kernel": _manifest(lambda manifest: {name: value for name, value in manifest.items() if name != "kernel"}),
    "another kernel": _manifest(lambda manifest: manifest | {"kernel": "conv1d_k3_f32"}),
    "another key": _manifest(lambda manifest: manifest | {"key": "f" * 40}),
    "no key": _manifest(lambda manifest: {name: value for name, value in manifest.items() if name != "key"}),
    "no library file": lambda entry: _gone(library(entry)),
    "no manifest file": lambda entry: _gone(entry / "manifest.json"),
    "an empty folder": lambda entry: _replaced(entry, _folder),
    "a folder for the library": lambda entry: _replaced(library(entry), _folder),
    "a folder for the manifest": lambda entry: _replaced(entry / "manifest.json", _folder),
    "a link for the library": lambda entry: (library(entry).rename(entry / "moved"), library_link(entry)),
    "a link in a circle for the library": lambda entry: _replaced(library(entry), _loop),
    "a link in a circle for the manifest": lambda entry: _replaced(entry / "manifest.json", _loop),
    "a FIFO for the manifest": lambda entry: _replaced(entry / "manifest.json", os.mkfifo),
    "a FIFO for the library": lambda entry: _replaced(library(entry), os.mkfifo),
    "a file for the folder": lambda entry: _replaced(entry, lambda path: path.write_text("x")),
    "a link in a circle for the folder": lambda entry: _replaced(entry, _loop),
    "a link to the folder": lambda entry: (entry.rename(entry.parent / "moved"), entry.symlink_to(entry.parent / "moved")),
    "a FIFO for the folder": lambda entry: _replaced(entry, os.mkfifo),
    "a folder that others can write": lambda entry: entry.chmod(0o777),
    "a library that others can write": lambda entry: library(entry).chmod(0o666),
    "a manifest that others can write": lambda entry: (entry / "manifest.json").chmod(0o622),
}


def library_link(entry):
    name = next(name for name in json.loads(_get(entry / "manifest.json"))["files"] if name.endswith(".so"))
    (entry / name).symlink_to("moved")


def marked(mark):
    """(process, command line) of every process with this text in its environment, but this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if int(path.name) != os.getpid() and str(mark).encode() in (path / "environ").read_bytes():
                found.append((int(path.name), (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")))
        except OSError:
            continue
    return [row for row in found if row[1]]

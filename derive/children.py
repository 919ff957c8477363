"""Child processes: the same code as this process, whatever the current folder, ``PYTHONPATH`` and ``sys.path`` hold.

A child starts isolated (``-I``): it sees the standard library and the interpreter's own packages, then the folders of
the packages that this tool needs, and this tool itself from where it was loaded here. A ``numpy.py``, ``random.py`` or
``codegen/`` beside the user's script is never among them.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from .errors import ChildFailed

NEEDED = ("numpy", "sympy", "mpmath", "islpy", "jinja2", "markupsafe", "cython", "z3-solver", "cvc5")
PACKAGE = __name__.partition(".")[0]
ENTRY = """
import json, sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
root, package, folders, name, words = json.loads(sys.argv[1])
spec = PathFinder.find_spec(package, [root])
module = sys.modules[package] = module_from_spec(spec)
spec.loader.exec_module(module)
sys.path += [folder for folder in folders if folder not in sys.path]
from importlib import import_module
sys.exit(import_module(name).main(*words))
"""


def command(module: str, *words: str, packages: tuple[str, ...] = ()) -> list[str]:
    """The command that calls ``main(*words)`` of a module of this tool in an isolated child.

    ``packages``: distributions that it uses beyond NEEDED. Raises ``ChildFailed``.
    """
    return [interpreter(), "-I", "-c", ENTRY, json.dumps([root(), PACKAGE, folders((*NEEDED, *packages)), module, words])]


def root() -> str:
    """The folder (or zip file) that holds this tool's package."""
    return str(Path(str(sys.modules[PACKAGE].__file__)).absolute().parents[1])


def installed(name: str) -> bool:
    """Whether a distribution is installed; a module of that name beside the user's script does not count."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


@cache
def folders(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where these distributions are installed."""
    found = {}
    for name in names:
        try:
            found[str(Path(str(distribution(name).locate_file(""))).absolute())] = name
        except PackageNotFoundError:
            continue
    return tuple(found)


def interpreter() -> str:
    """This process's Python: an embedding program may have put another name, or none, into ``sys.executable``."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = [sys.executable or "", *(os.path.join(prefix, "bin", name) for prefix in (sys.prefix, sys.base_prefix)
                                     for name in (version, "python3"))]
    for name in names:
        if os.path.basename(name).startswith(("python", "pypy")) and os.access(name, os.X_OK):
            return name
    raise ChildFailed(f"no Python interpreter to start child processes with: sys.executable is {sys.executable!r}, "
                      f"and {sys.prefix}/bin has no {version}")

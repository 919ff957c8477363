"""``convt doctor``: what is installed, what is missing, and what still works without it."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from convt._derive.errors import ArgumentError

from .terminal import table

PACKAGES = (  # distribution, extra or "", what needs it
    ("numpy", "", "everything"),
    ("sympy", "", "derivations and proofs"),
    ("islpy", "", "the judge for all sizes"),
    ("jinja2", "", "generating kernels"),
    ("cython", "", "building kernels"),
    ("z3-solver", "smt", "a second opinion on every proof"),
    ("cvc5", "smt", "a third opinion on every proof"),
    ("matplotlib", "draw", "convt draw, convt demo"),
    ("pillow", "draw", "GIF, convt demo"),
    ("latex2mathml", "html", "HTML derivations, convt demo"),
    ("distributed", "dask", "convt sweep --dask"),
    ("pydantic", "specs", "convt check, convt schema"),
    ("tree-sitter", "specs", "convt check: lines of spec files"),
    ("tree-sitter-toml", "specs", "convt check: lines of spec files"),
    ("junitparser", "specs", "convt check --junit, convt conformance --format junit"),
    ("tomlkit", "specs", "convt import"),
    ("onnx", "onnx", "convt import of ONNX models"),
    ("dask", "dask", "convt.dask: arrays larger than memory"),
    ("distributed", "dask", "convt.dask on a cluster"),
    ("zarr", "dask", "convt.dask: arrays in storage"),
    ("torch", "torch", "convt.torch, convt import --torch"),
)


@click.command(epilog="\b\nExample:\n  convt doctor")
def command() -> None:
    """Exit 3 when something is missing that building kernels needs."""
    from convt._codegen.errors import Failure
    from convt._codegen.place import open_store
    from convt._codegen.toolchain import toolchain
    from convt._derive.render.pdf import COMMANDS as TEX

    rows, broken = [], False
    for name, extra, purpose in PACKAGES:
        try:
            rows.append((name, version(name), purpose))
        except PackageNotFoundError:
            cure = f"missing: pip install 'convt[{extra}]'" if extra else f"missing: pip install {name}"
            rows.append((name, cure, purpose))
            broken = broken or not extra
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    rows.append(("Python.h", sys.version.split()[0] if headers.exists() else "missing: apt-get install python3-dev",
                 "building kernels"))
    try:
        tools = toolchain()
        from convt._codegen.target import TARGETS

        rows.append(("C compiler", tools.version, "building kernels"))
        rows.append(("host", f"like {tools.shape(TARGETS['host']).name}", "tile shapes of host kernels"))
        rows.append(("OpenMP", "yes" if tools.openmp else "no: kernels run on one thread", "threads"))
    except (ArgumentError, Failure) as error:
        rows.append(("C compiler", f"missing: {error}", "building kernels; engine='reference' works without"))
        broken = True
    tex = next((name for name in TEX if shutil.which(name)), "missing: apt-get install latexmk texlive-latex-recommended")
    rows.append(("TeX", tex, "convt derive --format pdf"))
    rows.append(("store", str(open_store().root), "kernels that were built; $CONVT_STORE moves it"))
    table(("what", "found", "needed for"), rows, ("bold",))
    if broken:
        raise SystemExit(3)

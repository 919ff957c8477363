"""Address, undefined-behaviour and thread sanitizers find nothing in any family; each finds a planted fault first.

Threads need clang, its libomp, and Archer, which tells ThreadSanitizer what OpenMP orders: gcc's libgomp is not instrumented.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from sanitized import PROBLEMS

from convt._codegen.pipeline import generate
from convt._codegen.toolchain import abi, toolchain

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("compiler")]
HELPERS = Path(__file__).parents[1] / "helpers"
UNDEFINED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
KINDS = {  # name -> (compiler, flags, runtime to preload, [(line of the source, what it becomes)]: a fault of this kind)
    "address, gcc": ("gcc", ("-fsanitize=address",), "libasan.so", ("memset(lines, 0, taps * ", "memset(lines, 0, (1 + taps) * ")),
    "address, clang": ("clang", ("-fsanitize=address", "-shared-libsan"), "libclang_rt.asan-x86_64.so",
                       ("memset(lines, 0, taps * ", "memset(lines, 0, (1 + taps) * ")),
    "undefined, gcc": ("gcc", UNDEFINED, "libubsan.so", ("indices = whole_lines(", "indices = 2 + whole_lines(")),
    "undefined, clang": ("clang", (*UNDEFINED, "-shared-libsan"), "libclang_rt.ubsan_standalone-x86_64.so",
                         ("indices = whole_lines(", "indices = 2 + whole_lines(")),
    "threads, clang": ("clang", ("-fsanitize=thread", "-shared-libsan"), "libclang_rt.tsan-x86_64.so",
                       ("__atomic_fetch_add(next, some, __ATOMIC_RELAXED)", "(*next += some) - some")),
}
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "ignore_noninstrumented_modules=1 halt_on_error=1", "OMP_WAIT_POLICY": "passive"}


def runtime(compiler, name):
    """Where a compiler has a sanitizer's library; None where it has none."""
    found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=False).stdout.strip()
    return found if os.path.isabs(found) and Path(found).exists() else None


def archer():
    """The library that explains libomp to ThreadSanitizer."""
    paths = sorted(Path("/usr/lib").glob("llvm-*/lib/libarcher.so"))
    version = subprocess.run(["clang", "-dumpversion"], capture_output=True, text=True, check=False).stdout.partition(".")[0]
    return next((path for path in paths if f"llvm-{version}/" in str(path)), None)


def instrumented(source, name, compiler, flags, folder):
    """The whole module compiled with a sanitizer; overflow is not wrapped, so that it is found."""
    (folder / f"{name}.pyx").write_text(source)
    subprocess.run([sys.executable, "-m", "cython", f"{name}.pyx"], cwd=folder, check=True)
    library = folder / f"{name}{abi()}"
    subprocess.run([compiler, "-O1", "-g", "-fno-omit-frame-pointer", "-fPIC", "-shared", "-fno-strict-aliasing", "-fopenmp", "-march=native", "-w", *flags,
                    f"-I{sysconfig.get_paths()['include']}", f"{name}.c", "-o", library.name], cwd=folder, check=True)
    return library


def run(name, library, preload, more):
    return subprocess.run([sys.executable, HELPERS / "sanitized.py", name, library], capture_output=True, text=True, check=False, timeout=3000,
                          env=os.environ | OPTIONS | {"LD_PRELOAD": preload} | more)


@pytest.mark.parametrize("kind", KINDS)
def test_no_family_does_what_a_sanitizer_forbids(kind, tmp_path):
    compiler, flags, library, (right, wrong) = KINDS[kind]
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    if (preload := runtime(compiler, library)) is None:
        pytest.skip(f"{compiler} has no {library}: install its sanitizers (libasan, libubsan, libclang-rt)")
    more = {}
    if "threads" in kind:
        if (tool := archer()) is None:
            pytest.skip("needs Archer (libarcher.so of libomp), which tells ThreadSanitizer what OpenMP orders")
        more = {"OMP_TOOL_LIBRARIES": str(tool)}
    name, source = generate(PROBLEMS, toolchain())
    assert source.count(right) >= 1
    for folder, text in (("faulty", source.replace(right, wrong)), ("sound", source)):
        (tmp_path / folder).mkdir()
        done = run(name, instrumented(text, name, compiler, flags, tmp_path / folder), preload, more)
        if folder == "faulty":
            assert done.returncode and ("Sanitizer" in done.stderr or "runtime error" in done.stderr), f"overlooked: {wrong}\n{done.stderr[-3000:]}"
        else:
            assert done.returncode == 0, done.stderr[:8000]
            assert done.stdout.split() == ["depthwise", "direct", "fast", "fixed", "plain", "rows"]

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
from modules import whole
from sanitized import PROBLEMS

from convt._codegen.pipeline import generate
from convt._codegen.toolchain import abi, toolchain

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("compiler")]
HELPERS = Path(__file__).parents[1] / "helpers"
UNDEFINED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
KINDS = {  # name -> (compiler, flags, (what the source has, what it becomes): a fault of this kind)
    "address, gcc": ("gcc", ("-fsanitize=address",), ("memset(lines, 0, taps * ", "memset(lines, 0, (1 + taps) * ")),
    "address, clang": ("clang", ("-fsanitize=address",), ("memset(lines, 0, taps * ", "memset(lines, 0, (1 + taps) * ")),
    "undefined, gcc": ("gcc", UNDEFINED, ("indices = whole_lines(", "indices = 2 + whole_lines(")),
    "undefined, clang": ("clang", UNDEFINED, ("indices = whole_lines(", "indices = 2 + whole_lines(")),
    "threads, clang": ("clang", ("-fsanitize=thread",), ("__atomic_fetch_add(next, some, __ATOMIC_RELAXED)", "(*next += some) - some")),
}
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "ignore_noninstrumented_modules=1 halt_on_error=1", "OMP_WAIT_POLICY": "passive"}


def python(compiler, flags, folder):
    """A Python that has the sanitizer in it, or None: preloading ThreadSanitizer does not work everywhere."""
    (folder / "main.c").write_text("#include <Python.h>\nint main(int count, char **words) { return Py_BytesMain(count, words); }\n")
    values = sysconfig.get_config_vars()
    done = subprocess.run([compiler, "-fopenmp", *flags, f"-I{sysconfig.get_paths()['include']}", "main.c", "-o", "python", f"-L{values['LIBDIR']}",
                           f"-Wl,-rpath,{values['LIBDIR']}", f"-lpython{values['LDVERSION']}", "-ldl", "-lm"], cwd=folder, capture_output=True, check=False)
    return folder / "python" if done.returncode == 0 else None


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


def run(executable, name, library, more):
    # sys.executable as its name, so that it finds its packages
    return subprocess.run([sys.executable, HELPERS / "sanitized.py", name, library], executable=executable, capture_output=True, text=True,
                          check=False, timeout=3000, env=os.environ | OPTIONS | more)


@pytest.mark.parametrize("kind", KINDS)
def test_no_family_does_what_a_sanitizer_forbids(kind, tmp_path):
    compiler, flags, (right, wrong) = KINDS[kind]
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    if (executable := python(compiler, flags, tmp_path)) is None:
        pytest.skip(f"{compiler} {' '.join(flags)} does not link an embedded Python: needs its sanitizers (libclang-rt, libasan) and a shared libpython")
    more = {}
    if "threads" in kind:
        if (tool := archer()) is None:
            pytest.skip("needs Archer (libarcher.so of libomp), which tells ThreadSanitizer what OpenMP orders")
        more = {"OMP_TOOL_LIBRARIES": str(tool)}
    name, source = generate(PROBLEMS, toolchain())
    source = whole(source)
    assert source.count(right) >= 1
    for folder, text in (("faulty", source.replace(right, wrong)), ("sound", source)):
        (tmp_path / folder).mkdir()
        done = run(executable, name, instrumented(text, name, compiler, flags, tmp_path / folder), more)
        if folder == "faulty":
            assert done.returncode and ("Sanitizer" in done.stderr or "runtime error" in done.stderr), f"overlooked: {wrong}\n{done.stderr[-3000:]}"
        else:
            assert done.returncode == 0, done.stderr[:8000]
            assert done.stdout.split() == ["depthwise", "direct", "dots", "fast", "fast4", "fast_outer", "fixed", "outer", "plain", "planes", "rows", "stencil"]

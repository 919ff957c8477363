"""Generated modules as someone has them who took their sources along: compiled here, loaded from where they lie, called without ``Kernel``."""

import shutil
import subprocess
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import numpy as np

from convt._codegen.build import Compiler
from convt._codegen.pipeline import generate
from convt._codegen.render import header, indent
from convt._codegen.store import HEADER
from convt._codegen.toolchain import compiler_command, toolchain
from convt._derive import lengths
from convt._derive.lengths import smallest_feature_length

INPUTS = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}
TEAM = """
#include <omp.h>
int team(void)
{
    int threads = 0;
#pragma omp parallel num_threads(3)
    {
#pragma omp atomic
        threads += 1;
    }
    return threads;
}
"""
OUT = {"conv": "u", "conv_transpose": "x", "conv_weight_gradient": "w"}


def whole(source):
    """A source with its header written out, as one text."""
    line = f'    #include "{HEADER}"\n'
    assert source.count(line) == 1
    return source.replace(line, indent(header()) + "\n")


def compiled(problems, folder):
    """(name, library) of one module with these kernels."""
    tools = toolchain()
    name, source = generate(problems, tools)
    with Compiler(Path(folder), tools, problems[0].processor) as compiler:
        return name, compiler.compile(name, source)


def loaded(name, library):
    """The module in a library; another file is another module, even with the same bytes."""
    spec = spec_from_loader(name, ExtensionFileLoader(name, str(library)))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copies(library, folder, count):
    """So many files with the bytes of a library."""
    made = [Path(folder) / str(number) / Path(library).name for number in range(count)]
    for path in made:
        path.parent.mkdir(parents=True)
        shutil.copy(library, path)
    return made


def other_openmp(folder):
    """A library that uses OpenMP for itself: ``team()`` runs on three threads."""
    source, library = Path(folder, "team.c"), Path(folder, "team.so")
    source.write_text(TEAM)
    subprocess.run([*compiler_command(), "-fopenmp", "-shared", "-fPIC", source, "-o", library], check=True)
    return library


class Called:
    """One kernel of a module, called with arrays by letter (u, w, x; channels first) and all that its entry takes."""

    def __init__(self, module, problem):
        self.module, self.problem = module, problem
        self.function = getattr(module, problem.name)
        self.last = problem.layout == "channels_last"

    def shapes(self, batch, features, images, groups, extra=3):
        """Shapes of u, w and x, channels first."""
        m = [smallest_feature_length(axis) + extra + number for number, axis in enumerate(self.problem.spec.axes)]
        return {"u": (batch, features, *m), "w": (features, images // groups, *self.problem.spec.kernel),
                "x": (batch, images, *lengths.image_lengths(self.problem.spec, m))}

    def families(self, batch, features, images, groups, extra=3):
        """The families that take these channels."""
        shapes = self.shapes(batch, features, images, groups, extra)
        costs = self.module.costs(self.problem.name, batch, features, images, groups, shapes["u"][2:], shapes["x"][2:])
        return [family for family, cost in costs.items() if cost < 1e300]

    def pack(self, w, groups, family):
        """Packed weights, or None where the family takes them as they are."""
        length = self.module.packed_length(self.problem.name, w.shape[0], w.shape[1] * groups, groups, family)
        packed = np.empty(length, w.dtype) if length else None
        assert packed is None or self.module.pack(self.problem.name, w, packed, groups, family)
        return packed

    def __call__(self, arrays, out_shape, groups=1, threads=1, family=None, packed=None, bias=None):
        """The output, channels first, and (family, threads) that the entry reports; exactly so many threads."""
        own = OUT[self.problem.map]
        given = [self.laid_out(letter, arrays[letter]) for letter in INPUTS[self.problem.map]]
        out = self.laid_out(own, np.full(out_shape, 77, self.problem.dtype))
        ran = self.function(*given, bias, out, groups, threads, family, packed, True)
        return (np.ascontiguousarray(np.moveaxis(out, -1, 1)) if self.last and own != "w" else out), ran

    def laid_out(self, letter, array):
        """u and x in the kernel's layout; w is the same in both."""
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if self.last and letter != "w" else np.ascontiguousarray(array)

"""Compiles mutants quickly: without optimisation, and of a source that was compiled before only the half that differs."""

import contextlib
import hashlib
import os
import re
import subprocess
import sysconfig
from pathlib import Path

from convt._codegen.build import C_BLOCK, parts_of
from convt._codegen.toolchain import abi, toolchain

QUICK = ("-O0", "-fPIC", "-fwrapv", "-fno-strict-aliasing", "-fvisibility=hidden", "-fopenmp", "-w")
BODY = re.compile(r"(?ms)^(    #if defined\(PART\) && PART != [12](?: && PART != 2)?\n.*?)^    #else\n.*?(?=^    #endif\n    \"\"\"$)")


class Broken(Exception):
    """A compiler refused it."""


class Workshop:
    """Objects and libraries in a folder, by the digest of what they are made of."""

    def __init__(self, folder):
        self.folder, self.tools = Path(folder), toolchain()

    def library(self, name, source, processor):
        """The shared object of a module. Raises ``Broken``."""
        families = "".join(C_BLOCK.findall(source))
        objects = [*(self._object(name, families, processor, ".c", part) for part in parts_of(source)),
                   self._object(name, BODY.sub(r"\1", source), processor, ".pyx", 0)]
        library = self._folder("".join(map(str, objects))) / f"{name}{abi()}"
        self._run([*self.tools.command, "-shared", "-fopenmp", *map(str, objects), "-o", str(library)])
        return library

    def _object(self, name, text, processor, kind, part):
        made = self._folder(f"{name} {part} {processor.flags} {text}") / f"{name}.o"
        if made.exists():
            return made
        path = made.with_suffix(kind)
        path.write_text(text, encoding="utf-8")
        if kind == ".pyx":
            self._translate(path)
        self._run([*self.tools.command, *QUICK, *processor.flags, f"-I{sysconfig.get_paths()['include']}", f"-DPART={part}", "-c",
                   str(path.with_suffix(".c")), "-o", str(made)])
        return made

    def _folder(self, identity):
        folder = self.folder / hashlib.sha256(identity.encode()).hexdigest()[:20]
        folder.mkdir(exist_ok=True)
        return folder

    @staticmethod
    def _translate(path):
        from Cython.Compiler.Main import CompilationOptions, compile

        options = CompilationOptions(language_level=3, output_file=str(path.with_suffix(".c")), compiler_directives={"emit_code_comments": False})
        with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing), contextlib.redirect_stdout(nothing):
            if compile([str(path)], options).num_errors:
                raise Broken(f"cython {path}")

    @staticmethod
    def _run(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken(done.stderr[-2000:])

"""One direction of imports, small files, and nothing in templates that decides."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {"derive": set(), "codegen": {"derive"}, "convt": {"derive", "codegen"}}  # convt._derive, convt._codegen when imported
FILES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py")) if "_derive" not in path.parts and "_codegen" not in path.parts]


def imported(path, typed=True):
    """What a file imports, anywhere in it, by the places of files: ``("derive", "spec", "Axis")``; unless ``typed``, while it runs."""
    package = path.relative_to(ROOT).with_suffix("").parts
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not typed and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body.clear()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level] if node.level else ()
            assert not node.level or base, f"{path}: a relative import that leaves its package"
            names = [base + tuple(filter(None, (node.module or "").split("."))) + (alias.name,) for alias in node.names]
        for name in names:
            yield (name[1][1:], *name[2:]) if name[0] == "convt" and len(name) > 1 and name[1] in ("_derive", "_codegen") else name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    for name, *_ in imported(path):
        assert name not in MAY_IMPORT or name == package or name in MAY_IMPORT[package], f"{package} imports {name}"


def test_no_imports_go_round_in_a_circle():
    """Neither at the top of files nor in functions: of two files, one can be read without the other."""
    homes = {path.relative_to(ROOT).with_suffix("").parts: path for path in FILES}
    homes |= {parts[:-1]: path for parts, path in homes.items() if parts[-1] == "__init__"}
    graph = {path: {homes.get(name, homes.get(name[:-1])) for name in imported(path, typed=False)} - {None, path} for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(str(path.relative_to(ROOT)) for path in error.args[1]))


def test_folders_are_imported_by_one_name():
    """A class of derive/ or codegen/ exists once: the folders cannot be imported under their own names, nor does anything try."""
    for package in ("derive", "codegen"):
        done = subprocess.run([sys.executable, "-c", f"import {package}"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode and "no class exists twice" in done.stderr
    for path in (*FILES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "examples").rglob("*.py"))):
        assert not re.search(r"(?m)^\s*(from|import) (derive|codegen)\b", path.read_text(encoding="utf-8")), path


def test_no_submodule_shadows_a_function_of_the_front_door():
    import convt

    names = {path.stem for path in (ROOT / "convt").iterdir()}
    assert not names & {name for name in convt.__all__ if name.islower()}


def test_templates_do_not_decide():
    for path in (ROOT / "codegen" / "templates").rglob("*.jinja"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"{%-?\s*(if|macro|set|elif)\b", text), f"{path.name} decides"


def test_no_simplify_or_sympify_of_text_on_the_proof_path():
    for path in (ROOT / "derive").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                  for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not called & {"simplify", "refine", "Mod", "sympify", "parse_expr", "And", "Equivalent"}, path.name


def test_every_public_name_is_documented():
    missing = []
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not missing, missing


def test_packages_import_quickly_without_heavy_modules():
    code = "import sys, convt, convt._derive, convt.cli; print([m for m in ('sympy','islpy','jinja2','matplotlib','numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


FIRST = """
import sys
from contextlib import ExitStack, nullcontext
from types import SimpleNamespace
from convt._codegen import pipeline, translate
from convt._codegen.problem import Problem
seen = []
translate.start = lambda folder: seen.append("sympy" in sys.modules)
pipeline.children.end = lambda child: None
with ExitStack() as ended:
    pipeline.load([Problem.of("1d_k2")], SimpleNamespace(writable=True, staging=lambda: nullcontext(".")), [], ended)
print(seen, "sympy" in sys.modules)
"""


def test_the_translator_starts_before_sympy_is_loaded():
    """Both take a while, beside each other."""
    assert subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True).stdout.strip() == "[False] True"


def test_no_check_is_left_out_by_python_O():
    """An ``assert`` may only narrow a type for the checker: ``assert x is not None``, ``assert isinstance(x, T)``."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                for part in node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]:
                    narrows = (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.IsNot) and ast.unparse(part.comparators[0]) == "None") or (
                        isinstance(part, ast.Call) and ast.unparse(part.func) == "isinstance")
                    assert narrows and node.msg is None, f"{path}:{node.lineno}: {ast.unparse(node)}"

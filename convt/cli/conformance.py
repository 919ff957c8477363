"""``convt conformance``: our cases against anyone's implementation."""

from __future__ import annotations

import json
import shlex
from difflib import get_close_matches

import click

from convt._derive.errors import ArgumentError
from convt.progress import working

from .common import Natural, naturals, offered, show, utf8


def _adapters() -> list[str]:
    from convt.conformance.adapters import NAMES

    return list(NAMES)


@click.command(epilog="\b\nExamples:\n  convt conformance mylib.layers:conv_transpose\n  convt conformance --adapter torch\n"
               "  convt conformance ./a.out --dims 1,2 --format junit -o report.xml\n"
               "  convt conformance mylib.layers:conv --map conv --case 1d_k3s2p1,n=7,f=2,c=1")
@click.argument("implementation", required=False)
@click.option("--adapter", metavar="NAME", shell_complete=offered(_adapters),
              help="A library: torch, onnxruntime, jax, openvino or tensorflow.")
@click.option("--map", "map_name", type=click.Choice(["conv_transpose", "conv", "conv_weight_gradient"]), default="conv_transpose",
              show_default=True)
@click.option("--dims", default="1,2,3", show_default=True, metavar="N[,N]", help="Numbers of axes.")
@click.option("--all", "everything", is_flag=True, help="Every configuration of other projects, not a sample.")
@click.option("--case", "wanted", multiple=True, metavar="CASE",
              help="This case instead of the set, as the report writes it; may be repeated.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@click.option("--seconds", type=Natural("--seconds", 1), default=10, show_default=True, help="Time limit of a case; thrice of the first.")
@click.option("--format", "kind", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
def command(implementation: str | None, adapter: str | None, map_name: str, dims: str, everything: bool, wanted: tuple[str, ...],
            dtype: str, seconds: int, kind: str, output: str | None) -> None:
    """Ask IMPLEMENTATION for a stratified set of cases. Exit 1 when it does not conform, with the convention it mistakes.

    MODULE:FUNCTION is called in a child process with (u, w, bias, stride, padding, output_padding, dilation, groups) and
    returns an array; padding is one (begin, end) pair an axis, bias may be None, and for --map conv there is x for u and no
    output_padding; for --map conv_weight_gradient it is called with (x, u, kernel, stride, padding, dilation, groups) and returns
    the gradient (u's channels, x's channels/groups, *kernel). NotImplementedError refuses a case. The module may lie in the
    current folder.

    A program is called once a case with the names of two .npz files: it reads the arguments by these names from the first
    (no bias: none is there) and writes the array y to the second. Exit status 77 refuses a case.
    """
    from convt.conformance import report as render
    from convt.conformance.case import Case
    from convt.conformance.implementation import opened
    from convt.conformance.run import chosen, run

    name, shown = _named(implementation, adapter, map_name), adapter or str(implementation)
    axes = naturals("--dims", dims, ",", "must be numbers of axes from 1 to 3, such as 1,2", "1,2,3")
    if max(axes) > 3:
        raise ArgumentError("--dims", dims, "must be numbers of axes from 1 to 3", 3)
    cases = [Case.parse(text, map_name) for text in wanted] or chosen(map_name, sorted(set(axes)), everything)
    if kind == "junit":
        render.junit_parser()
    with working(f"starting {shown}") as say, opened(name, map_name, dtype, seconds) as asked:
        report = run(asked, cases, say)
    if kind == "json":
        show(utf8(json.dumps(render.as_data(report, shown), indent=1, ensure_ascii=False)), output)
    elif kind == "junit":
        show(render.junit(report, shown).encode(), output)
    else:
        line = f"convt conformance {f'--adapter {adapter}' if adapter else shlex.quote(name)}"
        line += f" --map {map_name}" * (map_name != "conv_transpose")
        show(f"{shown} " + render.text(report, line + f" --dtype {dtype}" * (dtype != "float32")), output)
    if not report.conforms:
        raise SystemExit(1)


def _named(implementation: str | None, adapter: str | None, map_name: str) -> str:
    if (implementation is None) == (adapter is None):
        raise ArgumentError("IMPLEMENTATION", implementation, "name one implementation: MODULE:FUNCTION, a program, or --adapter NAME")
    if adapter is None:
        return str(implementation)
    known = _adapters()
    if adapter not in known:
        close = get_close_matches(adapter, known, 1, 0.3)
        raise ArgumentError("--adapter", adapter, f"must be one of {', '.join(known)}", close[0] if close else None)
    return f"convt.conformance.adapters:{adapter}.{map_name}"

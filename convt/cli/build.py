"""``convt build``: kernels with their readable sources and their certificates, and packages of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec
from convt.files import array

from .common import SPEC, naturals, offered, sizes

if TYPE_CHECKING:
    from convt._codegen.kernel import Kernel
    from convt._codegen.problem import Problem


@click.command(epilog="\b\nExamples:\n  convt build 2d_k4s2p1 2d_k3s2p1op1 -o kernels\n  convt build 2d_k4s2p1 --c -o csrc\n"
               "  convt build 1d_k16s8p4 --map conv --dtype float64\n  convt build 2d_k4s2p1 --explain --channels 256,128 --size 16x12\n"
               "  convt build 2d_k4s2p1 --weights bilinear")
@click.argument("specs", metavar="SPEC...", type=SPEC, nargs=-1, required=True)
@click.option("-o", "--output", metavar="DIR", help="Write a package there that pip builds without this tool, or add to it.")
@click.option("--map", "map_name", default="conv_transpose", show_default=True, shell_complete=offered(lambda: _words("problem", "MAPS")),
              help="conv, conv_transpose or conv_weight_gradient.")
@click.option("--dtype", default="float32", show_default=True, shell_complete=offered(lambda: _words("elements", "TYPES")),
              help="float32, float64, int64, complex64 or complex128.")
@click.option("--layout", default="channels_first", show_default=True, shell_complete=offered(lambda: _words("problem", "LAYOUTS")),
              help="channels_first or channels_last.")
@click.option("--conjugate", is_flag=True, help="The conjugate form of a complex map: the adjoint instead of the transpose.")
@click.option("--target", default="host", show_default=True, shell_complete=offered(lambda: _words("target", "TARGETS")),
              help="host, generic, x86-64, x86-64-v3 or x86-64-v4.")
@click.option("--weights", metavar="FILE.npy|NAME",
              help="Build in one filter for every channel: a .npy file of the kernel's shape, bilinear, nearest, average, "
              "fir:1,3,3,1 (sums to 1, or to the gain in fir:1,3,3,1,gain=4), or every tap: taps:1/4,3/4,3/4,1/4.")
@click.option("--c", "plain_c", is_flag=True, help="Write plain C to the folder of -o: one .c and one .h a kernel, without Python.")
@click.option("--source-only", is_flag=True, help="Only the sources; needs no compiler for a named target.")
@click.option("--coq", is_flag=True,
              help="Write all statements for Coq to DIR/coq too, let coqc check them; their digests stand in the certificates.")
@click.option("--explain", is_flag=True, help="Print the plan; with --channels and --size the estimates of each family too.")
@click.option("--channels", metavar="F,C", help="Feature and image channels, for --explain.")
@click.option("--size", callback=sizes, metavar="M", help="Feature lengths, for --explain, such as 16 or 16x12.")
def command(specs: tuple[ConvSpec, ...], output: str | None, map_name: str, dtype: str, layout: str, conjugate: bool, target: str,
            weights: str | None, plain_c: bool, source_only: bool, coq: bool, explain: bool, channels: str | None,
            size: tuple[int, ...] | None) -> None:
    """Emit, compile and check kernels. The store keeps them; -o gives you sources to read, in a package to vendor, or plain C."""
    from convt import packages
    from convt._codegen.problem import Problem

    taken = _weights(weights)
    problems = [Problem.of(spec, map_name, dtype, layout, conjugate, target, taken) for spec in dict.fromkeys(specs)]
    folder = Path(output) if output else None
    wanted = _channels(channels)
    _demand_together(explain, channels, size, source_only)
    names = [problem.name for problem in problems]
    if plain_c and folder is None:
        raise ArgumentError("--c", "", "writes two files a kernel: name a folder for them with -o", "--c -o csrc")
    if coq and (folder is None or plain_c or source_only):
        raise ArgumentError("--coq", "", "writes files beside a package of kernels with certificates: name a folder for it with -o, "
                            "without --c and --source-only", "-o kernels --coq")
    if folder is not None:
        _demand_alike(folder, names, plain_c)
    if source_only:
        _sources(problems, folder, plain_c)
        return
    from convt._codegen import plain_c as c_output
    from convt._codegen import vendor
    from convt._codegen.pipeline import build
    from convt._codegen.store import HEADER

    if folder is not None:
        packages.demand(folder, (c_output if plain_c else vendor).names(names))
        if not plain_c and (others := vendor.strangers(names, packages.certificates(folder))):
            raise ArgumentError("-o", str(folder), f"holds {others[0]} of another version of convt, which includes another "
                                f"{HEADER}; build the kernels of a folder together, or name another folder")
    kernels = build(problems, lambda stage, seconds, detail: click.echo(f"  {stage:18} {seconds:6.2f} s  {detail}"), alone=True)
    for kernel in kernels:
        certificate = kernel.certificate
        click.echo(f"{kernel.name}: {len(certificate['proofs'])} theorems proved, {len(certificate['checks'])} exact checks passed, "
                   f"a wrong coefficient would be missed with probability below {certificate['miss_probability']:.1e}"
                   + (", among the entries that were compared: sizes are large" if certificate["limits"] else ""))
        if explain:
            _explain(kernel, wanted, size)
        if folder is None:
            click.echo(f"source: {kernel.entry.folder / (kernel.entry.module + '.pyx')}")
    if folder is not None and plain_c:
        _put(folder, c_output.package(kernels))
    elif folder is not None:
        formal = _formal(list(dict.fromkeys(specs)), folder / "coq") if coq else None
        _put(folder, vendor.package(folder.resolve().name, kernels, packages.certificates(folder), formal))
        click.echo(f"to build it: pip install {shlex.quote(str(folder if folder.is_absolute() else f'./{folder}'))}")


def _formal(specs: list[ConvSpec], folder: Path) -> dict[ConvSpec, dict[str, Any]]:
    """What the certificates say of the files for Coq. Raises ``ProofFailed`` where Coq does not accept one."""
    from convt._codegen.errors import ProofFailed
    from convt._derive.coq.report import report

    made = report(specs, folder)
    click.echo("\n".join(made.lines))
    if made.failed:
        raise ProofFailed("Coq does not have all of it")
    return {spec: {"coq": made.of(spec)} for spec in specs}


def _demand_alike(folder: Path, names: list[str], plain_c: bool) -> None:
    """Raises ``ArgumentError`` where a file NAME.c there is that of the other kind, and would be lost."""
    other, what = (".pyx", "a package for Python") if plain_c else (".h", "plain C")
    if there := [name + other for name in names if (folder / (name + other)).exists()]:
        raise ArgumentError("-o", str(folder), f"holds {what} ({there[0]}), and {there[0].removesuffix(other)}.c would be lost; "
                            "name another folder")


def _sources(problems: list[Problem], folder: Path | None, plain_c: bool) -> None:
    """Texts alone, of which no kernel was made."""
    from convt._codegen.pipeline import generate
    from convt._codegen.plain_c import unchecked
    from convt._codegen.render import header
    from convt._codegen.store import HEADER
    from convt._codegen.toolchain import toolchain

    if folder is None and len(problems) > 1:
        raise ArgumentError("SPEC", " ".join(str(problem.spec) for problem in problems), "are several sources: name a folder for them "
                            "with -o, or ask for one", problems[0].spec)
    tools = toolchain() if problems[0].target == "host" else None
    if plain_c and folder is not None:
        _put(folder, {name: text.encode() for problem in problems for name, text in unchecked(problem, tools).items()})
        return
    texts = dict(generate([problem], tools) for problem in problems)
    if folder is None:
        click.echo("".join(texts.values()), nl=False)
    else:
        _put(folder, {f"{name}.pyx": text.encode() for name, text in texts.items()} | {HEADER: header().encode()})


def _explain(kernel: Kernel, channels: tuple[int, int] | None, size: tuple[int, ...] | None) -> None:
    """The plan, and with sizes the estimates of its families."""
    from convt._codegen.plan import decide, explain
    from convt._codegen.toolchain import toolchain

    click.echo(explain(decide(kernel.problem, toolchain().shape(kernel.problem.processor))))
    if channels and size:
        lengths = size * kernel.spec.dims if len(size) == 1 else size
        costs = kernel.explain(*channels, lengths, groups=channels[0] if kernel.problem.filter else 1)
        for family, nanoseconds in sorted(costs.items(), key=lambda item: item[1]):
            shown = "does not take these channels" if nanoseconds >= 1e300 else f"about {nanoseconds / 1e6:.3g} ms"
            click.echo(f"  {family:10} {shown}")


def _put(folder: Path, contents: dict[str, bytes]) -> None:
    from convt import packages

    for path in packages.put(folder, contents):
        click.echo(f"wrote {path}")


def _demand_together(explain: bool, channels: str | None, size: tuple[int, ...] | None, source_only: bool) -> None:
    """Raises ``ArgumentError`` where an option is there without those that it needs, and would be passed over in silence."""
    if explain and source_only:
        raise ArgumentError("--explain", "", "speaks of a kernel that is built: leave out --source-only")
    for option, value in (("--channels", channels), ("--size", "x".join(map(str, size or ())))):
        if value and not explain:
            raise ArgumentError(option, value, "is for the estimates of --explain", f"--explain {option} {value}")
    if (channels is None) != (size is None):
        raise ArgumentError(*(("--channels", channels, "needs --size too: estimates depend on both", f"--channels {channels} --size 16")
                              if size is None else ("--size", "x".join(map(str, size)), "needs --channels too: estimates depend on both",
                                                    "--channels 256,128")))


def _words(module: str, table: str) -> Iterable[str]:
    return tuple(getattr(import_module(f"convt._codegen.{module}"), table))


def _weights(text: str | None) -> Any:
    return array("--weights", text) if text is not None and text.endswith(".npy") else text


def _channels(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    rule = "must be two positive integers F,C, of at most 12 digits"
    channels = naturals("--channels", text, ",", rule, "256,128")
    if len(channels) != 2:
        raise ArgumentError("--channels", text, rule, "256,128")
    return channels[0], channels[1]

"""``convt build``: a kernel with its readable source and its certificate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec
from convt.files import array

from .common import SPEC, naturals, sizes, write


@click.command(epilog="\b\nExamples:\n  convt build 2d_k4s2p1 -o kernels\n  convt build 1d_k16s8p4 --map conv --dtype float64\n"
               "  convt build 2d_k4s2p1 --explain --channels 256,128 --size 16x12\n"
               "  convt build 2d_k4s2p1 --weights bilinear")
@click.argument("spec", type=SPEC)
@click.option("-o", "--output", metavar="DIR", help="Put source, library and certificate there (made if need be).")
@click.option("--map", "map_name", default="conv_transpose", show_default=True,
              help="conv, conv_transpose or conv_weight_gradient.")
@click.option("--dtype", default="float32", show_default=True, help="float32, float64, int64, complex64 or complex128.")
@click.option("--layout", default="channels_first", show_default=True, help="channels_first or channels_last.")
@click.option("--conjugate", is_flag=True, help="The conjugate form of a complex map: the adjoint instead of the transpose.")
@click.option("--target", default="host", show_default=True, help="host, generic, x86-64, x86-64-v3 or x86-64-v4.")
@click.option("--weights", metavar="FILE.npy|NAME",
              help="Build in one filter for every channel: a .npy file of the kernel's shape, bilinear, nearest, average, "
              "fir:1,3,3,1 (sums to 1, or to the gain in fir:1,3,3,1,gain=4), or every tap: taps:1/4,3/4,3/4,1/4.")
@click.option("--source-only", is_flag=True, help="Only write the source; needs no compiler for a named target.")
@click.option("--explain", is_flag=True, help="Print the plan; with --channels and --size the estimates of each family too.")
@click.option("--channels", metavar="F,C", help="Feature and image channels, for --explain.")
@click.option("--size", callback=sizes, metavar="M", help="Feature lengths, for --explain, such as 16 or 16x12.")
def command(spec: ConvSpec, output: str | None, map_name: str, dtype: str, layout: str, conjugate: bool, target: str,
            weights: str | None, source_only: bool, explain: bool, channels: str | None, size: tuple[int, ...] | None) -> None:
    """Emit, compile and check one kernel. The store keeps it; -o gives you a copy to read and to vendor."""
    from convt._codegen.problem import Problem

    problem = Problem.of(spec, map_name, dtype, layout, conjugate, target, _weights(weights))
    folder = Path(output) if output else None
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ArgumentError("-o", output, "exists and is no folder")
    wanted = _channels(channels)
    if source_only:
        from convt._codegen.pipeline import generate
        from convt._codegen.toolchain import toolchain

        name, source = generate([problem], toolchain() if target == "host" else None)
        _put(folder, {f"{name}.pyx": source.encode()}) if folder else click.echo(source, nl=False)
        return
    from convt._codegen.pipeline import build

    kernel = build([problem], lambda stage, seconds, detail: click.echo(f"  {stage:18} {seconds:6.2f} s  {detail}"),
                   alone=True)[0]
    paper = kernel.certificate
    click.echo(f"{kernel.name}: {len(paper['proofs'])} theorems proved, {len(paper['checks'])} exact checks passed, "
               f"a wrong coefficient would be missed with probability below {paper['miss_probability']:.1e}"
               + (", among the entries that were compared: sizes are large" if paper["limits"] else ""))
    if explain:
        from convt._codegen.plan import decide
        from convt._codegen.plan import explain as words
        from convt._codegen.toolchain import toolchain

        click.echo(words(decide(problem, toolchain().shape(problem.processor))))
        if wanted and size:
            lengths = size * spec.dims if len(size) == 1 else size
            costs = kernel.explain(*wanted, lengths, groups=wanted[0] if problem.filter else 1)
            for family, nanoseconds in sorted(costs.items(), key=lambda item: item[1]):
                shown = "does not take these channels" if nanoseconds >= 1e300 else f"about {nanoseconds / 1e6:.3g} ms"
                click.echo(f"  {family:9} {shown}")
    if folder is not None:
        files = {f"{kernel.name}.pyx": kernel.source.encode(), kernel.entry.library.name: kernel.entry.library.read_bytes(),
                 f"{kernel.name}.json": (json.dumps(paper, indent=1) + "\n").encode()}
        _put(folder, files)
    else:
        click.echo(f"source: {kernel.entry.folder / (kernel.entry.module + '.pyx')}")


def _put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write(folder / name, content)
        click.echo(f"wrote {folder / name}")


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

"""``convt bench``: our kernels and the peers that are installed, side by side."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import geometric_mean
from typing import TYPE_CHECKING, Any

import click

from convt._derive.errors import ArgumentError
from convt.files import write

from .common import Natural, demand_folder, naturals, offered, offered_list, show
from .terminal import table

if TYPE_CHECKING:
    from convt.bench.growth import Point
    from convt.bench.layers import Layer
    from convt.bench.report import Run


def _peers() -> list[str]:
    from convt.bench.peers import PEERS

    return ["all", "none", *(peer.name for peer in PEERS)]


@click.command(epilog="\b\nExamples:\n  convt bench --only DCGAN\n  convt bench --map conv,conv_weight_gradient --only ResNet\n"
               "  convt bench --layers mine.json --threads 1 --format markdown\n"
               "  convt bench --growth --write docs\n  convt bench --vendored --only DCGAN --threads 1\n"
               "  convt bench --fit --map conv,conv_transpose -o fitted.json")
@click.option("--map", "maps", default=("conv_transpose",), multiple=True, metavar="MAP[,MAP]", shell_complete=offered(lambda: _works()),
              help="conv, conv_transpose (the default), conv_weight_gradient, or backward: both gradients of conv_transpose.")
@click.option("--layers", "path", metavar="FILE", help="JSON like convt/bench/layers.json, or for conv and its gradient like "
              "conv_layers.json there, instead of the default layers.")
@click.option("--only", default="", metavar="TEXT", help="Only layers with this in their name.")
@click.option("--threads", default=lambda: "1,2" if len(os.sched_getaffinity(0)) > 1 else "1", metavar="N[,N]",
              show_default="1,2; 1 where there is one core", help="Numbers of threads.")
@click.option("--rounds", default=11, show_default=True, type=Natural("--rounds", 3), help="Shuffled rounds of each layer.")
@click.option("--peers", default="all", show_default=True, metavar="NAME,…", shell_complete=offered_list(_peers),
              help="all, none, or names.")
@click.option("--format", "kind", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--write", "folder", metavar="FOLDER", help="Write bench.md, bench.json and the pictures into this folder, made if missing.")
@click.option("--growth", "grow", is_flag=True, help="Also sweep image size, channels, kernel size and stride.")
@click.option("--vendored", is_flag=True, help="Instead, the stored kernels against those of a package that pip builds, in pairs.")
@click.option("--fit", is_flag=True, help="Instead, every family on every layer beside its estimate, and factors for the choice.")
def command(maps: tuple[str, ...], path: str | None, only: str, threads: str, rounds: int, peers: str, kind: str, output: str | None,
            folder: str | None, grow: bool, vendored: bool, fit: bool) -> None:
    """Check every method against float64, then time them in shuffled rounds; the machine's limits are measured in the same run."""
    from convt.bench import growth, harness
    from convt.bench.limits import Limits
    from convt.bench.peers import PEERS, versions
    from convt.bench.report import Run, by_map

    names = _maps(maps)
    demand_folder("--write", folder)
    counts = _counts(threads)
    if fit:
        if "backward" in names or folder is not None or grow or vendored or kind == "markdown":
            raise ArgumentError("--fit", True, "goes with --map (conv, conv_transpose, conv_weight_gradient), --layers, --only, --rounds, "
                                "--format text or json, and -o for a new fitted.json")
        _fit(_layers(path, only, names), rounds, kind, output)
        return
    if vendored:
        if names != ["conv_transpose"] or folder is not None or grow or kind == "markdown":
            raise ArgumentError("--vendored", True, "goes with --layers, --only, --threads, --rounds, and --format text or json")
        _vendored(path, only, counts, rounds, kind, output)
        return
    wanted = [peer.name for peer in PEERS if peer.installed] if peers == "all" else [] if peers == "none" else peers.split(",")
    unknown = [name for name in wanted if name not in {peer.name for peer in PEERS}]
    if unknown:
        raise ArgumentError("--peers", unknown[0], "must be among " + ", ".join(peer.name for peer in PEERS))
    layers = _layers(path, only, names)
    timed, limits = {}, {}
    for count in counts:
        timed[count], found = harness.measure(layers, count, rounds, wanted, lambda line: click.echo(line, err=True))
        limits[count] = Limits(**found)
    sweeps = {name: growth.measure(name, lambda line: click.echo(f"growth: {line}", err=True)) for name in names} if grow else {}
    run = Run(by_map(layers, timed, limits), limits, versions() if wanted else {}, _machine())
    data = run.as_data() | ({"growth": {name: growth.as_data(points) for name, points in sweeps.items()}} if grow else {})
    page = "\n".join([run.markdown(), *(growth.markdown(name, points) for name, points in sweeps.items())])
    if folder is not None:
        _write(Path(folder), run, page, data, sweeps)
    if kind == "json":
        show(json.dumps(data, indent=1), output)
    elif kind == "markdown":
        show(page, output)
    else:
        _tables(run, sweeps)


def _write(folder: Path, run: Run, page: str, data: dict[str, Any], sweeps: dict[str, dict[str, list[Point]]]) -> None:
    from convt.bench import growth
    from convt.bench.report import pictures

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError("--write", str(folder), f"cannot be a folder: {error.strerror}") from None
    write(folder / "bench.md", page)
    write(folder / "bench.json", json.dumps(data, indent=1))
    for name, results in run.maps.items():
        for picture, content in pictures(results, next(iter(run.limits))).items():
            write(folder / f"bench-{name}-{picture}", content)
    for name, points in sweeps.items():
        write(folder / f"bench-{name}-growth.png", growth.picture(points))


def _tables(run: Run, sweeps: dict[str, dict[str, list[Point]]]) -> None:
    from convt.bench.report import HEAD, KIND_HEAD

    for name, results in run.maps.items():
        for threads, limits in run.limits.items():
            click.echo(f"\n{name}, {threads} thread{'s' * (threads > 1)}: {limits.fma:.0f} GFLOP/s, copy {limits.copy:.0f} GB/s")
            table(HEAD, results.rows(threads), ("bold",))
            click.echo("\ngeometric means (medians)")
            table(KIND_HEAD, results.kinds(threads), ("bold",))
    for name, found in sweeps.items():
        for sweep, points in found.items():
            click.echo(f"\n{name}: {sweep}, one thread")
            table((sweep, "family", "ns an output", "ps a multiply-add"),
                  [(str(p.value), p.family, f"{p.per_output:.3g}", f"{p.per_product:.3g}") for p in points], ("bold",))


def _works() -> list[str]:
    from convt.bench.layers import WORKS

    return list(WORKS)


def _maps(words: tuple[str, ...]) -> list[str]:
    """The maps of ``--map``, each once."""
    names = list(dict.fromkeys(name for word in words for name in word.split(",")))
    for name in names:
        if name not in _works():
            raise ArgumentError("--map", name, f"must be one or several of {', '.join(_works())}", "conv_transpose")
    return names


def _layers(path: str | None, only: str, names: list[str]) -> list[Layer]:
    """The layers of all maps. Raises ``ArgumentError`` where no map has one of that name."""
    from convt.bench.layers import load

    found, error = [], None
    for name in names:
        try:
            found += load(path, only, name)
        except ArgumentError as missing:
            if missing.argument != "--only":
                raise
            error = missing
    if error is not None and not found:
        raise error
    return found


def _vendored(path: str | None, only: str, counts: list[int], rounds: int, kind: str, output: str | None) -> None:
    from dataclasses import asdict

    from convt.bench import vendored

    pairs = vendored.measure(path, only, counts, rounds, lambda line: click.echo(line, err=True))
    if kind == "json":
        show(json.dumps([asdict(pair) | {"ratio": pair.ratio} for pair in pairs], indent=1), output)
    else:
        table(vendored.HEAD, [pair.row() for pair in pairs], ("bold",))
        click.echo(f"geometric mean of vendored/stored: {geometric_mean([pair.ratio[0] for pair in pairs]):.3f}")


def _fit(layers: list[Layer], rounds: int, kind: str, output: str | None) -> None:
    from convt.bench import fit

    found = fit.measure(layers, rounds, lambda line: click.echo(line, err=True))
    if kind == "text":
        table(fit.HEAD, found.rows(), ("bold",))
        table(fit.LOSS_HEAD, found.losses(), ("bold",))
    if kind == "json" or output is not None:
        show(found.table().rstrip("\n"), output)


def _counts(threads: str) -> list[int]:
    available = len(os.sched_getaffinity(0))
    counts = list(naturals("--threads", threads, ",", "must be numbers of threads, such as 1,2", "1"))
    if max(counts) > available:
        raise ArgumentError("--threads", threads, f"this process may use {available} core{'s' * (available > 1)}", available)
    return counts


def _machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown processor"
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")
    return f"{name}, {len(os.sched_getaffinity(0))} cores"

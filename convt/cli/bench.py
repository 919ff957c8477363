"""``convt bench``: our kernels and the peers that are installed, side by side."""

from __future__ import annotations

import json
import os
from pathlib import Path
from statistics import geometric_mean

import click

from convt._derive.errors import ArgumentError
from convt.files import write

from .common import Natural, naturals, offered_list, show
from .terminal import table


def _peers() -> list[str]:
    from convt.bench.peers import PEERS

    return ["all", "none", *(peer.name for peer in PEERS)]


@click.command(epilog="\b\nExamples:\n  convt bench --only DCGAN\n  convt bench --layers mine.json --threads 1 --format markdown\n"
               "  convt bench --growth --write docs\n  convt bench --vendored --only DCGAN --threads 1")
@click.option("--layers", "path", metavar="FILE", help="JSON like convt/bench/layers.json, instead of the default layers.")
@click.option("--only", default="", metavar="TEXT", help="Only layers with this in their name.")
@click.option("--threads", default="1,2", show_default=True, metavar="N[,N]", help="Numbers of threads.")
@click.option("--rounds", default=11, show_default=True, type=Natural("--rounds", 3), help="Shuffled rounds of each layer.")
@click.option("--peers", default="all", show_default=True, metavar="NAME,…", shell_complete=offered_list(_peers),
              help="all, none, or names.")
@click.option("--format", "kind", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--write", "folder", metavar="FOLDER", help="Write bench.md, bench.json and the pictures into this folder.")
@click.option("--growth", "grow", is_flag=True, help="Also sweep image size, channels, kernel size and stride.")
@click.option("--vendored", is_flag=True, help="Instead, the stored kernels against those of a package that pip builds, in pairs.")
def command(path: str | None, only: str, threads: str, rounds: int, peers: str, kind: str, output: str | None,
            folder: str | None, grow: bool, vendored: bool) -> None:
    """Check every method against float64, then time them in shuffled rounds; the machine's limits are measured in the same run."""
    from convt.bench import growth, harness
    from convt.bench.layers import load
    from convt.bench.limits import Limits
    from convt.bench.peers import PEERS, versions
    from convt.bench.report import HEAD, Results, pictures

    if folder is not None and not Path(folder).is_dir():
        raise ArgumentError("--write", folder, "there is no such folder")
    counts = _counts(threads)
    if vendored:
        if folder is not None or grow or kind == "markdown":
            raise ArgumentError("--vendored", True, "goes with --layers, --only, --threads, --rounds, and --format text or json")
        _vendored(path, only, counts, rounds, kind, output)
        return
    names = [peer.name for peer in PEERS if peer.installed] if peers == "all" else [] if peers == "none" else peers.split(",")
    unknown = [name for name in names if name not in {peer.name for peer in PEERS}]
    if unknown:
        raise ArgumentError("--peers", unknown[0], "must be among " + ", ".join(peer.name for peer in PEERS))
    layers = load(path, only)
    timed, limits = {}, {}
    for count in counts:
        timed[count], found = harness.measure(path, only, count, rounds, names, lambda line: click.echo(line, err=True))
        limits[count] = Limits(**found)
    sweeps = growth.measure(lambda line: click.echo(f"growth: {line}", err=True)) if grow else {}
    results = Results(tuple(layers), timed, limits, versions() if names else {}, _machine())
    data = results.as_data() | ({"growth": growth.as_data(sweeps)} if grow else {})
    page = results.markdown() + ("\n" + growth.markdown(sweeps) if grow else "")
    if folder is not None:
        write(Path(folder) / "bench.md", page)
        write(Path(folder) / "bench.json", json.dumps(data, indent=1))
        for name, picture in pictures(results, counts[0]).items():
            write(Path(folder) / f"bench-{name}", picture)
        if grow:
            write(Path(folder) / "bench-growth.png", growth.picture(sweeps))
    if kind == "json":
        show(json.dumps(data, indent=1), output)
    elif kind == "markdown":
        show(page, output)
    else:
        for count in counts:
            click.echo(f"\n{count} thread{'s' * (count > 1)}: {limits[count].fma:.0f} GFLOP/s, copy {limits[count].copy:.0f} GB/s")
            table(HEAD, results.rows(count), ("bold",))
            click.echo("geometric means: " + ", ".join(f"{name} {value:.2f}" for name, value in results.means(count).items()))
        for name, points in sweeps.items():
            click.echo(f"\n{name}, one thread")
            table((name, "family", "ns an output", "ps a multiply-add"),
                  [(str(p.value), p.family, f"{p.per_output:.3g}", f"{p.per_product:.3g}") for p in points], ("bold",))


def _vendored(path: str | None, only: str, counts: list[int], rounds: int, kind: str, output: str | None) -> None:
    from dataclasses import asdict

    from convt.bench import vendored

    pairs = vendored.measure(path, only, counts, rounds, lambda line: click.echo(line, err=True))
    if kind == "json":
        show(json.dumps([asdict(pair) | {"ratio": pair.ratio} for pair in pairs], indent=1), output)
    else:
        table(vendored.HEAD, [pair.row() for pair in pairs], ("bold",))
        click.echo(f"geometric mean of vendored/stored: {geometric_mean([pair.ratio[0] for pair in pairs]):.3f}")


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

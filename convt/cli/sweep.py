"""``convt sweep``: all configurations of grids or files, derived, proved, built and checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from convt import files
from convt._derive.errors import ArgumentError
from convt.progress import Say, working

from .common import FileType, Natural, offered
from .streams import shown

if TYPE_CHECKING:
    from convt.sweep.outcome import Outcome

LEVELS = ("proofs", "kernels")


class GridType(FileType):
    """A grid, a name, or a file: completed as either."""

    def shell_complete(self, context: Any, param: Any, incomplete: str) -> list[CompletionItem]:
        from convt.catalogue import SPECS

        return [CompletionItem(name) for name in SPECS if incomplete and name.startswith(incomplete)] or \
            super().shell_complete(context, param, incomplete)


def _words(module: str, table: str) -> Iterable[str]:
    return tuple(getattr(import_module(f"convt._codegen.{module}"), table))


@click.command(epilog="\b\nExamples:\n  convt sweep '2d_k{2..8}s{1..4}p{0..3}' -o sweep.html\n"
               "  convt sweep '1d_k{3,5,9}d{1,2}' --map conv,conv_transpose --dtype float32,int64\n"
               "  convt sweep names.txt unet.convt.toml --level proofs\n  convt sweep '2d_k{2..4}s2' --time -o times.md\n"
               "  convt sweep '3d_k{2..5}s{1,2}' --dask tcp://10.0.0.1:8786")
@click.argument("grids", nargs=-1, required=True, metavar="GRID|FILE...", type=GridType())
@click.option("--map", "maps", default="conv_transpose", show_default=True, metavar="NAME[,NAME]",
              shell_complete=offered(lambda: _words("problem", "MAPS")), help="conv, conv_transpose, conv_weight_gradient.")
@click.option("--dtype", "dtypes", default="float32", show_default=True, metavar="NAME[,NAME]",
              shell_complete=offered(lambda: _words("elements", "TYPES")), help="float32, float64, int64, complex64, complex128.")
@click.option("--layout", "layouts", default="channels_first", show_default=True, metavar="NAME[,NAME]",
              shell_complete=offered(lambda: _words("problem", "LAYOUTS")), help="channels_first, channels_last.")
@click.option("--target", default="host", show_default=True, shell_complete=offered(lambda: _words("target", "TARGETS")),
              help="host, generic, x86-64, x86-64-v3 or x86-64-v4.")
@click.option("--level", type=click.Choice(LEVELS), default="kernels", show_default=True, help="How deep: theorems only; kernels too.")
@click.option("--limit", type=Natural("--limit", 1), default=2000, show_default=True, metavar="N", help="The most configurations.")
@click.option("--time", "timed", is_flag=True, help="Then time a call of each kernel: 32 to 32 channels, some 1024 positions, one thread.")
@click.option("--dask", "address", metavar="ADDRESS", help="Examine them on the workers of this Dask scheduler, such as tcp://10.0.0.1:8786.")
@click.option("-o", "--output", metavar="FILE", help="Write a page of all results there: .html or .md.")
def command(grids: tuple[str, ...], maps: str, dtypes: str, layouts: str, target: str, level: str, limit: int, timed: bool,
            address: str | None, output: str | None) -> None:
    """Derive, prove, build and check every configuration of a grid or a file. What fails is a line, with a command that shows it again.

    A GRID is a name with braces (in quotes, or the shell expands them): numbers {1,2,4}, ranges {2..8} and {0..8..2}.
    A FILE has a name or a grid a line, or is a spec (.toml), whose layers say their own map, type and layout.

    What holds is remembered: a sweep that was interrupted goes on where it was.
    """
    from convt.specs.mistakes import BadSpec
    from convt.sweep.report import PAGES, Sweep, summary
    from convt.sweep.wanted import Kinds, wanted

    start = perf_counter()
    _demand(output, tuple(PAGES), timed, level, address)
    try:
        found = wanted(grids, Kinds(_several(maps), _several(dtypes), _several(layouts), target), limit)
    except BadSpec as error:
        for one in error.mistakes:
            click.echo(shown(str(one)), err=True)
        raise SystemExit(2) from None
    with working(f"sweeping over {len(found.problems)} configurations") as say:
        outcomes, known = _examined(found.problems, level, address, say)
        times = []
        if timed:
            from convt.sweep.times import measure

            times = measure([one.problem for one in outcomes if one.holds], say)
    made = Sweep(grids, level, outcomes, found.refused, known, perf_counter() - start, times)
    for line in summary(made):
        click.echo(shown(line))
    if output is not None:
        files.write(output, PAGES[Path(output).suffix](made))
        click.echo(f"wrote {output}", err=True)
    if made.short:
        raise SystemExit(1)


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split(",")))


def _examined(problems: Sequence[Any], level: str, address: str | None, say: Say) -> tuple[list[Outcome], int]:
    """What came of each, and how many were known. A line for each that falls short, at once."""
    from convt.specs.ledger import Ledger
    from convt.sweep.local import Local
    from convt.sweep.outcome import Event, Judged, Outcome
    from convt.sweep.report import line, named
    from convt.sweep.run import remembered, run

    new: list[Outcome] = []

    def found(event: Event) -> None:
        doing = f"proved {event.spec}" if isinstance(event, Judged) else f"{named(event.problem)} holds"
        if isinstance(event, Outcome):
            new.append(event)
            if not event.holds:
                say.above(shown(line(event)))
                doing = f"{named(event.problem)} falls short"
        short = sum(not one.holds for one in new)
        say(f"{len(new) + known} of {len(problems)} done" + f", {short} fall short" * bool(short) + f": {doing}")

    if address is not None:
        from convt.sweep.cluster import Cluster

        opened: Any = Cluster(address)
    else:
        opened = nullcontext(Local())
    with opened as place:
        ledger = Ledger()
        known = len(remembered(problems, level, place, ledger)[0])
        return run(problems, level, place, ledger, found), known


def _demand(output: str | None, suffixes: Sequence[str], timed: bool, level: str, address: str | None) -> None:
    """Raises ``ArgumentError`` for what would only show after the work."""
    if output is not None:
        if Path(output).suffix not in suffixes:
            raise ArgumentError("-o", output, f"must end with {' or '.join(suffixes)}", f"{Path(output).stem or 'sweep'}.html")
        files.demand(output)
    if timed and level == "proofs":
        raise ArgumentError("--time", True, "needs kernels: leave out --level proofs")
    if timed and address is not None:
        raise ArgumentError("--time", True, "is for kernels of this machine, where nothing else runs: leave out --dask")

"""``convt sync``: write the checked-in kernels, or compare them with what the generator says today."""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

import click

from convt._derive.errors import ArgumentError
from convt.files import write

OURS, HEADER = re.compile(r"(?m)^# made by +convt build |\A/\* convt_runtime\.h: "), 2000  # in so many characters


@click.command(epilog="\b\nExamples:\n  convt sync\n  convt sync --check")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and print the difference if there is one.")
@click.option("--directory", default="generated", show_default=True, metavar="DIR", help="Where the kernels stand.")
def command(check: bool, directory: str) -> None:
    """Keep generated/ equal to what the generator writes, text and file set alike.

    Files that it did not write itself, by their first lines, are neither overwritten nor removed.
    """
    from convt.catalogue import texts

    folder = Path(directory)
    if not folder.is_dir():
        raise ArgumentError("--directory", directory, "is no folder; run this where the repository's generated/ stands")
    wanted = texts()
    there = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in sorted(folder.iterdir())
             if path.suffix in (".pyx", ".h") and path.is_file()}
    found = {name: text for name, text in there.items() if OURS.search(text[:HEADER])}
    for name in sorted(set(there) - set(found)):
        if name in wanted:
            raise ArgumentError("--directory", directory, f"{name} there was not written by convt sync, and would be lost; move it away")
        click.echo(f"left alone, not written by convt sync: {folder / name}", err=True)
    if not check:
        for name, text in wanted.items():
            if found.get(name) != text:
                write(folder / name, text)
                click.echo(f"wrote {folder / name}")
        for name in sorted(set(found) - set(wanted)):
            (folder / name).unlink()
            click.echo(f"removed {folder / name}")
        click.echo(f"{len(wanted)} files in {folder} are up to date")
        return
    differences = []
    for name in sorted({*wanted, *found}):
        old, new = found.get(name, ""), wanted.get(name, "")
        if name not in found:
            differences.append(f"missing: {folder / name}")
        elif name not in wanted:
            differences.append(f"not in the catalogue: {folder / name}")
        elif old != new:
            lines = list(unified_diff(old.split("\n"), new.split("\n"), str(folder / name), "generator", lineterm="", n=2))
            differences.append("\n".join(lines[:60]) + (f"\n… {len(lines) - 60} more lines" if len(lines) > 60 else ""))
    if differences:
        click.echo("\n".join(differences))
        click.echo(f"{len(differences)} of {len(wanted)} files differ; cure: run 'convt sync' and commit the result", err=True)
        raise SystemExit(1)
    click.echo(f"{len(wanted)} files in {folder} are what the generator writes")

"""``convt prove``: one line a theorem."""

from __future__ import annotations

import click

from derive.spec import ConvSpec

from .common import SPEC, table


@click.command(epilog="\b\nExamples:\n  convt prove 2d_k4s2p1\n  convt prove 1d_k16s8p4 3d_k3s2p1op1 --steps")
@click.argument("specs", type=SPEC, nargs=-1, required=True, metavar="SPEC...")
@click.option("--steps", is_flag=True, help="Show every step of every proof.")
def command(specs: tuple[ConvSpec, ...], steps: bool) -> None:
    """Prove every theorem; exit 1 when a verdict is weaker than its theorem's scope."""
    from derive.judges import warm_up
    from derive.render.text import steps as steps_of
    from derive.theorem import prove, theorems

    warm_up()
    short = []
    for spec in specs:
        rows = []
        for make in theorems():
            proof = prove(make(spec))
            theorem = proof.theorem
            rows.append((str(theorem.number), theorem.title, proof.outcome, theorem.scope, theorem.says,
                         ", ".join(proof.judges), f"{proof.milliseconds:.0f}"))
            if not proof.holds:
                short.append(f"{spec}: theorem {theorem.number} is {proof.outcome}, its scope is {theorem.scope}")
            if steps:
                click.echo("\n".join(steps_of(proof)) + "\n")
        click.echo(f"{spec}")
        table(("#", "theorem", "verdict", "scope", "it says", "judges", "ms"), rows, ("", "bold", "green", "", "", "dim"))
    if short:
        click.echo("\n".join(short), err=True)
        raise SystemExit(1)

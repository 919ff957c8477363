"""The spine of ``convt check``: from layers to results, level by level, and what the locks say.

    shapes      lengths, phases, counts: integers                        every layer
    proofs      the theorems of each geometry                            children, ledger
    kernels     built together, checked exactly, from the store          compilers, children
    libraries   the same values from each library that is named          a child each
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from convt._codegen.errors import CompilerMissing

from . import lock, shapes
from .facts import of_kernels, of_proofs, of_shapes
from .finding import LEVELS, Finding, Result
from .layer import Layer

Say = Callable[[str], None]


def check(layers: Sequence[Layer], level: str = "libraries", say: Say = lambda words: None, speed: bool = False) -> list[Result]:
    """What is found about each layer, up to a level; deeper levels leave out the layers whose lengths are not legal."""
    results = [Result(layer, list(shapes.findings(layer)), of_shapes(layer)) for layer in layers]
    deep = LEVELS.index(level)
    if deep >= 1:
        _prove(results, say)
    if deep >= 2:
        _build(results, say)
    if deep >= 3:
        _compare(results, say)
    if speed:
        from .speed import measure

        measure(results, say)
    return results


def _prove(results: Sequence[Result], say: Say) -> None:
    from . import proofs
    from .ledger import Ledger

    say("proving")
    found = proofs.verdicts([result.layer.spec for result in results], Ledger(), say)
    for result in results:
        result.findings += proofs.findings(result.layer, found[result.layer.spec])
        result.facts |= of_proofs(found[result.layer.spec])


def _build(results: Sequence[Result], say: Say) -> None:
    from . import kernels
    from .ledger import Ledger

    ledger = Ledger()
    for number, result in enumerate(results):
        say(f"generating: {number} of {len(results)}")
        layer = result.layer
        key = repr((str(layer.problem(layer.target).key), layer.channels, layer.groups, layer.size))
        if (facts := ledger.get("facts", key)) is None:
            facts = of_kernels(layer)
            ledger.put("facts", key, facts)
        result.facts |= facts
    try:
        found = kernels.kernels([result.layer for result in results], say)
    except CompilerMissing as error:
        for result in results:
            result.findings.append(Finding("kernels", "kernel", "missing", str(error)))
        return
    for result in results:
        if result.layer.size is None or all(length.at(0) > 0 for length in result.layer.made):
            result.findings += kernels.findings(result.layer, found[result.layer.problem()])


def _compare(results: Sequence[Result], say: Say) -> None:
    from . import libraries

    say("comparing with libraries")
    for result, findings in zip(results, libraries.compare([result.layer for result in results], say), strict=True):
        result.findings += findings


def against_locks(results: Sequence[Result], level: str, update: bool = False, some: bool = False) -> list[str]:
    """Compare each file's results with its lock, or write the lock; lines about that. ``some``: only these layers are compared."""
    lines = []
    for file in dict.fromkeys(result.layer.file for result in results):
        own = [result for result in results if result.layer.file == file]
        old, new = lock.read(file), lock.made(own, level)
        if update:
            changed = lock.update(file, old, new)
            lines += [f"{lock.path_of(file)}: {line}" for line in changed] or [f"{lock.path_of(file)}: nothing changed"]
        elif old is not None:
            if some:
                old = replace(old, layers={name: facts for name, facts in old.layers.items() if name in new.layers})
            for name, findings in lock.findings(old, new, file).items():
                next((result for result in own if result.layer.name == name), own[0]).findings.extend(findings)
    return lines

"""The checks that visit every size: random integers through a kernel, on each number of threads, until the odds suffice."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, prod
from typing import Any

import numpy as np

from . import samples
from .cases import Case, partners
from .samples import integers
from .subject import Subject, Wrong

MISS = Fraction(1, 10**12)  # of a wrong coefficient, over all trials of a case on one number of threads
MOST_TRIALS = 96
MOST_WORK = 1 << 30  # multiply-adds of all trials of a case on one number of threads
LARGEST_INTEGER = 1 << 20


def random_integers(subject: Subject, case: Case, threads: list[int], rng: Any) -> dict[str, Any]:
    """Random integers, poison, guard pages, bias and packing, until the odds of missing a wrong coefficient suffice."""
    spec = subject.spec
    bound, terms, kept, channels = magnitudes(subject, case)
    trials, odds = 0, Fraction(1)
    each = 1 - Fraction(kept or channels, channels) * (1 - Fraction(2, 2 * bound + 1))
    work = max(case.macs(spec), 8 * case.entries(spec) if case.thin else 0)
    most = max(1 if case.thin else 2, min(MOST_TRIALS, MOST_WORK // work))
    compared = 0
    while trials < most and (odds > MISS or trials < 3):
        given, support = subject.draw(case, rng, bound, kept)
        length = {"conv": case.features, "conv_transpose": case.images}.get(subject.map)
        bias = integers(rng, (length,), bound, subject.dtype) if length and (trials % 2 or case.thin) else None
        at = samples.positions(spec, case, subject.out, support, rng) if case.some else None
        wanted = subject.expected(given, bias, case) if at is None else subject.expected_at(given, bias, case, support, at)
        # a family that leaves NaN to another meets it in one trial only: in the others it must answer itself
        poisoned = subject.unread(given, case) if subject.instead is None or trials == 1 else None
        answers = () if subject.instead is None or poisoned is None else (subject.family, subject.instead)
        for turn, count in enumerate(threads):
            got = subject.call(poisoned or given, bias, case, trials * len(threads) + turn, count, answers, fresh=trials > 0)
            if at is not None:
                got = samples.taken(got, at)
            demand_equal(subject, "random integers", case, count, got, wanted.astype(subject.dtype), at)
            compared = got.size
        trials += 1
        odds *= each
    limits = {} if at is None else {"compared": f"{compared} of {prod(case.shapes(spec)[subject.out])} entries"}
    if support:
        limits["zero"] = f"all but {max(prod(map(len, places)) for places in support.values())} places of an input"
    return {"check": "random integers, poison, guard pages", "threads": threads, "terms": terms, "bound": bound, "trials": trials,
            "miss": float(odds), **limits}


def magnitudes(subject: Subject, case: Case) -> tuple[int, int, int | None, int]:
    """(bound of the integers, terms of a sum, channels kept, channels): sums stay exact, if need be because few channels are not zero."""
    per = {"conv": case.images // case.groups, "conv_transpose": case.features // case.groups,
           "conv_weight_gradient": case.batch}[subject.map]
    products = prod(partners(axis, subject.out, m, n) for axis, m, n in case.axes(subject.spec))
    if case.thin:
        products = min(products, prod(min(samples.PLACES[subject.spec.dims] + 2, max(lengths)) for lengths in
                                      zip(*case.lengths(subject.spec).values(), strict=True)))
    kept = None
    for channels in range(per, 0, -1):
        terms = channels * products * subject.parts + 1
        if bound := min(isqrt(2**subject.bits // (terms * case.growth)), LARGEST_INTEGER):
            return bound, terms, kept, per
        kept = channels - 1
    raise Wrong(f"{subject}: no integers but 0 are exact in sums of {products} products, {case}")


def built_in(subject: Subject, case: Case, threads: list[int], rng: Any) -> dict[str, Any]:
    """Random integers through the filter that is built in: exact where its taps are dyadic, else within γ·Σ|w||u|.

    The bound is Higham's for as many terms as there are taps, and three more: taps and factors are rounded themselves.
    """
    shapes, made = case.shapes(subject.spec), subject.filter
    weights = np.broadcast_to(np.array(made["values"]).reshape(subject.spec.kernel), shapes["w"])
    exact, terms = made["exact"], prod(subject.spec.kernel) + 3
    biased = not exact or made["unit"] < 1 << 16
    room = made["scale"] + biased * made["unit"] + 1
    bound = min(2**subject.bits // room, LARGEST_INTEGER) if exact else LARGEST_INTEGER
    unit = float(np.finfo(subject.dtype).eps) / 2
    gamma = 0.0 if exact else terms * unit / (1 - terms * unit)
    trials, odds = 0, Fraction(1)
    while odds > MISS or trials < 3:
        u = integers(rng, shapes["u"], bound, subject.dtype)
        bias = integers(rng, (case.images,), bound, subject.dtype) if trials % 2 and biased else None
        at = samples.positions(subject.spec, case, subject.out, {}, rng) if case.some else None

        def through(u: Any, weights: Any, bias: Any, at: Any = at) -> Any:
            given = {"u": u, "w": weights}
            return subject.expected(given, bias, case) if at is None else subject.expected_at(given, bias, case, {}, at)

        wanted = through(u, weights, bias)
        allowed = gamma * through(abs(u), abs(weights), None if bias is None else abs(bias))
        given = {"u": u, "w": weights.astype(subject.dtype)}
        poisoned = subject.unread(given, case) or given
        poisoned["w"] = given["w"]
        for turn, count in enumerate(threads):
            got = subject.call(poisoned, bias, case, trials * len(threads) + turn, count, fresh=trials > 0).astype(np.float64)
            if at is not None:
                got = samples.taken(got, at)
            if not (abs(got - wanted) <= allowed).all():  # negated, so that NaN fails too
                off = ~(abs(got - wanted) <= allowed)
                where = tuple(int(v) for v in np.argwhere(off)[0])
                raise Wrong(f"{subject}, check 'built-in filter', {case}, {count} threads: entry {where} is {got[where]}, must be "
                            f"{wanted[where]} within {allowed[where]} ({int(off.sum())} of {off.size} differ)")
        trials += 1
        odds *= Fraction(2, 2 * bound + 1)
    sizes = {} if at is None else {"compared": f"{got.size} of {prod(shapes['x'])} entries"}
    return {"check": "built-in filter, " + ("exact" if exact else f"within γ of {terms} terms, {gamma:.2e}, times Σ|w||u|"),
            "threads": threads, "bound": bound, "trials": trials, "miss": float(odds), **sizes}


def demand_equal(subject: Subject, check: str, case: Case, threads: int, got: Any, wanted: Any, at: Any = None) -> None:
    """Every entry the same number; otherwise say which is not, and how to see it again."""
    same = got == wanted
    if not same.all():
        where = tuple(int(v) for v in np.argwhere(~same)[0])
        place = where if at is None else (*where[:2], *at[where[2]])
        raise Wrong(f"{subject}, check '{check}', {case}, {threads} threads: entry {place} is {got[where]}, "
                    f"must be {wanted[where]} ({int((~same).sum())} of {same.size} differ)")

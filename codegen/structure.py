"""The checks of what integers alone do not show: the whole matrix by impulses, the adjoint, values that are not finite, fork."""

from __future__ import annotations

import os
import signal
import time
from math import prod
from typing import Any

import numpy as np

from convt._derive.spec import ConvSpec

from . import reference
from .cases import MOST_ENTRIES, MOST_MACS, Case
from .samples import integers
from .subject import Subject, Wrong
from .trials import demand_equal

IMPULSES = 600  # at most so many unit inputs in one case
GRADIENT_IMPULSES = 48
HUGE = 2.0**53
SINGLE_TAPS = 8
STRANGE = (np.nan, np.inf, -np.inf, HUGE, -HUGE)
FORK_SECONDS = 10.0


def impulses(subject: Subject, case: Case, threads: int) -> dict[str, Any] | None:
    """Unit inputs times distinct weights: the whole matrix comes back, entry by entry. None where that is too much."""
    shapes = case.shapes(subject.spec)
    fed, labels = subject.roles.fed, "x" if subject.out == "w" else "w"
    count = prod(shapes[fed][1:])
    case = Case(**{**case.__dict__, "batch": 1 if subject.map == "conv_weight_gradient" else count})
    shapes = case.shapes(subject.spec)
    exact = prod(shapes[labels]) * case.growth < 2**subject.bits
    if count > IMPULSES or not exact or case.entries(subject.spec) > MOST_ENTRIES or case.macs(subject.spec) > MOST_MACS:
        return None
    numbered = (np.arange(prod(shapes[labels])) + 1).reshape(shapes[labels]).astype(subject.dtype)
    if subject.dtype.kind == "c":
        numbered = numbered * (1 + 2j)
    if subject.map == "conv_weight_gradient":
        for number in range(min(count, GRADIENT_IMPULSES)):
            unit = np.zeros(count, subject.dtype)
            unit[number] = 1
            given = {"u": unit.reshape(shapes["u"]), "x": numbered}
            wanted = subject.expected(given, None, case)
            demand_equal(subject, "impulse", case, threads, subject.call(given, None, case, number, threads), wanted.astype(subject.dtype))
        return {"check": "labelled impulses", "threads": [threads], "entries": prod(shapes["w"]), "calls": min(count, GRADIENT_IMPULSES)}
    given = {fed: np.eye(count, dtype=subject.dtype).reshape(shapes[fed]), "w": numbered}
    got = subject.call(given, None, case, 0, threads)
    wanted = np.zeros(got.shape, subject.dtype)
    labels_used = numbered.conj() if subject.conjugate else numbered
    i, a, j = related(subject.spec, case)
    f, c = np.ogrid[:case.features, :case.images // case.groups]
    image = f // (case.features // case.groups) * c.size + c
    f, c, image = f[..., None], c[..., None], image[..., None]
    row, channel, place = (f * prod(case.feature) + i, image, j) if fed == "u" else (image * prod(case.image) + j, f, i)
    wanted.reshape(*wanted.shape[:2], -1)[row, channel, place] = labels_used.reshape(*labels_used.shape[:2], -1)[f, c, a]
    demand_equal(subject, "labelled impulses", case, threads, got, wanted)
    return {"check": "labelled impulses", "threads": [threads], "entries": got.size}


def related(spec: ConvSpec, case: Case) -> list[Any]:
    """All (i, a, j), each as positions in an array of its axes."""
    rows = [reference.triples(axis, m, n) for axis, m, n in case.axes(spec)]
    chosen = np.meshgrid(*(np.arange(len(row[0])) for row in rows), indexing="ij")
    return [np.ravel_multi_index([row[letter][at.ravel()] for row, at in zip(rows, chosen, strict=True)], lengths)
            for letter, lengths in enumerate((case.feature, spec.kernel, case.image))]


def adjoint(subject: Subject, case: Case, threads: int, rng: Any) -> dict[str, Any]:
    """⟨u, K x⟩ = ⟨Kᵀu, x⟩ = ⟨w, gradient⟩ with this kernel's result on one side, difference exactly 0 in integers."""
    arrays = {letter: integers(rng, shape, 3, subject.dtype) for letter, shape in case.shapes(subject.spec).items()}
    got = subject.call({letter: arrays[letter] for letter in subject.roles.reads}, None, case, 0, threads)
    wide = np.complex128 if subject.parts == 2 else np.int64
    letter = subject.conjugated()
    u, w, x = (arrays[each].astype(wide).conj() if each == letter else arrays[each].astype(wide) for each in "uwx")
    left = (got.astype(wide) * {"u": u, "w": w, "x": x}[subject.out]).sum()
    totals = {"u": (reference.conv(subject.spec, x, w, None, case.feature, case.groups) * u).sum(),
              "x": (reference.conv_transpose(subject.spec, u, w, None, case.image, case.groups) * x).sum(),
              "w": (reference.conv_weight_gradient(subject.spec, x, u, case.groups) * w).sum()}
    for letter, total in totals.items():
        if left != total:
            raise Wrong(f"{subject}, check 'adjoint', {case}: {left} here, {total} by the map that gives {letter}")
    return {"check": "adjoint in integers", "threads": [threads], "difference": 0}


def not_finite(subject: Subject, case: Case, threads: list[int], rng: Any) -> dict[str, Any] | None:
    """NaN, Inf and huge values in one feature, one filter or one tap reach the outputs of their products and no others.

    A family that leaves such features to another must do so; weights that are not finite may be taken by ``plain``. None for
    other numbers than real floats, and where nothing is related.
    """
    letters = subject.roles.reads if subject.filter is None else "u"  # a built-in filter is finite
    marks = [reference.touched(axis, m, n) for axis, m, n in case.axes(subject.spec)]
    if subject.dtype.kind != "f" or not all(mark.any() for axis in marks for mark in axis):
        return None
    features = [(letter, value, [np.flatnonzero(axis["ux".index(letter)]) for axis in marks])
                for letter in letters if letter != "w" for value in STRANGE * 2]
    filters = [("w", value, list[Any]()) for value in STRANGE] + [("w", np.nan, [*map(np.arange, subject.spec.kernel)])] * SINGLE_TAPS
    calls = 0
    for number, (letter, value, places) in enumerate(features + (filters if "w" in letters else [])):
        given, _ = subject.draw(case, rng, 3)
        if abs(value) == HUGE:  # exact only alone
            given[letter][...] = 0
        where = tuple(int(rng.choice(choice)) for choice in (*map(np.arange, given[letter].shape[:2]), *places))
        if letter != "w":  # the last image, and the others in turn
            where = ((case.batch - 1 - number) % case.batch, *where[1:])
        given[letter][where] = value
        with np.errstate(invalid="ignore"):
            wanted = subject.expected(given, None, case)
        leaves = letter in subject.leaves and (subject.leaves_huge or abs(value) != HUGE)
        answers = (subject.family, "plain") if letter == "w" else (subject.instead,) if leaves else ()
        for turn, count in enumerate(threads if letter != "w" or not places else threads[:1]):
            got = subject.call(given, None, case, calls + turn, count, answers)
            finite = np.isfinite(wanted)
            equal = (got == wanted)[finite].all() or subject.filter is not None
            if not equal or not (np.isfinite(got) == finite).all():
                raise Wrong(f"{subject}, check 'not finite', {case}, {count} threads: {value} at {where} of {letter} does not reach "
                            "exactly the outputs of its products")
            calls += 1
    return {"check": "NaN, Inf and huge values stay where they belong", "threads": threads, "calls": calls}


def forked(subject: Subject, case: Case, rng: Any) -> None:
    """A process that has used threads is forked: a call in the child ends, and is right. Raises ``Wrong``."""
    given, _ = subject.draw(case, rng, 3)
    inputs = [subject.laid_out(letter, given[letter]) for letter in subject.roles.reads]
    one = subject.laid_out(subject.out, np.empty(case.shapes(subject.spec)[subject.out], subject.dtype))
    two = np.empty_like(one)
    subject.run(*inputs, None, one, case.groups, 2, subject.family, None, True)
    child = os.fork()
    if child == 0:
        signal.alarm(round(2 * FORK_SECONDS))  # it ends even if this process does not live to see that it hangs
        subject.run(*inputs, None, two, case.groups, 2, subject.family, None, True)
        os._exit(0 if (one == two).all() else 1)
    stop = time.monotonic() + FORK_SECONDS
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < stop:
        time.sleep(0.002)
    if ended[0] == 0:
        os.kill(child, 9)
        os.waitpid(child, 0)
    if ended[0] == 0 or ended[1]:
        raise Wrong(f"{subject}, check 'fork', {case}: a call in a forked child " + ("does not end" if ended[0] == 0 else "is wrong"))

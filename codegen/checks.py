"""The checks themselves, run in a child process with the task on standard input.

Expected values come from the index relation j = s·i + d·a − p_lo by trial (``reference``), never from the formulas
that the kernels use. The last line on standard error names the check under way, for the report of a crash.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from functools import partial
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from math import isqrt, prod
from typing import Any

import numpy as np

from convt._derive.lengths import image_length, smallest_feature_length
from convt._derive.spec import ConvSpec

from . import reference
from .guard import copied, guarded

MISS = Fraction(1, 10**12)  # of a wrong coefficient, over all trials of a case
ADJOINT_CASES = 2  # of each family: the identity ties the three maps together, the other checks visit every size
IMPULSES = 600  # at most so many unit inputs in one case
SENTINELS = (-7777777, 5555555)


class Wrong(Exception):
    """A check failed; the text says which, where, and with what figures."""


class Subject:
    """One family of one kernel under test."""

    def __init__(self, module: Any, task: dict[str, Any], family: str) -> None:
        self.run = getattr(module, task["name"])
        self.pack, self.packed_length = partial(module.pack, task["name"]), partial(module.packed_length, task["name"])
        self.forget = module.forget
        self.name, self.family, self.map = task["name"], family, task["map"]
        self.spec = ConvSpec.parse(task["spec"])
        self.dtype, self.parts, self.bits = np.dtype(task["dtype"]), task["parts"], task["bits"]
        self.last, self.conjugate = task["channels_last"], task["conjugate"]
        self.filter = task["filter"]

    def sizes(self, case: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Feature and image lengths: the smallest legal plus the extra, one more along each further axis."""
        feature, image = [], []
        for number, axis in enumerate(self.spec.axes):
            m = smallest_feature_length(axis) + case["extra"] + (number if case["extra"] else 0)
            feature.append(m)
            image.append(image_length(axis, m))
        return tuple(feature), tuple(image)

    def shapes(self, case: dict[str, int]) -> dict[str, tuple[int, ...]]:
        """Shapes of u, w and x, channels first."""
        m, n = self.sizes(case)
        return {"u": (case["batch"], case["features"], *m), "x": (case["batch"], case["images"], *n),
                "w": (case["features"], case["images"] // case["groups"], *self.spec.kernel)}

    def expected(self, arrays: dict[str, Any], bias: Any, case: dict[str, int]) -> Any:
        """The map by the NumPy reference, in a wider type in which these integers are exact."""
        wide = {"f": np.float64, "c": np.complex128, "i": np.int64}[self.dtype.kind]
        u, w, x = (arrays[letter].astype(wide) for letter in "uwx")
        beta = None if bias is None else bias.astype(wide)
        m, n = self.sizes(case)
        if self.map == "conv":
            return reference.conv(self.spec, x, w, beta, m, case["groups"])
        if self.map == "conv_transpose":
            return reference.conv_transpose(self.spec, u, w.conj() if self.conjugate else w, beta, n, case["groups"])
        return reference.conv_weight_gradient(self.spec, x.conj() if self.conjugate else x, u, case["groups"])

    def call(self, arrays: dict[str, Any], bias: Any, case: dict[str, int], turn: int) -> Any:
        """Run the kernel on guarded copies into poisoned memory; ``turn`` alternates edges, threads and packing."""
        right = turn % 2 == 0
        inputs = {"conv": "xw", "conv_transpose": "uw", "conv_weight_gradient": "xu"}[self.map]
        out_letter = ({"u", "w", "x"} - set(inputs)).pop()
        given = [copied(self.laid_out(letter, arrays[letter]), right) for letter in inputs]
        shape = self.laid_out(out_letter, np.empty(arrays[out_letter].shape, np.bool_)).shape
        out = guarded(shape, self.dtype, right)
        out[...] = np.nan if self.dtype.kind in "fc" else SENTINELS[turn % 2]
        packed = None
        if turn % 3 == 1 and (size := self.packed_length(case["features"], case["images"], case["groups"], self.family)):
            packed = guarded((size,), self.dtype, right)
            packed[...] = np.nan
            if not self.pack(given[1], packed, case["groups"], self.family, 1 + turn % 2):
                raise Wrong("pack took finite weights for infinite ones")
        beta = None if bias is None else copied(bias, right)
        self.forget()  # fresh scratch memory is poisoned, what an earlier call left there is not
        self.run(given[0], given[1], beta, out, case["groups"], 1 + turn // 2 % 2, self.family, packed)
        return np.moveaxis(out, -1, 1) if self.last and out_letter != "w" else out

    def laid_out(self, letter: str, array: Any) -> Any:
        """u and x in the kernel's layout; w is the same in both."""
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if self.last and letter != "w" else array


def integers(rng: Any, shape: tuple[int, ...], bound: int, dtype: Any) -> Any:
    """Random integers in [−bound, bound], complex ones in both parts."""
    values = rng.integers(-bound, bound + 1, shape).astype(dtype)
    return values + 1j * rng.integers(-bound, bound + 1, shape).astype(dtype) if dtype.kind == "c" else values


def demand_equal(subject: Subject, check: str, case: dict[str, int], got: Any, wanted: Any) -> None:
    """Every entry the same number; otherwise say which is not, and how to see it again."""
    same = got == wanted
    if not same.all():
        where = tuple(int(v) for v in np.argwhere(~same)[0])
        raise Wrong(f"{subject.name}, family {subject.family}, check '{check}', {case}: entry {where} is {got[where]}, "
                    f"must be {wanted[where]} ({int((~same).sum())} of {same.size} differ)")


def unread(subject: Subject, arrays: dict[str, Any], case: dict[str, int]) -> None:
    """Put NaN wherever no related triple reads: if it shows up in a result, something was read that must not be."""
    if subject.dtype.kind not in "fc":
        return
    m, n = subject.sizes(case)
    for letter, lengths, position in (("u", m, 1), ("x", n, 2)):
        touched = np.zeros(lengths, bool)
        for pairs in reference.pairs(subject.spec, m, n):
            touched[pairs[position]] = True
        arrays[letter][:, :, ~touched] = np.nan


def random_integers(subject: Subject, case: dict[str, int], rng: Any) -> dict[str, Any]:
    """Random integers, poison, guard pages, bias, packing, threads and the adjoint identity, until the odds suffice."""
    shapes = subject.shapes(case)
    m, n = subject.sizes(case)
    per_entry = {"conv": case["images"] // case["groups"], "conv_transpose": case["features"] // case["groups"],
                 "conv_weight_gradient": case["batch"] * prod(m)}[subject.map]
    terms = (per_entry * (prod(subject.spec.kernel) if subject.map != "conv_weight_gradient" else 1)) * subject.parts + 1
    bound = min(isqrt(2**subject.bits // (terms * case.get("growth", 1))), 1 << 20)
    trials, odds = 0, Fraction(1)
    while odds > MISS or trials < 3:
        arrays = {letter: integers(rng, shape, bound, subject.dtype) for letter, shape in shapes.items()}
        length = {"conv": case["features"], "conv_transpose": case["images"]}.get(subject.map)
        bias = integers(rng, (length,), bound, subject.dtype) if length and trials % 2 else None
        wanted = subject.expected(arrays, bias, case)
        poisoned = {letter: array.copy() for letter, array in arrays.items()}
        unread(subject, poisoned, case)
        got = subject.call(poisoned, bias, case, trials)
        demand_equal(subject, "random integers", case, got, wanted.astype(subject.dtype))
        trials += 1
        odds *= Fraction(2, 2 * bound + 1)
    return {"check": "random integers, poison, guard pages", "family": subject.family, **case, "feature": list(m),
            "image": list(n), "terms": terms, "bound": bound, "trials": trials, "miss": float(odds)}


def built_in(subject: Subject, case: dict[str, int], rng: Any) -> dict[str, Any]:
    """Random integers through the filter that is built in: exact where its taps are dyadic, else within γ·Σ|w||u|.

    The bound is Higham's for as many terms as there are taps, and three more: taps and factors are rounded themselves.
    """
    shapes = subject.shapes(case)
    wide = np.array(subject.filter["values"]).reshape(subject.spec.kernel)
    weights = np.broadcast_to(wide, shapes["w"])
    exact, terms = subject.filter["exact"], prod(subject.spec.kernel) + 3
    bound = min(2**subject.bits // (subject.filter["scale"] + 1), 1 << 20) if exact else 1 << 20
    unit = float(np.finfo(subject.dtype).eps) / 2
    gamma = 0.0 if exact else terms * unit / (1 - terms * unit)
    trials, odds = 0, Fraction(1)
    while odds > MISS or trials < 3:
        u = integers(rng, shapes["u"], bound, subject.dtype)
        bias = integers(rng, (case["images"],), bound, subject.dtype) if trials % 2 and not exact else None
        arrays = {"u": u, "w": weights, "x": np.empty(shapes["x"])}
        wanted = subject.expected(arrays, bias, case)
        allowed = gamma * subject.expected({**arrays, "u": abs(u), "w": abs(weights)}, None if bias is None else abs(bias), case)
        given = {"u": u, "w": weights.astype(subject.dtype), "x": np.empty(shapes["x"], subject.dtype)}
        poisoned = given | {"u": u.copy()}
        unread(subject, poisoned, case)
        got = subject.call(poisoned, bias, case, trials)
        # negated, so that NaN fails too
        if not (abs(got.astype(np.float64) - wanted) <= allowed).all():
            off = ~(abs(got.astype(np.float64) - wanted) <= allowed)
            where = tuple(int(v) for v in np.argwhere(off)[0])
            raise Wrong(f"{subject.name}, family {subject.family}, check 'built-in filter', {case}: entry {where} is {got[where]}, must be "
                        f"{wanted[where]} within {allowed[where]} ({int(off.sum())} of {off.size} differ)")
        trials += 1
        odds *= Fraction(2, 2 * bound + 1)
    return {"check": "built-in filter, " + ("exact" if exact else f"within γ of {terms} terms, {gamma:.2e}, times Σ|w||u|"),
            "family": subject.family, **case, "bound": bound, "trials": trials, "miss": float(odds)}


def adjoint(subject: Subject, case: dict[str, int], rng: Any) -> dict[str, Any]:
    """⟨u, K x⟩ = ⟨Kᵀu, x⟩ = ⟨w, gradient⟩ with this kernel's result on one side, difference exactly 0 in integers."""
    arrays = {letter: integers(rng, shape, 3, subject.dtype) for letter, shape in subject.shapes(case).items()}
    got = subject.call(arrays, None, case, 0)
    wide = np.complex128 if subject.parts == 2 else np.int64
    u, w, x = (arrays[letter].astype(wide) for letter in "uwx")
    own = {"conv": "u", "conv_transpose": "x", "conv_weight_gradient": "w"}[subject.map]
    if subject.conjugate:  # both conjugate forms are the plain map of one conjugated argument
        w, x = (w.conj(), x) if own == "x" else (w, x.conj())
    left = (got.astype(wide) * {"u": u, "w": w, "x": x}[own]).sum()
    m, n = subject.sizes(case)
    totals = {"u": (reference.conv(subject.spec, x, w, None, m, case["groups"]) * u).sum(),
              "x": (reference.conv_transpose(subject.spec, u, w, None, n, case["groups"]) * x).sum(),
              "w": (reference.conv_weight_gradient(subject.spec, x, u, case["groups"]) * w).sum()}
    for letter, total in totals.items():
        if left != total:
            raise Wrong(f"{subject.name}, family {subject.family}, check 'adjoint', {case}: {left} here, "
                        f"{total} by the map that gives {letter}")
    return {"check": "adjoint in integers", "family": subject.family, **case, "difference": 0}


def impulses(subject: Subject, case: dict[str, int]) -> dict[str, Any] | None:
    """Unit inputs times distinct weights: the whole matrix comes back, entry by entry."""
    case = case | {"batch": 1}
    m, n = subject.sizes(case)
    shapes = subject.shapes(case)
    fed = {"conv": "x", "conv_transpose": "u", "conv_weight_gradient": "u"}[subject.map]
    count = prod(shapes[fed][1:])
    labels = "x" if subject.map == "conv_weight_gradient" else "w"
    if count > IMPULSES or prod(shapes[labels]) * case.get("growth", 1) >= 2**subject.bits:
        return None
    numbered = (np.arange(prod(shapes[labels])) + 1).reshape(shapes[labels]).astype(subject.dtype)
    if subject.dtype.kind == "c":
        numbered = numbered * (1 + 2j)
    if subject.map == "conv_weight_gradient":
        for number in range(min(count, 48)):
            unit = np.zeros(count, subject.dtype)
            unit[number] = 1
            arrays = {"u": unit.reshape(shapes["u"]), "x": numbered, "w": np.empty(shapes["w"], subject.dtype)}
            wanted = subject.expected(arrays, None, case)
            demand_equal(subject, "impulse", case, subject.call(arrays, None, case, number), wanted.astype(subject.dtype))
        return {"check": "labelled impulses", "family": subject.family, **case, "entries": prod(shapes["w"]),
                "calls": min(count, 48)}
    case = case | {"batch": count}
    arrays = {"u": np.empty((count, *shapes["u"][1:]), subject.dtype), "w": numbered,
              "x": np.empty((count, *shapes["x"][1:]), subject.dtype)}
    arrays[fed] = np.eye(count, dtype=subject.dtype).reshape(arrays[fed].shape)
    got = subject.call(arrays, None, case, 0)
    wanted = np.zeros(got.shape, subject.dtype)
    labels_used = numbered.conj() if subject.conjugate else numbered
    i, a, j = related(subject.spec, m, n)
    f, c = np.ogrid[:case["features"], :case["images"] // case["groups"]]
    image = f // (case["features"] // case["groups"]) * c.size + c
    f, c, image = f[..., None], c[..., None], image[..., None]
    row, channel, place = (f * prod(m) + i, image, j) if fed == "u" else (image * prod(n) + j, f, i)
    wanted.reshape(*wanted.shape[:2], -1)[row, channel, place] = labels_used.reshape(*labels_used.shape[:2], -1)[f, c, a]
    demand_equal(subject, "labelled impulses", case, got, wanted)
    return {"check": "labelled impulses", "family": subject.family, **case, "feature": list(m), "image": list(n),
            "entries": got.size}


def related(spec: ConvSpec, m: tuple[int, ...], n: tuple[int, ...]) -> list[Any]:
    """All (i, a, j), each as positions in an array of its axes, by trying every pair of feature and tap."""
    rows = [[(i, a, j) for i in range(length) for a in range(axis.kernel)
             if 0 <= (j := axis.stride * i + axis.dilation * a - axis.padding[0]) < image]
            for axis, length, image in zip(spec.axes, m, n, strict=True)]
    chosen = np.meshgrid(*(np.arange(len(row)) for row in rows), indexing="ij")
    return [np.ravel_multi_index([np.array([triple[letter] for triple in row], int)[at.ravel()]
                                  for row, at in zip(rows, chosen, strict=True)], lengths)
            for letter, lengths in enumerate((m, spec.kernel, n))]


def main() -> int:
    """Check every family of every kernel of the task; the result is JSON, or one line about what is wrong."""
    task = json.load(sys.stdin)
    spec = spec_from_loader(task["module"], ExtensionFileLoader(task["module"], task["library"]))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    passed: dict[str, list[dict[str, Any]]] = {}
    for kernel in task["kernels"]:
        rng = np.random.default_rng(2024)
        results = passed.setdefault(kernel["name"], [])
        for family, cases in kernel["cases"].items():
            subject = Subject(module, kernel, family)
            for number, case in enumerate(cases):
                print(f"{kernel['name']} family {family} {case}", file=sys.stderr, flush=True)
                try:
                    if subject.filter is not None:
                        results.append(built_in(subject, case, rng))
                        continue
                    found = [impulses(subject, case), random_integers(subject, case, rng)]
                    if number < ADJOINT_CASES:
                        found.append(adjoint(subject, case, rng))
                except Wrong as wrong:
                    print(wrong)
                    return 1
                results += [row for row in found if row]
    print(json.dumps(passed))
    return 0


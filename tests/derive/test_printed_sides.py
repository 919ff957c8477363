"""What is printed is what was judged: the sides of every identity are read back from their text and computed with numbers."""

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

from convt._derive import ConvSpec
from convt._derive.claims import Identity, SameSum, Sum, Unequal, written
from convt._derive.claims.algebra import shown
from convt._derive.expression import Expression, entries
from convt._derive.form import TrilinearForm
from convt._derive.notation.plain import plain
from convt._derive.notation.printer import Printer
from convt._derive.pairing import Pairing
from convt._derive.statement import holds
from convt._derive.sums import SIZES, letters
from convt._derive.theorems import theorems

NAMES = ["1d_k3s2p1op1", "2d_k4s2p1", "2d_k3x2s1x3p-1:2x0d2x1", "1d_k2s5d3", "3d_k2s2"]
TOKEN = re.compile(r"\s*(∂|⟨|⟩|ᵀ|ᴴ|\||\[[^\]]*\]|\(|\)|,|\+|−|/|\^|…|·|⊗|_\w+|\d+|[A-Za-z]+2?[a-z]*(?:\u0304)?(?:_\w+)?'*|$)")
WORDS = re.compile(r"[↓↑*]|pad|Z|⊙|columns of")  # words of letters, null spaces, fast algorithms: tests/derive/test_theorems.py has them


def value_of(name):
    """A number for each letter with its indices, the same however it is written."""
    return Fraction(int.from_bytes(re.sub(r"[{}\[\]_ ]", "", name).encode(), "big") % 97 - 48)


def numbers(expression):
    """A judged entry with a number for each letter."""
    made = sympy.S(expression)
    made = sympy.expand(made.xreplace({s: sympy.Rational(*value_of(s.name).as_integer_ratio()) for s in made.free_symbols}))
    return made if made.is_real else Complex(*made.as_real_imag())


class Complex:
    """An exact complex number."""

    def __init__(self, real, imaginary=0):
        self.real, self.imaginary = Fraction(int(real)), Fraction(int(imaginary))

    def __add__(self, other):
        other = other if isinstance(other, Complex) else Complex(other)
        return Complex(self.real + other.real, self.imaginary + other.imaginary)

    def __mul__(self, other):
        other = other if isinstance(other, Complex) else Complex(other)
        return Complex(self.real * other.real - self.imaginary * other.imaginary, self.real * other.imaginary + self.imaginary * other.real)

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other):
        other = other if isinstance(other, Complex) else Complex(other)
        return (self.real, self.imaginary) == (other.real, other.imaginary)

    def conjugate(self):
        return Complex(self.real, -self.imaginary)


def conjugate(value):
    return np.vectorize(lambda one: one.conjugate(), otypes=[object])(value) if isinstance(value, np.ndarray) else value.conjugate()


class Reader:
    """Recursive descent over the printed text; ``parse`` gives a function of the letters' values."""

    def __init__(self, text):
        self.tokens = [token for token in TOKEN.findall(text) if token]
        assert "".join(self.tokens).replace(" ", "") == text.replace(" ", ""), (text, self.tokens)
        self.at = 0

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted=None):
        token = self.peek()
        assert wanted is None or token == wanted, (wanted, self.tokens, self.at)
        self.at += 1
        return token

    def sum(self):
        sign = -1 if self.peek() == "−" and self.take() else 1
        parts = [(sign, self.product())]
        while self.peek() in ("+", "−"):
            sign = -1 if self.take() == "−" else 1
            parts.append((sign, self.product()))
        if len(parts) == 1 and sign == 1:
            return parts[0][1]
        return lambda env: _added([times(Fraction(sign), part(env)) for sign, part in parts])

    def product(self):
        parts = [self.factor()]
        while self.peek() and self.peek() not in ("+", "−", ")", "⟩", ",", "|", "…", "]"):
            if self.peek() in ("·", "⊗", "/"):
                kind = self.take()
                one, other = parts.pop(), self.factor()
                parts.append({"·": lambda env, one=one, other=other: times(one(env), other(env)),
                              "⊗": lambda env, one=one, other=other: np.kron(one(env), other(env)),
                              "/": lambda env, one=one, other=other: one(env) / other(env)}[kind])
            else:
                parts.append(self.factor())

        def multiplied(env):
            made = parts[0](env)
            for part in parts[1:]:
                made = times(made, part(env))
            return made
        return multiplied

    def factor(self):
        made = self.atom()
        while self.peek() in ("ᵀ", "ᴴ", "^") or (self.peek().startswith("[") and "=" not in self.peek()) or re.fullmatch(r"_\w+", self.peek()):
            token, inside = self.take(), made
            if token in ("ᵀ", "ᴴ"):
                turned = conjugate if token == "ᴴ" else lambda value: value
                made = lambda env, inside=inside, turned=turned: turned(inside(env)).T  # noqa: E731
            elif token == "^":
                power = int(self.take())
                made = lambda env, inside=inside, power=power: inside(env)**power  # noqa: E731
            else:
                place = [int(part) for part in re.findall(r"\d+", token)]
                made = lambda env, inside=inside, place=place: inside(env)[place[0], place[1] if len(place) > 1 else 0]  # noqa: E731
        return made

    def atom(self):
        token = self.take()
        if token == "(":
            parts = [self.sum()]
            while self.peek() == ",":
                self.take()
                parts.append(self.sum())
            self.take(")")
            return parts[0] if len(parts) == 1 else lambda env: tuple(part(env) for part in parts)
        if token == "⟨":
            left = self.sum()
            self.take(",")
            right = self.sum()
            self.take("⟩")
            return lambda env: times((conjugate(left(env)) if env.get("sesquilinear") else left(env)).T, right(env))[0, 0]
        if token == "∂":
            inside = self.atom()
            self.take("/")
            self.take("∂")
            by = self.take()
            return lambda env: derivative(inside, by, env)
        if token == "…":
            return lambda env: "…"
        if token.isdigit():
            return lambda env: Fraction(token)
        if token in ("im2col", "col2im", "conj", "Im"):
            self.take("(")
            inside = self.sum()
            self.take(")")
            return lambda env: env[token](inside(env))
        if self.peek().startswith("[") and "=" not in self.peek():
            index = self.take()
            return lambda env: env[token][tuple(map(int, re.findall(r"\d+", index)))] if token in "A" and token in env else value_of(token + index)
        return lambda env: env[token](env) if callable(env.get(token)) else env[token] if token in env else value_of(token)


def times(one, other):
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one @ other
    return one * other


def _added(parts):
    total = parts[0]
    for part in parts[1:]:
        total = total + part if np.shape(part) == np.shape(total) or not np.shape(part) else part + total
    return total


def derivative(inside, by, env):
    """By differences, which are exact for what is linear in ``by``."""
    start = np.atleast_2d(env[by])
    base, rows = inside(env), []
    for place in range(start.shape[0]):
        moved = start.copy()
        moved[place, 0] += 1
        rows.append(inside(env | {by: moved if np.shape(env[by]) else moved[0, 0]}) - base)
    if np.ndim(rows[0]) == 2:
        return np.hstack(rows)
    return np.array(rows, dtype=object).reshape(-1, 1)


def surroundings(form, context, complex_numbers=False):
    """A, T, u, w, x and the rest at a size, from the index relation by brute force."""
    if form is None:
        single = {letter: Complex(value_of(letter + "'"), value_of(letter + "''")) for letter in "uwx"}
        return {"conj": conjugate, "Im": lambda value: value.imaginary, "i": Complex(0, 1)} | single | {letter + "\u0304": value.conjugate() for letter, value in single.items()}
    spec = form.spec
    indices = [[(i, a, s * i + d * a - p) for i in range(m) for a in range(k) if 0 <= s * i + d * a - p < n] for k, s, d, (p, _), m, n in zip(
        spec.kernel, spec.stride, spec.dilation, spec.padding, form.feature, form.image, strict=True)]

    def column(letter, shape):
        given = entries(context.get(letter, ()))
        def one(k, at):
            name = letter + ",".join(map(str, at))
            return numbers(given[k]) if given else Complex(value_of(name + "'"), value_of(name + "''")) if complex_numbers else value_of(name)
        return np.array([[one(k, at)] for k, at in enumerate(np.ndindex(*shape))], dtype=object)

    u, w, x = column("u", form.feature), column("w", spec.kernel), column("x", form.image)
    triples = [tuple(zip(*combination, strict=True)) for combination in np.array(np.meshgrid(
        *[range(len(one)) for one in indices], indexing="ij")).reshape(spec.dims, -1).T.tolist() for combination in [
            [indices[axis][k] for axis, k in enumerate(combination)]]]
    at = [(np.ravel_multi_index(i, form.feature), np.ravel_multi_index(a, spec.kernel), np.ravel_multi_index(j, form.image))
          for i, a, j in triples]

    def matrix(env):
        made = np.full((len(u), len(x)), Fraction(0), dtype=object)
        for i, a, j in at:
            made[i, j] = env["w"][a, 0]
        return made

    def total(env):
        return sum((env["u"][i, 0] * env["w"][a, 0] * env["x"][j, 0] for i, a, j in at), Fraction(0))

    def spread(values):
        made = np.full((len(x), 1), Fraction(0), dtype=object)
        for i, a, j in at:
            made[j, 0] += values[a, i]
        return made

    def gathered(values):
        made = np.full((len(w), len(u)), Fraction(0), dtype=object)
        for i, a, j in at:
            made[a, i] = values[j, 0]
        return made

    return {"A": matrix, "T": total, "u": u, "w": w, "x": x, "im2col": gathered, "col2im": spread,
           "sesquilinear": complex_numbers}


def form_of(node):
    """The form at some leaf of an expression."""
    if isinstance(getattr(node, "form", None), TrilinearForm):
        return node.form
    return next((found for part in getattr(node, "below", ()) if (found := form_of(part)) is not None), None)


def flat(value):
    if isinstance(value, tuple):
        return [entry for part in value for entry in flat(part)]
    return list(value.ravel()) if isinstance(value, np.ndarray) else [value]


def agree(printed, judged):
    """The printed entries are the judged ones, where dots stand for what is left out of a tuple."""
    while isinstance(judged, tuple) and len(judged) == 1:
        (judged,) = judged  # parentheses around one thing are no tuple
    if not isinstance(judged, tuple) or not isinstance(printed, tuple):
        return flat(printed) == flat(judged)
    if "…" not in [part for part in printed if isinstance(part, str)]:
        return len(printed) == len(judged) and all(map(agree, printed, judged))
    dots = printed.index("…")
    behind = len(printed) - dots - 1
    return all(agree(*pair) for pair in zip(printed[:dots], judged[:dots], strict=True)) and all(
        agree(*pair) for pair in zip(printed[dots + 1:], judged[len(judged) - behind:], strict=True))


def judged_value(part):
    if isinstance(part, tuple):
        return tuple(map(judged_value, part))
    if isinstance(part, Expression):
        return np.array([[numbers(value) for value in row] for row in part.rows], dtype=object)
    return numbers(part)


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_sides_are_the_judged_ones(name):
    read = 0
    for make in theorems():
        theorem = make(ConvSpec.parse(name))
        for step in theorem.steps:
            if not isinstance(step.claim, Identity | Unequal):
                continue
            sides = (step.claim.left, step.claim.right) if isinstance(step.claim, Identity) else ((step.claim.left,), (step.claim.right,))
            for part in (part for side in sides for part in side):
                text = plain(shown(part, Printer()))
                if WORDS.search(text) or ("…" in text and not isinstance(part, tuple)) or "nearest" in text or "I" in text:
                    continue
                form = form_of(part)
                if form is None and isinstance(part, Expression) and "A" in text:
                    continue  # factors A_1 ⊗ A_2 with weights of their own
                env = surroundings(form, step.claim.context, theorem.number == 6) if isinstance(part, Expression) else {}
                printed = Reader(text).sum()(env)
                assert agree(printed, judged_value(part)), f"theorem {theorem.number}: {text}"
                read += 1
    assert read > 60


@pytest.mark.parametrize("name", ["1d_k3s2p1op1", "1d_k2s3p1:-1d2", "2d_k2s2x1p0:1"])
@pytest.mark.parametrize("slot", ["u", "x", "w"])
def test_a_pairing_is_the_sum_that_its_name_says(name, slot):
    """⟨u, A x⟩, ⟨Aᵀu, x⟩ and ⟨w, ∂T/∂w⟩: the written sum over all integer points, for one channel and image, against the matrices."""
    spec = ConvSpec.parse(name)
    pairing = Pairing(spec, slot)
    feature = tuple(max(1, axis.padding[0]) for axis in spec.axes)
    form = TrilinearForm.at(spec, feature)
    total, points = written(pairing), {}
    sizes = {symbol: value for at, m, n in zip(letters(spec), form.feature, form.image, strict=True) for symbol, value in ((at[1].m, m), (at[1].n, n))}
    sizes |= dict.fromkeys(SIZES.values(), 1)
    ranges = {variable.symbol: range(1 if variable.symbol in SIZES else max(form.image) + 1) for variable in total.variables}
    terms = []
    for values in np.ndindex(*[len(one) for one in ranges.values()]):
        point = sizes | dict(zip(ranges, map(sympy.Integer, values), strict=True))
        if holds(total.condition, point):
            term = total.summand.xreplace(point)
            terms.append(np.prod([value_of(str(factor.base) + ",".join(map(str, factor.indices[-spec.dims:]))) for factor in term.args]))
            points[values] = term
    env = surroundings(form, {})
    text = plain(pairing.latex(Printer()))
    assert sum(terms) == Reader(text).sum()(env) and len(points) == len(form.terms)


def test_every_sum_that_bears_a_name_is_made_from_it():
    for make in theorems():
        for step in make(ConvSpec.parse("2d_k3s2p1")).steps:
            if isinstance(step.claim, SameSum):
                for side in (step.claim.left, step.claim.right):
                    assert isinstance(side, Sum) or side.written == type(side)(**{f: getattr(side, f) for f in side.__dataclass_fields__}).written


def test_no_claim_has_room_for_words():
    """Claims and theorems hold no free text but reasons and purposes: what else is printed is made from what is judged."""
    from dataclasses import fields

    from convt._derive.claims import Certificate, ForAll, Sum
    from convt._derive.theorem import Step, Theorem

    for kind in (ForAll, Identity, Unequal, Sum, SameSum, Certificate):
        assert not {field.name for field in fields(kind) if field.type in ("str", "tuple[str, str]")}, kind
    assert {field.name for kind in (Step, Theorem) for field in fields(kind) if field.type == "str"} == {
        "reason", "title", "why", "not_applicable"}
    assert entries((1, (2, 3))) == [1, 2, 3]

"""Statements for Coq read back: a small reader of Coq's notation, and what the text means in plain numbers.

It knows nothing of the package: grammar, precedence and functions are those of Coq's manual and of the lemma library.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import product

TOKEN = re.compile(r"\s*(<->|->|/\\|\\/|<=|=>|==|\*\*|\+\+|%[A-Z]|Z\.\w+|[^\W\d][\w']*|\d+|[-+*/<=~()\[\];,:#.'])")
BINARY = [("<->", 95, "none"), ("->", 99, "right"), ("\\/", 85, "right"), ("/\\", 80, "right"), ("=", 70, "none"), ("==", 70, "none"),
          ("<=", 70, "none"), ("<", 70, "none"), ("++", 60, "right"), ("#", 55, "none"), ("+", 50, "left"), ("-", 50, "left"),
          ("*", 40, "left"), ("/", 40, "left"), ("mod", 40, "none"), ("**", 40, "left")]
LEVEL = {sign: (level, side) for sign, level, side in BINARY}
SEARCH = 24  # of ∃


def theorems(text):
    """Name → statement of every theorem of a file."""
    found = re.findall(r"(?m)^Theorem (\w+) : (.*?)\.\nProof\.\n(?:.*?)\nQed\.$", text, re.S)
    assert len(found) == len(re.findall(r"(?m)^(?:Theorem|Lemma)\b", text)) == len(dict(found))
    return dict(found)


class Reader:
    """Text → tree. Operators bind as their levels say; lower binds tighter."""

    def __init__(self, text):
        self.tokens, place = [], 0
        text = text.strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            assert found, text[place:place + 40]
            self.tokens.append(found[1])
            place = found.end()
        self.at = 0

    @classmethod
    def read(cls, text):
        reader = cls(text)
        tree = reader.expression(200)
        assert reader.at == len(reader.tokens), reader.tokens[reader.at:]
        return tree

    @property
    def next(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        token = self.next
        assert not wanted or token in wanted, (token, wanted)
        self.at += 1
        return token

    def expression(self, most):
        if self.next in ("forall", "exists"):
            kind, bound = self.take(), self.binders()
            self.take(",")
            return (kind, bound, self.expression(200))
        if self.next == "fun":
            self.take()
            letters = self.pattern()
            self.take("=>")
            return ("fun", letters, self.expression(200))
        left = ("~", self.expression(75)) if self.next == "~" and self.take() else self.minus()
        while self.next in LEVEL and LEVEL[self.next][0] <= most:
            sign = self.take()
            level, side = LEVEL[sign]
            right = self.expression(level if side == "right" else level - 1)
            if sign == "<=" and self.next == "<=":
                self.take()
                left = ("between", left, right, self.expression(69))
            else:
                left = (sign, left, right)
        return left

    def minus(self):
        if self.next == "-":
            self.take()
            return ("negative", self.expression(35))
        return self.application()

    def application(self):
        parts = [self.simple()]
        while self.next in ("(", "[") or (re.match(r"\d|[^\W\d]", self.next or " ") and self.next not in ("mod", "fun", "forall", "exists")):
            parts.append(self.simple())
        return parts[0] if len(parts) == 1 else ("call", *parts)

    def simple(self):
        token = self.take()
        if token == "(":
            parts = [self.expression(200)]
            while self.next == ",":
                self.take()
                parts.append(self.expression(200))
            if self.next == ":":  # a type
                while self.next != ")":
                    self.take()
            self.take(")")
            if self.next.startswith("%"):
                self.take()
            return parts[0] if len(parts) == 1 else ("pair", *parts)
        if token == "[":
            parts = []
            while self.next != "]":
                parts.append(self.expression(200))
                if self.next == ";":
                    self.take()
            self.take("]")
            return ("list", *parts)
        assert re.fullmatch(r"\d+|Z\.\w+|[^\W\d][\w']*", token), token
        return int(token) if token.isdigit() else token

    def binders(self):
        """Names with their types."""
        found, groups = [], self.next == "("
        while self.next != ",":
            if groups:
                self.take("(")
            names = []
            while self.next != ":":
                names.append(self.take())
            self.take(":")
            kind = []
            while self.next not in (")", ","):
                kind.append(self.take())
            if groups:
                self.take(")")
            found += [(name, " ".join(kind)) for name in names]
        return found

    def pattern(self):
        """Integers by their names."""
        letters = []
        while self.next != ":":
            letters.append(self.take())
        self.take(":")
        self.take("Z")
        return letters


def premises(tree):
    """Those of a statement, and its claim."""
    found = []
    while isinstance(tree, tuple) and tree[0] == "->":
        found.append(tree[1])
        tree = tree[2]
    return found, tree


def taken_apart(text):
    """(bound names with types, premises, claim)."""
    tree, bound = Reader.read(text), []
    if isinstance(tree, tuple) and tree[0] == "forall":
        _, bound, tree = tree
    return bound, *premises(tree)


def value(tree, at):
    """What a tree means where names mean what ``at`` says: numbers, truth, lists and pairs."""
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return {"True": True, "False": False, "integers": "Z", "fractions": "Q", "complex": "C"}[tree] if tree not in at else at[tree]
    kind, *parts = tree
    if kind == "list":
        return [value(part, at) for part in parts]
    if kind == "pair":
        return tuple(value(part, at) for part in parts)
    if kind == "exists":
        return exists([name for name, _ in parts[0]], parts[1], at)
    if kind == "/\\":
        return value(parts[0], at) and value(parts[1], at)
    if kind == "\\/":
        return value(parts[0], at) or value(parts[1], at)
    if kind == "->":
        return not value(parts[0], at) or value(parts[1], at)
    if kind == "call":
        return call(parts[0], [value(part, at) for part in parts[1:]], at)
    found = [value(part, at) for part in parts]
    return {"~": lambda a: not a, "<->": lambda a, b: a == b, "=": lambda a, b: a == b, "==": lambda a, b: a == b,
            "<=": lambda a, b: a <= b, "<": lambda a, b: a < b, "between": lambda a, b, c: a <= b <= c, "+": lambda a, b: a + b,
            "-": lambda a, b: a - b, "*": lambda a, b: a * b, "**": lambda a, b: a * b, "/": lambda a, b: a // b, "mod": lambda a, b: a % b,
            "negative": lambda a: -a, "#": Fraction, "++": lambda a, b: a + b}[kind](*found)


def exists(names, body, at):
    """Whether some numbers for the names make it true: one that an equation gives, those between two numbers, else near 0."""
    parts = [each for each in conjuncts(body) if isinstance(each, tuple)]
    name, given = next(((each[1], each[2]) for each in parts if each[0] == "=" and isinstance(each[1], str) and each[1] in names
                        and not mentions(each[2], each[1])), (None, None))
    bounds = {each[2]: range(value(each[1], at), value(each[3], at) + 1) for each in parts
              if each[0] == "between" and isinstance(each[2], str) and each[2] in names and not any(mentions(end, name) for end in each[1::2] for name in names)}
    searched = [other for other in names if other != name]
    for point in product(*(bounds.get(other, range(-SEARCH, SEARCH + 1)) for other in searched)):
        here = at | dict(zip(searched, point, strict=True))
        if value(body, here if name is None else here | {name: value(given, here)}):
            return True
    return False


def conjuncts(tree):
    return [each for part in tree[1:] for each in conjuncts(part)] if isinstance(tree, tuple) and tree[0] == "/\\" else [tree]


def mentions(tree, name):
    return tree == name or (isinstance(tree, tuple) and any(mentions(part, name) for part in tree))


def complex_product(a, b):
    return (a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0])


def times(numbers, a, b):
    return complex_product(a, b) if numbers == "C" else a * b


def inner(numbers, x, y):
    total = (0, 0) if numbers == "C" else 0
    for a, b in zip(x, y, strict=True):
        one = times(numbers, a, b)
        total = (total[0] + one[0], total[1] + one[1]) if numbers == "C" else total + one
    return total


FUNCTIONS = {
    "Z.max": max, "Z.min": min, "Z.abs": abs, "Z.of_nat": int, "length": len, "hd": lambda default, x: x[0] if x else default,
    "concat": lambda rows: [a for row in rows for a in row],
    "transpose": lambda numbers, rows: [list(row) for row in zip(*rows, strict=True)],
    "conjugate_matrix": lambda numbers, rows: [[(a[0], -a[1]) if numbers == "C" else a for a in row] for row in rows],
    "multiply": lambda numbers, A, B: [[inner(numbers, row, column) for column in zip(*B, strict=True)] for row in A],
    "scale": lambda numbers, c, A: [[times(numbers, c, a) for a in row] for row in A],
    "inner_product": lambda numbers, x, y: [[inner(numbers, [a for row in x for a in row], [a for row in y for a in row])]],
    "pointwise": lambda numbers, x, y: [[times(numbers, a, b) for a, b in zip(*rows, strict=True)] for rows in zip(x, y, strict=True)],
    "kronecker": lambda numbers, A, B: [[times(numbers, a, b) for a in above for b in below] for above in A for below in B],
    "at_place": lambda numbers, A, row, column: [[A[row][column]]],
    "same_fractions": lambda x, y: x == y,
}


def call(name, arguments, at):
    """A function of the library, or an array at its indices."""
    return (FUNCTIONS[name] if name in FUNCTIONS and name not in at else at[name])(*arguments)

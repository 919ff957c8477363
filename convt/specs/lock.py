"""The lock beside a spec, ``SPEC.lock``: the facts of each layer, one a line, sorted, and how they differ, in words."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convt import files
from convt._derive.errors import ArgumentError
from convt._derive.spec import ConvSpec

from . import facts as known
from .finding import LEVELS, Finding, Result
from .mistakes import BadSpec, Mistake

VERSION = 1
NAMES = {"length": "output length", "source": "generated source", "family": "family for its size"}
Facts = Mapping[str, str]


@dataclass(frozen=True)
class Lock:
    """The facts of a file's layers, found at a level, for a target."""

    target: str
    level: str
    layers: Mapping[str, Facts]

    def text(self, spec: str) -> str:
        """The file."""
        lines = [f"# Facts of {spec}, written by `convt check {spec} --update`. Read the differences before you commit them.",
                 f"lock = {VERSION}", f"target = {_quoted(self.target)}", f"level = {_quoted(self.level)}"]
        for name, facts in sorted(self.layers.items()):
            lines += ["", f"[layer.{_key(name)}]", *(f"{_key(fact)} = {_quoted(text)}" for fact, text in sorted(facts.items()))]
        return "\n".join(lines) + "\n"


def path_of(spec: str) -> Path:
    """Where the lock of a spec file is."""
    return Path(f"{spec}.lock")


def read(spec: str) -> Lock | None:
    """The lock of a spec file; None where there is none. Raises ``BadSpec`` for what is no lock."""
    path = path_of(spec)
    if not path.exists():
        return None
    try:
        data = tomllib.loads(files.text("lock", path))
        if data.get("lock") != VERSION:
            raise ValueError(f"lock = {data.get('lock')!r}, and this version reads {VERSION}")
        layers = data.get("layer", {})
        if not (isinstance(layers, dict) and all(isinstance(facts, dict) and all(isinstance(text, str) for text in facts.values())
                                                 for facts in layers.values())):
            raise ValueError("a layer has facts that are no texts")
        if data.get("level") not in LEVELS[:3] or not isinstance(data.get("target"), str):
            raise ValueError("it names no level or no target")
        if other := set(data) - {"lock", "level", "target", "layer"}:
            raise ValueError(f"it has the key {min(other)}")
        return Lock(data["target"], data["level"], layers)
    except ArgumentError as error:
        raise BadSpec([Mistake(str(path), 1, (), path.name, error.rule)]) from None
    except (ValueError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        raise BadSpec([Mistake(str(path), int(at[1]) if at else 1, (), path.name, f"is no lock: {error}")]) from None


def made(results: Sequence[Result], level: str) -> Lock:
    """The lock that these results of one file make."""
    deepest = LEVELS[min(LEVELS.index(level), 2)]
    return Lock(results[0].layer.target, deepest, {result.layer.name: result.facts for result in results})


def update(spec: str, old: Lock | None, new: Lock) -> list[str]:
    """Write the lock where it changed; what changed, in words. Raises ``ArgumentError`` under CI, and where facts would be lost."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        raise ArgumentError("--update", os.environ["CI"], "is refused where CI is set: a lock changes in commits, not in checks")
    if old is not None and LEVELS.index(old.level) > LEVELS.index(new.level):
        raise ArgumentError("--level", new.level, f"would drop the facts of level {old.level} from {path_of(spec)}", old.level)
    changed = [f"{name}: new" for name in sorted(new.layers)] if old is None else [
        f"{name}: {words}" if name else words for name, words in differences(old, new, new.level)]
    if old is None or old != new:
        from convt.cli.common import write

        write(path_of(spec), new.text(Path(spec).name))
    return changed


def findings(old: Lock, new: Lock, spec: str) -> dict[str, list[Finding]]:
    """Layer -> how it differs from its lock, at the level of the check; under "" what is about no layer of the spec."""
    command = f"convt check {shlex.quote(spec)} --level {old.level} --update"
    found: dict[str, list[Finding]] = {}
    for name, words in differences(old, new, LEVELS[min(LEVELS.index(old.level), LEVELS.index(new.level))]):
        found.setdefault(name, []).append(Finding("lock", "lock", "falls short", words, "", command))
    return found


def differences(old: Lock, new: Lock, level: str) -> list[tuple[str, str]]:
    """(layer of the spec, or "", words) for each fact that changed, with the reason where the spec says it."""
    lines = [] if old.target == new.target else [("", f"target was {old.target}, is {new.target}")]
    beyond = set(known.LEVEL) - set(known.within(old.level))
    for name in sorted({*old.layers, *new.layers}):
        if name not in new.layers:
            lines.append(("", f"{name} is in the lock, and no longer in the spec"))
        elif name not in old.layers:
            lines.append((name, "new, not in the lock"))
        else:
            before, after = old.layers[name], new.layers[name]
            strange = {fact for fact in before if fact not in known.LEVEL or fact in beyond}
            lines += [(name, f"the lock of level {old.level} has a fact {fact!r}") for fact in sorted(strange)]
            lines += [(name, words) for words in _changed(before, after, known.within(level))]
    return lines


def _changed(before: Facts, after: Facts, names: Sequence[str]) -> list[str]:
    changed = [name for name in names if before.get(name) != after.get(name)]
    causes = [words for name in changed if name in known.CAUSES for words in _cause(name, before.get(name), after.get(name))]
    effects = [name for name in changed if name not in known.CAUSES]
    because = "; ".join(causes) or ("the code generator changed" if effects == ["source"] else "the spec says the same as before")
    return [f"{_effect(name, before.get(name), after.get(name))}: {because}" for name in effects] or causes


def _cause(name: str, before: str | None, after: str | None) -> list[str]:
    """What the spec says otherwise than before."""
    if name == "config" and before and after:
        try:
            one, other = ConvSpec.parse(before), ConvSpec.parse(after)
        except ArgumentError:
            return [f"config in the lock is {before!r}, which is none"]
        if one.dims == other.dims:
            fields = ("kernel", "stride", "padding", "dilation", "output_padding")
            return [f"{field} changed from {_plain(getattr(one, field))} to {_plain(getattr(other, field))}" for field in fields
                    if getattr(one, field) != getattr(other, field)] or [f"config was {before}, is {after}"]
    return [f"{name} changed from {before or 'none'} to {after or 'none'}"]


def _effect(name: str, before: str | None, after: str | None) -> str:
    if known.LEVEL[name] == "proofs":
        was, now = set((before or "").split()), set((after or "").split())
        gone, come = (known.theorem_words(" ".join(sorted(some, key=lambda n: (len(n), n)))) for some in (was - now, now - was))
        parts = [f"theorem {gone} was {name}, and is not"] * bool(gone) + [f"theorem {come} is {name}, and was not"] * bool(come)
        return "; ".join(parts) or f"{name} was {before}, is {after}"
    return f"{NAMES.get(name, name)} was {before or 'not there'}, is {after or 'not there'}"


def _plain(values: Any) -> str:
    """1 for (1, 1), 1 for ((1, 1), (1, 1))."""
    values = tuple(value[0] if isinstance(value, tuple) and value[0] == value[1] else value for value in values)
    return str(values[0]) if len(set(values)) == 1 else str(values)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text, re.ASCII) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

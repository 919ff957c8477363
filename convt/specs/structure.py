"""From pydantic's errors to mistakes: one for each place, with a rule in words and the nearest legal value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from .mistakes import Path, closest

KINDS = {"int_type": "a whole number", "int_from_float": "a whole number", "int_parsing": "a whole number", "string_type": "text",
         "list_type": "a list", "dict_type": "a table", "model_type": "a table", "bool_type": "true or false", "float_type": "a number"}


def wrong(model: type[BaseModel], data: Any) -> list[tuple[Path, Any, str, Any]]:
    """(path, value, rule, nearest) of each place where ``data`` is not what the model says."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        by_place: dict[Path, list[Mapping[str, Any]]] = {}
        for one in error.errors(include_url=False):
            by_place.setdefault(_place(one, data), []).append(one)
        inner = {path[:number] for path in by_place for number in range(len(path))}
        return [_told(path, errors, model, data) for path, errors in by_place.items()
                if path not in inner or any(one["type"] not in KINDS for one in errors)]  # a list with a wrong entry is a list
    return []


def _place(error: Mapping[str, Any], data: Any) -> Path:
    """The path in the data: parts that only tell which branch of a union it was are left out."""
    path: list[str | int] = []
    for part in error["loc"]:
        if (isinstance(data, Mapping) and part in data) or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            path.append(part)
            data = data[part]
        elif error["type"] == "missing" and part == error["loc"][-1]:
            path.append(part)
    return tuple(path)


def _told(path: Path, errors: list[Mapping[str, Any]], model: type[BaseModel], data: Any) -> tuple[Path, Any, str, Any]:
    value = _at(path, data)
    better = [one for one in errors if one["type"] not in KINDS]
    if not better:
        return path, value, "must be " + _either(dict.fromkeys(KINDS[one["type"]] for one in errors)), _turned(value, errors)
    kind, context = better[0]["type"], better[0].get("ctx", {})
    if kind == "extra_forbidden":
        legal = _fields(model, path[:-1])
        near = closest(path[-1], legal)
        return path, value, "there is no such key here" + ("" if near else "; there are " + ", ".join(legal)), near
    if kind == "missing":
        return path, None, "is needed", None
    if kind == "literal_error":
        legal = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return path, value, "must be " + _either(legal), closest(value, legal, 0.3) or (legal[0] if len(legal) == 1 else None)
    bounds = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le"), "greater_than": ("more than", "gt"),
              "too_short": ("of at least {} entries", "min_length"), "too_long": ("of at most {} entries", "max_length"),
              "string_too_short": ("of at least {} letters", "min_length"), "string_too_long": ("of at most {} letters", "max_length")}
    words, name = bounds.get(kind, (str(better[0]["msg"]), ""))
    bound = context.get(name)
    rule = f"must be {words.format(bound) if '{}' in words else f'{words} {bound}'}" if name else words
    return path, value, rule, bound if kind in ("greater_than_equal", "less_than_equal") else None


def _at(path: Path, data: Any) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else data[part]
    return data


def _turned(value: Any, errors: list[Mapping[str, Any]]) -> Any:
    """The value as the kind it should be, where that is plain: "2" as 2, a word as a list of it."""
    kinds = {KINDS[one["type"]] for one in errors}
    if isinstance(value, str) and "a whole number" in kinds and value.strip().lstrip("-").isdecimal() and len(value) < 12:
        return int(value)
    if isinstance(value, str) and kinds == {"a list"}:
        return [value]
    if isinstance(value, float) and "a whole number" in kinds and abs(value) < 2**53:
        return round(value)
    return None


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    """The keys of the table at a path."""
    for part in path:
        annotation: Any = model.model_fields[str(part)].annotation if isinstance(part, str) else None
        inner = [one for one in (annotation, *getattr(annotation, "__args__", ())) if isinstance(one, type) and issubclass(one, BaseModel)]
        model = inner[0] if inner else model
    return list(model.model_fields)


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last

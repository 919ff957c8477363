"""The child process that calls a Python function: it greets, then reads one case a line and writes one outcome a line.

Whatever the function prints goes to standard error.
"""

from __future__ import annotations

import base64
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

import numpy as np

from .case import Case

SIGNATURES = {"conv_transpose": ("u", "w", "bias", "stride", "padding", "output_padding", "dilation", "groups"),
              "conv": ("x", "w", "bias", "stride", "padding", "dilation", "groups"),
              "conv_weight_gradient": ("x", "u", "kernel", "stride", "padding", "dilation", "groups")}
MOST = 1 << 22  # entries of an answer that are sent; more are wrong anyway


def main(module: str, function: str, map_name: str, dtype: str, folders: str) -> None:
    """Say whether the function is there, then answer until the input ends. Ctrl-C is for the parent, which ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def put(reply: dict[str, Any]) -> None:
        print(json.dumps(reply), file=answers, flush=True)

    made, complaint = found(module, function, json.loads(folders))
    if made is not None and not callable_so(made, map_name):
        made, complaint = None, {"rule": f"{function} cannot be called with ({', '.join(SIGNATURES[map_name])})"}
    put({"ready": made is not None, **complaint})
    if made is None:
        return
    for line in sys.stdin:
        put(answer(made, Case.parse(line.strip(), map_name), dtype))


def found(module: str, function: str, folders: list[str]) -> tuple[Callable[..., Any] | None, dict[str, str]]:
    """The function, or what is the matter with its name: which part, the rule that it breaks, and the nearest that does not."""
    sys.path += [folder for folder in folders if folder not in sys.path]
    try:
        here(module.partition(".")[0], folders)
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(error.name + ".")):
            return None, {"rule": f"there is no module {error.name}"}
        return None, {"missing": f"{module} needs {error.name or error}"}
    except BaseException as error:
        return None, {"rule": f"{module} cannot be imported: {type(error).__name__}: {error}"}
    value: Any = loaded
    for part in function.split("."):
        names = [one for one in dir(value) if callable(getattr(value, one, None)) and not one.startswith("_")]
        try:
            there = hasattr(value, part)
        except ModuleNotFoundError as error:  # of a module that imports what is asked for
            return None, {"missing": f"{module}:{function} needs {error.name or error}"}
        if not there:
            close = get_close_matches(part, names, 1, 0.4)
            return None, {"rule": f"{module} has no {function}", **({"nearest": f"{module}:{close[0]}"} if close else {})}
        value = getattr(value, part)
    if not callable(value):
        return None, {"rule": f"{module}.{function} is no function but {type(value).__name__}"}
    return value, {}


def here(name: str, folders: list[str]) -> None:
    """Load a module of the user's from their folder, even where the standard library has one of the same name."""
    spec = None if name in sys.modules else PathFinder.find_spec(name, folders)
    if spec is not None and spec.loader is not None:
        sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(sys.modules[name])
        except BaseException:
            del sys.modules[name]
            raise


def answer(function: Callable[..., Any], case: Case, dtype: str) -> dict[str, Any]:
    """Call it, and what came of it. ``NotImplementedError`` is a refusal."""
    arrays = [None if array is None else array.astype(dtype) for array in case.inputs()]
    try:
        result = called(function, arrays[:3 if "bias" in SIGNATURES[case.map] else 2], case.arguments())
        array = np.from_dlpack(result) if not hasattr(result, "__array__") and hasattr(result, "__dlpack__") else np.asarray(result)
    except NotImplementedError as error:
        return {"kind": "refused", "words": str(error)}
    except BaseException as error:
        return {"kind": "raised", "words": f"{type(error).__name__}: {error}"}
    if array.dtype.kind not in "biuf" or array.size > MOST:
        return {"kind": "raised", "words": f"it returned {type(result).__name__} of {array.dtype} and shape {array.shape}"}
    return {"kind": "answered", "shape": array.shape, "words": "",
            "data": base64.b64encode(np.ascontiguousarray(array, np.float64).tobytes()).decode()}


def called(function: Callable[..., Any], arrays: Sequence[Any], arguments: dict[str, Any]) -> Any:
    """By keyword where the function has these names, the bias too where it must, else in their order."""
    for order, named in ways(arrays, arguments):
        if binds(function, *order, **named):
            break
    return function(*order, **named)


def ways(arrays: Sequence[Any], arguments: dict[str, Any]) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The ways to call a function with two arrays, perhaps a bias, and arguments: what comes in order, what by name."""
    found: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((*arrays,), arguments), ((*arrays, *arguments.values()), {})]
    if len(arrays) > 2:
        found.insert(1, ((*arrays[:2],), {"bias": arrays[2], **arguments}))
    return found


def callable_so(function: Callable[..., Any], map_name: str) -> bool:
    """Whether it takes what it will be given, by keyword or in order."""
    names = SIGNATURES[map_name]
    count = 3 if "bias" in names else 2
    return any(binds(function, *order, **named) for order, named in ways(names[:count], dict.fromkeys(names[count:])))


def binds(function: Callable[..., Any], *words: Any, **more: Any) -> bool:
    """Whether a call with these arguments fits its signature, as far as that is known."""
    try:
        inspect.signature(function).bind(*words, **more)
    except ValueError:  # no signature is known
        return True
    except TypeError:
        return False
    return True

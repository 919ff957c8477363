"""Layers of a Keras 3 model: it is traced without numbers, and every convolution that it computes is seen, in layers and in functions.

Every convolution of Keras goes through four functions of its backend, whose arguments are complete; they are watched while
the model is traced. A length that the model leaves open is traced with two values: what differs then depends on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any

from convt._derive.errors import ArgumentError
from convt._derive.lengths import span
from convt._derive.spec import ConvSpec, per_axis
from convt._derive.writing import beyond

from . import factory
from .found import Found, LeftOut, Model, dtype_of, plain, same, with_letters

if "KERAS_BACKEND" not in os.environ and not find_spec("tensorflow"):
    os.environ["KERAS_BACKEND"] = next((name for name in ("jax", "torch") if find_spec(name)), "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # else it says so on standard error; models are only traced here
import keras
from keras.src import backend

KERNELS = {"conv": 1, "depthwise_conv": 1, "separable_conv": 2, "conv_transpose": 1}
"""Function of the backend -> how many kernels it takes."""
OWN = re.compile("(Depthwise|Separable)?Conv[123]D(Transpose)?")
"""Keras's own layers, by the names of their classes."""
OPEN = (3072, 1536)  # values of a length that is left open: what halves it often divides them
FILES = (".keras", ".h5", ".hdf5")
Lengths = tuple[int | None, ...]


def read(model: str, inputs: Sequence[str] = ()) -> Model:
    """The convolutions of a model in a file, or of MODULE:FACTORY, for inputs of these shapes or of its own. Raises ``ArgumentError``."""
    shapes: list[Any] = [factory.shape(text) for text in inputs]
    if model.lower().endswith(FILES):
        if not Path(model).is_file():
            raise ArgumentError("model", model, "is no file")
        name = Path(model).name
        made = factory.attempt("model", model, "cannot be loaded", lambda: keras.saving.load_model(model, compile=False))
        if not isinstance(made, keras.Model):
            raise ArgumentError("model", model, f"holds no model but a {type(made).__name__}")
    else:
        name, made = model, factory.made("--keras", model, keras.Model)
    if not shapes:
        shapes = [tuple(one.shape) for one in _inputs(made, model)]
    said, value = ("--input", ", ".join(inputs)) if inputs else ("model", model)
    seen = [factory.attempt(said, value, "the model cannot be traced with it", partial(_traced, made, shapes, length)) for length in OPEN]
    layers = [_said(one, other) for one, other in zip(*seen, strict=True)] if len(seen[0]) == len(seen[1]) else [
        LeftOut(name, "it computes other convolutions at other lengths: name them by --input")]
    different = {repr(layer): layer for layer in layers}  # what is called again in the same way is the same layer
    notes = [f"For inputs of {', '.join(inputs)}."] if inputs else []
    return Model(name, keras.config.backend(), list(different.values()), notes)


def _inputs(made: Any, name: str) -> list[Any]:
    """The model's own inputs, in order."""
    try:
        return list(keras.tree.flatten(made.inputs or ()))
    except (AttributeError, ValueError):
        raise ArgumentError("--input", None, f"{name} says no shape of its inputs: name them", "1x224x224x3") from None


@dataclass(frozen=True)
class _Call:
    """One convolution: a function of the backend, its arguments, and the lengths that came in and out, where they are known."""

    name: str
    function: str
    words: dict[str, Any]
    channels: int
    kernel: tuple[int, ...]
    dtype: str
    bias: bool
    input: Lengths
    output: Lengths
    causal: bool = False


def _calls(function: str, within: Sequence[tuple[Any, Any]], data: Any, kernels: Sequence[Any], words: dict[str, Any], made: Any,
           ) -> list[_Call]:
    """What a call of the backend computes. ``within``: the layers that it is called in, and the input of each."""
    first = words["data_format"] == "channels_first"

    def lengths(array: Any) -> Lengths:
        return tuple(None if length is None else int(length) for length in (array.shape[2:] if first else array.shape[1:-1]))

    layer: Any
    layer, entered = within[-1] if within else (None, None)
    own = any(OWN.fullmatch(one.__name__) and one.__module__.startswith("keras.") for one in type(layer).__mro__)
    name = "/".join([*(one.name for one, _ in within), *[function] * (not own)])
    causal = own and layer.padding == "causal"  # the layer pads its input, and asks for no padding
    shapes = [tuple(map(int, kernel.shape)) for kernel in kernels]
    channels, dtype = int(data.shape[1 if first else -1]), backend.standardize_dtype(kernels[0].dtype)
    came, went, bias = lengths(entered if causal else data), lengths(made), own and bool(layer.use_bias)
    if function != "separable_conv":
        return [_Call(name, function, words, channels, shapes[0], dtype, bias, came, went, causal)]
    between = channels * shapes[0][-1]
    return [_Call(f"{name}/depthwise", "depthwise_conv", words, channels, shapes[0], dtype, False, came, went, causal),
            _Call(f"{name}/pointwise", "conv", {**words, "strides": 1, "dilation_rate": 1, "padding": "valid"}, between, shapes[1], dtype,
                  bias, went, went)]


def _traced(model: Any, shapes: Sequence[tuple[int | None, ...]], length: int) -> list[_Call]:
    """The convolutions of one trace; lengths that are left open are this one, the batch is one."""
    functional = hasattr(model, "operations")
    types = [one.dtype for one in keras.tree.flatten(model.inputs)] if functional else [model.compute_dtype] * len(shapes)
    given = [keras.KerasTensor((one[0] or 1, *(length if size is None else size for size in one[1:])), dtype)
             for one, dtype in zip(shapes, types, strict=True)]
    if not model.built and not functional:
        model(*given)  # makes its weights

    def run(*arrays: Any) -> Any:
        return model(keras.tree.pack_sequence_as(model.input, arrays)) if functional else model(*arrays)

    with _watched() as calls:
        backend.compute_output_spec(run, *given)
    return calls


@contextmanager
def _watched() -> Iterator[list[_Call]]:
    """The convolutions that the backend computes meanwhile, with the layers within which it does."""
    calls: list[_Call] = []
    within: list[tuple[Any, Any]] = []
    inside: list[str] = []
    old = {name: getattr(backend.nn, name) for name in KERNELS}
    enter = keras.Layer.__call__

    @wraps(enter)
    def entered(layer: Any, *arguments: Any, **named: Any) -> Any:
        within.append((layer, next(iter(keras.tree.flatten((arguments, named))), None)))
        try:
            return enter(layer, *arguments, **named)
        finally:
            within.pop()

    def watch(name: str) -> Callable[..., Any]:
        real, kernels = old[name], KERNELS[name]
        defaults = {parameter.name: parameter.default for parameter in list(signature(real).parameters.values())[1 + kernels:]}

        @wraps(real)
        def called(*arguments: Any, **named: Any) -> Any:
            if inside:  # a function that a backend computes by another
                return real(*arguments, **named)
            inside.append(name)
            try:
                made = real(*arguments, **named)
            finally:
                inside.pop()
            given = signature(real).bind(*arguments, **named).arguments
            data, *weights = list(given.values())[:1 + kernels]
            words = defaults | {key: value for key, value in given.items() if key in defaults}
            words["data_format"] = words["data_format"] or keras.config.image_data_format()
            calls.extend(_calls(name, within[1:], data, weights, words, made))  # the outermost is the model
            return made
        return called

    try:
        keras.Layer.__call__ = entered
        for name in KERNELS:
            setattr(backend.nn, name, watch(name))
        yield calls
    finally:
        keras.Layer.__call__ = enter
        for name, function in old.items():
            setattr(backend.nn, name, function)


def _said(one: _Call, other: _Call) -> Found | LeftOut:
    try:
        return _layer(one, other)
    except ArgumentError as error:
        return LeftOut(one.name, str(error))


def _layer(one: _Call, other: _Call) -> Found:
    """A layer, from both traces. Raises ``ArgumentError`` where no spec can say it."""
    *kernel, first, second = one.kernel
    dims = len(kernel)
    s, d = (per_axis(key, one.words[key], dims, 1) for key in ("strides", "dilation_rate"))
    lengths, notes = with_letters(_fixed(one.input, other.input))
    padding = str(one.words["padding"]).lower()
    if one.function == "conv_transpose":
        words = {"strides": s, "padding": padding, "output_padding": one.words["output_padding"], "dilation_rate": d}
        said = beyond(words, strides=1, padding="valid", output_padding=None, dilation_rate=1)
        geometry: dict[str, Any] = {"keras": {"kernel_size": plain(tuple(kernel))} | {
            key: plain(tuple(value)) if isinstance(value, tuple | list) else value for key, value in said.items()}}
        channels, groups = (one.channels, first), 1
    else:
        groups = one.channels if one.function == "depthwise_conv" else one.channels // first
        channels = (one.channels, one.channels * second if one.function == "depthwise_conv" else second)
        spec, lengths, told = _forward(one, kernel, s, d, padding, lengths)
        geometry, notes = {"config": str(spec)}, (*notes, *told)
    dtype, more = dtype_of(one.dtype)
    return Found(one.name, "conv_transpose" if one.function == "conv_transpose" else "conv", geometry, channels, groups, one.bias, dtype,
                 lengths, _fixed(one.output, other.output), one.words["data_format"], (*more, *notes))


def _forward(one: _Call, kernel: Sequence[int], s: tuple[int, ...], d: tuple[int, ...], padding: str,
             lengths: tuple[int | str, ...]) -> tuple[ConvSpec, tuple[int | str, ...], tuple[str, ...]]:
    """(geometry, input lengths, notes) of a forward convolution."""
    if one.causal:
        return ConvSpec(kernel, s, [(span(kernel[0], d[0]) - 1, 0)], d), lengths, ("padding is causal",)
    if padding == "valid":
        return ConvSpec(kernel, s, 0, d), lengths, ()
    crops, lengths, notes = same(lengths, kernel, s, d)
    return ConvSpec(kernel, s, crops, d), lengths, ("padding is same", *notes)


def _fixed(one: Lengths, other: Lengths) -> Lengths:
    """Lengths that are the same in both traces; None for those that depend on what is left open."""
    return tuple(length if length == again else None for length, again in zip(one, other, strict=True))

"""How frameworks and formats write a transposed convolution: read their arguments, propose arguments, compare two of them.

    from convt import dialects
    dialects.read("pytorch", kernel_size=4, stride=2, padding=1).spec         # ConvSpec.parse('1d_k4s2p1')
    dialects.propose("2d_k4s2p1", "tensorflow").call                          # tf.nn.conv2d_transpose(u, w, output_shape=…
    dialects.compare("pytorch: kernel_size=3 stride=2 padding=1 output_padding=1", "keras: kernel_size=3 strides=2 padding=same").same

Every name of an argument is the framework's own; the kernel size is ``kernel_size`` in all of them. What they mean was
compared with the libraries: ``versions()`` says which. Bad arguments raise ``ArgumentError``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convt._derive import readings
from convt._derive.comparison import Comparison, Difference
from convt._derive.comparison import compare as _compare
from convt._derive.dialects import Reading
from convt._derive.dialects import dialect as _dialect
from convt._derive.dialects import dialects as _dialects
from convt._derive.errors import ArgumentError
from convt._derive.layouts import Groups, Weights
from convt._derive.proposals import Saying, Workaround, say
from convt._derive.proposals import propose as _propose
from convt._derive.readings import Question
from convt._derive.spec import ConvSpec
from convt._derive.values import value_of

__all__ = ["Comparison", "Difference", "Groups", "Reading", "Saying", "Weights", "Workaround", "compare", "convert", "names",
           "proposals", "propose", "read", "versions", "weights"]

Written = str | ConvSpec | tuple[str, Mapping[str, Any]]


def names() -> tuple[str, ...]:
    """The dialects: ``("Caffe", "JAX", …)``. Functions take them in any case."""
    return tuple(one.NAME for one in _dialects())


def versions() -> dict[str, str]:
    """For each dialect, the library and version that its reading was compared with, shapes and values."""
    return {one.NAME: one.COMPARED for one in _dialects()}


def weights(dialect: str, groups: int = 1) -> Weights:
    """The layout of a dialect's weights: ``.from_ours(w, groups)`` and ``.to_ours(w)`` convert arrays from and to (F, C/G, *k)."""
    return readings.question(dialect, {"kernel_size": 1, "groups": groups}).layout


def convert(w: Any, one: str, other: str, groups: int = 1) -> Any:
    """Weights of one dialect as another one has them: axes moved, reversed along the kernel where just one of the two is.

    ``w``: an array in the layout of ``one``. Returns a view where it can; values are not changed.

        convt.dialects.convert(layer.weight.detach().numpy(), "pytorch", "tensorflow")      # (F, C, *k) to (*k, C, F)
        convt.dialects.convert(w, "pytorch", "openvino", groups=4)                          # (F, C/G, *k) to (G, F/G, C/G, *k)

    Raises ``ArgumentError`` for a dialect that there is not or that has no groups, and for an array of other axes.
    """
    from convt._codegen import arrays

    first, second = weights(one, groups), weights(other, groups)
    array, letters = arrays.view("w", w), len(first.axes) - ("k" in first.axes)
    if not letters < array.ndim <= letters + 3:
        raise ArgumentError("w", array.shape, f"must have the axes {first} of {one}, with one to three of the kernel")
    ours = first.to_ours(array)
    if second.axes == "k" and ours.shape[:2] != (1, 1):
        raise ArgumentError("w", array.shape, f"{other} has weights of one channel only, {second}")
    if ours.shape[0] % groups:
        raise ArgumentError("groups", groups, f"must divide the {ours.shape[0]} feature channels of w", 1)
    return second.from_ours(ours, groups)


def read(dialect: str, feature_size: int | Sequence[int] | None = None, **arguments: Any) -> Reading:
    """What a dialect's arguments mean: ``.spec``, ``.notes``, and the layout ``.weights``.

    ``arguments``: ``kernel_size`` and the framework's own, among them its groups; ``dims`` where every one is a plain
    number and there are several axes. ``output_shape`` may be numbers (of the lengths, or with batch and channels where
    the framework has them), or text linear in m, such as "2*m". ``feature_size``: the meaning for these m only; without,
    it must be the same for all.
    """
    given = {name: value_of(name, value) if name == readings.SHAPE and isinstance(value, str) else value
             for name, value in arguments.items()}
    question = readings.question(dialect, given)
    size = readings.feature_size(feature_size, question.dims)
    return question.always() if size is None else question.at(size)


def propose(spec: ConvSpec | str, dialect: str) -> Saying:
    """How a dialect writes a configuration, for every size.

    ``.call`` can be pasted, ``.arguments`` is a dictionary; where there are none, ``.reason`` names the rules that are
    broken and ``.workaround`` what can be asked for instead. ``.dialect.GROUPS`` says how groups are written.
    """
    return say(_dialect(dialect), _spec(spec))


def proposals(spec: ConvSpec | str) -> tuple[Saying, ...]:
    """What ``propose`` says, for every dialect."""
    return _propose(_spec(spec))


def compare(one: Written, other: Written, feature_size: int | Sequence[int] | None = None) -> Comparison:
    """Whether two ways of writing are the same map, for every size or (``feature_size``) for one.

    Each is text such as ``"pytorch: kernel_size=4 stride=2 padding=1"``, a ``ConvSpec`` or its name, or a pair (dialect,
    arguments). ``.same``, ``.same_lengths``, ``.differences`` (the smallest one on each axis), ``.shift``, and ``.weights``,
    ``.features``: NumPy that turns the first one's arrays into the second one's.
    """
    first, second = _question(one), _question(other)
    return _compare(first, second, readings.feature_size(feature_size, max(first.dims, second.dims)))


def _spec(spec: ConvSpec | str) -> ConvSpec:
    return spec if isinstance(spec, ConvSpec) else ConvSpec.parse(spec)


def _question(written: Written) -> Question:
    if isinstance(written, ConvSpec):
        return readings.parsed(str(written))
    if isinstance(written, tuple) and len(written) == 2 and isinstance(written[1], Mapping):
        return readings.question(*written)
    return readings.parsed(written)

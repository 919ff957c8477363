"""JAX: ``jax.lax``, and ``jax.vjp`` for the gradient of weights; what is compared is one compiled function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from convt._derive.dialects import dialect
from convt._derive.proposals import say

from .call import Array, Call, CannotSay, Prepared, first, last

NAME = "jax"
TRANSPOSED: Any = jax.lax.conv_transpose
FORWARD: Any = jax.lax.conv_general_dilated
WAIT: Any = jax.block_until_ready


def words(call: Call) -> Mapping[str, Any]:
    """Arguments of the function, which is ``lax.conv_transpose`` or ``lax.conv_general_dilated``."""
    if call.map in ("conv_transpose", "backward"):
        if call.groups > 1:
            raise CannotSay("lax.conv_transpose has no groups")
        saying = say(dialect("JAX"), call.spec)
        if saying.arguments is None:
            raise CannotSay(saying.reason)
        return dict(saying.arguments)
    letters = "DHW"[3 - call.spec.dims:]
    return {"window_strides": call.spec.stride, "padding": list(call.spec.padding), "rhs_dilation": call.spec.dilation,
            "feature_group_count": call.groups, "dimension_numbers": ("NC" + letters, "OI" + letters, "NC" + letters)}


def compute(calls: Sequence[Call]) -> list[Array]:
    """All in one compiled function."""
    made = [_one(call) for call in calls]
    together = jax.jit(lambda given: [function(*arrays) for (function, _), arrays in zip(made, given, strict=True)])
    answers = together([arrays for _, arrays in made])
    return [first(answer) if call.map == "conv_transpose" else np.asarray(answer) for call, answer in zip(calls, answers, strict=True)]


def _one(call: Call) -> tuple[Callable[..., Any], list[Array]]:
    """A function, and the arrays that it takes."""
    arguments = {**words(call), "precision": jax.lax.Precision.HIGHEST}
    if call.map == "conv_weight_gradient":
        assert call.u is not None
        zeros = np.zeros(call.shape, call.data.dtype)
        return lambda x, u: jax.vjp(lambda w: FORWARD(x, w, **arguments), zeros)[1](u)[0], [call.data, call.u]
    bias = [] if call.bias is None else [call.bias]
    if call.map == "conv":
        return lambda x, w, *b: _biased(FORWARD(x, w, **arguments), b, 1), [call.data, call.weights, *bias]
    return lambda u, w, *b: _biased(TRANSPOSED(u, w, **arguments), b, -1), [last(call.data), _weights(call), *bias]


def _biased(made: Any, bias: Sequence[Any], axis: int) -> Any:
    """With the bias along the channels: ``lax`` has no argument for it, and its users add it so."""
    return sum((jax.numpy.expand_dims(one, [other for other in range(made.ndim) if other != axis % made.ndim]) for one in bias), made)


def _weights(call: Call) -> Array:
    return np.ascontiguousarray(say(dialect("JAX"), call.spec).weights.from_ours(call.weights))


def prepare(call: Call, threads: int) -> Prepared:
    """A compiled function, channels last."""
    arguments = dict(words(call))
    if call.map in ("conv", "conv_weight_gradient"):
        letters = "DHW"[3 - call.spec.dims:]
        arguments["dimension_numbers"] = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    if call.map == "conv":
        weights = jax.numpy.asarray(_taps_first(call.weights))
        return _prepared(lambda x: [FORWARD(x, weights, **arguments)], [last(call.data)], [first])
    if call.map == "conv_transpose":
        weights = jax.numpy.asarray(_weights(call))
        return _prepared(lambda u: [TRANSPOSED(u, weights, **arguments)], [last(call.data)], [first])
    assert call.x is not None and call.u is not None
    if call.map == "conv_weight_gradient":
        zeros = _taps_first(np.zeros(call.shape, np.float32))
        return _prepared(lambda x, u: jax.vjp(lambda w: FORWARD(x, w, **arguments), zeros)[1](u), [last(call.x), last(call.u)],
                         [lambda made: np.moveaxis(made, (-1, -2), (0, 1))])
    return _prepared(lambda u, w, x: jax.vjp(lambda u, w: TRANSPOSED(u, w, **arguments), u, w)[1](x),
                     [last(call.u), _weights(call), last(call.x)], [first, say(dialect("JAX"), call.spec).weights.to_ours])


def _prepared(function: Callable[..., Sequence[Any]], given: Sequence[Array], reads: Sequence[Callable[[Array], Array]]) -> Prepared:
    """The compiled function of arrays that are where it reads them, and how each of its outputs is brought into our order."""
    compiled, placed = jax.jit(function), list(map(jax.numpy.asarray, given))
    return Prepared(lambda: WAIT(compiled(*placed)),
                    lambda made: [read(np.asarray(one)) for read, one in zip(reads, made, strict=True)])


def _taps_first(w: Array) -> Array:
    """(F, C/G, *k) → (*k, C/G, F)."""
    return np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2)))

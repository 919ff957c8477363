"""Libraries as implementations: ``convt conformance --adapter torch`` asks ``convt.conformance.adapters:torch``.

What ``convt bench`` compares with, called with a case's own geometry; what a library has no words for, it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from convt._derive.spec import ConvSpec
from convt.bench.layers import Layer
from convt.bench.peers import PEERS, CannotTake, Peer

NAMES = {"torch": "torch", "onnxruntime": "ort", "jax": "jax", "openvino": "openvino", "tensorflow": "tensorflow"}


def __getattr__(name: str) -> Callable[..., Any]:
    if name not in NAMES:
        raise AttributeError(f"there is no adapter {name!r}, only {', '.join(NAMES)}")
    import_module(name)  # or ModuleNotFoundError, before any case is asked
    return by(next(peer for peer in PEERS if peer.name == NAMES[name]))


def by(peer: Peer) -> Callable[..., Any]:
    """The transposed convolution of a library. ``NotImplementedError`` where it cannot be asked for this one."""
    def conv_transpose(u: Any, w: Any, bias: Any, stride: Sequence[int], padding: Sequence[tuple[int, int]], output_padding: Sequence[int],
                       dilation: Sequence[int], groups: int) -> Any:
        spec = ConvSpec(w.shape[2:], stride, padding, dilation, output_padding)
        layer = Layer(str(spec), spec, u.shape[0], u.shape[1], w.shape[1] * groups, groups, u.shape[2:])
        try:
            found = np.asarray(peer.prepare(layer, u, w, 1)())
        except CannotTake as error:
            raise NotImplementedError(str(error)) from None
        found = np.moveaxis(found, -1, 1) if peer.channels_last else found
        return found if bias is None else found + bias.reshape(-1, *[1] * spec.dims)

    return conv_transpose

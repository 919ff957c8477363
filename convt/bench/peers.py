"""What is timed: libraries of ``convt.peers``, each in the layouts and with the options that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from convt.peers import library
from convt.peers.call import Call

from .layers import Layer


@dataclass(frozen=True)
class Peer:
    """A library in one layout; its output is channels first or last as ``channels_last`` says."""

    name: str
    library: str
    channels_last: bool = False
    options: Mapping[str, bool] = field(default_factory=dict)

    @property
    def installed(self) -> bool:
        """Whether it can be imported here."""
        return find_spec(self.library) is not None

    def prepare(self, layer: Layer, u: np.ndarray, w: np.ndarray, threads: int) -> Callable[[], Any]:
        """A function without arguments that computes the layer once. What cannot take the layer raises."""
        call = Call(layer.spec, "conv_transpose", u=u, w=w, groups=layer.groups)
        prepared: Callable[[], Any] = library(self.library).prepare(call, threads, **self.options)
        return prepared


PEERS = (
    Peer("torch", "torch"),
    Peer("torch_cl", "torch", True, {"channels_last": True}),
    Peer("torch_native", "torch", False, {"onednn": False}),
    Peer("ort", "onnxruntime"),
    Peer("openvino", "openvino"),
    Peer("jax", "jax", True),
    Peer("tensorflow", "tensorflow", True),
    Peer("scipy", "scipy"),
)


def versions() -> dict[str, str]:
    """Version of each peer that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in dict.fromkeys(peer.library for peer in PEERS):
        with suppress(PackageNotFoundError):
            found[name] = version("tensorflow-cpu" if name == "tensorflow" else name)
    return found

"""What is timed: libraries of ``convt.peers``, each in the layouts and with the options that it has."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec

from .layers import FORWARD, WORKS


@dataclass(frozen=True)
class Peer:
    """A library in one layout, and what it can be timed on."""

    name: str
    library: str
    channels_last: bool = False
    options: Mapping[str, bool] = field(default_factory=dict)
    works: tuple[str, ...] = tuple(WORKS)

    @property
    def installed(self) -> bool:
        """Whether it can be imported here."""
        return find_spec(self.library) is not None


PEERS = (
    Peer("torch", "torch"),
    Peer("torch_cl", "torch", True, {"channels_last": True}),
    Peer("torch_native", "torch", False, {"onednn": False}),
    Peer("ort", "onnxruntime", works=FORWARD),
    Peer("openvino", "openvino", works=FORWARD),
    Peer("jax", "jax", True),
    Peer("tensorflow", "tensorflow", True),
    Peer("scipy", "scipy", works=FORWARD),
    Peer("ncnn", "ncnn", works=FORWARD),
    Peer("opencv", "cv2", works=("conv",)),
)


PACKAGES = {"tensorflow": "tensorflow-cpu", "cv2": "opencv-python-headless"}


def versions() -> dict[str, str]:
    """Version of each peer that is installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in dict.fromkeys(peer.library for peer in PEERS):
        with suppress(PackageNotFoundError):
            found[name] = version(PACKAGES.get(name, name))
    return found
